"""Choreographed sagas of a place: what their observer saw, and the databases of their services."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sagac.cli.support import UsageProblem

from .contents import contents, database_problems, shown
from .place import Place
from .state import ENDED, SagaState
from .store import unclear

if TYPE_CHECKING:
    from sagac.templates.choreography.runtime.desk import Desk
    from sagac.templates.choreography.runtime.heard import Record
    from sagac.templates.choreography.runtime.observed import Observed, Seen
    from sagac.templates.choreography.runtime.picture import Picture


@dataclass(frozen=True)
class Choreographed:
    """The choreographed sagas of a place."""

    observed: Observers | None
    services: Mapping[str, str]  # name -> URL of its database
    orchestrated: Place | None = None  # where the orchestrated ones are, if there are any

    def elsewhere(self, key: str) -> Place:
        """Where to look for a saga that is none of these. Raises UsageProblem: nowhere."""
        if self.orchestrated is None:
            raise unclear(key, [])
        return self.orchestrated

    def sagas(self, key: str | None = None) -> list[Seen]:
        """What the observer saw, the oldest first."""
        return [] if self.observed is None else self.observed.sagas(key)

    def states(self, key: str | None = None) -> list[tuple[SagaState, Seen]]:
        """The same in the words of all styles."""
        return [(to_state(each), each) for each in self.sagas(key)]

    def picture(self, seen: Seen) -> Picture:
        """The nodes of a saga that was seen."""
        found = None if self.observed is None else self.observed.picture(seen.saga, seen.version)
        assert found is not None
        return found

    @contextmanager
    def desk(self, service: str) -> Iterator[Desk]:
        """The database of a service. Raises UsageProblem if it is not here."""
        from sagac.templates.choreography.runtime.desk import Desk

        if service not in self.services:
            known = ", ".join(self.services) or "none"
            raise UsageProblem(
                f"the database of the service {service!r} is not here (there is: {known}); name it"
                " with one more --store"
            )
        with database_problems(f"the database of {service}"):
            desk = Desk(self.services[service])
        try:
            yield desk
        finally:
            desk.close()


class Observers:
    """What several observers keep, as if it were one."""

    def __init__(self, opened: Sequence[Observed]) -> None:
        self._opened = opened

    def sagas(self, key: str | None = None) -> list[Seen]:
        """All sagas, the oldest first, or those with a key (or ``saga/key``)."""
        found: dict[tuple[str, str], Seen] = {}
        for each in self._opened:
            found = {(seen.saga, seen.key): seen for seen in each.sagas(key)} | found
        return sorted(found.values(), key=lambda seen: (seen.started, seen.saga, seen.key))

    def picture(self, saga: str, version: int) -> Picture | None:
        """The picture of a version, None if no observer knew it."""
        pictures = (each.picture(saga, version) for each in self._opened)
        return next((each for each in pictures if each is not None), None)

    def records(self, saga: str, key: str) -> list[Record]:
        """All that was heard of a saga, in the order of its telling."""
        return next((found for each in self._opened if (found := each.records(saga, key))), [])


@contextmanager
def choreographed(place: Place) -> Iterator[Choreographed]:
    """The choreographed sagas at ``place``; there may be none."""
    from sagac.templates.choreography.runtime.observer import open_observed

    there = contents(place)
    with ExitStack() as stack:
        opened = []
        for url in there.observers:
            with database_problems(f"the store {shown(url)}"):
                opened.append(open_observed(url))
            stack.callback(opened[-1].close)
        observed = Observers(opened) if opened else None
        other = there.orchestrated
        rest = None if other is None else replace(place, store=other, others=())
        yield Choreographed(observed, there.services, rest)


def to_state(seen: Seen) -> SagaState:
    """The state object of a saga that an observer saw."""
    from sagac.templates.choreography.runtime.observed import iso

    waits: list[str] = []
    for each in seen.at:
        waits += each.waits_for or (("time",) if each.kind == "wait" else (each.service,))
    return SagaState(
        saga=seen.saga,
        key=seen.key,
        version=seen.version,
        state=seen.state,
        at=tuple(dict.fromkeys(each.path for each in seen.at)),
        waits_for=tuple(waits),
        since=iso(seen.since),
        because=seen.because,
        effects=seen.effects,
        output=seen.output,
        marks=seen.marks,
    )


def one(found: Choreographed, key: str) -> Seen | None:
    """The saga with that key, or None. Raises UsageProblem if there are several."""
    sagas = found.sagas(key)
    if len(sagas) > 1:
        raise unclear(key, [f"{each.saga}/{each.key}" for each in sagas])
    return sagas[0] if sagas else None


def missing(seen: Seen, picture: Picture, now: float | None = None) -> list[str]:
    """What is late or stuck, in words: *inventory has not answered PaymentFailed for 4 min*."""
    now = time.time() if now is None else now
    found = []
    for each in () if seen.state in ENDED else seen.at:
        what = each.by.name if each.by is not None and each.by.name else "what it has heard"
        if each.why is not None:
            found.append(f"{each.service} is stuck in {each.path}: {each.why}")
        elif each.late(now):
            ago = ago_text(now - each.since)
            if each.kind == "wait":
                found.append(f"{each.service} still waits in {each.path} after {ago}")
            else:
                found.append(f"{each.service} has not answered {what} for {ago}")
    return found


def ago_text(seconds: float) -> str:
    """``4 min``, ``2 h``: as long as a person would say."""
    for size, unit in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
