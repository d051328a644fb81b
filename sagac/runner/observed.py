"""Choreographed sagas of a place: what their observer saw, and the databases of their services."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sagac.cli.support import UsageProblem

from .place import Place
from .state import ENDED, SagaState
from .store import of_the_database, unclear

if TYPE_CHECKING:
    from sagac.templates.choreography.runtime.desk import Desk
    from sagac.templates.choreography.runtime.observed import Observed, Seen
    from sagac.templates.choreography.runtime.picture import Picture


@dataclass(frozen=True)
class Choreographed:
    """The choreographed sagas of a place."""

    observed: Observed | None
    services: Mapping[str, str]  # name -> URL of its database

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
                " with --store"
            )
        with _database_problems(f"the database of {service}"):
            desk = Desk(self.services[service])
        try:
            yield desk
        finally:
            desk.close()


@contextmanager
def choreographed(place: Place) -> Iterator[Choreographed]:
    """The choreographed sagas at ``place``; there may be none."""
    from sagac.templates.choreography.runtime.observer import open_observed

    url = place.observer
    with _database_problems("the store"):
        observed = open_observed(url) if url is not None else None
    try:
        yield Choreographed(observed, place.services)
    finally:
        if observed is not None:
            observed.close()


@contextmanager
def _database_problems(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as missing:
        raise UsageProblem(f"{what} is not at {missing}") from None
    except Exception as problem:
        if not of_the_database(problem):
            raise
        text = " ".join(str(problem).split())
        raise UsageProblem(f"{what} cannot be opened: {text}") from None


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
