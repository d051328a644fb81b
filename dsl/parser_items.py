"""Items: which kind each one is, and the keys of every kind."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Literal, cast

from .model import (
    Branch,
    Case,
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Name,
    Parallel,
    Race,
    Repeat,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from .nodes import Entry, Mapping, Node, Scalar, Sequence
from .parser_heads import Heads
from .parser_shapes import Keys, is_word, key_fix
from .parser_vocabulary import (
    CALLED,
    COMMON,
    COMPOSITE_ROLES,
    CONTENT,
    GROUP_COMPENSATE_REQUIRED,
    KINDS,
    ONE_OF,
    ONLY_WITH_EVENT,
    PART_REQUIRED,
    PARTS,
    REQUIRED,
    WORDS,
)
from .reader import OpenMapping
from .reader_text import short
from .span import Span
from .suggest import expected_one_of, nearest

_ONE_ITEM = "an item, such as `step: NAME` with its keys below"


class Items(Heads):
    """Reads lists of items of every kind."""

    def items(self, node: Node | None, *, empty: bool = False) -> tuple[Item, ...]:
        """A list of items; what is no item is reported and left out."""
        found: list[Item] = []
        for each in self._without_dashes(self.list_of(node, "a list of steps", empty=empty)):
            for one in self._one_kind_each(each):
                item = self._item(one)
                if item is not None:
                    found.append(item)
        return tuple(found)

    def _item(self, node: Node) -> Item | None:
        if not isinstance(node, Mapping):
            word = node.text if is_word(node) else "NAME"
            self.wrong_shape(node, _ONE_ITEM, f"Write `step: {word}`.")
            return None
        kind, head = self._kind(node)
        if head is None:
            return None
        if head.key.text == kind:
            known: Collection[str] = _KNOWN[kind]
            rest = node
        else:  # misspelt, reported
            known = (*KINDS[kind], *COMMON)
            entries = {key: each for key, each in node.entries.items() if each is not head}
            rest = type(node)(entries, node.span)
        rest = self._one_kind(rest, kind)
        required = REQUIRED.get(kind, ()) if isinstance(head.value, Scalar) else ()
        keys = self.keys(rest, CALLED[kind], known, required, at=head.value.span)
        if not isinstance(head.value, Scalar):
            self._content_as_name(head, kind)
            name = None
        elif head.value.value is None:
            self._nameless(node, head, kind)
            name = None
        else:
            name = self.snake(head.value, CALLED[kind])
        if keys is None:
            return None
        item = _READERS[kind](self, keys, self._common(keys, name, node.span))
        return item if name is not None else None

    def _content_as_name(self, head: Entry, kind: str) -> None:
        """What belongs under a key of the item stands where its name belongs."""
        key = CONTENT.get(kind)
        where = f"what stands here under `{key}:`" if key else f"these keys beside `{kind}`"
        what = "a list" if isinstance(head.value, Sequence) else "a mapping"
        message = f"{what.capitalize()} stands where the name of {CALLED[kind]} belongs."
        self.report("SY004", head.value.span, message, f"Write `{kind}: NAME`, and {where}.")

    def _nameless(self, node: Mapping, head: Entry, kind: str) -> None:
        if not (isinstance(node, OpenMapping) and len(node.entries) == 1):
            help = f"Write `{kind}: NAME`, NAME in snake_case."
            self.report("SY003", head.key.span, f"This {kind} has no name.", help)

    def _kind(self, node: Mapping) -> tuple[str, Entry | None]:
        """The kind of the item and the entry that says so."""
        first = next(iter(node), None)
        if first is None:
            if not isinstance(node, OpenMapping):
                self.wrong_shape(node, _ONE_ITEM)
            return "step", None
        if first.key.text in KINDS:
            return first.key.text, first
        for entry in node:
            if entry.key.text in KINDS:
                written = (
                    f"{entry.key.text}: {entry.value.text if is_word(entry.value) else 'NAME'}"
                )
                message = (
                    f"The first key of an item says what it is: {short(entry.key.text)} comes late."
                )
                self.report("SY004", entry.key.span, message, f"Write `{written}` first.")
                return entry.key.text, entry
        return self._guessed_kind(node, first)

    def _guessed_kind(self, node: Mapping, first: Entry) -> tuple[str, Entry | None]:
        text = first.key.text
        meant = nearest(text, KINDS) if not self.found.full else None
        listed = expected_one_of(KINDS)
        if meant is not None:
            message = f"{short(text)} is no kind of item."
            help = f"Did you mean {meant!r}? {listed}"
            self.report("SY002", first.key.span, message, help, fix=key_fix(first.key, meant))
            return meant, first
        message = f"This item does not say what it is: {short(text)} is no kind of item."
        self.report("SY004", first.key.span, message, f"Begin it with a kind. {listed}")
        own = frozenset(key for keys in KINDS.values() for key in keys)
        is_step = "service" in node.entries and text not in own and text not in COMMON
        return "step", first if is_step else None

    def _common(self, keys: Keys, name: Name | None, span: Span) -> dict[str, Any]:
        found: dict[str, Any] = {"name": name or Name("", span), "span": span, "keys": keys.spans}
        if "description" in keys:
            found["description"] = self.text(keys.get("description"))
        if "if" in keys:
            found["condition"] = self.expression(keys.get("if"))
        if "needs" in keys:
            expected = "a list of items of the same list"
            found["needs"] = self.name_list(keys.get("needs"), expected, "an item")
        return found

    # -- one reader for each kind ---------------------------------------------------------------

    def _step(self, keys: Keys, common: dict[str, Any]) -> Step:
        """What is not written keeps the default of ``Step``: few steps have many keys."""
        for key, entry in keys.entries.items():
            reader = _OF_STEPS.get(key)
            if reader is not None:
                common[key] = reader(self, entry.value)
        return Step(**common)

    def _undo(self, keys: Keys, common: dict[str, Any]) -> Undo:
        get = keys.get
        return Undo(
            **common,
            service=self.service(get("service")),
            action=self.action(get("action")),
            input=self.input(get("input")),
            retry=self.retry(get("retry")),
            timeout=self.duration(get("timeout"), "A timeout"),
            events=self.event_names(get("events")),
            on_failure=self.on_failure(get("on_failure")),
            locks=self.locks(get("locks")),
        )

    def _parallel(self, keys: Keys, common: dict[str, Any]) -> Parallel:
        branches: list[Branch] = []
        expected = "branches (a mapping of names to items)"
        written = list(self.entries(keys.get("branches"), expected, "[...]"))
        for entry in written:
            name = self.snake(entry.key, "a branch")
            items = self.items(entry.value)
            if name is not None:
                branches.append(Branch(name, items, entry.key.span.to(entry.value.span)))
        self._some(keys, "branches")
        return Parallel(
            **common,
            branches=tuple(branches),
            join=self.join(keys.get("join"), of=len(written)),
            undo_order=self.undo_order(keys.get("undo_order")) or "parallel",
        )

    def _choose(self, keys: Keys, common: dict[str, Any]) -> Choose:
        cases: list[Case] = []
        for each in self.list_of(keys.get("when"), "a list of cases"):
            case = self.keys(each, "a case", PARTS["case"], PART_REQUIRED["case"])
            if case is None:
                continue
            condition = self.expression(case.get("if"))
            items = self.items(case.get("steps"), empty=True)
            if condition is not None:
                cases.append(Case(condition, items, each.span))
        otherwise = keys.get("otherwise")
        return Choose(
            **common,
            cases=tuple(cases),
            otherwise=None if otherwise is None else self.items(otherwise, empty=True),
            service=self.service(keys.get("service")),
        )

    def _foreach(self, keys: Keys, common: dict[str, Any]) -> Foreach:
        variable = keys.get("as")
        mode = self.choice(keys.get("mode"), WORDS["mode"], "A mode")
        return Foreach(
            **common,
            source=self.expression(keys.get("in")),
            variable=None if variable is None else self.snake(variable, "a loop variable"),
            items=self.items(keys.get("steps")),
            mode=cast("Literal['sequence', 'parallel']", mode or "sequence"),
            limit=self.whole_or_expression(keys.get("limit"), "'limit'"),
            join=self.join(keys.get("join")),
            undo_order=self.undo_order(keys.get("undo_order")) or "parallel",
            service=self.service(keys.get("service")),
        )

    def _repeat(self, keys: Keys, common: dict[str, Any]) -> Repeat:
        return Repeat(
            **common,
            items=self.items(keys.get("steps")),
            until=self.expression(keys.get("until")),
            max=self.whole(keys.get("max"), "'max'"),
            every=self.duration(keys.get("every"), "'every'"),
            role=self._pivot(keys),
        )

    def _wait(self, keys: Keys, common: dict[str, Any]) -> Wait:
        get = keys.get
        self._one_of(keys, ONE_OF["wait"], common["name"].span)
        if "event" not in keys and ("for" in keys or "first" in keys):
            for key in ONLY_WITH_EVENT["wait"]:
                self.only_with(keys, key, "event")
        self.effect(get("effect"))
        event = get("event")
        on_timeout = self.choice(get("on_timeout"), WORDS["on_timeout"], "'on_timeout'")
        early = self.choice(get("early"), WORDS["early"], "'early'")
        return Wait(
            **common,
            duration=self.duration_or_expression(get("for")),
            event=None if event is None else self.event_name(event),
            match=self.expression(get("match")),
            output=self.record_type(get("output")),
            timeout=self.duration_or_expression(get("timeout")),
            on_timeout=cast("Literal['fail', 'continue']", on_timeout or "fail"),
            first=self._races(get("first")),
            early=cast("Literal['keep', 'ignore']", early or "keep"),
            service=self.service(get("service")),
            role=self._pivot(keys),
        )

    def _races(self, node: Node | None) -> tuple[Race, ...]:
        races: list[Race] = []
        for each in self.list_of(node, "a list of events and times"):
            keys = self.keys(each, "a way out of a race", PARTS["race"])
            if keys is None:
                continue
            if not isinstance(each, OpenMapping):
                self._one_of(keys, ONE_OF["race"], each.span)
            if "after" in keys and "event" not in keys:
                for key in ONLY_WITH_EVENT["race"]:
                    self.only_with(keys, key, "event")
            races.append(self._race(keys))
        return tuple(races)

    def _race(self, keys: Keys) -> Race:
        node = keys.get("event")
        event = None if node is None else self.event_name(node)
        after = None if "after" not in keys else Name("after", keys.where("after"))
        return Race(
            keys.span,
            name=event or after,
            event=event,
            match=self.expression(keys.get("match")),
            output=self.record_type(keys.get("output")),
            after=self.duration_or_expression(keys.get("after")),
            items=self.items(keys.get("steps"), empty=True),
        )

    def _saga(self, keys: Keys, common: dict[str, Any]) -> SubSaga:
        use = keys.get("use")
        scalar = None if use is None else self.scalar(use, "a saga file")
        return SubSaga(
            **common,
            use=None if scalar is None else Name(scalar.text, scalar.span),
            input=self.input(keys.get("input")),
            role=self._pivot(keys),
        )

    def _group(self, keys: Keys, common: dict[str, Any]) -> Group:
        return Group(
            **common,
            items=self.items(keys.get("steps")),
            compensate=self.compensate(keys.get("compensate"), GROUP_COMPENSATE_REQUIRED),
            undo_order=self.undo_order(keys.get("undo_order")) or "sequence",
            recover=self.recover(keys.get("recover")),
            role=self._pivot(keys),
        )

    def _fail(self, keys: Keys, common: dict[str, Any]) -> Fail:
        return Fail(**common, data=self.record(keys.get("data"), "data"))

    # -- small parts ----------------------------------------------------------------------------

    def _word(self, node: Node | None, allowed: tuple[str, ...], what: str) -> Name | None:
        word = self.choice(node, allowed, what)
        return Name(word, node.span) if word is not None and node is not None else None

    def _pivot(self, keys: Keys) -> Name | None:
        return self._word(keys.get("role"), COMPOSITE_ROLES, f"The role of {keys.what}")

    def _some(self, keys: Keys, key: str) -> None:
        node = keys.get(key)
        if isinstance(node, Mapping) and not node.entries and not isinstance(node, OpenMapping):
            self.report("SY009", node.span, f"{key!r} holds nothing.", "Name at least one.")

    def _one_of(self, keys: Keys, choices: tuple[str, ...], at: Span) -> None:
        written = [key for key in choices if key in keys]
        if not written:
            message = f"{_capital(keys.what)} needs one of {', '.join(map(repr, choices))}."
            self.report("SY003", at, message, f"Add `{choices[0]}: ...`.")
        for key in written[1:]:
            message = f"{key!r} and {written[0]!r} do not go together in {keys.what}."
            self.report("SY004", keys.where(key), message, "Keep one of them.")


_KNOWN = {kind: dict.fromkeys((kind, *keys, *COMMON)) for kind, keys in KINDS.items()}
_OF_STEPS: dict[str, Callable[[Items, Node], Any]] = {
    "service": Items.service,
    "action": Items.action,
    "input": Items.input,
    "output": Items.record_type,
    "fails": Items.fails,
    "effect": Items.effect,
    "role": lambda items, node: items._word(node, WORDS["role"], "A role"),
    "retry": Items.retry,
    "timeout": lambda items, node: items.duration(node, "A timeout"),
    "heartbeat": lambda items, node: items.duration(node, "A heartbeat"),
    "idempotent": Items.boolean,
    "on_unknown": lambda items, node: items._word(node, WORDS["on_unknown"], "'on_unknown'"),
    "compensate": lambda items, node: items.compensate(node, PART_REQUIRED["compensate"]),
    "recover": Items.recover,
    "events": Items.event_names,
    "locks": Items.locks,
}
_READERS: dict[str, Callable[[Items, Keys, dict[str, Any]], Item]] = {
    kind: getattr(Items, f"_{kind}") for kind in KINDS
}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
