"""The types of what an expression can name: the input, earlier items, loop variables, ``saga``."""

from __future__ import annotations

from collections.abc import Mapping

from .model import Event, Foreach, Item, Parallel, Race, Saga, Step, SubSaga, Wait
from .reach import Seen, may_be_missing
from .records import replace
from .relations import STRING, assignable
from .structure import Place, Structure, race_name, sections
from .suggest import nearest
from .types import ANY, EMPTY, EnumType, Field, ListType, OptionalType, Primitive, RecordType, Type

STATELESS = RecordType((Field("key", STRING, False), Field("version", Primitive("integer"), False)))
FAILURE = RecordType(
    (
        Field("step", STRING, True),
        Field("reason", STRING, False),
        Field("data", ANY, True),
    )
)
FAILED = RecordType((*STATELESS.fields, Field("failure", FAILURE, False)))


class Outlook:
    """Types of outputs, as the items say them. ``children`` are the outputs of sub-sagas."""

    def __init__(
        self, saga: Saga, structure: Structure, children: Mapping[str, RecordType | None]
    ) -> None:
        self.saga = saga
        self.structure = structure
        self.children = children
        self._records: dict[tuple[str, bool], RecordType] = {}  # of what has many branches

    def output(self, item: Item) -> RecordType:
        """What an item itself gives when it is done."""
        match item:
            case Step():
                return item.output or self._declared(item)
            case Wait() if not item.first and item.event is not None:
                record = self.event_data(item.event.text, item.output) or EMPTY
                return _all_optional(record) if item.on_timeout == "continue" else record
            case SubSaga():
                return self.children.get(item.name.text) or EMPTY
        return EMPTY

    def _agreed(self, own: RecordType, declared: RecordType) -> RecordType:
        """What a step says that it gives; of unknown type where its action declares another.

        That is TY004, once: what reads it brings no findings of its own.
        """
        if declared is EMPTY:
            return own
        types = self.saga.types
        fields = [
            each
            if (other := declared.field(each.name)) is None
            or assignable(other.type, each.type, types)
            else replace(each, type=ANY)
            for each in own.fields
        ]
        return RecordType(tuple(fields))

    def is_declared(self, item: Item) -> bool:
        """Whether the service says what the action of a step gives."""
        return isinstance(item, Step) and self._declared(item) is not EMPTY

    def _declared(self, item: Step) -> RecordType:
        service = self.saga.services.get(item.service.text) if item.service else None
        actions = (service.actions if service else None) or {}
        declared = actions.get(item.action.text if item.action else item.name.text)
        return (declared.output if declared else None) or EMPTY

    def event_data(self, name: str, in_place: RecordType | None) -> RecordType | None:
        """What an event carries: as typed in place, as declared, or unknown (None)."""
        if in_place is not None:
            return in_place
        event: Event | None = self.saga.events.get(name)
        return (event.data or EMPTY) if event is not None else None

    def item_type(self, place: Place, seen: Seen, reader: Place | None) -> Type:
        """The type of an item's name for ``reader``: optional fields if it may be missing."""
        item = place.item
        match item:
            case Foreach() | Parallel():
                return self._kept(place, item, seen.optional)
            case Wait() if item.first:
                record = self._race(place, item, reader)
            case SubSaga() if self.children.get(place.name) is None:
                return ANY
            case Wait() if item.event is not None and self._unknown(item):
                return ANY
            case Step() if item.output is not None:
                record = self._agreed(item.output, self._declared(item))
            case _:
                record = self.output(item)
        return _all_optional(record) if seen.optional else record

    def _kept(self, place: Place, item: Foreach | Parallel, optional: bool) -> RecordType:
        """The type of a loop or a fork: the same for every reader, and long to make."""
        known = self._records.get((place.name, optional))
        if known is None:
            record = self._loop(item) if isinstance(item, Foreach) else _branches(item)
            known = _all_optional(record) if optional else record
            self._records[(place.name, optional)] = known
        return known

    def _unknown(self, item: Wait) -> bool:
        """Whether its event is misspelt (NA001 says so); of one not declared nothing is read."""
        if item.event is None or self.event_data(item.event.text, item.output) is not None:
            return False
        return nearest(item.event.text, self.saga.events) is not None

    def _loop(self, item: Foreach) -> RecordType:
        fields = [Field("outcomes", ListType(STRING), False)]
        names = {"outcomes"}
        todo: list[tuple[Item, bool]] = [(each, False) for each in reversed(item.items)]
        while todo:
            inner, uncertain = todo.pop()
            name = inner.name.text
            place = self.structure.places.get(name)
            uncertain = uncertain or (place is not None and may_be_missing(place))
            if name not in names:
                names.add(name)
                maybe = uncertain or item.join != "all"
                fields.append(Field(name, self._element(inner, maybe), False))
            if isinstance(inner, Foreach):
                continue
            for section in sections(inner):
                unsure = uncertain or section.kind in ("case", "race", "handler")
                todo.extend((each, unsure) for each in reversed(section.items))
        return RecordType(tuple(fields))

    def _element(self, item: Item, maybe: bool) -> RecordType:
        if isinstance(item, Foreach):
            inner = self._loop(item)
            return RecordType(tuple(_deeper(each, maybe) for each in inner.fields))
        output = self.output(item)
        return RecordType(tuple(_listed(each, maybe) for each in output.fields))

    def _race(self, place: Place, item: Wait, reader: Place | None) -> RecordType:
        won = Field("won", EnumType(tuple(race_name(each) for each in item.first)), False)
        race = _race_around(place, item, reader)
        data = None
        if race is not None and race.event is not None:
            data = self.event_data(race.event.text, race.output)
        return RecordType((*(data or EMPTY).fields, won))


def _race_around(place: Place, item: Wait, reader: Place | None) -> Race | None:
    """The way out of the race in which the reader stands."""
    for here in reader.upwards() if reader is not None else ():
        if here.parent is place:
            return item.first[here.list.number]
    return None


def _branches(item: Parallel) -> RecordType:
    outcome = RecordType((Field("outcome", STRING, False),))
    return RecordType(tuple(Field(each.name.text, outcome, False) for each in item.branches))


def _all_optional(record: RecordType) -> RecordType:
    return RecordType(tuple(replace(each, optional=True) for each in record.fields))


def _listed(field: Field, maybe: bool) -> Field:
    item = OptionalType(field.type) if field.optional or maybe else field.type
    return Field(field.name, ListType(item), False, field.span)


def _deeper(field: Field, maybe: bool) -> Field:
    """A field of an inner loop, seen from outside the outer one: a list of lists."""
    if isinstance(field.type, RecordType):
        inner = RecordType(tuple(_listed(each, maybe) for each in field.type.fields))
        return Field(field.name, inner, False)
    return _listed(field, maybe)
