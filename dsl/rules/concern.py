"""Which rules concern only some sagas, so that the others need not even import them.

A rule that can find nothing unless a saga has a certain kind of item, or a certain key on an item,
may be named here. Any other rule always runs.
"""

from __future__ import annotations

from sagac.dsl.model import Saga

from .places import items_of

ONLY_WITH: dict[str, tuple[str, ...]] = {
    "CO004": ("foreach",),
    "CO005": ("parallel", "foreach"),
    "CO006": ("saga",),
    "CO007": ("role",),
    "CO014": ("recover",),
    "CO016": ("role",),
    "DA002": ("events",),
    "PI001": ("role",),
    "PI002": ("role",),
    "PI003": ("role",),
    "PI004": ("role",),
    "PI005": ("role",),
    "PI007": ("foreach", "repeat"),
    "RE003": ("fence",),
    "RE005": ("on_unknown",),
    "ST001": ("needs",),
    "ST003": ("fail",),
    "ST015": ("declared locks",),
    "TI001": ("wait",),
}


def traits(saga: Saga) -> set[str]:
    """The kinds of the items of ``saga``, and the keys that are written on any of them."""
    found: set[str] = set()
    for item in items_of(saga):
        found.add(item.kind)
        found.update(item.keys)
    if any(not service.fence for service in saga.services.values()):
        found.add("fence")
    if saga.locks:
        found.add("declared locks")
    return found


def concerns(code: str, there: set[str]) -> bool:
    """Whether the rule ``code`` may find anything in a saga with these traits."""
    needed = ONLY_WITH.get(code)
    return needed is None or not there.isdisjoint(needed)
