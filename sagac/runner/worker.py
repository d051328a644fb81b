"""The process that runs sagas: ``python -m sagac.runner.worker`` with a job as JSON on stdin.

It is a process of its own so that it can be killed; what it has to say goes to stdout as JSON
lines. The job's ``crash`` kills it with SIGKILL at a moment that the caller chooses.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TextIO, get_type_hints

from sagac.dsl.graph import SagaGraph
from sagac.generators import naming

from .participants import EFFECTS, Cast, Fault
from .saved import compile_saved

Moment = Literal["inside", "after", "recorded"]


@dataclass(frozen=True, slots=True)
class Program:
    """A version of a saga that this process can run: its file, and where its code lies."""

    path: str
    sources: Mapping[str, str]
    root: str
    simulate: bool


@dataclass(frozen=True, slots=True)
class Crash:
    """Kill at the call ``path`` of the saga ``id``; one without iterations means the first.

    ``inside``: in the open transaction of the call; ``after``: it has taken effect and is not
    recorded; ``recorded``: the engine has recorded it.
    """

    id: str
    path: str
    moment: Moment = "after"

    def hits(self, key: str) -> bool:
        """Whether the call with this idempotency key is meant."""
        mine = f"{self.id}/"
        return key.startswith(mine) and Fault(self.path, None).hits(key.removeprefix(mine))


@dataclass(frozen=True, slots=True)
class Start:
    """A saga to start; ``key`` replaces the one that its input says."""

    saga: str
    version: int
    input: Any
    key: str | None = None
    faults: tuple[str, ...] = ()
    signals: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """What the process is to do: start these, follow these, until all have ended."""

    store: str
    participants: str
    program: Program
    start: tuple[Start, ...] = ()
    follow: tuple[str, ...] = ()
    crash: Crash | None = None
    faults: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by the saga's id

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Job:
        """A job from what ``asdict`` made of it."""
        return cls(
            store=data["store"],
            participants=data["participants"],
            program=Program(**data["program"]),
            start=tuple(Start(**each) for each in data["start"]),
            follow=tuple(data["follow"]),
            crash=Crash(**data["crash"]) if data["crash"] else None,
            faults=data["faults"],
        )


_AT_ONCE = 0.2  # seconds


class Loaded:
    """The generated code of a program, imported."""

    def __init__(self, program: Program) -> None:
        compiled = compile_saved(program.sources, program.path)
        if compiled.graph is None:
            raise ValueError(f"{program.path} does not compile any more")
        self.graph: SagaGraph = compiled.graph
        self.program = program
        self.package = naming.package(self.graph.saga.name.text)
        if program.root not in sys.path:
            sys.path.insert(0, program.root)
        self.engine: Any = self.module("generated.engine")

    def module(self, name: str) -> ModuleType:
        """A module of the generated package."""
        return import_module(f"{self.package}.{name}")

    def simulated(self, cast: Cast) -> Any:
        """The services, all simulated."""
        module = self.module("generated.services")
        hints = get_type_hints(module.Services, vars(module))
        return module.Services(
            **{
                each.name: cast.participant(each.name, hints[each.name])
                for each in fields(module.Services)
            }
        )


class Worker:
    """Runs one job."""

    def __init__(self, job: Job, out: TextIO) -> None:
        self.job = job
        self.out = out
        self.loaded = Loaded(job.program)

    def say(self, **what: Any) -> None:
        """A JSON line for the caller."""
        print(json.dumps(what), file=self.out, flush=True)

    async def run(self) -> None:
        """Starts and follows what the job names; returns when all of it has ended."""
        worker = self.loaded.module("worker")
        handlers = self._simulated() if self.job.program.simulate else worker.services()
        if self.job.program.simulate:
            _hurry(self.loaded.package, self._faults())
        if self.job.crash is not None:
            _arm(self.loaded.package, self.job.crash)
        async with worker.make_engine(self.job.store, handlers) as engine:
            self.say(ready=True)
            await asyncio.gather(
                *(self._start(engine, each) for each in self.job.start),
                *(self._follow(engine, each) for each in self.job.follow),
            )
            # All is on disk. The engine takes a second to stop, a user would wait for nothing.
            self.out.close()
            os._exit(0)

    def _faults(self) -> dict[str, list[Fault]]:
        faults = {id: [Fault.parse(text) for text in each] for id, each in self.job.faults.items()}
        for start in self.job.start:
            faults[f"{start.saga}/{start.key}"] = [Fault.parse(text) for text in start.faults]
        return faults

    def _simulated(self) -> Any:
        faults = self._faults()
        crash = self.job.crash
        inside = crash if crash is not None and crash.moment == "inside" else None
        codec = self.loaded.module("generated.contract.codec")
        cast = Cast(
            self.loaded.graph, faults, self.job.participants, self.loaded.engine, codec, inside
        )
        return self.loaded.simulated(cast)

    async def _start(self, engine: Any, start: Start) -> None:
        run = await engine.start_json(start.saga, start.version, start.input, key=start.key)
        self.say(started=run.id)
        if start.signals:
            with self.loaded.engine.open_store(self.job.store) as opened:
                for index, (event, data) in enumerate(start.signals):
                    opened.signal(run.id, event, data, f"run-{index}-{event}")
        await run.wait()
        self.say(ended=run.id)

    async def _follow(self, engine: Any, saga: str) -> None:
        run = await engine.find(saga)
        await run.wait()
        self.say(ended=saga)


def _hurry(package: str, faults: Mapping[str, Sequence[Fault]]) -> None:
    """Lets waits that are to time out, and the pauses of a repeat that is to be exhausted, end."""
    part = import_module(f"{package}.generated.engine.part").Part
    make = part._waiting

    def waiting(me: Any, name: str, events: Any, seconds: float | None) -> Any:
        asked = faults.get(me._running.id, ())
        timed = [each for each in asked if each.refusal == "timeout" and each.hits(me._name(name))]
        return make(me, name, events, min(seconds or 0.0, _AT_ONCE) if timed else seconds)

    part._waiting = waiting
    saga = import_module(f"{package}.generated.engine.saga").Saga
    sleep = saga.sleep

    async def short_sleep(me: Any, name: str, seconds: float) -> None:
        asked = faults.get(me._running.id, ())
        ends = [each for each in asked if each.refusal == "exhausted" and each.hits(me._name(name))]
        await sleep(me, name, min(seconds, _AT_ONCE) if ends else seconds)

    saga.sleep = short_sleep


def _arm(package: str, crash: Crash) -> None:
    """Kills this process at the moment that ``crash`` says; nothing of the output is changed."""
    part = f"{package}.generated.engine"
    if crash.moment == "after":
        caller = import_module(f"{part}.caller").Caller
        perform = caller.perform

        async def perform_and_die(me: Any, maybe_begun: bool) -> Any:
            outcome = await perform(me, maybe_begun)
            _die_if(crash, me.work.key)
            return outcome

        caller.perform = perform_and_die
    elif crash.moment == "recorded":
        record = import_module(f"{part}.record").Record
        call = record.call

        async def call_and_die(me: Any, name: str, *rest: Any) -> Any:
            outcome = await call(me, name, *rest)
            _die_if(crash, f"{me._saga}/{name}")
            return outcome

        record.call = call_and_die


def _die_if(crash: Crash, key: str) -> None:
    if crash.hits(key):
        die()


def die() -> None:
    """The end without a last word: kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Reads the job, runs it. Exit code 0 when all has ended, 1 with a ``problem`` line."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what handlers print must not get between the lines
    logging.basicConfig(level=logging.CRITICAL)
    job = Job.from_json(json.load(sys.stdin))
    _prepare(job)
    try:
        asyncio.run(Worker(job, out).run())
    except (ValueError, LookupError, ImportError, AttributeError, TypeError) as problem:
        kind = type(problem).__name__
        print(json.dumps({"problem": str(problem), "kind": kind}), file=out, flush=True)
        return 1
    return 0


def _prepare(job: Job) -> None:
    import sqlite3

    if job.program.simulate:
        Path(job.participants).parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(job.participants) as database:
            database.execute("pragma journal_mode = wal")
            database.execute(EFFECTS)


if __name__ == "__main__":
    raise SystemExit(main())
