"""The process that plays services of a choreographed saga: ``python -m sagac.runner.troupe``.

A job comes as JSON on stdin. Without a broker all services and the observer share this process;
with one, the job names the services that it plays. What it has to say goes to stdout as JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from importlib import import_module
from typing import Any, get_type_hints

from sagac.generators import naming

from .participants import EFFECTS, Cast, Fault
from .saved import compile_saved
from .worker import Crash, Program

_TWICE = 0.2  # how many messages come twice under --duplicate


@dataclass(frozen=True, slots=True)
class Play:
    """What the process is to do. ``key`` replaces the one that the input says."""

    program: Program
    folder: str
    participants: str
    services: tuple[str, ...]  # none: all
    broker: str | None
    input: Any
    key: str | None
    faults: tuple[str, ...]
    signals: tuple[tuple[str, Any], ...]
    crash: Crash | None
    duplicate: bool
    reorder: bool

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Play:
        """A job from what ``asdict`` made of it."""
        crash = data.pop("crash")
        return cls(
            program=Program(**data.pop("program")),
            crash=Crash(**crash) if crash else None,
            services=tuple(data.pop("services")),
            faults=tuple(data.pop("faults")),
            signals=tuple((name, value) for name, value in data.pop("signals")),
            **data,
        )


class Unkind:
    """A transport that repeats messages and changes their order, for those who ask for it."""

    def __init__(self, transport: Any, message: type, *, duplicate: bool, reorder: bool) -> None:
        self._transport = transport
        self._message = message
        self._duplicate = duplicate
        self._reorder = reorder
        self._rng = random.Random(0)

    async def subscribe(self, service: str, subjects: Sequence[str], receive: Any) -> None:
        """See Transport."""
        await self._transport.subscribe(service, subjects, receive)

    async def publish(self, messages: Sequence[Any]) -> None:
        """See Transport."""
        again = [self._copy(each) for each in messages if self._rng.random() < _TWICE]
        all_of_them = [*messages, *(again if self._duplicate else ())]
        if self._reorder:
            self._rng.shuffle(all_of_them)
            await asyncio.sleep(self._rng.uniform(0, 0.05))
        await self._transport.publish(all_of_them)

    async def close(self) -> None:
        """See Transport."""
        await self._transport.close()

    def _copy(self, message: Any) -> Any:
        """The same message under another id of the transport; its own id is in the header."""
        return self._message(
            f"{message.id}-again",
            message.subject,
            message.body,
            {"ce-id": message.id} | dict(message.headers),
        )


class Troupe:
    """The services of one job."""

    def __init__(self, play: Play) -> None:
        self.play = play
        program = play.program
        compiled = compile_saved(program.sources, program.path)
        if compiled.graph is None:
            raise ValueError(f"{program.path} does not compile any more")
        self.graph = compiled.graph
        self.package = naming.package(self.graph.saga.name.text)
        if program.root not in sys.path:
            sys.path.insert(0, program.root)
        self.style: Any = self.module("generated.choreography")
        self.message: Any = self.runtime("message").Message

    def module(self, name: str) -> Any:
        """A module of the generated package."""
        return import_module(f"{self.package}.{name}")

    def runtime(self, name: str) -> Any:
        """A module of the runtime part."""
        return self.module(f"generated.choreography.runtime.{name}")

    def tables(self) -> dict[str, Any]:
        """The tables of the services that this process plays."""
        module = self.module("generated.services")
        hints = get_type_hints(module.Services, vars(module))
        names = {service: _attribute(module, service) for service in self._services()}
        return {
            service: found
            for service, name in names.items()
            if (found := self.style.tables(service, self._handlers(name, hints)))
        }

    def _services(self) -> Sequence[str]:
        modules = self.module(f"generated.choreography.v{self.graph.saga.version}").MODULES
        return self.play.services or tuple(modules)

    def _handlers(self, name: str | None, hints: dict[str, Any]) -> object:
        if name is None:
            return object()
        if self.play.program.simulate:
            return self._cast().participant(name, hints[name])
        module = import_module(f"handlers.{name}")
        kinds = (each for each in vars(module).values() if isinstance(each, type))
        own = [each for each in kinds if each.__module__ == module.__name__]
        return next(each for each in own if each.__name__.endswith("Handlers"))()

    def _cast(self) -> Cast:
        play = self.play
        contract = self.module("generated.contract")
        codec = self.module("generated.contract.codec")
        faults = {self._id(): tuple(map(Fault.parse, play.faults))} if play.faults else {}
        inside = play.crash if play.crash is not None and play.crash.moment == "inside" else None
        return Cast(self.graph, faults, play.participants, contract, codec, inside)

    def _id(self) -> str:
        return f"{self.graph.saga.name.text}/{self.play.key}"

    async def run(self) -> None:
        """Plays until it is told to stop."""
        play = self.play
        if play.crash is not None:
            _arm(self.runtime("calls").Caller, play.crash)
        told = asyncio.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, told.set)
        if play.broker is None:
            await self._together(told)
        else:
            await self._apart(told)

    async def _together(self, told: asyncio.Event) -> None:
        play, tables = self.play, self.tables()
        local = self.runtime("local").Together(
            tables.values(), self.style.pictures(), play.folder, self._wrapped
        )
        async with local:
            say(ready=True)
            await self._begin(local.services.values(), local.bus)
            await told.wait()

    async def _apart(self, told: asyncio.Event) -> None:
        play = self.play
        nats, service = self.runtime("nats").NatsBus, self.runtime("service").Service
        opened = []
        for name, tables in self.tables().items():
            bus = self._wrapped(nats(play.broker, tables))
            opened.append(service(tables, f"{play.folder}/services/{name}.sqlite", bus))
        for each in opened:
            await each.open()
        say(ready=True)
        for each in opened:
            await self._begin([each], each.transport)
        await told.wait()
        for each in opened:
            await each.close()
            await each.transport.close()

    def _wrapped(self, bus: Any) -> Any:
        play = self.play
        if not play.duplicate and not play.reorder:
            return bus
        return Unkind(bus, self.message, duplicate=play.duplicate, reorder=play.reorder)

    async def _begin(self, services: Any, bus: Any) -> None:
        """Starts the saga if its start is played here, and sends what comes from outside."""
        play = self.play
        first = next((each for each in services if "start" in each.newest.nodes), None)
        if first is None or play.input is None:
            return
        codec = self.module("generated.contract.codec")
        key = await first.start(codec.decode(first.newest.input, play.input), key=play.key)
        say(started=f"{self.graph.saga.name.text}/{key}")
        for number, (event, data) in enumerate(play.signals):
            body = json.dumps(data).encode()
            id = f"{key}-{event}-{number}"
            headers = {"saga-key": key, "ce-id": id}
            await bus.publish([self.message(id, f"outside.{event}", body, headers)])


def _attribute(module: Any, service: str) -> str | None:
    names = {each.name for each in fields(module.Services)}
    wanted = naming.snake(service)
    return next((each for each in names if each in (wanted, f"{wanted}_")), None)


def _arm(caller: Any, crash: Crash) -> None:
    """Kills this process at the moment that the crash names."""
    write: Callable[[Any, Any, Any], Awaitable[None]] = caller._write

    async def killing(self: Any, work: Any, answer: Any) -> None:
        mine = crash.hits(work.key)
        if mine and crash.moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        await write(self, work, answer)
        if mine and crash.moment == "recorded":
            os.kill(os.getpid(), signal.SIGKILL)

    caller._write = killing


def say(**what: Any) -> None:
    """A JSON line for the caller."""
    print(json.dumps(what), flush=True)


def main() -> int:
    """Plays the job on stdin; 1 for a problem that another try does not mend."""
    import sqlite3

    logging.basicConfig(level=logging.ERROR)
    play = Play.from_json(json.load(sys.stdin))
    with sqlite3.connect(play.participants, timeout=30) as database:
        database.execute("pragma journal_mode = wal")
        database.execute(EFFECTS)
    try:
        asyncio.run(Troupe(play).run())
    except Exception as problem:
        say(problem=str(problem), kind=type(problem).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
