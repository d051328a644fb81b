"""Events from outside: the class of their data, and how a workflow names them."""

from __future__ import annotations

from sagac.dsl.model import Cancel, Wait
from sagac.dsl.scope import path_of
from sagac.dsl.syntax import Compare, Expr, Logic
from sagac.dsl.types import ANY, Field, RecordType, Type
from sagac.generators import naming
from sagac.generators.layout import Code, call

from .catalogue import Scope
from .reading import paths_in
from .records import Records, quoted
from .values import Values


class EventTypes:
    """The data classes of one saga's events."""

    def __init__(self, scope: Scope, records: Records) -> None:
        self._scope = scope
        self._records = records
        self._input = scope.record(scope.graph.saga.input)

    def of_wait(self, item: Wait) -> str:
        """The class of the data of the event that an item waits for."""
        assert item.event is not None
        return self.named(item.event.text, item.output, item.match)

    def named(self, event: str, written: RecordType | None, match: Expr | None) -> str:
        """The class of an event's data, ``Nothing`` if it has none."""
        record = self.record(event, written, match)
        if not record.fields:
            return "Nothing"
        doc = naming.docstring(f"The data of the event {event}")
        return self._records.owned(f"{naming.camel(event)}Data", record, doc)

    def record(self, event: str, written: RecordType | None, match: Expr | None) -> RecordType:
        """The data of an event: written in place or at the top, else what ``match`` reads."""
        declared = self._scope.graph.saga.events.get(event)
        known = written or (declared.data if declared else None)
        if known is not None:
            return self._scope.record(known)
        names = dict.fromkeys(p[1] for p in paths_in(match) if p[0] == "event" and len(p) > 1)
        return RecordType(tuple(Field(n, self._compared(n, match), False) for n in names))

    def code(
        self,
        event: str,
        written: RecordType | None,
        match: Expr | None,
        values: Values,
        early: str = "keep",
    ) -> Code:
        """``Event(...)``."""
        record = self.record(event, written, match)
        condition = None
        if match is not None:
            condition = "lambda event: " + values.bind("event", "event", record).source(match)
        return call(
            "Event",
            quoted(event),
            self.named(event, written, match),
            condition,
            early=None if early == "keep" else quoted(early),
        )

    def cancel(self, cancel: Cancel, values: Values) -> Code:
        """The event that cancels."""
        return self.code(cancel.event.text, None, cancel.match, values)

    def _compared(self, field: str, match: Expr | None) -> Type:
        """The type of the input's field that an undeclared event's field is compared with."""
        if isinstance(match, Logic):
            found = (self._compared(field, each) for each in match.operands)
            return next((each for each in found if each != ANY), ANY)
        if not isinstance(match, Compare) or len(match.rest) != 1 or match.rest[0][0] != "==":
            return ANY
        sides = [path_of(match.left), path_of(match.rest[0][1])]
        if ("event", field) not in sides:
            return ANY
        for side in sides:
            known = self._input.field(side[1]) if side and side[0] == "input" else None
            if known is not None and side is not None and len(side) == 2:
                return known.type
        return ANY
