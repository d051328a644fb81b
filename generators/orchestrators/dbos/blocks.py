"""The items of a saga as statements, in the order in which one coordinator takes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sagac.dsl.facts import Role
from sagac.dsl.model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Parallel,
    Repeat,
    Step,
    SubSaga,
    Undo,
    Wait,
)
from sagac.dsl.order import in_order
from sagac.dsl.syntax import Expr
from sagac.generators import naming
from sagac.generators.layout import Code, call, prefixed, suffixed
from sagac.generators.layout import Group as Together
from sagac.generators.python.records import quoted
from sagac.generators.python.values import Values

from .composites import Composites
from .unit import Unit
from .waits import Waits
from .writing import Place


class Blocks:
    """Writes lists of items. Each writer returns the names as they are after it."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._composites = Composites(unit, self.items)
        self._waits = Waits(unit, self.guarded)
        self._groups: list[str] = []  # groups with a compensation of their own around this
        self._announced: list[tuple[list[str], str]] = []
        self._at_once: set[str] = set()  # names that such a compensation reads

    def items(self, items: Iterable[Item], place: Place) -> Values:
        """The items of a list, one after another."""
        for item in in_order(tuple(items)):
            place = place.using(self._item(item, place))
        return place.values

    def guarded(
        self,
        cases: list[tuple[str, Values, tuple[Item, ...]]],
        place: Place,
    ) -> Values:
        """``if``, ``elif``, ``else`` as (head, names inside, items); what leaves may be None."""
        inside = [item for _, _, items in cases for item in items]
        leaving = self._declare(inside, place)
        for head, values, items in cases:
            place.add(f"{head}:")
            inner = place.inner().using(values)
            before = len(place.out)
            after = self.items(items, inner)
            self._hand_over(leaving, inner.using(after))
            if len(place.out) == before:
                inner.add("pass")
        return self._missing(leaving, place.values)

    def _item(self, item: Item, place: Place) -> Values:
        if item.description:
            place.add(naming.comment(item.description, 96 - place.indent))
        if self._unit.is_gate(item):
            place.add(f"await {place.saga}.gate({quoted(item.name.text)})")
        if item.condition is None:
            return self._plain(item, place)
        inner = place.values.where(item.condition)
        return self._conditional(item, item.condition, inner, place)

    def _conditional(self, item: Item, condition: Expr, inner: Values, place: Place) -> Values:
        leaving = self._declare([item], place)
        place.add(f"if {place.values.source(condition)}:")
        nested = place.inner().using(inner)
        before = len(place.out)
        after = self._plain(item, nested)
        self._hand_over(leaving, nested.using(after))
        if len(place.out) == before:
            nested.add("pass")
        return self._missing(leaving, place.values)

    def _plain(self, item: Item, place: Place) -> Values:
        match item:
            case Step() if item.recover:
                return self._recovered(item, place)
            case Step():
                return self._step(item, place)
            case Undo():
                facts = self._unit.graph.facts[item.name.text]
                place.add(self._unit.calls.on_undo(facts, place.saga, place.values))
            case Parallel():
                return self._composites.parallel(item, place)
            case Choose():
                return self._choose(item, place)
            case Foreach():
                return self._composites.foreach(item, place)
            case Repeat():
                return self._composites.repeat(item, place)
            case Wait():
                return self._waits.wait(item, place)
            case SubSaga():
                return self._sub_saga(item, place)
            case Group() if item.recover:
                return self._recovered(item, place)
            case Group():
                return self._group(item, place)
            case Fail():
                self._fail(item, place)
        return place.values

    def _step(self, item: Step, place: Place) -> Values:
        unit, name = self._unit, item.name.text
        facts = unit.graph.facts[name]
        inside = bool(self._groups)
        code = unit.calls.step(facts, place.saga, place.values, inside_group=inside)
        missing = facts.role is Role.OPTIONAL
        return self._assigned(name, code, place, maybe=missing)

    def _assigned(self, name: str, code: Code, place: Place, *, maybe: bool = False) -> Values:
        if not self._unit.reading.is_read(name):
            place.add(code)
            return place.values
        variable = self._unit.variable(name)
        place.add(prefixed(f"{variable} = ", code))
        if name in self._at_once and variable != self._outer(name):
            place.add(f"{self._outer(name)} = {variable}")
        return place.values.bind(name, variable, self._unit.type(name), maybe=maybe)

    def _sub_saga(self, item: SubSaga, place: Place) -> Values:
        unit, name = self._unit, item.name.text
        facts = unit.graph.facts[name]
        constant, input_class = unit.definitions[unit.graph.children[name].saga.name.text]
        record = unit.scope.record(facts.input_type)
        code = call(
            f"await {place.saga}.run",
            quoted(name),
            constant,
            place.values.request(input_class, record, facts.input),
            after_pivot="True" if unit.after_pivot(item) else None,
        )
        return self._assigned(name, code, place)

    def _choose(self, item: Choose, place: Place) -> Values:
        cases = []
        values, word = place.values, "if"
        for case in item.cases:
            head = f"{word} {values.source(case.condition)}"
            cases.append((head, values.where(case.condition), case.items))
            values, word = values.where(case.condition, holds=False), "elif"
        if item.otherwise:
            cases.append(("else", values, item.otherwise))
        return self.guarded(cases, place)

    def _fail(self, item: Fail, place: Place) -> None:
        data: Code | None = None
        if item.data is not None:  # as JSON: it is no part of any service's types
            fields = item.data.fields.items()
            pairs = (f"{quoted(name)}: {place.values.source(each)}" for name, each in fields)
            data = Together("{", tuple(pairs), "}")
        code = call(f"{place.saga}.fail", quoted(item.name.text), data)
        place.add(prefixed("raise ", code))

    def _group(self, item: Group, place: Place, around: Code | None = None) -> Values:
        """A group in a scope of its own; ``around`` is a scope that is opened with it."""
        unit, name = self._unit, item.name.text
        undo = unit.graph.facts[name].compensation
        values, own = place.values, None
        if undo is not None:
            values = self._read_by_undo(item, place)
            own = unit.calls.compensation(undo, "None", values)
        order = None if item.undo_order == "sequence" else '"parallel"'
        head: Code = call(f"{place.saga}.group", quoted(name), undo=own, undo_order=order)
        part = unit.part(name, "scope")
        if around is None:
            place.add(prefixed("async with ", head), f" as {part}:")
        else:
            place.add(Together("async with (", (around, suffixed(head, f" as {part}"))), ":")
        inner = place.inner().using(place.values, part)
        self._groups += [name] if undo is not None else []
        after = self.items(item.items, inner)
        if undo is not None:
            self._groups.pop()
        return after

    def _read_by_undo(self, item: Group, place: Place) -> Values:
        """Declares what a group's compensation reads of its members."""
        reading = self._unit.reading
        read = reading.of_undo(item)
        names = tuple(each for each in reading.leaving(item.items) if each in read)
        self._announce(names, item.items, place)
        self._at_once.update(names)
        return self._missing(names, place.values)

    def _recovered(self, item: Step | Group, place: Place) -> Values:
        """The item in a scope of its own, then what runs instead if it failed."""
        handlers = [each for handler in item.recover for each in handler.items]
        leaving = self._declare([item, *handlers], place)
        attempt = self._unit.part(item.name.text, "attempt")
        after = self._attempted(item, attempt, place)
        self._hand_over(leaving, after)
        values = self._missing(leaving, place.values)
        failed = values.at(("saga", "failure"), f"{attempt}.failure")
        word = "if"
        for each in sorted(item.recover, key=lambda each: _breadth(each.refusal.text)):
            place.add(f"{word} {_failed(attempt, each.refusal.text)}:")
            word = "elif"
            handler = place.inner().using(failed)
            before = len(place.out)
            done = self.items(each.items, handler)
            self._hand_over(leaving, handler.using(done))
            if len(place.out) == before:
                handler.add("pass")
        return values

    def _attempted(self, item: Step | Group, attempt: str, place: Place) -> Place:
        """The recoverable scope with the item in it; returns the place at its end."""
        names = [quoted(each.refusal.text) for each in item.recover]
        head: Code = call(f"{place.saga}.recoverable", quoted(item.name.text), *names)
        inner = place.inner().using(place.values, attempt)
        if isinstance(item, Group) and (item.compensate or item.undo_order != "sequence"):
            here = place.using(place.values, attempt)
            return inner.using(self._group(item, here, suffixed(head, f" as {attempt}")))
        place.add(prefixed("async with ", head), f" as {attempt}:")
        if isinstance(item, Group):
            return inner.using(self.items(item.items, inner))
        return inner.using(self._step(item, inner))

    def _declare(self, items: Sequence[Item], place: Place) -> tuple[str, ...]:
        leaving = self._unit.reading.leaving(items)
        self._announce(leaving, items, place)
        return leaving

    def _announce(self, names: tuple[str, ...], items: Iterable[Item], place: Place) -> None:
        """Declares names before the block that makes them; once in a function."""
        closures = self._unit.reading.in_closures(items)
        for name in names:
            if any(out is place.out and each == name for out, each in self._announced):
                continue
            self._announced.append((place.out, name))
            if name in closures:
                self._unit.apart.add(name)
            place.add(f"{self._outer(name)}: {self._unit.output(name)} | None = None")
            self._unit.announce(name, place.out)

    def _hand_over(self, leaving: tuple[str, ...], place: Place) -> None:
        """At the end of a block: what was made there, under the names that are known after it."""
        for name in leaving:
            inside = place.values.names.roots.get(name)
            if inside not in (None, self._outer(name)) and name not in self._at_once:
                place.add(f"{self._outer(name)} = {inside}")

    def _outer(self, name: str) -> str:
        return self._unit.outer(name)

    def _missing(self, names: tuple[str, ...], values: Values) -> Values:
        for name in names:
            values = self._unit.bound(values, name, self._outer(name), maybe=True)
        return values


def _breadth(refusal: str) -> int:
    return {"unknown": 1, "any": 2}.get(refusal, 0)


def _failed(part: str, refusal: str) -> str:
    return f"{part}.failed" if refusal == "any" else f"{part}.failed_with({quoted(refusal)})"
