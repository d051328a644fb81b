"""What a change of a saga breaks, and for whom: running sagas, handlers, callers.

The events and ledgers of a choreography are compared in ``choreography.compare``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sagac.dsl.graph import SagaGraph
from sagac.dsl.meaning import changed, meaning
from sagac.dsl.types import RecordType, Type

from .python.catalogue import make_catalogue
from .signatures import Signatures, breaking, record_breaks

Whom = Literal["running sagas", "handlers", "starters", "senders", "subscribers", "ledgers"]
MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``about`` is what differs, ``who`` are the services that it concerns."""

    whom: Whom
    about: str
    what: str
    do: str
    breaks: bool = True
    who: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two versions of one saga."""

    old: SagaGraph
    new: SagaGraph

    @property
    def raised(self) -> bool:
        """Whether the new one has a higher version, so that sagas under way keep the old one."""
        return self.new.saga.version > self.old.saga.version

    @property
    def renamed(self) -> bool:
        """Whether they are two sagas."""
        return self.new.saga.name.text != self.old.saga.name.text

    @property
    def raise_it(self) -> str:
        """What to do where only a new version helps."""
        return f"Write `version: {self.old.saga.version + 1}`"


def changes(pair: Pair) -> Iterator[Change]:
    """What differs in every style."""
    if pair.renamed:
        yield _renamed(pair)
        return
    yield from _meaning(pair)
    yield from _handlers(pair)
    yield from _input(pair)


def _renamed(pair: Pair) -> Change:
    old, new = pair.old.saga.name.text, pair.new.saga.name.text
    return Change(
        "running sagas",
        old,
        f"the saga is called {new} now: nobody goes on with those under way, and every subject,"
        " table and package has another name",
        f"Write `saga: {old}` again, or keep {old} deployed until its last saga has ended",
    )


def _meaning(pair: Pair) -> Iterator[Change]:
    keys = changed(meaning(pair.old), meaning(pair.new))
    old, new = pair.old.saga, pair.new.saga
    if new.version < old.version:
        what = f"version {new.version} is older than {old.version}, which sagas under way have"
        yield Change("running sagas", "version", what, pair.raise_it)
    elif keys:
        named = ", ".join(keys[:MOST_NAMED])
        more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
        if pair.raised:
            yield Change(
                "running sagas",
                "version",
                f"sagas under way go on as version {old.version} ({named}{more} differ)",
                f"Generate into the same folder, which keeps version {old.version}; --drop"
                f" {old.version} when its last saga has ended",
                breaks=False,
            )
        else:
            what = f"{named}{more} differ under the same version {old.version}, so sagas under way"
            yield Change("running sagas", "version", f"{what} go on by other steps", pair.raise_it)


# Handlers


def _handlers(pair: Pair) -> Iterator[Change]:
    old, new = (make_catalogue(each, ()).current for each in (pair.old, pair.new))
    for key, why in breaking(old, new):
        yield Change(
            "handlers",
            key,
            f"its {why}; {_because(why, pair.old.saga.version)}",
            "Give the action another name, or make the new field optional",
            who=(old.actions[key].service,),
        )
    yield from _refusals(old, new)
    for key, action in old.actions.items():
        if key not in new.actions:
            do = f"Keep the method until no saga of version {pair.old.saga.version} is under way"
            yield Change("handlers", key, "nothing calls it any more", do, False, (action.service,))
    for key, action in new.actions.items():
        known = old.actions.get(key)
        asked = action.query and not (known is not None and known.query)
        if known is None or asked:
            method = action.name if known is None else f"query_{action.name}"
            do = "Write the method before the new version is deployed; `sagac generate` shows it"
            what = f"the method {method} is new"
            yield Change("handlers", key, what, do, False, (action.service,))


def _because(why: str, version: int) -> str:
    if why.startswith("input") and why.endswith("is new and required"):
        return f"sagas of version {version} do not give it"
    return f"the handler is written for version {version}"


def _refusals(old: Signatures, new: Signatures) -> Iterator[Change]:
    for key, action in old.actions.items():
        after = new.actions.get(key)
        if after is None:
            continue
        known = dict(after.refusals)
        for name, data in action.refusals:
            if name not in known:
                what = f"{name!r} is no refusal of it any more, and the handler may answer so"
                do = f"Leave {name} under `fails`, or change the handler first"
                yield Change("handlers", key, what, do, who=(action.service,))
                continue
            now = known[name]
            empty = RecordType(())
            for why in record_breaks(data or empty, now or empty, old.types, new.types):
                do = "Give the refusal another name, or make the new field optional"
                yield Change(
                    "handlers", key, f"its refusal {name} {why}", do, who=(action.service,)
                )


# Those who start a saga


def _input(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.saga, pair.new.saga
    for why in given_breaks(old.input, new.input, old.types, new.types):
        yield Change(
            "starters",
            "input",
            f"the input {why}",
            "Make it optional, or change those who start the saga first",
            who=(pair.new.start_service,),
        )


def given_breaks(
    old: RecordType, new: RecordType, before: Mapping[str, Type], after: Mapping[str, Type]
) -> Iterator[str]:
    """What somebody who gives an ``old`` gets wrong now: a field too few, or of another type."""
    for why in record_breaks(old, new, before, after):
        if not why.endswith(("is optional now", "any more")):
            yield why
