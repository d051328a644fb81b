"""Names: what they may look like, so that each is safe in every file that is generated."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container

from .characters import name_of
from .diagnostics import Label
from .model import Name
from .nodes import Node, Scalar
from .parser_shapes import Shapes
from .reader_text import short
from .types import PRIMITIVES

LONGEST = 80
LITERALS = frozenset({"true", "false", "null"})
MEANT = frozenset({*keyword.kwlist, *LITERALS})  # words that are never names
RESERVED = MEANT | {"input", "saga", "event", "self"}
WORDS_OF_RECOVER = MEANT | {"unknown", "any", "done"}
DONE = MEANT | {"done"}
OF_TYPES = MEANT | {*PRIMITIVES}

SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
KEBAB = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
TEAM = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")


class Names(Shapes):
    """Reads names of every sort. An invalid name is reported and still returned, so that what
    refers to it is not reported as well; None only where no name can be seen at all."""

    def snake(self, node: Node, what: str) -> Name | None:
        """The name of an item, service, action, branch, lock or loop variable."""
        return self._name(node, what, SNAKE, "snake_case", RESERVED)

    def kebab(self, node: Node, what: str) -> Name | None:
        """The name of the saga."""
        return self._name(node, what, KEBAB, "kebab-case", MEANT)

    def team(self, node: Node) -> Name | None:
        """The name of a team."""
        return self._name(node, "a team", TEAM, "kebab-case or snake_case", MEANT)

    def event_name(self, node: Node) -> Name | None:
        """The name of an event, usually in PascalCase."""
        return self._name(node, "an event", WORD, "PascalCase", MEANT)

    def type_name(self, node: Node) -> Name | None:
        """The name of a type of the file."""
        return self._name(node, "a type", WORD, "PascalCase", OF_TYPES)

    def refusal(self, node: Node) -> Name | None:
        """The name of a refusal in ``fails``."""
        return self._name(node, "a refusal", SNAKE, "snake_case", WORDS_OF_RECOVER)

    def recovered(self, node: Node) -> Name | None:
        """A key of ``recover``: a refusal, ``unknown`` or ``any``."""
        return self._name(node, "a refusal", SNAKE, "snake_case", DONE)

    def _name(
        self,
        node: Node,
        what: str,
        pattern: re.Pattern[str],
        style: str,
        reserved: Container[str],
    ) -> Name | None:
        if not isinstance(node, Scalar) or node.value is None:
            self.wrong_shape(node, f"the name of {what}")
            return None
        text = node.text
        if pattern.fullmatch(text) is None:
            message = f"{short(text)} cannot be the name of {what}: {_why(text, style)}."
            self.report("SY008", node.span, message, _proposal(text, pattern, style))
        elif len(text) > LONGEST:
            message = f"The name of {what} is longer than {LONGEST} characters."
            self.report("SY008", node.span, message, "Choose a shorter one.")
        elif text in reserved:
            message = f"{short(text)} cannot be the name of {what}: the word has a meaning already."
            self.report("SY008", node.span, message, "Choose another name.")
        return Name(text, node.span)

    def name_list(self, node: Node | None, expected: str, what: str) -> tuple[Name, ...]:
        """A list of names; one written twice is reported and counts once."""
        names: dict[str, Name] = {}
        for each in self.list_of(node, expected, empty=True):
            name = self.snake(each, what)
            if name is not None:
                self.keep_first(names, name)
        return tuple(names.values())

    def keep_first(self, names: dict[str, Name], name: Name) -> bool:
        """Puts ``name`` into ``names``; reports it if it is there already and returns False."""
        first = names.setdefault(name.text, name)
        if first is name:
            return True
        label = Label("first written here", first.span)
        self.report(
            "NA002", name.span, f"{name.text!r} is listed twice.", "Remove one.", labels=(label,)
        )
        return False


def _why(text: str, style: str) -> str:
    strange = next((each for each in text if ord(each) > 126 or ord(each) < 32), None)
    if strange is not None:
        return f"it holds the character {name_of(strange)}"
    return f"it must be {style}, made of letters a-z, digits and single separators"


def _proposal(text: str, pattern: re.Pattern[str], style: str) -> str:
    if pattern is WORD:
        words = [word[:1].upper() + word[1:] for word in re.findall(r"[A-Za-z0-9]+", text)]
        better = "".join(words)
    else:
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).lower()
        better = ("-" if style.startswith("kebab") else "_").join(re.findall(r"[a-z0-9]+", spaced))
    if (
        text.isascii()
        and len(text) <= LONGEST
        and pattern.fullmatch(better)
        and not keyword.iskeyword(better)
    ):
        return f"Write {better!r}."
    return f"Write it in {style}, beginning with a letter."
