"""The parts that items share: inputs, refusals, retries, compensations, recoveries, event names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from .diagnostics import Diagnostics
from .durations import parse_duration, parse_duration_or_expression
from .expressions import parse_expression, parse_reference, parse_value
from .model import (
    Compensate,
    EventNames,
    Input,
    InputNames,
    Item,
    Join,
    Name,
    Recover,
    Refusal,
    Retry,
    Seconds,
)
from .nodes import Mapping, Node, Scalar
from .nodes import Sequence as ListNode
from .parser_names import Names
from .parser_shapes import Keys, is_word
from .parser_vocabulary import PARTS, WORDS
from .repairs import written
from .span import Span
from .syntax import Constant, Expr, Record
from .type_parser import parse_record
from .types import ANY, Field, RecordType

StopOrContinue = Literal["stop", "continue"]
Order = Literal["parallel", "sequence"]

_BACKOFF = "exponential"


class Parts(Names):
    """Reads what stands inside items. ``types`` are the names of the file's own types."""

    def __init__(self, found: Diagnostics) -> None:
        super().__init__(found)
        self.types: frozenset[str] = frozenset()
        self.services_used: dict[str, Name] = {}

    def items(self, node: Node | None, *, empty: bool = False) -> tuple[Item, ...]:
        """A list of items; implemented where the kinds of item are known."""
        raise TypeError("the parser of items reads lists of items")

    # -- expressions, values, types ---------------------------------------------------------

    def expression(self, node: Node | None) -> Expr | None:
        """A bare expression."""
        if node is None:
            return None
        if not isinstance(node, Scalar) or node.value is None:
            self.wrong_shape(node, "an expression")
            return None
        return parse_expression(node, self.found)

    def record(self, node: Node | None, what: str) -> Record | None:
        """A mapping of values."""
        if node is None:
            return None
        if not isinstance(node, Mapping):
            self.wrong_shape(node, f"{what} (a mapping of names to values)")
            return None
        value = parse_value(node, self.found)
        return value if isinstance(value, Record) else None

    def input(self, node: Node | None) -> Input | None:
        """An input: a list of names or a mapping of values."""
        if not isinstance(node, ListNode):
            return self.record(node, "an input: a list of names, or fields")
        names: list[Expr] = []
        for each in node.items:
            if not isinstance(each, Scalar) or each.value is None:
                self.wrong_shape(each, "a name, such as `order_id` or `STEP.FIELD`")
                continue
            reference = parse_reference(each, self.found)
            if reference is not None:
                names.append(reference)
        return InputNames(tuple(names), node.span)

    def record_type(self, node: Node | None) -> RecordType | None:
        """A mapping of field names to types."""
        if node is None:
            return None
        if not isinstance(node, Mapping):
            names = [each for each in getattr(node, "items", [node]) if is_word(each)]
            shown = ", ".join(f"{each.text}: string" for each in names[:4])
            help = f"Write `{{ {shown} }}`, each with its type." if names else None
            self.wrong_shape(node, "fields (a mapping of names to types)", help)
            # So that what reads them is no mistake of its own.
            fields = tuple(Field(each.text, ANY, False, each.span) for each in names)
            return RecordType(fields) if fields else None
        return parse_record(node, self.found, self.types)

    # -- times and numbers --------------------------------------------------------------------

    def duration(self, node: Node | None, what: str) -> Seconds | None:
        """A duration that is longer than nothing."""
        if node is None:
            return None
        seconds = parse_duration(node, self.found)
        if seconds is not None and seconds.value <= 0:
            self.report("SY009", node.span, f"{what} must be longer than nothing.")
            return None
        return seconds

    def duration_or_expression(self, node: Node | None) -> Seconds | Expr | None:
        """A duration, or an expression that gives one."""
        return None if node is None else parse_duration_or_expression(node, self.found)

    def whole_or_expression(self, node: Node | None, what: str) -> int | Expr | None:
        """A whole number from 1, or an expression that gives one."""
        if isinstance(node, Scalar) and self.is_expression(node):
            return parse_expression(node, self.found)
        return self.whole(node, what)

    def join(self, node: Node | None, of: int = 0) -> Join:
        """How branches come together: a word, a number or an expression. ``of``: how many there
        are, if it is known."""
        if node is None:
            return "all"
        if isinstance(node, Scalar):
            if node.text in WORDS["join"]:
                return cast("Literal['all', 'any', 'settled']", node.text)
            if isinstance(node.value, str) and not self.is_expression(node):
                self.choice(node, WORDS["join"], "A join", "a number")
                return "all"
        else:
            self.wrong_shape(node, "a join: all, any, settled or a number")
            return "all"
        number = self.whole_or_expression(node, "A join")
        asked = number.value if isinstance(number, Constant) else number
        if isinstance(asked, int) and asked > of > 0:
            self._never_met(node, asked, of)
            return "all"
        return "all" if number is None else number

    def _never_met(self, join: Scalar, asked: int, branches: int) -> None:
        there = "only 1 branch" if branches == 1 else f"only {branches} branches"
        message = f"A join of {asked} is never met, so the saga would fail here: there are {there}."
        help = f"Write `all` or a number up to {branches}, or add the branch that is missing."
        self.report("SY009", join.span, message, help, fix=written(join.span, "all"))

    def retry(self, node: Node | None) -> Retry | None:
        """A retry policy; what is not written keeps its default and is not in ``written``."""
        if node is None:
            return None
        keys = self.keys(node, "a retry", PARTS["retry"], help="Write `{ attempts: 3 }`.")
        if keys is None:
            return None
        backoff = self.choice(keys.get("backoff"), WORDS["backoff"], "A backoff")
        jitter = self.choice(keys.get("jitter"), WORDS["jitter"], "A jitter")
        initial = self.duration(keys.get("initial"), "'initial'")
        longest = self.duration(keys.get("max"), "'max'")
        return Retry(
            attempts=self._attempts(keys.get("attempts")),
            backoff=cast("Literal['constant', 'linear', 'exponential']", backoff or _BACKOFF),
            initial=initial.value if initial else Retry().initial,
            max=longest.value if longest else None,
            jitter=cast("Literal['none', 'full']", jitter or "none"),
            written=frozenset(keys.entries),
            span=node.span,
        )

    def _attempts(self, node: Node | None) -> int | None:
        """How often an action is tried; None is for ever."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            if self.choice(node, WORDS["attempts"], "'attempts'", "a number") is not None:
                return None
            return Retry().attempts
        return self.whole(node, "'attempts'") or Retry().attempts

    def effect(self, node: Node | None) -> bool:
        """Whether an action has an effect; a boolean is reported, and taken as it is meant."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            help = "Write `effect: none` if it changes nothing; else leave the key out."
            fix = None if node.value else written(node.span, "none")
            self.report("SY009", node.span, f"'effect' cannot be {node.text!r}.", help, fix=fix)
            return node.value
        return self.choice(node, WORDS["effect"], "'effect'") is None

    # -- what may follow an action --------------------------------------------------------------

    def service(self, node: Node | None) -> Name | None:
        """The name of a service; remembered as used."""
        if node is None:
            return None
        name = self.snake(node, "a service")
        if name is not None:
            self.services_used.setdefault(name.text, name)
        return name

    def action(self, node: Node | None) -> Name | None:
        """The name of an action."""
        return None if node is None else self.snake(node, "an action")

    def fails(self, node: Node | None) -> tuple[Refusal, ...]:
        """Refusals: a list of names, or a mapping of names to what they carry."""
        names: dict[str, Name] = {}
        refusals: list[Refusal] = []
        if isinstance(node, Mapping):
            for entry in node:
                name = self.refusal(entry.key)
                empty = isinstance(entry.value, Scalar) and entry.value.value is None
                data = None if empty else self.record_type(entry.value)
                if name is not None:
                    refusals.append(Refusal(name, data))
            return tuple(refusals)
        expected = "a list of refusals, or a mapping of them to their data"
        for each in self.list_of(node, expected, empty=True):
            name = self.refusal(each)
            if name is not None and self.keep_first(names, name):
                refusals.append(Refusal(name, None))
        return tuple(refusals)

    def event_names(self, node: Node | None) -> EventNames:
        """The names of an item's own events."""
        keys = None if node is None else self.keys(node, "events", PARTS["events"])
        if keys is None:
            return EventNames()
        entries = keys.entries.items()
        names = {key: self.event_name(entry.value) for key, entry in entries}
        return EventNames(**names)

    def locks(self, node: Node | None) -> tuple[Name, ...]:
        """The locks that an action takes."""
        return self.name_list(node, "a list of locks", "a lock")

    def on_failure(self, node: Node | None) -> StopOrContinue | None:
        """What a compensation that is spent leads to."""
        word = self.choice(node, WORDS["on_failure"], "'on_failure'")
        return cast("StopOrContinue | None", word)

    def undo_order(self, node: Node | None) -> Order | None:
        """The order in which members are undone."""
        return cast("Order | None", self.choice(node, WORDS["undo_order"], "'undo_order'"))

    def compensate(self, node: Node | None, required: Sequence[str]) -> Compensate | None:
        """How an item is undone: the name of an action, or a mapping with the keys ``required``."""
        if node is None:
            return None
        if isinstance(node, Scalar) and "service" not in required:
            name = self.snake(node, "an action")
            return Compensate(name, node.span) if name else None
        known = {"action": node.text} if is_word(node) else {}
        shown = (f"{key}: {known.get(key, 'NAME')}" for key in required)
        help = f"Write `{{ {', '.join(shown)} }}`."
        keys = self.keys(node, "a compensation", PARTS["compensate"], required, help=help)
        return None if keys is None else self._compensate(keys, node.span)

    def _compensate(self, keys: Keys, span: Span) -> Compensate | None:
        action = self.action(keys.get("action"))
        rest = Compensate(
            action or Name("", span),
            span,
            service=self.service(keys.get("service")),
            input=self.input(keys.get("input")),
            retry=self.retry(keys.get("retry")),
            timeout=self.duration(keys.get("timeout"), "A timeout"),
            when=self.expression(keys.get("when")),
            on_failure=self.on_failure(keys.get("on_failure")),
        )
        return rest if action is not None else None

    def recover(self, node: Node | None) -> tuple[Recover, ...]:
        """What runs instead of failing, for each refusal."""
        found: list[Recover] = []
        for entry in self.entries(node, "a mapping of refusals to items"):
            name = self.recovered(entry.key)
            items = self.items(entry.value, empty=True)
            if name is not None:
                found.append(Recover(name, items))
        return tuple(found)
