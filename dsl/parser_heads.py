"""Where an item begins: heads that are doubled, dashes that are missing or too many."""

from __future__ import annotations

import re
from typing import NamedTuple

from .habits import MEANT, meant_key
from .nodes import Entry, Mapping, Node, Scalar, Sequence
from .parser_parts import Parts
from .parser_vocabulary import CALLED, COMMON, CONTENT, KINDS, REQUIRED
from .reader import OpenMapping
from .reader_text import short

_LOOP = re.compile(r"([a-z][a-z0-9_]*)\s+in\s+(\S.*)")


class _Loop(NamedTuple):
    """The head of a loop as other languages write it, ``item in ITEMS``."""

    variable: str
    source: str

    @property
    def help(self) -> str:
        where = f"`foreach: NAME`, `in: {self.source}` and `as: {self.variable}`"
        return f"Write {where}, and its items as a list under `steps:`."


class Heads(Parts):
    """Finds the items in a list, also where a dash or a head is wrong."""

    def _without_dashes(self, nodes: list[Node]) -> list[Node]:
        """The items; those that a dash too many has cut are put together."""
        whole: list[Node] = []
        told = False
        for node in nodes:
            if whole and _continues(whole[-1], node):
                if not told:
                    self._dash_too_many(whole[-1], node)
                whole[-1], told = _together(whole[-1], node), True
            else:
                whole.append(node)
                told = False
        return whole

    def _dash_too_many(self, before: Node, here: Node) -> None:
        assert isinstance(before, Mapping)
        assert isinstance(here, Mapping)
        key = next(iter(here)).key
        above = next(iter(before.entries))
        message = f"This '-' begins a new item, but {short(key.text)} belongs to the {above} above."
        help = f"Remove the '-', and begin {short(key.text)} below {above!r}."
        self.report("SY004", key.span, message, help)

    def _one_kind_each(self, node: Node) -> list[Node]:
        """The item; two, where the dash of the second one is missing."""
        if not isinstance(node, Mapping):
            return [node]
        names = list(node.entries)
        if names[:1] != ["foreach"] and KINDS.keys().isdisjoint(names[1:]):  # nearly always
            return [node]
        loop = _loop_in_head(node)
        if loop is not None:
            node = _with_loop_below(node, loop)
        at = _second_head(node)
        if at is None:
            if loop is not None:
                message = "The head of a foreach is its name only."
                self.report("SY004", node.entries["foreach"].value.span, message, loop.help)
            return [node]
        names = list(node.entries)
        self._second_kind(node, names[0], names[at], loop.help if loop else None)
        return self._apart(node, at) if at < len(names) - 1 else [_unfinished(node, names[at])]

    def _apart(self, node: Mapping, at: int) -> list[Node]:
        """What an item with another head, the key number ``at``, was meant to be."""
        names = list(node.entries)
        kind, other = names[0], names[at]
        for outer, inner in ((kind, other), (other, kind)):
            if _lacks_steps(node, outer):
                around, inside = _nested(node, outer, inner)
                return [_holding(around, self._one_kind_each(inside))]
        whole = all(name in names[:at] for name in REQUIRED.get(kind, ()))
        if kind != "fail" and (at == 1 or not whole):
            return self._one_kind_each(_with_one_head(node, kind, other))
        first, rest = _parted(node, at)
        return [first, *self._one_kind_each(rest)]

    def _one_kind(self, node: Mapping, kind: str) -> Mapping:
        """``node`` without the keys that would make it an item of a second kind."""
        others = [
            key
            for key in node.entries
            if key in KINDS and key != kind and not meant_key(key, KINDS[kind], node.entries)
        ]
        for key in others:
            self._second_kind(node, kind, key)
        if not others:
            return node
        entries = {key: each for key, each in node.entries.items() if key not in others}
        return type(node)(entries, node.span)

    def _second_kind(self, node: Mapping, kind: str, key: str, help: str | None = None) -> None:
        message = f"This item is {CALLED[kind]} already: {key!r} would make it another."
        help = help or f"Begin a new item with `- {key}: ...`."
        self.report("SY002", node.entries[key].key.span, message, help)


def _second_head(node: Mapping) -> int | None:
    """The number of the key that would begin another item, None if there is none.

    One that comes last is left to ``_one_kind`` if the item is whole without it.
    """
    names = list(node.entries)
    if not names or names[0] not in KINDS:
        return None
    for at, name in enumerate(names[1:], 1):
        if name in KINDS and MEANT.get(name) not in KINDS[names[0]]:
            whole = all(key in node.entries for key in REQUIRED.get(names[0], ()))
            return None if whole and at == len(names) - 1 else at
    return None


