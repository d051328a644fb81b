"""YAML text in, positioned nodes out.

PyYAML's event stream (libyaml where it is there) is turned into own nodes: its ``compose`` is
several times slower, and its safe loader forgets every position. Bad input of any kind gives
findings and as much of the tree as could be read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from .codes import diagnostic
from .diagnostics import Diagnostics
from .model import Suppression
from .nodes import Entry, Mapping, Node, Scalar, Sequence
from .reader_comments import suppressions
from .reader_scalars import STARTS, core_value
from .reader_text import INSIDE, check_characters, decode, short
from .span import Span

if TYPE_CHECKING:
    Loader = yaml.SafeLoader
else:
    Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LARGEST = 16 * 1024 * 1024  # characters of a file
DEEPEST = 128  # mappings and lists inside each other: some thirty choices in choices
MOST_NODES = 2_500_000
MOST_REPEATED = 50_000  # nodes that stand for others by aliases
MOST_REPAIRS = 20  # unquoted ${...} in flow style that are read as if they were quoted

_new: Callable[..., Any] = tuple.__new__  # named tuples without the detour over keywords
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_TAG = re.compile(r"![^\s,{}\[\]]*")
_BACK = {stand_in: char for char, stand_in in INSIDE.items()}
_BREAKS = "\n\r\x85\u2028\u2029"  # what ends a line to libyaml


class OpenMapping(Mapping):
    """A mapping whose end was never read: what is absent in it may stand behind the mistake."""

    __slots__ = ()


class OpenSequence(Sequence):
    """A list whose end was never read."""

    __slots__ = ()


class _Stopped(Exception):
    """Reading cannot go on; the reason is reported already."""


def read(
    source: str | bytes, file: str, found: Diagnostics
) -> tuple[Node | None, tuple[Suppression, ...]]:
    """The tree of the one document in ``source`` and the suppressions in its comments.

    Whatever is wrong goes to ``found``; what stands before a syntax error is still returned, inside
    OpenMapping and OpenSequence. None if nothing could be read. Raises nothing.
    """
    if len(source) > LARGEST:
        message = f"The file is larger than {LARGEST // (1024 * 1024)} MB."
        found.add(diagnostic("SY006", Span(1, 1, 1, 1, file), message))
        return None, ()
    text = decode(source, file, found)
    if text is None:
        return None, ()
    text = check_characters(text, file, found)
    reported = len(found)
    tree = _tree(text, file, found)
    if tree is None and len(found) == reported:
        help = "Start with `saga: NAME`, NAME in kebab-case."
        message = "The file is empty: it holds no saga."
        found.add(diagnostic("SY003", Span(1, 1, 1, 1, file), message, help=help))
    return tree, suppressions(text, tree, file)


def _tree(text: str, file: str, found: Diagnostics) -> Node | None:
    repaired = text
    for _ in range(MOST_REPAIRS):
        builder = _Builder(repaired, file, found)
        try:
            builder.run()
        except _Stopped:
            return builder.rest()
        except yaml.YAMLError as error:
            # Loaded only for a file that breaks, as most do not.
            from .reader_errors import yaml_error
            from .reader_repair import quoted

            again = quoted(error, repaired, file, found)
            if again is None:
                found.add(yaml_error(error, text, file, builder.last))
                return builder.rest()
            repaired = again
        else:
            return builder.root
    return builder.rest()


def _drop_unread(entries: dict[str, Entry]) -> None:
    """Takes away the last key if its value was not reached."""
    if entries:
        key, last = entries.popitem()
        if not (isinstance(last.value, Scalar) and last.value.value is None):
            entries[key] = last


def _line_numbers(text: str) -> tuple[int, ...]:
    """The numbers of all lines that ``text`` may have: of a long file each is one object."""
    return tuple(range(1, sum(map(text.count, _BREAKS)) + 3))


class _Builder:
    """Builds the tree from the events of one text, each mapping and list by a call of its own."""

    def __init__(self, text: str, file: str, found: Diagnostics) -> None:
        self.text = text
        self.file = file
        self.found = found
        self.root: Node | None = None
        self.broken: Node | None = None  # what was being read when reading stopped
        self.begun: tuple[int, int] | None = None  # where that starts
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.words: dict[str, str] = {}  # each text once, however often it is written
        self.lines = _line_numbers(text)
        self.nodes = 0
        self.repeated = 0
        self.last: Span = Span(1, 1, 1, 1, file)  # of what was read last: a block ends there
        self.repaired = any(chr(each) in text for each in _BACK)
        self.next_event: Callable[[], Any]

    def run(self) -> None:
        """Reads to the end of the text. Raises yaml.YAMLError or _Stopped."""
        loader: Any = Loader(self.text)
        self.next_event = loader.get_event
        documents = 0
        while True:
            event = self.next_event()
            kind = event.__class__
            if kind is StreamEndEvent:
                return
            if kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    help = "Remove the line `---`."
                    message = "A file holds one document only."
                    self._report("SY004", self._span(event), message, help)
                    if isinstance(self.root, Mapping):  # what is missing may stand behind it
                        self.root = OpenMapping(self.root.entries, self.root.span)
                    return
            elif kind is not StreamStartEvent and kind is not DocumentEndEvent:
                self.root = self._node(event, 0)

    def rest(self) -> Node | None:
        """What was read before reading stopped; what is empty so far is left out."""
        if self.broken is None and self.begun is not None:
            return OpenMapping({}, self._until_last(self.begun))
        return self.root if self.broken is None else self.broken

    def _node(self, event: Any, depth: int, around: list[Node] | None = None) -> Node:
        """The node that begins with ``event``, inside so many others and a list ``around`` it."""
        kind = event.__class__
        if kind is ScalarEvent:
            return self._scalar(event)
        if kind is MappingStartEvent:
            return self._mapping(event, depth + 1, around)
        if kind is SequenceStartEvent:
            return self._sequence(event, depth + 1)
        return self._alias(event)

    def _scalar(self, event: Any) -> Scalar:
        text = event.value
        if self.repaired:
            text = text.translate(_BACK)
        text = self.words.setdefault(text, text)
        start, end, lines = event.start_mark, event.end_mark, self.lines
        place = (lines[start.line], start.column + 1, lines[end.line], end.column + 1, self.file)
        self.last = span = _new(Span, place)
        plain = not event.style
        value = core_value(text) if plain and (not text or text[0] in STARTS) else text
        node = Scalar(text, value, span, plain)
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self._too_many(span)
        if event.anchor is not None or event.tag is not None:
            line, column = min(self._properties(event), span[2:4])
            node.span = span._replace(line=line, column=column)
            if event.anchor is not None:
                self.anchors[event.anchor] = (node, 1)
        return node

    def _mapping(self, event: Any, depth: int, around: list[Node] | None) -> Mapping:
        start, before = self._start(event, depth), self.nodes
        entries: dict[str, Entry] = {}
        key: Node | None = None
        next_event, scalar = self.next_event, self._scalar
        try:
            while True:
                here = next_event()
                kind = here.__class__
                if kind is MappingEndEvent:
                    break
                key = scalar(here) if kind is ScalarEvent else self._node(here, depth)
                here = next_event()
                node = scalar(here) if here.__class__ is ScalarEvent else self._node(here, depth)
                if key.__class__ is Scalar and key.text not in entries and key.text != "<<":
                    entries[key.text] = _new(Entry, (key, node))
                else:
                    held = None if event.flow_style else around
                    entries, start = self._clash(entries, start, (key, node), held)
                key = None
        except (_Stopped, yaml.YAMLError):
            self._leave(entries, start, key, None if event.flow_style else around)
            raise
        whole = Mapping(entries, self._extent(start, event, here))
        if event.anchor is not None:
            self.anchors[event.anchor] = (whole, self.nodes - before + 1)
        return whole

    def _sequence(self, event: Any, depth: int) -> Sequence:
        start, before = self._start(event, depth), self.nodes
        items: list[Node] = []
        next_event = self.next_event
        try:
            while True:
                here = next_event()
                kind = here.__class__
                if kind is ScalarEvent:
                    items.append(self._scalar(here))
                elif kind is SequenceEndEvent:
                    break
                else:
                    items.append(self._node(here, depth, items))
        except (_Stopped, yaml.YAMLError):
            if self.broken is not None:
                items.append(self.broken)
            self.broken = OpenSequence(items, self._until_last(start)) if items else None
            self.begun = start
            raise
        whole = Sequence(items[:], self._extent(start, event, here))
        if event.anchor is not None:
            self.anchors[event.anchor] = (whole, self.nodes - before + 1)
        return whole

    def _start(self, event: Any, depth: int) -> tuple[int, int]:
        """Where a mapping or list starts; counts it."""
        mark = event.start_mark
        start = (self.lines[mark.line], mark.column + 1)
        if event.anchor is not None or event.tag is not None:
            start = self._properties(event)
        if depth > DEEPEST:
            message = f"Lists and mappings are nested deeper than {DEEPEST}."
            self._report("SY006", self._span(event), message)
            raise _Stopped
        self.nodes += 1
        return start

    def _extent(self, start: tuple[int, int], event: Any, end: Any) -> Span:
        """The span of the mapping or list between two events: a block ends with what is in it."""
        if event.flow_style:
            mark = end.end_mark
            line, column = self.lines[mark.line], mark.column
            self.last = _new(Span, (line, column, line, column + 1, self.file))
        last = self.last
        return _new(Span, (start[0], start[1], last[2], last[3], self.file))  # type: ignore[no-any-return]

    def _leave(
        self,
        entries: dict[str, Entry],
        start: tuple[int, int],
        key: Node | None,
        around: list[Node] | None,
    ) -> None:
        """Closes a mapping that cannot be read on; ``key`` waits for its value."""
        if self.broken is not None and key is not None:
            entries, start = self._clash(entries, start, (key, self.broken), around)
        _drop_unread(entries)
        self.broken = OpenMapping(entries, self._until_last(start)) if entries else None
        self.begun = start

    def _alias(self, event: Any) -> Node:
        self.last = span = self._span(event)
        known = self.anchors.get(event.anchor)
        node, size = known or (None, 1)
        self.repeated += size
        self.nodes += size
        if self.repeated > MOST_REPEATED:
            self._report("SY006", span, "Aliases repeat too much of the file.")
            raise _Stopped
        if node is None:
            self._report(
                "SY001", span, f"The alias {short(event.anchor)} stands for nothing above it."
            )
            node = Scalar("", None, span, True)
        return node

    def _clash(
        self,
        entries: dict[str, Entry],
        start: tuple[int, int],
        entry: tuple[Node, Node],
        around: list[Node] | None,
    ) -> tuple[dict[str, Entry], tuple[int, int]]:
        """Puts in a key that may not stand here, or may; what is being read then and its start."""
        key, node = entry
        if isinstance(key, Scalar):
            if key.text not in entries and key.text != "<<":
                entries[key.text] = _new(Entry, (key, node))
                return entries, start
            begun = self._split(entries, start, Entry(key, node), around)
            if begun is not None:
                return begun
        from .reader_repair import refuse_key

        refuse_key(key, node, entries, self.found)
        return entries, start

    def _split(
        self,
        entries: dict[str, Entry],
        start: tuple[int, int],
        entry: Entry,
        around: list[Node] | None,
    ) -> tuple[dict[str, Entry], tuple[int, int]] | None:
        """Begins a new item of the list ``around`` at a key that says so, if its dash is missing.

        Returns the new item and its start; None if no item begins.
        """
        if around is None:
            return None
        from .reader_repair import split_item

        split = split_item(entries, entry)
        if split is None:
            return None
        before, after, begins = split
        head = after[begins].key
        message = f"A '-' is missing before {short(begins)}: a new item begins here."
        self._report("SY005", head.span, message, f"Write `- {begins}: ...`.")
        around.append(Mapping(before, Span(*start, *head.span[:2], self.file)))
        return after, head.span[:2]

    def _properties(self, event: Any) -> tuple[int, int]:
        """Refuses a tag; returns where the node itself starts, after its anchor and tag."""
        mark = event.start_mark
        if event.tag is not None:
            tag = _TAG.search(self.text, mark.index)
            width = len(tag[0]) if tag else 1
            column = mark.column + 1 + (tag.start() - mark.index if tag else 0)
            span = Span(mark.line + 1, column, mark.line + 1, column + width, self.file)
            name = tag[0] if tag else event.tag
            message = f"The tag {short(name)} is refused: a saga holds plain values only."
            self._report("SY007", span, message, "Remove the tag.")
        match = _PROPERTIES.match(self.text, mark.index)
        skipped = match[0] if match else ""
        if "\n" in skipped or "\r" in skipped:
            breaks = skipped.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            return mark.line + len(breaks), len(breaks[-1]) + 1
        return mark.line + 1, mark.column + 1 + len(skipped)

    def _too_many(self, span: Span) -> NoReturn:
        self._report("SY006", span, f"The file has more than {MOST_NODES} values.")
        raise _Stopped

    def _until_last(self, start: tuple[int, int]) -> Span:
        return _new(Span, (*start, *max(start, self.last[2:4]), self.file))  # type: ignore[no-any-return]

    def _span(self, event: Any) -> Span:
        start, end = event.start_mark, event.end_mark
        place = (start.line + 1, start.column + 1, end.line + 1, end.column + 1, self.file)
        return _new(Span, place)  # type: ignore[no-any-return]

    def _report(self, code: str, span: Span, message: str, help: str | None = None) -> None:
        self.found.add(diagnostic(code, span, message, help=help))
