"""The worker's side: registers sagas with DBOS, starts them, and takes up what a crash left."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from dbos import DBOS, DBOSConfig, Serializer, SetWorkflowID, error

from ...contract.codec import decode, encode
from ...contract.database import Database, is_postgres, sqlite_path
from ...contract.ledger import Ledger
from .definition import Definition, End
from .mailbox import Post
from .outcome import SagaFailed
from .part import Head
from .record import Lane, Record
from .running import Running
from .saga import Saga
from .scope import Scope
from .store import Store
from .tables import ledger_url

Input = TypeVar("Input")
Output = TypeVar("Output")


class SagaExists(ValueError):
    """There is a saga of this key already, started with a different input."""


class Run:
    """A saga that was started, here or before."""

    def __init__(self, saga: str, handle: Any) -> None:
        self.id = saga
        self._handle = handle

    async def wait(self) -> End:
        """Waits for its end."""
        return decode(End, await self._handle.get_result())


class Engine:
    """Runs sagas on DBOS over one store: an SQLite file or a Postgres database.

    Use it in an ``async with`` after registering; one engine at a time in a process.
    """

    def __init__(self, store: str) -> None:
        self.url = store
        self.own: Ledger
        self.post: Post
        self._store: Store
        self._ledgers: dict[str, Ledger] = {}
        self._opening = asyncio.Lock()
        self._definitions: dict[str, tuple[Definition[Any, Any], Any]] = {}
        self._workflows: dict[str, Callable[..., Any]] = {}
        self._fresh: set[str] = set()

    def register(self, definition: Definition[Any, Any], services: Any) -> None:
        """Makes a version of a saga known, with the handlers of its services."""
        self._definitions[definition.workflow] = (definition, services)

    async def __aenter__(self) -> Self:
        url = self.url if is_postgres(self.url) else sqlite_path(self.url)
        self._store = await asyncio.to_thread(Store, url)
        self.own = await Ledger.open(Database(ledger_url(url)))
        self.post = Post(self._store)
        await self.post.start()
        DBOS(config=_config(self.url))
        for name, (definition, _) in self._definitions.items():
            self._workflows[name] = self._workflow(definition)
        DBOS.launch()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.post.stop()
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        for each in (self.own, *self._ledgers.values()):
            each.database.close()
        self._store.close()

    async def serve(self) -> None:
        """Runs until the process is told to stop."""
        stop = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, stop.set)
        await stop.wait()

    async def start(
        self, definition: Definition[Input, Any], input: Input, key: str | None = None
    ) -> Run:
        """Starts a saga; the same key and input again give the same run.

        ``key`` takes the place of the one that the definition makes of the input.

        Raises SagaExists if there is one of this key with another input, KeyError if the
        definition is not registered.
        """
        workflow = self._workflows[definition.workflow]
        saga = f"{definition.name}/{key or definition.key(input)}"
        data = encode(input)
        self._fresh.add(saga)
        try:
            with SetWorkflowID(saga, workflow_id_reuse_policy="reject"):
                begin = {"input": data, "started": time.time()}
                return Run(saga, await DBOS.start_workflow_async(workflow, begin))
        except error.DBOSWorkflowIDInUseError:
            self._fresh.discard(saga)
        if await asyncio.to_thread(self._store.input, saga) != data:
            raise SagaExists(f"saga {saga} exists and was started with another input")
        return Run(saga, await DBOS.retrieve_workflow_async(saga))

    async def start_json(self, name: str, version: int, input: Any, key: str | None = None) -> Run:
        """The same from JSON data. Raises codec.DecodeError that names what does not fit."""
        definition, _ = self._definitions[f"{name}.v{version}"]
        return await self.start(definition, decode(definition.input, input), key)

    async def find(self, saga: str) -> Run:
        """The run of a saga that was started before, by its id."""
        return Run(saga, await DBOS.retrieve_workflow_async(saga))

    def services(self, definition: Definition[Any, Any]) -> Any:
        """The handlers registered for a definition. Raises KeyError if there are none."""
        return self._definitions[definition.workflow][1]

    async def ledger(self, handlers: object) -> tuple[Ledger, bool]:
        """The ledger for a handler object: that in its ``database``, else the engine's own."""
        url = getattr(handlers, "database", None)
        if url is None:
            return self.own, False
        async with self._opening:
            if url not in self._ledgers:
                self._ledgers[url] = await Ledger.open(Database(url))
        return self._ledgers[url], True

    def _workflow(self, definition: Definition[Any, Any]) -> Callable[..., Any]:
        async def workflow(begin: dict[str, Any]) -> Any:
            saga = DBOS.workflow_id
            assert saga is not None
            end = await self._run(definition, saga, begin)
            return encode(end) | {"ended": time.time()}

        workflow.__qualname__ = definition.workflow
        registered: Callable[..., Any] = DBOS.workflow(name=definition.workflow)(workflow)
        return registered

    async def _run(self, definition: Definition[Any, Any], saga: str, begin: Any) -> End:
        fresh = saga in self._fresh
        self._fresh.discard(saga)
        numbers = {} if fresh else await asyncio.to_thread(self._store.numbers, saga)
        input = decode(definition.input, begin["input"])
        cancel = definition.cancel(input) if definition.cancel else None
        box = self.post.open(saga, cancel)
        running = Running(self, saga, Record(saga, numbers), self.post, box)
        running.locked = bool(numbers)  # a step answered from the record may have taken one
        started = begin["started"]
        deadline = None if definition.deadline is None else started + definition.deadline
        head = Head(
            saga,
            definition.name,
            definition.version,
            saga.removeprefix(f"{definition.name}/"),
            "",
            deadline,
        )
        lane, scope = Lane(live=fresh, clock=started), Scope()
        part = Saga(running, head, lane, scope)
        end = await _to_the_end(definition, part, input, self.services(definition), scope, lane)
        while running.background:
            await asyncio.gather(*running.background)
        scope.forget()
        await running.finish()
        return End(end.state, end.because, end.output, running.marks)