def _unfinished(node: Mapping, other: str) -> Mapping:
    """An item that lacks something and ends in another head: what is not there counts as meant."""
    kind = next(iter(node.entries))
    if _lacks_steps(node, kind):
        around, inside = _nested(node, kind, other)
        return _holding(around, [OpenMapping(inside.entries, inside.span)])
    entries = {name: each for name, each in node.entries.items() if name != other}
    return OpenMapping(entries, node.span)


def _loop_in_head(node: Mapping) -> _Loop | None:
    """What a foreach goes over, where that stands in place of its name."""
    head = node.entries.get("foreach")
    if head is None or "in" in node.entries or not isinstance(head.value, Scalar):
        return None
    found = _LOOP.fullmatch(head.value.text)
    return _Loop(found[1], found[2]) if found else None


def _with_loop_below(node: Mapping, loop: _Loop) -> Mapping:
    """The foreach with the keys that its head was meant to say."""
    at = node.entries["foreach"].value.span
    told = {"foreach": f"each_{loop.variable}", "in": loop.source, "as": loop.variable}
    entries: dict[str, Entry] = {}
    for name, entry in node.entries.items():
        if name != "foreach":
            entries[name] = entry
            continue
        for key, text in told.items():
            entries[key] = Entry(Scalar(key, key, at, True), Scalar(text, text, at, True))
    return type(node)(entries, node.span)


def _with_one_head(node: Mapping, kind: str, other: str) -> Mapping:
    """An item that has two heads, with one and its keys: that which has more, else the first."""
    rest = [name for name in node.entries if name not in (kind, other)]
    fits = max((kind, other), key=lambda each: sum(name in KINDS[each] for name in rest))
    dropped = {*KINDS[kind], *KINDS[other]}.difference(KINDS[fits], COMMON)
    names = [fits, *(name for name in rest if name not in dropped)]
    return type(node)({name: node.entries[name] for name in names}, node.span)


def _parted(node: Mapping, at: int) -> tuple[Mapping, Mapping]:
    """Two items of one, where the dash before the key number ``at`` is missing."""
    entries = [*node.entries.items()]
    head = entries[at][1].key.span
    first = Mapping(dict(entries[:at]), node.span._replace(end_line=head.line, end_column=1))
    return first, type(node)(dict(entries[at:]), head.to(node.span))


def _lacks_steps(node: Mapping, kind: str) -> bool:
    """Whether ``node`` is all of an item of this kind but for its ``steps``."""
    lacking = [name for name in REQUIRED.get(kind, ()) if name not in node.entries]
    return CONTENT.get(kind) == "steps" and lacking == ["steps"]


def _nested(node: Mapping, outer: str, inner: str) -> tuple[Mapping, Mapping]:
    """Two items of one: that which holds steps, and what is to stand in it."""
    own = {outer, *KINDS[outer]}.difference(KINDS[inner], COMMON)
    held = {name: each for name, each in node.entries.items() if name in own}
    around = {outer: node.entries[outer], **held}
    rest = {name: each for name, each in node.entries.items() if name not in own}
    inside = {inner: node.entries[inner], **rest}
    return type(node)(around, node.span), type(node)(inside, node.span)


def _holding(item: Mapping, inside: list[Node]) -> Mapping:
    """The item with others as its steps."""
    steps = Entry(Scalar("steps", "steps", item.span, True), Sequence(inside, item.span))
    return type(item)({**item.entries, "steps": steps}, item.span)


def _continues(before: Node, here: Node) -> bool:
    """Whether ``here`` goes on with the item ``before``: its dash is one too many."""
    if not isinstance(before, Mapping) or not isinstance(here, Mapping):
        return False
    first = next(iter(here.entries), "")
    if first in KINDS:
        return False
    kind = next(iter(before.entries), "")
    if first not in (*KINDS.get(kind, ()), *COMMON) or kind not in KINDS:
        return False
    return not before.entries.keys() & here.entries.keys()


def _together(before: Node, here: Node) -> Mapping:
    """The item that two nodes are."""
    assert isinstance(before, Mapping)
    assert isinstance(here, Mapping)
    return type(here)({**before.entries, **here.entries}, before.span.to(here.span))
