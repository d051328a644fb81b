"""Tries the handlers that a team wrote: each call done, refused, made twice, undone, never made.

Nothing of it happens unless ``handlers/trials.py`` says how to try them, for they may charge cards.
That module has, for each service that is to be tried, a function named as the service's module; it
gets an empty folder and returns handlers that work there, or on doubles::

    def payment(folder: Path) -> PaymentHandlers: ...

and it may have

* ``VALUES``: what the saga knows, by name, in place of samples: ``{"input.article": "lamp"}``
* ``REFUSED``: by ``STEP: REFUSAL`` what else must hold for it: ``{"input.quantity": 1000}``
* ``effects(handlers)``: what is in force, as anything that compares; without it that is what stands
  in the SQLite database that the handlers name
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn, cast
from unittest import SkipTest

from ...contract.codec import encode
from ...contract.contract import Done, Never, Refusal
from ...contract.database import is_postgres, sqlite_path
from ..runtime.calls import Caller, Trouble, Work
from ..runtime.meters import Meters
from ..runtime.nodes import Table
from ..runtime.store import Due
from ..runtime.tokens import Failure, Row

_KEY = "trial"


@dataclass(frozen=True)
class Trial:
    """One call. ``values``: JSON data that it reads; ``undo``: it has a compensation here."""

    node: str
    values: Mapping[str, Any]
    iteration: tuple[int, ...] = ()
    fails: Sequence[str] = ()
    undo: bool = False


@dataclass(frozen=True)
class Handlers:
    """The handlers of one service: ``name`` is that of their module."""

    name: str
    table: Callable[[Any], Table]


class Tried:
    """The handlers at work, in a folder of their own."""

    def __init__(self, handlers: Handlers, trial: Trial, folder: Path) -> None:
        self._trials = _trials(handlers.name)
        self.made = getattr(self._trials, handlers.name)(folder)
        self.trial = trial
        self._table = handlers.table(self.made)
        self.node = self._table.nodes[trial.node]
        self.output = self._table.calls[trial.node].output
        self._url: str | None = getattr(self.made, "database", None)
        part = {(self._table.saga, self._table.version): self._table}
        own = SimpleNamespace(url=None, postgres=False)
        service = SimpleNamespace(tables=part, database=own, meters=Meters())
        self._caller = Caller(cast(Any, service))
        self._opened = False

    @property
    def is_fenced(self) -> bool:
        """Whether the handlers' database knows which calls must not take effect any more."""
        return self._url is not None

    def given(self, refusal: str | None = None) -> dict[str, Any]:
        """What the saga knows when the call is made."""
        known = {**self.trial.values, **getattr(self._trials, "VALUES", {})}
        if refusal is not None:
            refused = getattr(self._trials, "REFUSED", {})
            place = f"{self.trial.node}: {refusal}"
            if place not in refused:
                raise SkipTest(f"REFUSED in handlers/trials.py does not say when {place} happens")
            known |= refused[place]
        return known

    def act(self, refusal: str | None = None, attempt: int = 1) -> Any:
        """The answer to the call."""
        row = Row(self.trial.node, self.trial.iteration, "ready", values=self.given(refusal))
        row.attempts = attempt
        return self._call(row)

    def undo(self, own: Mapping[str, Any] | None, attempt: int = 1) -> None:
        """The compensation; ``own`` is what the call gave, None if nobody knows."""
        row = Row(self.trial.node, self.trial.iteration, "undoing", values=self.given())
        row.own, row.unknown, row.attempts = dict(own or {}), own is None, attempt
        row.failure = Failure(None, "cancelled", None, "cancelled")
        answer = self._call(row)
        match answer:
            case Trouble():
                _wrong(f"the compensation fails: {answer.error}")
            case Refusal():
                _wrong(f"a compensation cannot refuse, and it says {answer.reason}")

    def _call(self, row: Row) -> Any:
        table, key = self._table, self.trial.node
        calling = table.undos[key] if row.state == "undoing" else table.calls[key]
        place = Due(table.saga, _KEY, row.node, row.iteration, table.version)
        return asyncio.run(self._apart(Work.of(place, table, self.node, row, calling)))

    async def _apart(self, work: Work) -> Any:
        if not self._opened:
            await self._caller.open()
            self._opened = True
        try:
            return await self._caller._apart(work)
        finally:
            for each in self._caller._ledgers.values():
                each.database.close()

    def effects(self) -> Any:
        """What is in force; None if that cannot be seen."""
        own = getattr(self._trials, "effects", None)
        if own is not None:
            return own(self.made)
        if self._url is None or is_postgres(self._url):
            return None
        with sqlite3.connect(sqlite_path(self._url)) as database:
            names = [str(name) for (name,) in database.execute(_TABLES)]
            found = {n: sorted(map(repr, database.execute(f'select * from "{n}"'))) for n in names}
        database.close()
        return found