async def _to_the_end(
    definition: Definition[Any, Any],
    saga: Saga,
    input: Any,
    services: Any,
    scope: Scope,
    lane: Lane,
) -> End:
    try:
        output = await definition.run(saga, input, services)
        await saga.end()
        return End("COMPLETED", output=encode(output))
    except SagaFailed as problem:
        await scope.unwind(problem.failure, lane)
        return End("COMPENSATED", problem.because())


class _Json(Serializer):
    """DBOS keeps inputs and results as JSON text, for other processes and for people to read."""

    def serialize(self, data: Any) -> str:
        return _JSON.encode(data)

    def deserialize(self, serialized_data: str) -> Any:
        data = json.loads(serialized_data)
        if isinstance(data, dict) and "$exception" in data:
            return RuntimeError(data["$exception"])
        return data

    def name(self) -> str:
        return "saga_json"


def _describe(value: object) -> Any:
    if isinstance(value, BaseException):
        return {"$exception": f"{type(value).__name__}: {value}"}
    raise TypeError(f"a {type(value).__name__} has no place in JSON")


_JSON = json.JSONEncoder(default=_describe)


class _Connection(sqlite3.Connection):
    """Write-ahead log, and a commit does not wait for the disk: a power cut may lose the last
    ones, a crash of the process none."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute("pragma journal_mode=wal")
        self.execute("pragma synchronous=normal")


def _config(url: str) -> DBOSConfig:
    config: DBOSConfig = {
        "name": "sagas",
        "application_version": "sagas",
        "executor_id": "sagas",
        "serializer": _Json(),
        "log_level": "ERROR",
    }
    if is_postgres(url):
        config["system_database_url"] = url
    else:
        config["system_database_url"] = f"sqlite:///{sqlite_path(url)}"
        config["db_engine_kwargs"] = {"connect_args": {"factory": _Connection}}
    return config
