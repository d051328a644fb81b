"""The checks of shape that every part of the parser uses: keys, texts, numbers, choices, lists.

Each check reports what is wrong once and returns None, and the parser goes on with the rest.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TypeGuard

from .codes import diagnostic
from .diagnostics import Diagnostics, Label, Repair, Safety
from .habits import HOLDERS, INSIDE, MEANT
from .nodes import Entry, Mapping, Node, Scalar, Sequence, describe
from .parser_vocabulary import KINDS
from .reader import OpenMapping, OpenSequence
from .reader_text import LONGEST_SHOWN, short
from .repairs import renamed, written
from .span import Span
from .suggest import did_you_mean, nearest

_WHOLE = re.compile(r"[1-9][0-9]{0,8}")
_YAML_1_1 = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}


class Keys:
    """The known keys of one mapping; a misspelt one stands under the key that was meant."""

    __slots__ = ("entries", "span", "what")

    def __init__(self, what: str, entries: dict[str, Entry], span: Span) -> None:
        self.what = what
        self.entries = entries
        self.span = span

    def get(self, key: str) -> Node | None:
        """The value of ``key``, None if it is not written."""
        entry = self.entries.get(key)
        return entry.value if entry else None

    def where(self, key: str) -> Span:
        """Where ``key`` is written; the place of the whole if it is not."""
        entry = self.entries.get(key)
        return entry.key.span if entry else self.span

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    @property
    def spans(self) -> dict[str, Span]:
        """Where each key stands."""
        return {key: entry.key.span for key, entry in self.entries.items()}


class Shapes:
    """Checks of single nodes. ``found`` takes what is wrong."""

    def __init__(self, found: Diagnostics) -> None:
        self.found = found
        self._guessed: set[int] = set()  # values under a key of another tool: their shape is free

    def report(
        self,
        code: str,
        span: Span,
        message: str,
        help: str | None = None,
        labels: tuple[Label, ...] = (),
        fix: Repair | None = None,
    ) -> None:
        """Adds a finding."""
        self.found.add(diagnostic(code, span, message, help=help, labels=labels, fix=fix))

    def wrong_shape(self, node: Node, expected: str, help: str | None = None) -> None:
        """Reports that ``expected`` should stand where ``node`` stands."""
        if id(node) in self._guessed:
            return
        if help is None and isinstance(node, Scalar) and node.value is None:
            help = "Write it here, or indent it below."
        self.report("SY004", node.span, f"Expected {expected}, found {_described(node)}.", help)

    def keys(
        self,
        node: Node,
        what: str,
        known: Collection[str],
        required: Collection[str] = (),
        *,
        at: Span | None = None,
        help: str | None = None,
    ) -> Keys | None:
        """The keys of the mapping ``node``, which is ``what``; None if it is no mapping.

        Unknown keys are reported with the nearest known one, which then counts as written. Missing
        keys are reported at ``at``, unless the end of the mapping could not be read.
        """
        if not isinstance(node, Mapping):
            self.wrong_shape(node, f"{what} (a mapping)", help)
            return None
        entries = node.entries
        unknown = [entry for key, entry in entries.items() if key not in known]
        if unknown:
            entries = {key: entry for key, entry in entries.items() if key in known}
        strays = self._strays(node, known, entries) if unknown else []
        for entry in unknown:
            if entry not in strays:
                self._unknown_key(entry, what, known, entries)
        keys = Keys(what, entries, node.span)
        if not isinstance(node, OpenMapping):
            for key in required:
                self.require(keys, key, at or node.span)
        return keys

    def _strays(
        self, node: Mapping, known: Collection[str], entries: dict[str, Entry]
    ) -> list[Entry]:
        """Unknown keys that were to stand below the key before them; they are put there."""
        strays: list[Entry] = []
        holder: Entry | None = None
        for entry in node:
            if entry.key.text in known:
                holder = entry if _holds(entry) else None
            elif holder is not None and (_is_empty(holder) or not nearest(entry.key.text, known)):
                if not strays or strays[-1].key.span.line < holder.key.span.line:
                    self._stray(entry, holder)
                strays.append(entry)
                self._adopt(entry, holder, entries)
        return strays

    def _stray(self, entry: Entry, holder: Entry) -> None:
        name, above = short(entry.key.text), short(holder.key.text)
        message = f"{name} is not indented, so it does not belong to {above}."
        self.report("SY002", entry.key.span, message, f"Indent it below {above}.")

    @staticmethod
    def _adopt(entry: Entry, holder: Entry, entries: dict[str, Entry]) -> None:
        known = entries[holder.key.text].value
        inside = known.entries if isinstance(known, Mapping) else {}
        value = Mapping({**inside, entry.key.text: entry}, known.span.to(entry.value.span))
        entries[holder.key.text] = Entry(holder.key, value)

    def _unknown_key(
        self, entry: Entry, what: str, known: Collection[str], entries: dict[str, Entry]
    ) -> None:
        text = entry.key.text
        if self.found.full:
            self.report("SY002", entry.key.span, f"Unknown key {short(text)} in {what}.")
            return
        free = [key for key in known if key not in entries]
        meant = nearest(text, free)
        if meant is None and MEANT.get(text) in free:
            meant = MEANT[text]
        if meant is not None and meant == MEANT.get(text):
            self._guessed.add(id(entry.value))
        if meant is not None:
            entries[meant] = entry
        near = meant or nearest(text, known)
        listed = did_you_mean(text, known)
        if near is not None and not listed.startswith("Did"):
            listed = f"Did you mean {near!r}? {listed}"
        if near is None and INSIDE.get(text) in known:
            listed = f"It stands inside {INSIDE[text]!r}. {listed}"
        fix = key_fix(entry.key, meant)
        if (
            meant == "retry"
            and isinstance(entry.value, Scalar)
            and isinstance(entry.value.value, int)
        ):
            listed, fix = f"Write `retry: {{ attempts: {entry.value.value} }}`.", None
        self.report(
            "SY002", entry.key.span, f"Unknown key {short(text)} in {what}.", listed, fix=fix
        )

    def require(self, keys: Keys, key: str, at: Span) -> bool:
        """Reports ``key`` as missing if it is; whether it is there."""
        if key in keys:
            return True
        self.report(
            "SY003", at, f"The key {key!r} is missing in {keys.what}.", f"Add `{key}: ...`."
        )
        return False

    def entries(self, node: Node | None, expected: str, each: str = "") -> Iterator[Entry]:
        """The entries of a mapping whose keys are names; nothing if it is absent or wrong.

        ``each`` is what stands under a name, as a help writes it: ``{}``.
        """
        if node is None:
            return
        if isinstance(node, Mapping):
            yield from node
        else:
            listed = isinstance(node, Sequence)
            help = "Write each as `NAME: ...`, without a dash." if listed else None
            help = (_as_mapping(node, each) if each else None) or help
            self.wrong_shape(node, expected, help)

    def list_of(self, node: Node | None, expected: str, *, empty: bool = False) -> list[Node]:
        """The items of a list; empty if it is absent or wrong. ``empty``: it may hold nothing."""
        if node is None:
            return []
        if not isinstance(node, Sequence):
            help = f"Write `[{node.text}]`." if is_word(node) else None
            if isinstance(node, Mapping):
                help = "Begin each item of the list with a dash and a space: `- `."
            self.wrong_shape(node, expected, help)
            lone = isinstance(node, Mapping) and next(iter(node.entries), "") in KINDS
            return [node] if lone else []
        if not node.items and not empty and not isinstance(node, OpenSequence):
            self.report("SY009", node.span, f"Expected {expected}, found an empty list.")
        return node.items

    def scalar(self, node: Node, expected: str) -> Scalar | None:
        """``node`` if it is a scalar that holds something."""
        if isinstance(node, Scalar) and node.value is not None:
            return node
        self.wrong_shape(node, expected)
        return None

    def text(self, node: Node | None) -> str | None:
        """A free text, such as a description; a number or a boolean counts as written."""
        if node is None:
            return None
        scalar = self.scalar(node, "a text")
        return scalar.text if scalar else None

    def boolean(self, node: Node | None) -> bool | None:
        """``true`` or ``false``; the words of YAML 1.1 are reported with what to write."""
        if node is None:
            return None
        if isinstance(node, Scalar):
            if isinstance(node.value, bool):
                return node.value
            meant = _YAML_1_1.get(node.text.lower())
            if meant is not None:
                right = str(meant).lower()
                message = f"{short(node.text)} is a text, not a boolean."
                fix = written(node.span, right, Safety.SAFE)
                self.report("SY010", node.span, message, f"Write `{right}`.", fix=fix)
                return meant
        self.wrong_shape(node, "true or false")
        return None

    def whole(self, node: Node | None, what: str, *, least: int = 1) -> int | None:
        """A whole number of at least ``least``."""
        if node is None:
            return None
        value = node.value if isinstance(node, Scalar) else None
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong_shape(node, f"a whole number for {what}", _as_whole(node))
            return None
        if value < least:
            self.report("SY009", node.span, f"{what} must be at least {least}, found {value}.")
            return None
        return value

    def choice(
        self, node: Node | None, allowed: Collection[str], what: str, *besides: str
    ) -> str | None:
        """One of the words ``allowed``; ``besides`` are what else may stand there, for the help."""
        if node is None:
            return None
        if isinstance(node, Scalar):
            if node.text in allowed:
                return node.text
            words = (*allowed, *besides)
            listed = did_you_mean(node.text, words)
            fix = renamed(node.span, nearest(node.text, words))
            self.report("SY009", node.span, f"{what} cannot be {_shown(node)}.", listed, fix=fix)
        else:
            self.wrong_shape(node, f"{what}: one of {', '.join(allowed)}")
        return None

    def only_with(self, keys: Keys, key: str, partner: str) -> None:
        """Reports ``key`` if it is there: it has a meaning only together with ``partner``."""
        if key in keys:
            message = f"{key!r} has a meaning only together with {partner!r}."
            self.report("SY004", keys.where(key), message, f"Remove {key!r}.")

    def is_expression(self, node: Node) -> bool:
        """Whether ``node`` is a text that holds ``${``."""
        return isinstance(node, Scalar) and "${" in node.text


def key_fix(key: Scalar, meant: str | None) -> Repair | None:
    """The misspelt ``key`` put right; it keeps its quotes, which may stand for the blank after it.

    Safe, because the parser has read the key as the one that was meant.
    """
    text = meant if meant is None or key.plain else f'"{meant}"'
    return renamed(key.span, text, Safety.SAFE)


def is_word(node: Node) -> TypeGuard[Scalar]:
    """Whether ``node`` is one plain word that a help may repeat."""
    return isinstance(node, Scalar) and node.text.isidentifier() and len(node.text) <= LONGEST_SHOWN


def _is_empty(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.value is None


def _holds(entry: Entry) -> bool:
    """Whether something below this key may be missing its indentation."""
    if entry.key.text not in HOLDERS:
        return False
    below = isinstance(entry.value, Mapping) and entry.value.span.line > entry.key.span.line
    return _is_empty(entry) or below


def _as_mapping(node: Node, each: str) -> str | None:
    """What to write instead of a list, or of one word, where names with what is theirs belong."""
    listed = node.items if isinstance(node, Sequence) else [node]
    names = [item.text for item in listed if is_word(item)][:4] or ["NAME"]
    more = ", ..." if len(listed) > len(names) else ""
    return f"Write `{{ {', '.join(f'{name}: {each}' for name in names)}{more} }}`."


def _as_whole(node: Node) -> str | None:
    """What to write instead of a number that is not whole, or stands in quotes."""
    number = node.text.partition(".")[0].lstrip("v") if isinstance(node, Scalar) else ""
    return f"Write `{number}`." if _WHOLE.fullmatch(number) else None


def _shown(node: Scalar) -> str:
    return "empty" if node.value is None else short(node.text)


def _described(node: Node) -> str:
    is_text = isinstance(node, Scalar) and isinstance(node.value, str)
    return (
        f"the text {short(node.text)}" if isinstance(node, Scalar) and is_text else describe(node)
    )
