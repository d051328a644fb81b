"""Top-level keys that have slipped into the mapping above them, since they are indented."""

from __future__ import annotations

from collections.abc import Iterator

from .nodes import Entry, Mapping, Scalar, Sequence
from .parser_vocabulary import PARTS, TOP_REQUIRED

_HOLDERS = ("services", "types", "input", "defaults", "events", "locks", "start", "cancel")
_OWN = {"services": PARTS["service"], "events": PARTS["event"], "locks": PARTS["lock"]}
_LATER = ("types", "defaults", "locks", "events")


def slipped(root: Mapping) -> Iterator[tuple[Entry, str]]:
    """Each entry that stands in another one's mapping and is missing above, and that one's key."""
    for holder in _HOLDERS:
        inside = root.entries.get(holder)
        for entry in inside.value if inside and isinstance(inside.value, Mapping) else ():
            if entry.key.text not in root.entries and _belongs_above(entry, holder):
                yield entry, holder


def _belongs_above(entry: Entry, holder: str) -> bool:
    key, value = entry.key.text, entry.value
    if key == "steps":
        return isinstance(value, Sequence)
    empty = isinstance(value, Scalar) and value.value is None
    if key in ("services", "input") and key in TOP_REQUIRED and (holder != "input" or not empty):
        return isinstance(value, Mapping) or empty
    if key not in _LATER or holder not in _OWN or not isinstance(value, Mapping):
        return False
    return not any(name in _OWN[holder] for name in value.entries)


def lifted(root: Mapping, entry: Entry, holder: str) -> Mapping:
    """The tree with ``entry`` where it belongs; what follows it goes below it if it is empty."""
    above = root.entries[holder]
    assert isinstance(above.value, Mapping)
    inside = [*above.value.entries]
    at = inside.index(entry.key.text)
    empty = isinstance(entry.value, Scalar) and entry.value.value is None
    follow = {name: above.value.entries[name] for name in inside[at + 1 :]} if empty else {}
    if follow:
        entry = Entry(entry.key, Mapping(follow, entry.key.span.to(above.value.span)))
    gone = {entry.key.text, *follow}
    stay = {name: each for name, each in above.value.entries.items() if name not in gone}
    kept = Entry(above.key, Mapping(stay, above.value.span))
    entries = {**root.entries, holder: kept, entry.key.text: entry}
    return type(root)(entries, root.span)
