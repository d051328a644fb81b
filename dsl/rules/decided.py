"""What the conditions of a saga decide by themselves: which never hold, which always do."""

from __future__ import annotations

from typing import NamedTuple

from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Choose, Foreach, Item, Repeat
from sagac.dsl.reach import look
from sagac.dsl.relations import BOOLEAN, INTEGER, resolved
from sagac.dsl.scope import NO_PATHS, path_of
from sagac.dsl.span import Span
from sagac.dsl.structure import ItemList, Place
from sagac.dsl.syntax import Call, Expr
from sagac.dsl.types import ANY, EnumType, Field, ListType, OptionalType, RecordType, Type

from .conditions import Conditions, Formula, Kind, Statement
from .places import places_of

DECIDING = (Choose, Repeat)
MOST_CASES = 64  # of a choose whose completeness is looked at
MOST_REMEMBERED = 16  # earlier cases that a case is compared with
Given = tuple[Expr, bool]


class Verdict(NamedTuple):
    """A condition that is decided before the saga starts.

    ``holds``: always, or never; ``where``: ``if``, ``case`` or ``until``; ``because``: other
    conditions that decide it, and whether they hold; ``earlier``: those are earlier cases;
    ``dead``: what therefore never runs.
    """

    item: Item
    condition: Expr
    holds: bool
    where: str
    because: tuple[Given, ...]
    earlier: bool = False
    dead: tuple[Span, ...] = ()


class Decided:
    """The verdicts on a saga, and which of its ``choose`` may match nothing."""

    def __init__(self, graph: SagaGraph) -> None:
        self.graph = graph
        self.places = places_of(graph.saga)
        self.conditions = Conditions()
        self.verdicts: list[Verdict] = []
        self.incomplete: list[Choose] = []
        self._loops = _loops(graph)
        self._dead: set[tuple[str, int | None]] = set()  # items, or lists of theirs, never run
        self._reached: dict[int, bool] = {}
        self._kinds: dict[str, Kind] = {}
        for place in self.places.in_order():
            self._look_at(place)

    def _look_at(self, place: Place) -> None:
        item = place.item
        if item.condition is None and not isinstance(item, DECIDING):
            return
        if not self._is_reached(place.list):
            return  # which is said where it is decided
        given = list(self.places.conditions(place))
        if item.condition is not None:
            if self._decide(place, item.condition, "if", given):
                return
            given.append((item.condition, True))
        if isinstance(item, Choose):
            self._choose(place, item, given)
        elif isinstance(item, Repeat) and item.until is not None:
            self._until(place, item.until, given)

    def _is_reached(self, here: ItemList) -> bool:
        """Whether a list is not inside something of which a verdict says that it never runs."""
        known = self._reached.get(id(here))
        if known is None:
            around = here.parent
            known = around is None or (
                (around.name, None) not in self._dead
                and (around.name, here.number) not in self._dead
                and self._is_reached(around.list)
            )
            self._reached[id(here)] = known
        return known

    def _decide(self, place: Place, condition: Expr, where: str, given: list[Given]) -> bool:
        if not given and self._undecided(place, condition):
            return False
        for holds in (True, False):
            if self._never(place, [*given, (condition, not holds)]):
                because = self._reason(place, (condition, not holds), given)
                self.verdicts.append(Verdict(place.item, condition, holds, where, because))
                if not holds:
                    self._dead.add((place.name, None))
                return not holds
        return False

    def _until(self, place: Place, until: Expr, given: list[Given]) -> None:
        for holds in (True, False):
            if self._never(place, [*given, (until, not holds)]):
                because = self._reason(place, (until, not holds), given)
                self.verdicts.append(Verdict(place.item, until, holds, "until", because))
                return

    def _choose(self, place: Place, item: Choose, given: list[Given]) -> None:
        """Cases in order: one that can never match, one after which no other can."""
        seen: dict[Formula, Expr] = {}
        before: list[Given] = []
        for number, case in enumerate(item.cases):
            formula = self.conditions.statement(case.condition, True).formula
            last = number + 1 == len(item.cases) and item.otherwise is None
            found = self._case(place, case.condition, given, before, seen.get(formula), last)
            if found is not None:
                dead = _after(item, number) if found.holds else ()
                self.verdicts.append(found._replace(dead=dead))
            if found is not None and found.holds:
                self._dead.update(
                    (place.name, each) for each in range(number + 1, len(item.cases) + 1)
                )
                return
            if found is not None:
                self._dead.add((place.name, number))
            seen.setdefault(formula, case.condition)
            if found is None and len(before) < MOST_REMEMBERED:
                before.append((case.condition, False))
        if item.otherwise is None and not self._complete(place, item, given):
            self.incomplete.append(item)

    def _case(
        self,
        place: Place,
        case: Expr,
        given: list[Given],
        before: list[Given],
        same: Expr | None,
        last: bool,
    ) -> Verdict | None:
        """``same``: an earlier case of the same condition; ``last``: nothing comes after it."""
        if same is not None:
            return Verdict(place.item, case, False, "case", ((same, False),), earlier=True)
        all_given = [*given, *before]
        if not all_given and self._undecided(place, case):
            return None
        if self._never(place, [*all_given, (case, True)]):
            because = self._reason(place, (case, True), all_given)
            earlier = bool(because) and set(map(id, because)) <= set(map(id, before))
            return Verdict(place.item, case, False, "case", because, earlier)
        if self._never(place, [*given, (case, False)]):
            because = self._reason(place, (case, False), given)
            return Verdict(place.item, case, True, "case", because)
        if before and not last and self._never(place, [*all_given, (case, False)]):
            because = self._reason(place, (case, False), all_given)
            return Verdict(place.item, case, True, "case", because)
        return None

    def _complete(self, place: Place, item: Choose, given: list[Given]) -> bool:
        """Whether some case surely matches; of very many cases, or none, that is assumed."""
        none = [(case.condition, False) for case in item.cases]
        return not 0 < len(none) <= MOST_CASES or self._never(place, [*given, *none])

    # -- reasoning --------------------------------------------------------------------------

    def _never(self, place: Place, given: list[Given]) -> bool:
        """Whether these surely never hold together. Only what the last one touches counts."""
        statements = [self.conditions.statement(*each) for each in given]
        present = statements[0].present.union(*(each.present for each in statements[1:]))

        def kind_of(subject: str, expr: Expr) -> Kind:
            return self._kind(subject, expr, place, present)

        return self.conditions.impossible(_touched(statements), kind_of)

    def _undecided(self, place: Place, condition: Expr) -> bool:
        """Whether neither the condition nor its opposite is impossible, as nearly always."""

        def kind_of(subject: str, expr: Expr) -> Kind:
            return self._kind(subject, expr, place, NO_PATHS)

        return self.conditions.undecided(self.conditions.statement(condition, True), kind_of)

    def _reason(self, place: Place, decided: Given, given: list[Given]) -> tuple[Given, ...]:
        """The conditions that decide it: none, one, or all that speak of the same."""
        if self._never(place, [decided]):
            return ()
        for each in given:
            if self._never(place, [each, decided]):
                return (each,)
        statements = [self.conditions.statement(*each) for each in (*given, decided)]
        chosen = {id(each) for each in _touched(statements)}
        pairs = zip(given, statements, strict=False)
        return tuple(each for each, statement in pairs if id(statement) in chosen)

    # -- what is known of a subject ---------------------------------------------------------

    def _kind(
        self, subject: str, expr: Expr, place: Place, present: frozenset[tuple[str, ...]]
    ) -> Kind:
        kind = self._kinds.get(subject)
        if kind is not None:
            return kind
        if isinstance(expr, Call) and expr.function == "len":
            kind = Kind(whole=True, optional=False, counted=True)
        else:
            kind = self._kind_of_path(path_of(expr), place, present)
        if subject.startswith("input.") and kind.optional is False:  # the same everywhere
            self._kinds[subject] = kind
        return kind

    def _kind_of_path(
        self, path: tuple[str, ...] | None, place: Place, present: frozenset[tuple[str, ...]]
    ) -> Kind:
        if path is None:
            return Kind()
        type_, optional = self._type(path, place)
        if any(path[:end] in present for end in range(1, len(path) + 1)):
            optional = optional and None
        values: tuple[object, ...] | None = None
        if isinstance(type_, EnumType):
            values = type_.values
        elif type_ is BOOLEAN:
            values = (True, False)
        return Kind(values, type_ is INTEGER, optional)

    def _type(self, path: tuple[str, ...], place: Place) -> tuple[Type, bool | None]:
        """The type of a path, and whether it may be absent; ``any`` and None if not known."""
        type_, optional = self._root(path[0], place)
        for name in path[1:]:
            record = resolved(type_, self.graph.saga.types)
            found = record.field(name) if isinstance(record, RecordType) else None
            if found is None:
                return ANY, None
            type_, optional = _opened(found, optional)
        return resolved(type_, self.graph.saga.types), optional

    def _root(self, root: str, place: Place) -> tuple[Type, bool | None]:
        if root == "input":
            return self.graph.saga.input, False
        target = self.places.places.get(root)
        facts: ItemFacts | None = self.graph.facts.get(root)
        if target is not None and facts is not None and not isinstance(target.item, Foreach):
            if facts.output_type.fields:
                seen = look(target, place, inside=isinstance(place.item, Repeat))
                return facts.output_type, seen.optional or seen.refused is not None
        elif root in self._loops:
            loop = self._loops[root]
            path = path_of(loop.source) if loop is not None and loop.source is not None else None
            type_, _ = self._type(path, place) if path is not None else (ANY, None)
            return (type_.item if isinstance(type_, ListType) else ANY), False
        return ANY, None


