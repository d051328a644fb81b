"""Parallel branches, loops and rounds: bodies as nested functions, and what comes out of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sagac.dsl.model import Branch, Foreach, Item, Parallel, Repeat
from sagac.dsl.relations import STRING
from sagac.dsl.syntax import Value
from sagac.dsl.types import ANY, Field, ListType, OptionalType, RecordType, Type
from sagac.generators import naming
from sagac.generators.layout import call, prefixed
from sagac.generators.python.records import quoted
from sagac.generators.python.values import Values, number

from .unit import Unit, maybe_annotation, result_annotation
from .writing import Place

Body = Callable[[tuple[Item, ...], Place], Values]


@dataclass(frozen=True)
class Result:
    """What a body function returns: the names, and which of them may be None."""

    names: tuple[str, ...]
    maybe: tuple[bool, ...]
    annotation: str


class Composites:
    """Writes what runs side by side or several times; ``body`` writes the items of a list."""

    def __init__(self, unit: Unit, body: Body) -> None:
        self._unit = unit
        self._body = body

    def parallel(self, item: Parallel, place: Place) -> Values:
        """Branches as functions, the join, and the branches' results as variables."""
        unit = self._unit
        results = []
        for branch in item.branches:
            function = unit.names.of(("body", item.name.text, branch.name.text), _branch(branch))
            leaving = unit.reading.leaving(branch.items)
            results.append(self._function(function, (), branch.items, leaving, place, place.values))
        handle = unit.variable(item.name.text)
        head = call(
            f"{place.saga}.parallel",
            quoted(item.name.text),
            join=self._join(item.join, place.values),
            undo_order=None if item.undo_order == "parallel" else '"sequence"',
            after_pivot="True" if unit.sticks(item) else None,
        )
        place.add(prefixed("async with ", head), f" as {handle}:")
        kept = [self._start(item, each, handle, r, place) for each, r in zip_of(item, results)]
        values = place.values
        for branch, result, variable in zip(item.branches, results, kept, strict=True):
            values = self._branch_values(item, branch, result, variable, place.using(values))
        return values

    def foreach(self, item: Foreach, place: Place) -> Values:
        """The body as a function of the element, and the loop."""
        assert item.source is not None
        unit, name = self._unit, item.name.text
        called = item.variable.text if item.variable is not None else "element"
        source = place.values.type(item.source)
        resolved = place.values.scope.resolve(source)
        element = resolved.item if isinstance(resolved, ListType) else ANY
        variable = unit.names.of(("as", called), naming.snake(called))
        function = f"each_{naming.snake(called)}"
        if unit.names.taken(function):
            function = f"each_of_{naming.snake(name)}"
        function = unit.names.of(("body", name), function)
        inner = place.values
        if item.variable is not None:  # else nothing can name the element
            inner = inner.bind(called, variable, element)
        parameter = (f"{variable}: {unit.records.annotation(element)}",)
        leaving = self._loop_names(item)
        result = self._function(function, parameter, item.items, leaving, place, inner)

        def lists(values: Values, variable: str, maybe: bool) -> Values:
            return self._loop_values(item, result, values, variable, maybe)

        unit.remember_loop(name, result.annotation, lists)
        code = call(
            f"await {place.saga}.foreach",
            quoted(name),
            place.values.source(item.source),
            function,
            parallel="True" if item.mode == "parallel" else None,
            limit=self._number(item.limit, place.values),
            join=self._join(item.join, place.values),
            undo_order='"sequence"' if item.undo_order == "sequence" else None,
            after_pivot="True" if unit.sticks(item) else None,
        )
        read = unit.reading.is_read(name)
        place.add(prefixed(f"{unit.variable(name)} = ", code) if read else code)
        return unit.bound(place.values, name, unit.variable(name), maybe=False)

    def repeat(self, item: Repeat, place: Place) -> Values:
        """The round as a function, and the loop with its condition."""
        assert item.until is not None
        assert item.max is not None
        unit, name = self._unit, item.name.text
        function = unit.names.of(("body", name), f"{naming.snake(name)}_round")
        leaving = unit.reading.leaving(item.items)
        result = self._function(function, (), item.items, leaving, place, place.values)
        argument, inner = self._round(result, place.values)
        code = call(
            f"await {place.saga}.repeat",
            quoted(name),
            function,
            until=f"lambda {argument}: {inner.source(item.until)}",
            max=str(item.max),
            every=number(item.every.value) if item.every else None,
            after_pivot="True" if unit.after_pivot(item) else None,
        )
        outside = unit.reading.leaving((item,))  # the condition alone reads the rest
        targets = ", ".join(
            unit.variable(each) if each in outside else f"_{unit.variable(each)}"
            for each in leaving
        )
        place.add(prefixed(f"{targets} = ", code) if outside else code)
        return self._bound(result, place.values)

    def _function(
        self,
        function: str,
        parameters: tuple[str, ...],
        items: tuple[Item, ...],
        leaving: tuple[str, ...],
        place: Place,
        values: Values,
    ) -> Result:
        """A nested function with ``items`` that returns what leaves them."""
        unit = self._unit
        lines = Place(values, indent=place.indent + 4)
        after = self._body(items, lines)
        maybe = tuple(each in after.names.maybe for each in leaving)
        annotations = [
            maybe_annotation(unit.output(each), missing)
            for each, missing in zip(leaving, maybe, strict=True)
        ]
        result = Result(leaving, maybe, result_annotation(list(leaving), annotations))
        place.gap()
        head = call(f"async def {function}", "saga: Saga", *parameters)
        place.add(head, f" -> {result.annotation}:")
        place.out.extend(lines.out or [" " * lines.indent + "pass"])
        if leaving:
            place.inner().add(f"return {', '.join(after.names.root(each) for each in leaving)}")
        place.out.append("")
        return result

    def _start(
        self, item: Parallel, branch: Branch, handle: str, result: Result, place: Place
    ) -> str | None:
        """Starts a branch; its variable if something of it is read later."""
        unit = self._unit
        name = branch.name.text
        function = unit.names.of(("body", item.name.text, name), _branch(branch))
        code = call(f"{handle}.branch", quoted(name), function)
        read = result.names or (item.name.text, name, "outcome") in unit.reading.paths(
            item.name.text
        )
        if not read:
            place.inner().add(code)
            return None
        variable = unit.names.of(("branch", item.name.text, name), f"{_branch(branch)}_branch")
        place.inner().add(prefixed(f"{variable} = ", code))
        return variable

    def _branch_values(
        self, item: Parallel, branch: Branch, result: Result, variable: str | None, place: Place
    ) -> Values:
        if variable is None:
            return place.values
        values = place.values.at(
            (item.name.text, branch.name.text, "outcome"), f"{variable}.outcome"
        )
        values = _with_outcome(values, item.name.text, branch.name.text)
        if not result.names:
            return values
        unit = self._unit
        targets = ", ".join(unit.variable(each) for each in result.names)
        if item.join == "all":
            place.add(f"{targets} = {variable}.value")
            return self._bound(result, values)
        if len(result.names) == 1:
            place.add(f"{targets} = {variable}.value_or_none")
        else:
            for each in result.names:
                place.add(f"{unit.variable(each)}: {unit.output(each)} | None = None")
            place.add(f"if {variable}.done:")
            place.inner().add(f"{targets} = {variable}.value")
        everything = Result(result.names, tuple(True for _ in result.names), "")
        return self._bound(everything, values)

    def _bound(self, result: Result, values: Values) -> Values:
        for name, maybe in zip(result.names, result.maybe, strict=True):
            values = self._unit.bound(values, name, self._unit.variable(name), maybe=maybe)
        return values

    def _round(self, result: Result, values: Values) -> tuple[str, Values]:
        """The parameter of ``until`` and the names in it."""
        if len(result.names) == 1:
            return self._unit.variable(result.names[0]), self._bound(result, values)
        for index, name in enumerate(result.names):
            values = self._unit.bound(values, name, f"result[{index}]", maybe=result.maybe[index])
        return ("result" if result.names else "_"), values

    def _loop_names(self, item: Foreach) -> tuple[str, ...]:
        paths = self._unit.reading.paths(item.name.text)
        read = {path[1] for path in paths if len(path) > 1} - {"outcomes"}
        return tuple(name for name in self._unit.graph.facts if name in read)

    def _loop_values(
        self, item: Foreach, result: Result, values: Values, variable: str, maybe: bool
    ) -> Values:
        """``LOOP.STEP.FIELD`` as a list, ``LOOP.outcomes``."""
        loop = item.name.text
        fields = [Field("outcomes", ListType(STRING), False)]
        whole = item.join == "all"
        elements = f"{variable}.values" if whole else f"{variable}.settled"
        for index, name in enumerate(result.names):
            record = self._unit.type(name)
            assert isinstance(record, RecordType)
            one = "each" if len(result.names) == 1 else f"each[{index}]"
            lists = []
            for field in record.fields:
                missing = not whole or result.maybe[index] or field.optional
                source = values.names.member(one, record, field.name)
                if not whole or result.maybe[index]:
                    there = one if whole or one == "each" else f"each and {one}"
                    source = f"{source} if {there} else None"
                values = values.at((loop, name, field.name), f"[{source} for each in {elements}]")
                lists.append(Field(field.name, ListType(_maybe(field.type, missing)), False))
            fields.append(Field(name, RecordType(tuple(lists)), False))
        return values.bind(loop, variable, RecordType(tuple(fields)), maybe=maybe)

    def _join(self, join: object, values: Values) -> str | None:
        if join == "all":
            return None
        return quoted(join) if isinstance(join, str) else self._number(join, values)

    def _number(self, written: object, values: Values) -> str | None:
        if written is None or isinstance(written, int):
            return None if written is None else str(written)
        value: Value = written  # type: ignore[assignment]
        return values.source(value)


def zip_of(item: Parallel, results: list[Result]) -> list[tuple[Branch, Result]]:
    """Each branch with what its function returns."""
    return list(zip(item.branches, results, strict=True))


def _branch(branch: Branch) -> str:
    return naming.snake(branch.name.text)


def _maybe(type: Type, missing: bool) -> Type:
    return OptionalType(type) if missing and not isinstance(type, OptionalType) else type


def _with_outcome(values: Values, item: str, branch: str) -> Values:
    known = values.names.types.get(item)
    fields = known.fields if isinstance(known, RecordType) else ()
    outcome = RecordType((Field("outcome", STRING, False),))
    return values.bind(
        item, values.names.root(item), RecordType((*fields, Field(branch, outcome, False)))
    )
