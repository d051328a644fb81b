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
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from .codes import diagnostic
from .diagnostics import Diagnostics, Label
from .habits import HOLDERS
from .model import Suppression
from .nodes import Entry, Mapping, Node, Scalar, Sequence
from .parser_vocabulary import KINDS
from .reader_comments import suppressions
from .reader_errors import yaml_error
from .reader_scalars import STARTS, core_value
from .reader_text import LONGEST_SHOWN, check_characters, decode, short
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

UNQUOTED = "Inside { } and [ ] an expression must be quoted."
UNCLOSED = 'Write "${...}".'

_new: Callable[..., Any] = tuple.__new__  # named tuples without the detour over keywords
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_RACES = ("event", "after")
_TAG = re.compile(r"![^\s,{}\[\]]*")
_EXPRESSION = re.compile(r"\{[^{}\n\r]*\}")
# Stand-ins of the same width for what ends a plain text in flow style, from a private use area.
_INSIDE = {ord(char): 0xF8D0 + index for index, char in enumerate("{}[],:#?")}
_BACK = {stand_in: char for char, stand_in in _INSIDE.items()}


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
            again = _repair(error, repaired, file, found)
            if again is None:
                found.add(yaml_error(error, text, file, builder.last))
                return builder.rest()
            repaired = again
        else:
            return builder.root
    return builder.rest()


def _repair(error: yaml.YAMLError, text: str, file: str, found: Diagnostics) -> str | None:
    """If an unquoted ``${...}`` in flow style is what broke: reports it, returns readable text."""
    mark = getattr(error, "problem_mark", None)
    if mark is None or text[mark.index - 1 : mark.index + 1] != "${":
        return None
    match = _EXPRESSION.match(text, mark.index)
    end = match.end() if match else mark.index + 1
    line, column = mark.line + 1, mark.column
    span = Span(line, column, line, column + end - mark.index + 1, file)
    written = "$" + text[mark.index : end][:LONGEST_SHOWN]
    found.add(
        diagnostic(
            "SY001",
            span,
            UNQUOTED,
            help=f'Write "{written}".' if match else UNCLOSED,
        )
    )
    if match is None:
        return None
    return text[: mark.index] + match[0].translate(_INSIDE) + text[end:]


class _Frame:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "before", "entries", "flow", "items", "key", "start")

    def __init__(self, event: Any, start: tuple[int, int], before: int, mapping: bool) -> None:
        self.entries: dict[str, Entry] = {}
        self.items: list[Node] | None = None if mapping else []
        self.key: Node | None = None
        self.start = start
        self.flow: bool = event.flow_style
        self.anchor: str | None = event.anchor
        self.before = before  # nodes counted before it


def _drop_unread(entries: dict[str, Entry]) -> None:
    """Takes away the last key if its value was not reached."""
    if entries:
        key, last = entries.popitem()
        if not (isinstance(last.value, Scalar) and last.value.value is None):
            entries[key] = last


def _left_empty(key: str, entries: dict[str, Entry]) -> bool:
    """Whether a key comes twice since it was to stand below an empty one, which is reported."""
    names = list(entries)
    later = (entries[each].value for each in names[names.index(key) + 1 :] if each in HOLDERS)
    return any(isinstance(each, Scalar) and each.value is None for each in later)


