"""Waits: for time, for an event, for the first of several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sagac.dsl.model import Item, Race, Seconds, Wait
from sagac.dsl.relations import STRING
from sagac.dsl.syntax import Expr
from sagac.dsl.types import Field, RecordType
from sagac.generators import naming
from sagac.generators.layout import call, prefixed
from sagac.generators.python.records import quoted
from sagac.generators.python.values import Values, number

from .unit import Unit
from .writing import Place

Case = tuple[str, Values, tuple[Item, ...]]
Guarded = Callable[[list[Case], Place], Values]


class Waits:
    """Writes the waits of one saga; ``guarded`` writes the ways out of a race."""

    def __init__(self, unit: Unit, guarded: Guarded) -> None:
        self._unit = unit
        self._guarded = guarded

    def wait(self, item: Wait, place: Place) -> Values:
        """Any wait."""
        if item.first:
            return self._race(item, place)
        if item.event is not None:
            return self._event(item, place)
        code = call(
            f"await {place.saga}.sleep",
            quoted(item.name.text),
            _seconds(item.duration, place.values),
        )
        place.add(code)
        return place.values

    def _event(self, item: Wait, place: Place) -> Values:
        unit, name = self._unit, item.name.text
        assert item.event is not None
        event = unit.events.code(item.event.text, item.output, item.match, place.values, item.early)
        goes_on = item.on_timeout == "continue" and item.timeout is not None
        code = call(
            f"await {place.saga}.{'wait_or_none' if goes_on else 'wait'}",
            quoted(name),
            event,
            timeout=_seconds(item.timeout, place.values),
            after_pivot="True" if unit.after_pivot(item) and not goes_on else None,
        )
        record = unit.events.record(item.event.text, item.output, item.match)
        if not unit.reading.is_read(name) or not record.fields:
            place.add(code)
            return place.values
        variable = unit.variable(name)
        place.add(prefixed(f"{variable} = ", code))
        return place.values.bind(name, variable, record, maybe=goes_on)

    def _race(self, item: Wait, place: Place) -> Values:
        unit, name = self._unit, item.name.text
        variable = unit.variable(name)
        events = [self._race_event(item, race, place) for race in item.first if race.event]
        after = next((race.after for race in item.first if race.after is not None), None)
        code = call(
            f"await {place.saga}.race", quoted(name), *events, after=_seconds(after, place.values)
        )
        place.add(prefixed(f"{variable} = ", code))
        won = RecordType((Field("won", STRING, False),))
        values = place.values.bind(name, variable, won)
        values = values.at((name, "won"), f"{variable}.won")
        cases = [self._way_out(item, race, values) for race in item.first if race.items]
        for index, (head, inner, items) in enumerate(cases):
            cases[index] = ("el" * (index > 0) + head, inner, items)
        return self._guarded(cases, replace(place, values=values)) if cases else values

    def _race_event(self, item: Wait, race: Race, place: Place) -> str:
        assert race.event is not None
        variable = self._variable(item, race)
        event = self._unit.events.code(
            race.event.text, race.output, race.match, place.values, item.early
        )
        place.add(prefixed(f"{variable} = ", event))
        return variable

    def _way_out(self, item: Wait, race: Race, values: Values) -> Case:
        variable = self._unit.variable(item.name.text)
        won = race.event.text if race.event is not None else "after"
        head = f"if {variable}.won == {quoted(won)}"
        if race.event is not None:
            record = self._unit.events.record(race.event.text, race.output, race.match)
            fields = (Field("won", STRING, False), *record.fields)
            data = f"{variable}.data({self._variable(item, race)})"
            values = values.bind(item.name.text, data, RecordType(fields))
        return head, values, race.items

    def _variable(self, item: Wait, race: Race) -> str:
        assert race.event is not None
        key = ("event", item.name.text, race.event.text)
        return self._unit.names.of(key, naming.snake(race.event.text))


def _seconds(written: Seconds | Expr | None, values: Values) -> str | None:
    if written is None:
        return None
    return number(written.value) if isinstance(written, Seconds) else values.seconds(written)
