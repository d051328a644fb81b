"""Participants that only play their part: plausible answers, and the failures asked for.

They implement whatever Protocols the generated code has. Their effects are rows in a database of
their own, written in the transaction of the call, as a real participant would write them.
"""

from __future__ import annotations

import inspect
import os
import signal
import types
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.verify.paths import item_path, located
from sagac.verify.samples import sample_record
from sagac.verify.scenario import answer
from sagac.verify.values import to_json

if TYPE_CHECKING:
    from .worker import Crash

Method = Callable[[Any, Any, Any], Awaitable[Any]]

EFFECTS = """create table if not exists effects (
    saga text not null, step text not null, service text not null, action text not null,
    key text not null unique, at text not null default current_timestamp)"""
_DID = "insert into effects (saga, step, service, action, key) values (?, ?, ?, ?, ?)"


class NoAnswer(Exception):
    """What a participant that was told to fail raises: nobody knows whether it took effect."""


@dataclass(frozen=True, slots=True)
class Fault:
    """``STEP[:REFUSAL]``: which step is to fail, and how; no refusal is an unknown outcome."""

    step: str
    refusal: str | None

    @classmethod
    def parse(cls, text: str) -> Fault:
        """The fault that ``text`` says."""
        step, _, refusal = text.partition(":")
        return cls(step.strip(), refusal.strip() or None)

    def hits(self, path: str) -> bool:
        """Whether the call at ``path`` is meant: by its path, or by its item in all iterations."""
        undo = "~undo" if path.endswith("~undo") else ""
        return self.step in (path, item_path(path) + undo)


class Cast:
    """Makes the participants of a saga. ``engine`` and ``codec`` are modules of the output."""

    def __init__(
        self,
        graph: SagaGraph,
        faults: Mapping[str, Sequence[Fault]],
        database: str,
        engine: Any,
        codec: Any,
        crash: Crash | None,
    ) -> None:
        self.graph = graph
        self.faults = faults  # by the saga's id
        self.crash = crash
        self.database = database
        self.engine = engine
        self.codec = codec

    def participant(self, service: str, protocol: type) -> Any:
        """An object with all methods of ``protocol``."""
        methods = {
            name: self._method(service, name, function)
            for name, function in inspect.getmembers(protocol, inspect.isfunction)
            if not name.startswith("_")
        }
        return type(f"Simulated_{service}", (), {**methods, "database": self.database})()

    def _method(self, service: str, name: str, function: Any) -> Method:
        answers = list(_members(get_type_hints(function)["return"]))

        async def act(me: Any, request: Any, call: Any) -> Any:
            if call.step.endswith("~query"):
                return self._query(call, answers)
            result = self._answer(call, answers)
            if not isinstance(result, self.engine.Refusal) and call.tx is not None:
                saga = call.key.removesuffix(f"/{call.step}")
                await call.tx.execute(_DID, (saga, call.step, service, name, call.key))
            self._crash_inside(call.key)
            return result

        act.__name__ = name
        return act

    def _answer(self, call: Any, answers: list[Any]) -> Any:
        fault = self._fault(call)
        if fault is not None and fault.refusal is None:
            raise NoAnswer("no answer from this participant (simulated)")
        if fault is not None:
            return self._refusal(str(fault.refusal), call, answers)
        return self._output(call, answers)

    def _crash_inside(self, key: str) -> None:
        if self.crash is not None and self.crash.hits(key):
            os.kill(os.getpid(), signal.SIGKILL)

    def _path(self, key: str) -> str:
        """The path of a call in the saga that was started, by its key."""
        owner = next((id for id in self.faults if key.startswith(f"{id}/")), None)
        if owner is None:
            return key.split("/", 2)[-1]
        return key.removeprefix(f"{owner}/")

    def _fault(self, call: Any) -> Fault | None:
        path = self._path(call.key)
        faults = [
            each
            for id, asked in self.faults.items()
            if call.key.startswith(f"{id}/")
            for each in asked
        ]
        return next((each for each in faults if each.hits(path)), None)

    def _endless(self, call: Any) -> str | None:
        """The repeat that is to go on until it is exhausted."""
        faults = (each for asked in self.faults.values() for each in asked)
        names = [each.step for each in faults if each.refusal == "exhausted"]
        return next((name.rpartition("/")[2] for name in names), None)

    def _refusal(self, reason: str, call: Any, answers: list[Any]) -> Any:
        kind = next((each for each in answers if getattr(each, "reason", None) == reason), None)
        if kind is None:
            raise NoAnswer(f"{call.step} has no refusal {reason!r}")
        graph, facts = located(self.graph, item_path(self._path(call.key)))
        refusals = facts.refusals
        data = next((each.data for each in refusals if each.name.text == reason), None)
        values = sample_record(data, graph.saga.types) if data else {}
        return self.codec.decode(kind, to_json(values))

    def _output(self, call: Any, answers: list[Any]) -> Any:
        refusal = self.engine.Refusal
        outputs = [each for each in answers if isinstance(each, type)]
        kind = next((each for each in outputs if not issubclass(each, refusal)), None)
        if kind is None or kind is types.NoneType or call.step.endswith("~undo"):
            return None
        graph, facts = located(self.graph, item_path(self._path(call.key)))
        item, endless = facts.item, self._endless(call)
        values: Mapping[str, Any] = answer(graph, item, endless) if isinstance(item, Step) else {}
        return self.codec.decode(kind, to_json(values))

    def _query(self, call: Any, answers: list[Any]) -> Any:
        if self._fault(call) is not None:
            return self.engine.Never()
        done = next(each for each in answers if get_origin(each) is self.engine.Done)
        return self.engine.Done(self._output(call, list(get_args(done))))


def _members(hint: Any) -> Iterator[Any]:
    """The types that an annotation allows, awaitables opened."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        for each in get_args(hint):
            yield from _members(each)
    elif origin is not None and isinstance(origin, type) and issubclass(origin, Awaitable):
        yield from _members(get_args(hint)[0])
    else:
        yield hint
