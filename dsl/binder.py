"""Binds the names of an expression where it stands, and types it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from .codes import diagnostic
from .diagnostics import Diagnostics
from .facts import Reach
from .graph import SagaGraph
from .inline import inlined_record
from .model import Foreach, Group, Saga, Step
from .outlook import FAILED, STATELESS, Outlook
from .reach import Seen, look, may_be_missing, reads
from .records import dataclass, replace
from .relations import present, resolved
from .repairs import renamed
from .scope import NO_PATHS, Scope, known
from .structure import Place, Structure
from .suggest import nearest
from .syntax import Attribute, Expr, Reference, Value
from .typecheck import check, infer
from .types import ANY, EnumType, Field, ListType, OptionalType, Primitive, RecordType, Type

NOTHING: Mapping[str, Type] = MappingProxyType({})
_PLAIN = (Primitive, EnumType)  # types that are the same wherever they are seen from


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an expression stands: with ``reader``, or at the end of the saga if that is None.

    ``inside``: at the end of its body; ``own``: in its compensation; ``failing``: where the
    failure is known; ``items`` False: where no item can be named; ``keyed`` False: in the key of
    the saga itself; ``extra`` are further names.
    """

    reader: Place | None = None
    inside: bool = False
    own: bool = False
    failing: bool = False
    items: bool = True
    keyed: bool = True
    extra: Mapping[str, Type] = NOTHING
    holds: tuple[Expr, ...] = ()  # conditions of its own that hold here