class _Builder:
    """Builds the tree from the events of one text."""

    def __init__(self, text: str, file: str, found: Diagnostics) -> None:
        self.text = text
        self.file = file
        self.found = found
        self.root: Node | None = None
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.words: dict[str, str] = {}  # each text once, however often it is written
        self.line = 0
        self.nodes = 0
        self.repeated = 0
        self.last: Span = Span(1, 1, 1, 1, file)  # of what was read last: a block ends there
        self.repaired = any(chr(each) in text for each in _BACK)

    def run(self) -> None:
        """Reads to the end of the text. Raises yaml.YAMLError or _Stopped."""
        get_event: Callable[[], Any] = Loader(self.text).get_event
        documents = 0
        while True:
            event = get_event()
            kind = event.__class__
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent:
                self._open(event, mapping=True)
            elif kind is SequenceStartEvent:
                self._open(event, mapping=False)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event)
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    help = "Remove the line `---`."
                    message = "A file holds one document only."
                    self._report("SY004", self._span(event), message, help)
                    if isinstance(self.root, Mapping):  # what is missing may stand behind it
                        self.root = OpenMapping(self.root.entries, self.root.span)
                    return
            elif kind is StreamEndEvent:
                return

    def rest(self) -> Node | None:
        """Closes what is still open and returns what was read; what is empty so far is left out."""
        while self.stack:
            frame = self.stack.pop()
            span = self._until_last(frame.start)
            _drop_unread(frame.entries)
            if frame.items:
                self._place(OpenSequence(frame.items, span))
            elif frame.entries or not self.stack:
                self._place(OpenMapping(frame.entries, span))
        return self.root

    def _scalar(self, event: Any) -> None:
        text = event.value
        plain = not event.style
        if self.repaired:
            text = text.translate(_BACK)
        text = self.words.setdefault(text, text)
        start, end = event.start_mark, event.end_mark
        line, end_line = start.line + 1, end.line + 1
        if line == self.line:
            line = self.line  # of a long file every byte counts: the number of a line is one object
        else:
            self.line = line
        if end_line == line:
            end_line = line
        place = (line, start.column + 1, end_line, end.column + 1, self.file)
        self.last = span = _new(Span, place)
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
        frame = self.stack[-1] if self.stack else None
        if frame is None:
            self.root = node
        elif frame.items is not None:
            frame.items.append(node)
        elif frame.key is None:
            frame.key = node
        else:
            self._place(node)

    def _open(self, event: Any, mapping: bool) -> None:
        mark = event.start_mark
        start = (mark.line + 1, mark.column + 1)
        if event.anchor is not None or event.tag is not None:
            start = self._properties(event)
        if len(self.stack) == DEEPEST:
            message = f"Lists and mappings are nested deeper than {DEEPEST}."
            self._report("SY006", self._span(event), message)
            raise _Stopped
        self.nodes += 1
        self.stack.append(_Frame(event, start, self.nodes, mapping))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.flow:
            self.last = self._span(event)
        span = self._until_last(frame.start)
        items = frame.items
        node = Mapping(frame.entries, span) if items is None else Sequence(items[:], span)
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (node, self.nodes - frame.before + 1)
        self._place(node)

    def _alias(self, event: Any) -> None:
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
        self._place(node)

    def _place(self, node: Node) -> None:
        """Puts a finished node where it belongs: root, item, key or value."""
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if frame.items is not None:
            frame.items.append(node)
            return
        key = frame.key
        if key is None:
            frame.key = node
            return
        frame.key = None
        if isinstance(key, Scalar):
            text = key.text
            if text not in frame.entries and text != "<<":
                frame.entries[text] = _new(Entry, (key, node))
                return
        if not (isinstance(key, Scalar) and self._split(frame, key, node)):
            self._refuse_key(key, node, frame.entries)

    def _split(self, frame: _Frame, key: Scalar, node: Node) -> bool:
        """Begins a new item at a key that says so, if its dash is missing; whether it did."""
        entries, inside = frame.entries, self.stack[-2].items if len(self.stack) > 1 else None
        if frame.flow or inside is None or key.text not in entries:
            return False
        first, *later = entries
        heads = _RACES if first in _RACES else KINDS
        begins = key.text if key.text == first else next((k for k in later if k in heads), None)
        lonely = len(entries) == 1 and begins in KINDS and begins != "fail"
        if begins is None or lonely:  # a doubled head, and no missing dash
            return False
        at = len(entries) if begins == first else [*entries].index(begins)
        before, after = dict([*entries.items()][:at]), dict([*entries.items()][at:])
        after.setdefault(key.text, _new(Entry, (key, node)))
        head = after[begins].key
        message = f"A '-' is missing before {short(begins)}: a new item begins here."
        self._report("SY005", head.span, message, f"Write `- {begins}: ...`.")
        inside.append(Mapping(before, Span(*frame.start, *head.span[:2], self.file)))
        frame.entries, frame.start = after, head.span[:2]
        return True

    def _refuse_key(self, key: Node, node: Node, entries: dict[str, Entry]) -> None:
        if not isinstance(key, Scalar):
            help = "For an expression write ${...}." if isinstance(key, Mapping) else None
            message = "A key must be a text, not a list or a mapping."
            self._report("SY004", key.span, message, help)
        elif key.text in entries:
            if not _left_empty(key.text, entries):
                first = Label("first written here", entries[key.text].key.span)
                message = f"The key {short(key.text)} is written twice."
                self.found.add(diagnostic("SY005", key.span, message, labels=(first,)))
                written = entries[key.text].value
                if isinstance(written, Scalar) and written.value is None:
                    entries[key.text] = _new(Entry, (key, node))
        else:
            message = "Merge keys ('<<') are not supported."
            self._report("SY004", key.span, message, "Write the keys out, or alias a whole value.")

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
