"""Sagas that were worked on lately, as the database has them: reading them again is most of a turn.

A saga is taken out while its transaction is open and put back at its end. The stamp of the database
says whether somebody else wrote since, or the transaction was rolled back after all.
"""

from __future__ import annotations

from .machine import Machine
from .store import SagaRows

Place = tuple[str, str]  # saga and key
Kept = tuple[Machine, SagaRows]

_MOST = 1000


class Memory:
    """The last sagas of one service."""

    def __init__(self) -> None:
        self._kept: dict[Place, tuple[object, Kept]] = {}

    def take(self, place: Place, stamp: object) -> Kept | None:
        """The saga, if nobody else has written since; it is no longer here then."""
        found = self._kept.pop(place, None)
        return found[1] if found is not None and found[0] == stamp else None

    def keep(self, place: Place, stamp: object, kept: Kept) -> None:
        """What is written in a transaction that began with this stamp; None: it cannot be told."""
        if stamp is None or kept[0].course.ended:
            return
        if len(self._kept) >= _MOST:
            del self._kept[next(iter(self._kept))]
        self._kept[place] = (stamp, kept)

    def forget(self, place: Place) -> None:
        """It is written elsewhere."""
        self._kept.pop(place, None)
