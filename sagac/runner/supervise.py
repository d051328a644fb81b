"""Keeps a worker process going until its sagas have ended, and says what happens meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from sagac.cli.support import UsageProblem

from .worker import Job

_LOOK = 0.1  # seconds between two looks at what has happened
MOST_CRASHES = 20


class WorkerFailed(Exception):
    """The worker ended with a problem that another try does not mend."""


@dataclass
class Watch:
    """What the worker has said so far."""

    ready: bool = False
    started: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    problem: tuple[str, str] | None = None

    def hear(self, line: str) -> None:
        """Takes in one line of the worker."""
        try:
            said = json.loads(line)
        except ValueError:
            return
        self.ready = self.ready or "ready" in said
        if "started" in said:
            self.started.append(said["started"])
        if "ended" in said:
            self.ended.append(said["ended"])
        if "problem" in said:
            self.problem = (said["kind"], said["problem"])


def supervise(
    job: Job,
    look: Callable[[Watch], bool] = lambda watch: False,
    killed: Callable[[], None] = lambda: None,
) -> Watch:
    """Runs ``job`` until its sagas have ended or ``look`` says that it is enough.

    A worker that was killed is started again, without the crash that was asked for; ``killed`` is
    told. Raises UsageProblem for an input that the saga does not take, WorkerFailed for the rest.
    """
    watch = Watch()
    for _ in range(MOST_CRASHES):
        with _process(job) as (process, complaints):
            if _follow(process, watch, look):
                return watch
            if process.returncode == 0:
                return watch
            _raise_for(watch, process.returncode, complaints)
        killed()
        job = _again(job, watch)
    raise WorkerFailed("it was killed again and again")


def _again(job: Job, watch: Watch) -> Job:
    """What is left to do after a kill; what was started is found again under its id."""
    follow = tuple(dict.fromkeys([*job.follow, *watch.started]))
    return replace(job, crash=None, follow=tuple(id for id in follow if id not in watch.ended))


@contextmanager
def _process(job: Job) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagac.runner.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env={**os.environ, "PYTHONPATH": _python_path()},
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(job)))
        process.stdin.close()
        try:
            yield process, complaints
        finally:
            _end(process)


def _python_path() -> str:
    """sagac itself must be found, also when it runs from a checkout."""
    ours = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [ours, os.environ.get("PYTHONPATH", "")]))


def _follow(process: subprocess.Popen[str], watch: Watch, look: Callable[[Watch], bool]) -> bool:
    """Whether ``look`` had enough before the process ended."""
    assert process.stdout is not None
    stream = process.stdout

    def listen() -> None:
        for line in stream:
            watch.hear(line)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    while process.poll() is None:
        if watch.ready and look(watch):
            return True
        time.sleep(_LOOK)
    listener.join()
    look(watch)
    return False


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)  # sagas survive it, that is the point
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def _raise_for(watch: Watch, code: int, complaints: IO[str]) -> None:
    if watch.problem is not None:
        kind, text = watch.problem
        if kind in ("DecodeError", "SagaExists"):
            raise UsageProblem(text)
        raise WorkerFailed(f"{kind}: {text}" if kind != "ValueError" else text)
    if code == -signal.SIGKILL:
        return
    complaints.seek(0)
    last = complaints.read().strip().splitlines()[-1:] or [f"exit code {code}"]
    raise WorkerFailed(f"the worker ended: {last[0]}")


def report_progress(say: Callable[[str], None]) -> Callable[[list[Any]], None]:
    """A function that is given the recorded calls each time and says those that are new."""
    seen: set[str] = set()

    def report(calls: list[Any]) -> None:
        for call in calls:
            if call.path not in seen:
                seen.add(call.path)
                why = f" {call.reason}" if call.reason and call.outcome != "done" else ""
                say(f"  {call.path}: {call.outcome}{why}")

    return report
