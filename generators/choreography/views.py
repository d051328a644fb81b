"""Typed views: what a node reads of the values, as a dataclass, and the names of its fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sagac.dsl.binder import Binder, Spot
from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.inline import inlined_record
from sagac.dsl.outlook import Outlook
from sagac.dsl.reach import reads
from sagac.dsl.relations import present, widened
from sagac.dsl.structure import Place, Structure
from sagac.dsl.syntax import Value
from sagac.dsl.types import ANY, OptionalType, RecordType, Type
from sagac.generators import naming
from sagac.generators.naming import Names
from sagac.generators.python.catalogue import Scope
from sagac.generators.python.records import Attribute, Class, Records, optional, quoted
from sagac.generators.python.values import Values, WorkflowNames

Path = tuple[str, ...]

_APART = ("saga", "event")


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression and the place where it stands."""

    value: Value
    spot: Spot


@dataclass(frozen=True)
class View:
    """How expressions read: the class of the view (None: they read nothing), the names."""

    name: str | None
    values: Values
    keyed: bool = False  # the key of the saga is read


@dataclass
class Sight:
    """One saga as seen from its expressions. ``frame`` stands before all names of values."""

    scope: Scope
    records: Records
    frame: str
    classes: dict[str, Class] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.scope.graph
        outputs: dict[str, RecordType | None] = {
            name: inlined_record(child.output_type, child.saga.types)
            for name, child in graph.children.items()
        }
        self.structure = Structure(graph.saga)
        outlook = Outlook(graph.saga, self.structure, outputs)
        self.binder = Binder(self.structure, outlook, Diagnostics())

    def place(self, name: str) -> Place:
        """Where an item stands."""
        return self.structure.places[name]

    def view(self, wanted: str, doc: str, asked: Iterable[Asked], *, own: str = "") -> View:
        """A view for these expressions together; what the item ``own`` gave is not in it."""
        asked = tuple(asked)
        values, paths = self._names(asked)
        name = self.records.reserved(("view", self.frame, wanted), wanted)
        kept = [path for path in paths if path[0] != own and path[0] not in _APART]
        keyed = ("saga", "key") in paths
        rows = list(self._rows(name, [*kept, *([("saga", "key")] if keyed else [])], values))
        for path, attribute in rows:
            values = values.at(path, f"v.{attribute.name}")
        version = str(self.scope.graph.saga.version)
        values = values.at(("saga", "version"), version).at(("saga", "failure"), "failure")
        if not rows:
            return View(None, values)
        ordered = sorted((attribute for _, attribute in rows), key=lambda each: _missing(each))
        self.classes[name] = Class(name, naming.docstring(doc), tuple(ordered))
        return View(name, values, keyed)

    def _names(self, asked: tuple[Asked, ...]) -> tuple[Values, list[Path]]:
        types: dict[str, Type] = {}
        known: frozenset[Path] = frozenset()
        paths: dict[Path, None] = {}
        for each in asked:
            scope = self.binder.scope(each.value, each.spot)
            types |= {name: self.scope.type(type) for name, type in scope.names.items()}
            known |= scope.present
            paths |= {(reach.root, *reach.path): None for reach in reads(each.value)}
        values = Values(WorkflowNames(self.records, types=types), known)
        return values, [path for path in paths if not _is_within(path, paths)]

    def _rows(
        self, view: str, paths: Iterable[Path], values: Values
    ) -> Iterator[tuple[Path, Attribute]]:
        names = Names({*naming.IN_ANNOTATIONS})
        for path in paths:
            name = self._attribute(path, names)
            type, may_miss = self._type(path, values)
            annotation = self.records.annotation(type, view + naming.camel(name))
            arguments = ["default=None"] if may_miss else []
            arguments.append(f'metadata={{"json": {quoted(self.frame + ".".join(path))}}}')
            written = optional(annotation) if may_miss else annotation
            yield path, Attribute(name, written, f"field({', '.join(arguments)})")

    def _attribute(self, path: Path, names: Names) -> str:
        wanted = naming.method(path[-1])
        if names.taken(wanted):
            wanted = naming.method("_".join(path))
        return names.fresh(wanted)

    def _type(self, path: Path, values: Values) -> tuple[Type, bool]:
        """The type of a value, and whether it may be missing."""
        scope = values.scope
        type, may_miss = scope.names.get(path[0], ANY), False
        for depth, name in enumerate(path[1:], start=2):
            record = scope.resolve(present(scope.resolve(type)))
            found = record.field(name) if isinstance(record, RecordType) else None
            if found is None:
                return ANY, True
            type = found.type
            there = path[:depth] in scope.present
            may_miss |= not there and (found.optional or isinstance(type, OptionalType))
            type = present(type) if there else type
        return widened(type), may_miss


def _is_within(path: Path, paths: Iterable[Path]) -> bool:
    """Whether a shorter path holds it already."""
    return any(len(each) < len(path) and path[: len(each)] == each for each in paths)


def _missing(attribute: Attribute) -> bool:
    return "default=None" in (attribute.default or "")


def spot_of(place: Place) -> Spot:
    """The spot of what an item does itself: its own ``if`` holds there."""
    own = place.item.condition
    return Spot(place, holds=(own,) if own is not None else ())
