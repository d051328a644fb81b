"""Actions as all their uses see them. Uses that differ, or break what is declared, are TY004."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .codes import diagnostic
from .diagnostics import Diagnostics, Label
from .facts import ItemFacts, OnUnknown, Signature
from .model import ActionDeclaration, Group, Refusal, Saga, Step, Undo
from .records import fill, replace
from .relations import assignable, joined, present, show
from .span import Span
from .types import EMPTY, Field, OptionalType, RecordType

Key = tuple[str, str]
_CALLING, _UNDONE = (Step, Undo), (Step, Group)


class Agreement:
    """Compares the uses of all actions of a saga."""

    def __init__(self, saga: Saga, found: Diagnostics) -> None:
        self.saga = saga
        self.found = found
        self._declared = {s: each.actions for s, each in saga.services.items() if each.actions}
        self.first: dict[Key, tuple[Signature, Span]] = {}
        self.wrong: set[Key] = set()
        self.signatures: dict[Key, Signature] = {}
        self.uses: dict[Key, dict[str, None]] = {}  # of what is used more than once
        self.changed = False  # whether a signature may be another than that of its uses

    def agree(self, facts: Mapping[str, ItemFacts]) -> None:
        """Fills into the facts the types that the uses of each action have in common."""
        for each in facts.values():
            for use, span in _uses(each):
                self._add(use, span)
        for key, items in self.uses.items():
            fill(self.signatures[key], uses=tuple(items))
        if self.changed:
            for each in facts.values():
                self._fill_types(each)

    def _add(self, use: Signature, span: Span) -> None:
        key = (use.service, use.action)
        declared = self._declaration(key)
        known = self.signatures.get(key)
        if known is None:
            self.first[key] = (use, span)
            known = use if declared is None else _as_declared(use, declared)
        else:
            self.changed = True
            if declared is None and key not in self.wrong:
                known = self._together(key, use, span)
            known = _united(known, use)
            self.uses.setdefault(key, dict.fromkeys(self.first[key][0].uses)).update(
                dict.fromkeys(use.uses)
            )
        if declared is not None:
            self.changed = True
            self._against_declared(use, span, declared)
        self.signatures[key] = known

    def _together(self, key: Key, use: Signature, span: Span) -> Signature:
        """What two uses have in common; a difference is reported once per action."""
        known = self.signatures[key]
        request = self._common(known.input, use.input)
        answer = self._common(known.output, use.output)
        refusals = {(r.name.text, r.data) for r in known.refusals}
        own = {(r.name.text, r.data) for r in use.refusals}
        if request is None:
            self._differs(use, span, "input", _difference(known.input, use.input))
        elif answer is None:
            self._differs(use, span, "output", _difference(known.output, use.output))
        elif refusals != own:
            names = sorted(name for name, _ in refusals ^ own)
            self._differs(use, span, "fails", f"{', '.join(names)} is not the same in both")
        request, answer = request or known.input, answer or known.output
        if request is known.input and answer is known.output:
            return known
        return replace(known, input=request, output=answer)

    def _common(self, one: RecordType, other: RecordType) -> RecordType | None:
        """The record that both fit, if they have the same fields."""
        if one == other:
            return one
        if {f.name for f in one.fields} != {f.name for f in other.fields}:
            return None
        fields: list[Field] = []
        for field in one.fields:
            second = other.field(field.name)
            if second is None:
                return None
            type_ = joined(field.type, second.type, self.saga.types)
            if type_ is None:
                return None
            optional = field.optional or second.optional or isinstance(type_, OptionalType)
            fields.append(Field(field.name, present(type_), optional, field.span))
        return RecordType(tuple(fields))

    def _differs(self, use: Signature, span: Span, part: str, why: str) -> None:
        key = service, action = use.service, use.action
        self.wrong.add(key)
        first, first_span = self.first[key]
        message = f"Two uses of {action!r} of {service!r} differ in their {part}: {why}."
        help = "Give one of them another action, or declare the action under `services:`."
        if use.compensation and not first.compensation and use.uses == first.uses:
            help = "It would be undone by doing it once more: name an action that takes it back."
        label = Label("the first use", first_span)
        self.found.add(diagnostic("TY004", span, message, help=help, labels=(label,)))

    # -- declared actions -------------------------------------------------------------------

    def _declaration(self, key: Key) -> ActionDeclaration | None:
        actions = self._declared.get(key[0])
        return actions.get(key[1]) if actions is not None else None

    def _against_declared(self, use: Signature, span: Span, declared: ActionDeclaration) -> None:
        types = self.saga.types
        why = None
        if declared.input is not None and not assignable(use.input, declared.input, types):
            why = f"its input is {show(use.input)}, and {show(declared.input)} is declared"
        elif not self._gives(declared, use):
            given = show(declared.output or EMPTY)
            why = f"its output is {show(use.output)}, and {given} is declared"
        if why is None and declared.fails is not None:
            known = {each.name.text for each in declared.fails}
            new = [r.name.text for r in use.refusals if r.name.text not in known]
            if new:
                why = f"{', '.join(new)} is not among its declared refusals"
        if why is not None:
            message = f"This use of {use.action!r} of {use.service!r} does not fit: {why}."
            label = Label("declared here", declared.name.span)
            help = "Write what is declared; or correct the declaration, if it is wrong."
            self.found.add(diagnostic("TY004", span, message, help=help, labels=(label,)))

    def _gives(self, declared: ActionDeclaration, use: Signature) -> bool:
        if declared.output is None or use.output == EMPTY:
            return True
        return assignable(declared.output, use.output, self.saga.types)

    # -- results ----------------------------------------------------------------------------

    def _fill_types(self, facts: ItemFacts) -> None:
        undo = facts.compensation
        if undo is not None:
            known = self.signatures.get((undo.service, undo.action))
            if known is not None and known.input is not undo.input_type:
                fill(undo, input_type=known.input)
        if facts.action:
            known = self.signatures[(facts.service, facts.action)]
            if known.input is not facts.input_type:
                fill(facts, input_type=known.input)


def _united(known: Signature, use: Signature) -> Signature:
    """What is true of one use is true of the action: asked for, taking back, not idempotent."""
    query = known.query or use.query
    compensation = known.compensation or use.compensation
    idempotent = known.idempotent and use.idempotent
    if (query, compensation, idempotent) == (known.query, known.compensation, known.idempotent):
        return known
    return replace(known, query=query, compensation=compensation, idempotent=idempotent)


def _as_declared(use: Signature, declared: ActionDeclaration) -> Signature:
    """The first use of a declared action: what is declared counts."""
    refusals = use.refusals if declared.fails is None else declared.fails
    request, answer = declared.input or use.input, declared.output or use.output
    return replace(use, input=request, output=answer, refusals=refusals)


def _uses(facts: ItemFacts) -> Iterator[tuple[Signature, Span]]:
    """The actions of an item as it uses them, and where it names each."""
    item, undo = facts.item, facts.compensation
    uses = (item.name.text,)
    if isinstance(item, _CALLING):
        use = Signature(
            facts.service,
            facts.action,
            facts.input_type,
            facts.output_type,
            _unlocked(facts.refusals) if item.locks else facts.refusals,
            facts.idempotent,
            facts.on_unknown is OnUnknown.QUERY,
            isinstance(item, Undo),
            uses,
        )
        yield use, item.action.span if item.action is not None else item.name.span
    if undo is not None and isinstance(item, _UNDONE) and item.compensate is not None:
        span = item.compensate.action.span
        taken = (undo.input_type, EMPTY, (), True, False, True)
        yield Signature(undo.service, undo.action, *taken, uses), span


def _unlocked(refusals: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
    """Without the refusal of a lock, which is the saga's, not the action's."""
    kept = [each for each in refusals if each.name.text != "locked"]
    return refusals if len(kept) == len(refusals) else tuple(kept)


def _difference(one: RecordType, other: RecordType) -> str:
    """The first field in which two records differ, in words."""
    for field in one.fields:
        second = other.field(field.name)
        if second is None:
            return f"`{field.name}` is missing here"
        if second.type != field.type:
            return f"`{field.name}` is {show(second.type)} here and {show(field.type)} there"
    known = {field.name for field in one.fields}
    new = next((field.name for field in other.fields if field.name not in known), "")
    return f"`{new}` is given here only"