def _after(item: Choose, number: int) -> tuple[Span, ...]:
    """Where what comes after a case stands: later cases and ``otherwise``."""
    later = (case.condition.span for case in item.cases[number + 1 :])
    return (*later, *(span for key, span in item.keys.items() if key == "otherwise"))


def _opened(field: Field, optional: bool | None) -> tuple[Type, bool | None]:
    type_ = field.type
    if isinstance(type_, OptionalType):
        return type_.inner, True
    return type_, field.optional or optional


def _touched(statements: list[Statement]) -> list[Statement]:
    """The last one and those that share subjects with it, directly or by way of others."""
    chosen, rest = [statements[-1]], statements[:-1]
    known = set(statements[-1].subjects)
    while rest:
        near = [each for each in rest if known & each.subjects]
        if not near:
            break
        chosen += near
        rest = [each for each in rest if not known & each.subjects]
        known.update(*(each.subjects for each in near))
    return chosen


def _loops(graph: SagaGraph) -> dict[str, Foreach | None]:
    """The loop of each ``as`` name; None where two loops share it."""
    found: dict[str, Foreach | None] = {}
    for facts in graph.facts.values():
        if isinstance(facts.item, Foreach) and facts.item.variable is not None:
            name = facts.item.variable.text
            found[name] = facts.item if name not in found else None
    return found


_latest: list[Decided] = []


def decided(graph: SagaGraph) -> Decided:
    """The verdicts on ``graph``; they are kept for the next rule, which asks for the same graph."""
    if not _latest or _latest[0].graph is not graph:
        _latest[:] = [Decided(graph)]
    return _latest[0]


def where_it_holds(given: Given) -> str:
    """How a label says what is known of a condition."""
    return "this holds here" if given[1] else "this does not hold here"