def _trials(name: str) -> Any:
    try:
        module = import_module("handlers.trials")
    except ModuleNotFoundError as problem:
        if problem.name not in ("handlers", "handlers.trials"):
            raise
        raise SkipTest(
            "no handlers/trials.py says how to try handlers; see choreography/testing/trials.py"
        ) from None
    if not hasattr(module, name):
        raise SkipTest(f"handlers/trials.py has no function {name}")
    return module


def forward(handlers: Handlers, trial: Trial, folder: Path) -> None:
    """It is done, gives what it should, and has an effect if the file says so."""
    tried = Tried(handlers, trial, folder)
    before = tried.effects()
    _done(tried, tried.act())
    after = tried.effects()
    if tried.node.effect and before is not None and before == after:
        raise AssertionError(f"{trial.node} is done and has had no effect")
    if not tried.node.effect:
        _same(f"{trial.node} has an effect, and the file says `effect: none`", after, before)


def refuse(handlers: Handlers, trial: Trial, refusal: str, folder: Path) -> None:
    """It refuses as the file says, and nothing has happened."""
    tried = Tried(handlers, trial, folder)
    before = tried.effects()
    answer = tried.act(refusal)
    found = answer.reason if isinstance(answer, Refusal) else _shown(answer)
    _same(f"{trial.node}: the refusal", found, refusal)
    _same(f"{trial.node} has refused and has an effect", tried.effects(), before)


def duplicate(handlers: Handlers, trial: Trial, folder: Path) -> None:
    """Called again under the same key, it says the same and nothing happens twice."""
    tried = Tried(handlers, trial, folder)
    first = _done(tried, tried.act())
    once = tried.effects()
    _same(f"{trial.node}, called again", _plain(tried.act(attempt=2)), first)
    _same(f"{trial.node}, called again: the effects", tried.effects(), once)


def compensate(handlers: Handlers, trial: Trial, folder: Path) -> None:
    """What was done is undone, once."""
    tried = Tried(handlers, trial, folder)
    before = tried.effects()
    own = _done(tried, tried.act())
    tried.undo(own)
    _same(f"{trial.node}, undone: what is in force", tried.effects(), before)
    tried.undo(own, attempt=2)
    _same(f"{trial.node}, undone twice: what is in force", tried.effects(), before)


def compensate_unknown(handlers: Handlers, trial: Trial, folder: Path) -> None:
    """It was done and nobody knows: the compensation has no output to go by."""
    tried = Tried(handlers, trial, folder)
    before = tried.effects()
    _done(tried, tried.act())
    tried.undo(None)
    place = f"{trial.node}, undone without its output"
    _same(f"{place}: what is in force", tried.effects(), before)


def never_ran(handlers: Handlers, trial: Trial, folder: Path) -> None:
    """The compensation of what never ran changes nothing, and the call that comes late neither."""
    tried = Tried(handlers, trial, folder)
    before = tried.effects()
    tried.undo(None)
    _same(f"{trial.node} never ran and is undone: the effects", tried.effects(), before)
    if tried.is_fenced:
        _same(f"{trial.node} comes after its undo", isinstance(tried.act(), Never), True)
        _same(f"{trial.node} comes after its undo: the effects", tried.effects(), before)


def _done(tried: Tried, answer: Any) -> Any:
    """What a call gave, as JSON data. Raises AssertionError if it is not done."""
    name, fails = tried.trial.node, tried.trial.fails
    wanted = tried.output or type(None)
    match answer:
        case Trouble():
            _wrong(f"{name} fails: {answer.error}")
        case Refusal() if answer.reason in fails:
            why = "say in VALUES of handlers/trials.py for what it is done"
            _wrong(f"{name} refuses, {answer.reason}: {why}")
        case Refusal():
            known = ", ".join(fails) or "no refusal"
            _wrong(f"{name} refuses, {answer.reason}: the file knows only {known}")
        case _ if not isinstance(answer, Done | wanted):
            _wrong(f"{name} gives {answer!r}, and the file says {wanted.__name__}")
    return _plain(answer)


def _wrong(what: str) -> NoReturn:
    raise AssertionError(what)


def _plain(answer: Any) -> Any:
    return encode(answer.output if isinstance(answer, Done) else answer)


def _shown(answer: Any) -> str:
    return answer.error if isinstance(answer, Trouble) else repr(answer)


def _same(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise AssertionError(f"{what}\n  is        {found}\n  should be {wanted}")


_TABLES = """select name from sqlite_master where type = 'table'
and name not like 'sqlite_%' and name not like 'saga_%' order by name"""