class Binder:
    """Knows all names of a saga."""

    def __init__(self, structure: Structure, outlook: Outlook, found: Diagnostics) -> None:
        self.structure = structure
        self.outlook = outlook
        self.saga = outlook.saga
        self.found = found
        self._loop_types: dict[str, Type] = {}
        self._fields: dict[tuple[str, int, bool], Field] = {}
        self._given: dict[tuple[str, str], Field] = {}  # by the field that is read
        self._silent: Binder | None = None
        fields = {each.name: each for each in reversed(self.saga.input.fields)}
        self._sure: dict[str, Type] = {
            name: each.type
            for name, each in fields.items()
            if not each.optional and isinstance(each.type, _PLAIN)
        }

    @property
    def silent(self) -> Binder:
        """One that knows the same and reports nothing."""
        if self._silent is None:
            self._silent = Binder(self.structure, self.outlook, Diagnostics())
            self._silent._loop_types = self._loop_types
        return self._silent

    def infer(self, value: Value, spot: Spot) -> Type:
        """The type of ``value`` at ``spot``; what is wrong is reported and counts as ``any``."""
        sure = self._sure_type(value, spot)
        return infer(value, self.scope(value, spot), self.found) if sure is None else sure

    def _sure_type(self, value: Value, spot: Spot) -> Type | None:
        """Of the most frequent values the type, found without a scope.

        They are ``input.FIELD``, ``STEP.FIELD`` of a step further up in the same list, and the
        variable of the loop around it; None for all others, and where anything could be wrong.
        """
        if value.__class__ is Reference:
            return None if value.name in spot.extra else self._sure_element(value.name, spot.reader)
        if value.__class__ is not Attribute or value.base.__class__ is not Reference:
            return None
        root = value.base.name
        if root in spot.extra:
            return None
        if root == "input":
            return self._sure.get(value.name)
        target, reader = self.structure.places.get(root), spot.reader
        if target is None or reader is None or target.list is not reader.list or spot.inside:
            return None
        if not reader.list.precedes(target.position, reader.position) or may_be_missing(target):
            return None
        field = self._own_field(target, value.name)
        return field.type if field is not None and not field.optional else None

    def _sure_element(self, name: str, reader: Place | None) -> Type | None:
        loop = reader.parent if reader is not None else None
        if loop is None or not isinstance(loop.item, Foreach) or loop.item.variable is None:
            return None
        type_ = self._element(loop) if loop.item.variable.text == name else None
        return type_ if isinstance(type_, _PLAIN) and type_ is not ANY else None

    def _own_field(self, place: Place, name: str) -> Field | None:
        """The field ``name`` of what a step itself says that it gives, if its type is plain."""
        output = place.item.output if place.item.__class__ is Step else None
        if output is None or self.outlook.is_declared(place.item):
            return None
        if place.list.parent is not None and any(v == place.name for v, _ in self.variables(place)):
            return None
        found = output.field(name)
        return found if found is not None and isinstance(found.type, _PLAIN) else None

    def sure_field(self, name: str, value: Value, spot: Spot) -> Field | None:
        """A field ``name`` of the type of ``value`` if that is sure: one object for all of them."""
        given = None  # a field of the input, as most values are
        if (
            value.__class__ is Attribute
            and value.base.__class__ is Reference
            and value.base.name == "input"
        ):
            given = (name, value.name)
            if given in self._given:
                return self._given[given]
        optional = False
        type_ = self._sure_type(value, spot)
        if type_ is None:
            type_ = self._sure_own(value, spot)
            if type_ is None:
                return None
            optional = True
        found = self._fields.get((name, id(type_), optional))
        if found is None:
            found = self._fields[name, id(type_), optional] = Field(name, type_, optional)
        if given is not None and not optional:
            self._given[given] = found
        return found

    def _sure_own(self, value: Value, spot: Spot) -> Type | None:
        """Of what a compensation is given of its own step's output: it may not be known."""
        if not spot.own or spot.inside or spot.holds or spot.reader is None:
            return None
        if value.__class__ is not Attribute or value.base.__class__ is not Reference:
            return None
        if value.base.name != spot.reader.name:
            return None
        field = self._own_field(spot.reader, value.name)
        return field.type if field is not None else None

    def check(self, value: Value, target: Type, spot: Spot) -> None:
        """Reports ``value`` where it cannot stand for ``target``."""
        if self._sure_type(value, spot) is target:
            return
        check(value, target, self.scope(value, spot), self.found)

    def scope(self, value: Value, spot: Spot) -> Scope:
        """The types of the names in ``value``; those that are wrong are reported, each once."""
        names: dict[str, Type] = {}
        for reach in reads(value):
            if reach.root not in names:
                names[reach.root] = self._root(reach, spot)
            elif reach.root == "saga":
                self._saga(reach, spot)
        present = [known(*each) for each in self._conditions(spot)]
        return Scope(names, self.saga.types, NO_PATHS.union(*present) if present else NO_PATHS)

    def type_of(self, reach: Reach, reader: Place | None) -> Type:
        """The type of a value that is read, without a report; the end of its path if optional."""
        type_ = self._silent_root(reach.root, reader)
        scope = Scope({}, self.saga.types)
        for name in reach.path:
            record = scope.resolve(present(scope.resolve(type_)))
            found = record.field(name) if hasattr(record, "field") else None
            if found is None:
                return ANY
            type_ = OptionalType(found.type) if found.optional else found.type
        return type_

    def variables(self, place: Place | None) -> Iterator[tuple[str, Place]]:
        """The loop variables that can be named in ``place``, innermost first."""
        for here in place.upwards() if place is not None else ():
            if here is not place and isinstance(here.item, Foreach) and here.item.variable:
                yield here.item.variable.text, here

    # -- names ------------------------------------------------------------------------------

    def _root(self, reach: Reach, spot: Spot) -> Type:
        name = reach.root
        if name in spot.extra:
            return spot.extra[name]
        if name == "input":
            return self.saga.input
        if name == "saga":
            return self._saga(reach, spot)
        for variable, loop in self.variables(spot.reader):
            if variable == name:
                return self._element(loop)
        target = self.structure.places.get(name)
        if target is None or not spot.items:
            self._unknown(reach, spot, target)
            return ANY
        return self._item(target, reach, spot)

    def _item(self, target: Place, reach: Reach, spot: Spot) -> Type:
        seen = look(target, spot.reader, inside=spot.inside, own=spot.own)
        if seen.refused is not None:
            message = f"`{target.name}` cannot be read here: {seen.refused}."
            self.found.add(diagnostic("NA003", reach.span, message, help=seen.help))
            return ANY
        if spot.own and spot.inside and spot.reader is not None:
            seen = _after_members(seen, target, spot.reader)
        return self.outlook.item_type(target, seen, spot.reader)

    def _saga(self, reach: Reach, spot: Spot) -> Type:
        if spot.failing:
            return FAILED
        if reach.path[:1] == ("failure",):
            message = "`saga.failure` cannot be read here: nothing has failed yet."
            help = "It is known in compensations and `undo` items."
            self.found.add(diagnostic("NA003", reach.span, message, help=help))
            return ANY
        if reach.path[:1] == ("key",) and not spot.keyed:
            message = "`saga.key` cannot be read here: this is what it is made of."
            help = "Use what tells one saga from another, such as `${input.id}`."
            self.found.add(diagnostic("NA003", reach.span, message, help=help))
            return ANY
        return STATELESS

    def _unknown(self, reach: Reach, spot: Spot, item: Place | None) -> None:
        name = reach.root
        if item is not None:
            message = f"`{name}` cannot be read here: no item has run where this is decided."
            self.found.add(diagnostic("NA003", reach.span, message, help="Use `input` only."))
            return
        message, meant = f"There is nothing named `{name}`.", None
        if name == "event":
            help = "`event` is the event of a `match`."
        elif self.saga.input.field(name) is not None:
            meant = f"input.{name}"
            help = f"Write `{meant}`."
        elif not reach.path and name in self._words():
            meant = f"'{name}'"
            help = f"A text stands in quotes: write `{meant}`."
        else:
            meant = None if self.found.full else nearest(name, self._known(spot))
            help = f"Did you mean `{meant}`?" if meant else self._hint(spot)
        exact = reach.span.end_column - reach.span.column == len(name)
        fix = renamed(reach.span, meant) if exact else None
        self.found.add(diagnostic("NA001", reach.span, message, help=help, fix=fix))

    def _words(self) -> set[str]:
        """The texts that an enum of the input may be."""
        types = (resolved(present(each.type), self.saga.types) for each in self.saga.input.fields)
        return {word for each in types if isinstance(each, EnumType) for word in each.values}

    def _known(self, spot: Spot) -> Iterator[str]:
        yield from ("input", "saga")
        yield from spot.extra
        yield from (variable for variable, _ in self.variables(spot.reader))
        yield from self.structure.places if spot.items else ()

    def _hint(self, spot: Spot) -> str:
        names = "`input`, `saga`" + "".join(f", `{name}`" for name in spot.extra)
        return f"Here {names} and the items that come before can be named."

    # -- types ------------------------------------------------------------------------------

    def _element(self, loop: Place) -> Type:
        """The type of the variable of a loop."""
        known = self._loop_types.get(loop.name)
        if known is None:
            self._loop_types[loop.name] = ANY
            known = self._element_type(loop)
            self._loop_types[loop.name] = known
        return known

    def _element_type(self, loop: Place) -> Type:
        source = getattr(loop.item, "source", None)
        if source is None:
            return ANY
        silent = self.silent
        spot = Spot(loop)
        scope = silent.scope(source, spot)
        type_ = scope.resolve(present(infer(source, scope, silent.found)))
        return type_.item if isinstance(type_, ListType) else ANY

    def _silent_root(self, root: str, reader: Place | None) -> Type:
        if root == "input":
            return self.saga.input
        for variable, loop in self.variables(reader):
            if variable == root:
                return self._element(loop)
        target = self.structure.places.get(root)
        if target is None:
            return ANY
        own = target is reader
        return self.outlook.item_type(target, look(target, reader, own=own), reader)

    def _conditions(self, spot: Spot) -> Iterator[tuple[Expr, bool]]:
        if spot.reader is not None:
            yield from self.structure.conditions(spot.reader)
        yield from ((condition, True) for condition in spot.holds)


def binder_of(
    saga: Saga, structure: Structure, children: Mapping[str, SagaGraph], found: Diagnostics
) -> Binder:
    """The binder of a saga that uses ``children``, each by the name of its item."""
    outputs: dict[str, RecordType | None] = {
        name: inlined_record(child.output_type, child.saga.types)
        for name, child in children.items()
    }
    return Binder(structure, Outlook(saga, structure, outputs), found)


def _after_members(seen: Seen, target: Place, group: Place) -> Seen:
    """In the compensation of a group, what its members gave is optional."""
    inside = any(here is group for here in target.upwards())
    return seen._replace(optional=True) if inside else seen


def compensating(place: Place, holds: tuple[Expr, ...]) -> Spot:
    """The spot of the compensation of ``place``, where its own conditions ``holds`` hold."""
    inside = isinstance(place.item, Group)
    return Spot(place, inside, own=True, failing=True, holds=holds)


def event_spot(spot: Spot, data: Type | None) -> Spot:
    """The spot of a ``match``: ``event`` can be named as well."""
    return replace(spot, extra={**spot.extra, "event": ANY if data is None else data})
