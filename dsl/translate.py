"""Values and expressions as Python source, as a person would write it.

The source uses the names ``Decimal``, ``dt`` (the module ``datetime``) and ``UUID`` where it needs
them. What the roots are called and how records look is up to ``Names``. It passes a strict type
check if records are dataclasses with the types of the saga: an integer where a decimal is asked for
becomes one, a literal with a point is exact or not as what it meets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .records import fields, is_dataclass
from .relations import present, widened
from .scope import Scope, path_of
from .syntax import Array, Comprehension, Expr, Literal, Record, Reference, Template, Value
from .translate_expressions import Translation, identifiers
from .translate_text import literal_source, text_source
from .typecheck import static_type
from .types import ListType, OptionalType, RecordType, Type


class Names:
    """What a generator says about its Python; this one knows dataclasses and dicts.

    A subclass overrides ``root`` at least. Every answer is a name, an attribute, a call or a
    subscript, so that it needs no parentheses.
    """

    def root(self, name: str) -> str:
        """The source of a root: ``input``, a step, a loop variable, ``event``, ``saga``."""
        return name

    def path(self, path: tuple[str, ...]) -> str | None:
        """The source of a whole path, such as ``("saga", "key")``; None if it is not special."""
        return None

    def presence(self, path: tuple[str, ...], there: bool) -> str | None:
        """The source of ``PATH is not None`` (or ``is None``); None if it is as one writes it."""
        return None

    def fixed(self, path: tuple[str, ...]) -> bool:
        """Whether a path has the same source where it is known to have a value."""
        return False

    def member(self, base: str, record: Type, field: str) -> str:
        """The source of a field of ``base``, a record; a dict if its type is ``any``."""
        return f"{base}.{field}" if isinstance(record, RecordType) else f'{base}.get("{field}")'

    def record(self, type_: RecordType, values: Mapping[str, str]) -> str:
        """The source of a new record of ``type_`` from the sources of its fields."""
        return f"{{{', '.join(f'{text_source(name)}: {v}' for name, v in values.items())}}}"

    def convert(self, source: str, given: Type, wanted: Type) -> str:
        """The source of a value of another type than is asked for: ``any`` to a record, say."""
        return source


def to_python(value: Value, scope: Scope, names: Names, target: Type | None = None) -> str:
    """The Python source of ``value``, for a place that asks for ``target`` if that is given.

    ``value`` has been checked in ``scope``; TypeProblem is raised if it is wrong all the same.
    """
    wanted = scope.resolve(target) if target is not None else None
    inner = scope.resolve(present(wanted)) if wanted is not None else None
    match value:
        case Literal():
            return literal_source(value.value, inner)
        case Record():
            record = inner if isinstance(inner, RecordType) else static_type(value, scope)
            assert isinstance(record, RecordType)
            asked = {field.name: field.type for field in record.fields}
            sources = {
                name: to_python(item, scope, names, asked.get(name))
                for name, item in value.fields.items()
            }
            return names.record(record, sources)
        case Array():
            item_type = inner.item if isinstance(inner, ListType) else None
            items = (to_python(item, scope, names, item_type) for item in value.items)
            return f"[{', '.join(items)}]"
    taken = frozenset().union(*(identifiers(source) for source in _roots(value, names, ())))
    translation = Translation(names, taken)
    if isinstance(value, Template):
        return translation.template(value, scope)
    source = translation.source(value, scope, target)
    return _converted(source, value, scope, names, target)


def _converted(source: str, value: Expr, scope: Scope, names: Names, target: Type | None) -> str:
    if target is None:
        return source
    given = widened(static_type(value, scope))
    same = given == target or (isinstance(target, OptionalType) and given == target.inner)
    return source if same else names.convert(source, given, target)


def _roots(node: object, names: Names, bound: tuple[str, ...]) -> Iterator[str]:
    """The sources of all that is read from outside the expression."""
    if isinstance(node, Comprehension):
        yield from _roots(node.source, names, bound)
        inside = (node.element, node.condition)
        yield from _roots(inside, names, (*bound, node.variable))
    elif isinstance(node, Reference):
        if node.name not in bound:
            yield names.path((node.name,)) or names.root(node.name)
    elif isinstance(node, tuple):
        for each in node:
            yield from _roots(each, names, bound)
    elif is_dataclass(node):
        path = path_of(node)  # type: ignore[arg-type]
        if path is not None and path[0] not in bound:
            yield names.path(path) or ""
        for field in fields(node):
            yield from _roots(getattr(node, field.name), names, bound)
