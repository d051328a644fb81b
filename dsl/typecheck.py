"""Types of expressions and values. One mistake is one finding: after it the type is ``any``.

Conditions are booleans; nothing is converted in silence. An optional value may be compared with
``is None``, ``==`` and ``!=``, may stand in a template (as empty text) and where an optional one is
asked for; else it must be known to be there. Dates and durations can be compared, not computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .codes import diagnostic
from .diagnostics import Diagnostics
from .field_names import field_proposal
from .literals import EXAMPLES, READERS, read_literal
from .relations import (
    BOOLEAN,
    EXACT,
    INTEGER,
    NUMERIC,
    STRING,
    TextType,
    assignable,
    joined,
    present,
    show,
    widened,
)
from .repairs import renamed
from .scope import Scope, narrow, path_of
from .span import Span
from .suggest import did_you_mean, nearest
from .syntax import (
    Array,
    Attribute,
    Binary,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Index,
    ListOf,
    Literal,
    Logic,
    Record,
    Reference,
    Template,
    Unary,
    Value,
)
from .typecheck_operations import (
    TypeProblem,
    arithmetic,
    call_result,
    comparison,
    is_text,
    problem,
    templated,
)
from .types import ANY, NULL, EnumType, Field, ListType, OptionalType, Primitive, RecordType, Type

_HOLDING = (Record, Array)

__all__ = ["Scope", "assignable", "check", "infer", "narrow", "show", "static_type"]


def infer(value: Value, scope: Scope, found: Diagnostics) -> Type:
    """The type of ``value``; ``any`` after adding NA004, TY002 or DA001 at the exact place."""
    try:
        return widened(static_type(value, scope))
    except TypeProblem as wrong:
        found.add(wrong.finding)
        return ANY


def check(value: Value, target: Type, scope: Scope, found: Diagnostics) -> None:
    """Adds what is wrong with ``value`` where ``target`` is asked for; nothing if it fits.

    Records and lists are gone into, so that each finding stands at the value it is about: NA004
    for a field that the target does not have, TY002 for a missing one or a wrong type, DA001 for
    a value that may be absent.
    """
    if isinstance(value, _HOLDING):
        wanted = scope.resolve(present(scope.resolve(target)))
        if isinstance(value, Record) and isinstance(wanted, RecordType):
            _check_record(value, wanted, scope, found)
            return
        if isinstance(value, Array) and isinstance(wanted, ListType):
            for item in value.items:
                check(item, wanted.item, scope, found)
            return
    _check_one(value, target, scope, found)


def static_type(value: Value, scope: Scope) -> Type:
    """As ``infer``, with what is known of literals kept (see ``relations``); raises TypeProblem."""
    return _TYPES[value.__class__](value, scope)


def _check_record(value: Record, wanted: RecordType, scope: Scope, found: Diagnostics) -> None:
    before = len(found)
    for name, item in value.fields.items():
        field = wanted.field(name)
        if field is None:
            help = did_you_mean(name, [each.name for each in wanted.fields])
            message = f"There is no field `{name}` in {show(wanted)}."
            found.add(diagnostic("NA004", value.names[name], message, help=help))
        else:
            type_ = OptionalType(field.type) if field.optional else field.type
            check(item, type_, scope, found)
    missing = [f.name for f in wanted.fields if not f.optional and f.name not in value.fields]
    if missing and len(found) == before:  # a misspelt field is not missing as well
        names = ", ".join(f"`{name}`" for name in missing)
        message = f"{'A value is' if len(missing) == 1 else 'Values are'} missing: {names}."
        found.add(diagnostic("TY002", value.span, message, help=f"Add {names} here."))


def _check_one(value: Value, target: Type, scope: Scope, found: Diagnostics) -> None:
    try:
        source = static_type(value, scope)
    except TypeProblem as wrong:
        found.add(wrong.finding)
        return
    if assignable(source, target, scope.types):
        return
    inner_target = scope.resolve(present(scope.resolve(target)))
    text = value.value if isinstance(value, Literal) else None
    name = inner_target.name if isinstance(inner_target, Primitive) else ""
    if isinstance(text, str) and name in READERS:
        _check_literal(value, text, name, found)
        return
    inner = present(source)
    if isinstance(source, OptionalType) and assignable(inner, target, scope.types):
        message = f"This may be absent, and a value is needed here: {show(target)}."
        help = "Guard it with `is not None`, or write `x if x is not None else ...`."
        found.add(diagnostic("DA001", value.span, message, help=help))
        return
    message = f"This is {show(source)}, and {show(target)} is needed here."
    found.add(diagnostic("TY002", value.span, message, help=_conversion(source, target, scope)))


def _check_literal(value: Value, text: str, type_name: str, found: Diagnostics) -> None:
    """A literal text is how the file writes a date, a duration, an id, bytes, a decimal."""
    try:
        read_literal(text, type_name)
    except ValueError:
        message = f"{text!r:.80} is no {type_name}."
        help = f"Write it as `{EXAMPLES[type_name]}`."
        found.add(diagnostic("TY002", value.span, message, help=help))


def _conversion(source: Type, target: Type, scope: Scope) -> str | None:
    source, target = scope.resolve(present(source)), scope.resolve(present(target))
    if isinstance(source, TextType) and isinstance(target, EnumType):
        return did_you_mean(source.values[0], target.values)
    if target is STRING and source in NUMERIC:
        return "Write `str(...)` around it, or `${...}` in quotes with text."
    if target is INTEGER and source in NUMERIC:
        return "Write `round(...)` or `int(...)` around it."
    return None


def _constant(value: str | int | float | bool | None) -> Type:
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case str():
            return TextType((value,))
        case int():
            return INTEGER
    return EXACT


def _field(name: str, type_: Type) -> Field:
    return Field(name, present(type_), isinstance(type_, OptionalType))


def _join_all(items: tuple[Value, ...], scope: Scope) -> Type:
    if not items:
        return ANY
    common = static_type(items[0], scope)
    for item in items[1:]:
        type_ = static_type(item, scope)
        wider = joined(common, type_, scope.types)
        if wider is None:
            help = "A list holds values of one type."
            problem(
                item, f"This is {show(type_)}, and the values before it are {show(common)}.", help
            )
        common = wider
    return common


def _template(value: Template, scope: Scope) -> Type:
    for part in value.parts:
        if not isinstance(part, str):
            templated(part, static_type(part, scope), scope)
    return STRING


def _record(value: Record, scope: Scope) -> Type:
    items = value.fields.items()
    return RecordType(tuple([_field(name, static_type(each, scope)) for name, each in items]))


def _reference(expr: Reference, scope: Scope) -> Type:
    return _known(expr, scope.names.get(expr.name, ANY), scope)


def _unary(expr: Unary, scope: Scope) -> Type:
    if expr.operator == "not":
        return _logic(expr, scope)
    return arithmetic(expr, [(expr.operand, _value(expr.operand, scope))], scope)


def _binary(expr: Binary, scope: Scope) -> Type:
    both = [(side, _value(side, scope)) for side in (expr.left, expr.right)]
    return arithmetic(expr, both, scope)


def _call(expr: Call, scope: Scope) -> Type:
    return call_result(expr, [_value(each, scope) for each in expr.arguments], scope)


def _known(expr: Expr, type_: Type, scope: Scope) -> Type:
    resolved = scope.resolve(type_)
    if isinstance(resolved, OptionalType) and path_of(expr) in scope.present:
        return resolved.inner
    return type_


def _value(expr: Expr, scope: Scope) -> Type:
    """The type of an expression whose value must be there."""
    return _there(expr, static_type(expr, scope), scope)


def _there(expr: Expr, type_: Type, scope: Scope) -> Type:
    """``type_`` of ``expr`` without a name around it; raises DA001 if there may be no value."""
    resolved = scope.resolve(type_)
    if isinstance(resolved, OptionalType) or resolved is NULL:
        path = path_of(expr)
        name = f"`{'.'.join(path)}`" if path else "This"
        help = None
        if path:
            help = f"Ask before: `{'.'.join(path)} is not None and ...` in a condition, `... if"
            help += f" {'.'.join(path)} is not None else ...` in a value."
        raise TypeProblem("DA001", expr.span, f"{name} may be absent here.", help)
    return resolved


def _attribute(expr: Attribute, scope: Scope) -> Type:
    base = _value(expr.base, scope)
    if base is ANY:
        return ANY
    field = base.field(expr.name) if isinstance(base, RecordType) else None
    if field is not None:
        type_ = OptionalType(field.type) if field.optional else field.type
        return _known(expr, type_, scope)
    if not isinstance(base, RecordType):
        help = _of_each(expr, base, scope)
        problem(expr, f"This is {show(base)}, which has no fields such as `{expr.name}`.", help)
    path = path_of(expr.base)
    where = f"`{'.'.join(path)}`" if path else show(base)
    known, span = [each.name for each in base.fields], _name_span(expr)
    if any(each != expr.name and field_proposal(each) == expr.name for each in known):
        return ANY  # the name of the field is wrong, not this one: SY008
    message = f"There is no field `{expr.name}` in {where}."
    exact = span.end_column - span.column == len(expr.name)
    fix = renamed(span, nearest(expr.name, known)) if exact else None
    help = did_you_mean(expr.name, known) or _nothing_known(expr, path)
    raise TypeProblem("NA004", span, message, help, fix)


def _of_each(expr: Attribute, base: Type, scope: Scope) -> str | None:
    """What to write for a field of every element of a list, where the list is asked for it."""
    path = path_of(expr.base)
    element = scope.resolve(base.item) if isinstance(base, ListType) else None
    if path is None or not isinstance(element, RecordType) or not element.field(expr.name):
        return None
    return f"Write `[each.{expr.name} for each in {'.'.join(path)}]`."


def _nothing_known(expr: Attribute, path: tuple[str, ...] | None) -> str | None:
    """What to do where a name has no fields at all, since nobody said which."""
    if path is None or len(path) > 1:
        return None
    if path[0] in ("input", "event"):
        where = "`input:`" if path[0] == "input" else "the `data:` of its event"
        return f"Add `{expr.name}: TYPE` to {where}."
    return f"Say what `{path[0]}` gives: `output: {{ {expr.name}: TYPE }}`."


def _name_span(expr: Attribute) -> Span:
    """Where the name after the last point stands, if the expression is written in one piece."""
    path, span = path_of(expr), expr.span
    if path is None or span.line != span.end_line:
        return span
    if span.end_column - span.column != len(".".join(path)):
        return span
    return span._replace(column=span.end_column - len(expr.name))


def _index(expr: Index, scope: Scope) -> Type:
    base, index = _value(expr.base, scope), _value(expr.index, scope)
    if base is ANY:
        return ANY
    if isinstance(base, ListType) or is_text(base):
        if index not in (INTEGER, ANY):
            problem(expr.index, f"An index is an integer, and this is {show(index)}.")
        return base.item if isinstance(base, ListType) else STRING
    return problem(expr, f"This is {show(base)}, which has no elements.")


def _boolean(expr: Expr, scope: Scope) -> None:
    type_ = _value(expr, scope)
    if type_ not in (BOOLEAN, ANY):
        help = "Compare it, such as `x > 0`, `x != ''` or `len(x) > 0`."
        problem(expr, f"A condition is a boolean, and this is {show(type_)}.", help)


def _logic(expr: Unary | Logic, scope: Scope) -> Type:
    if isinstance(expr, Unary):
        _boolean(expr.operand, scope)
        return BOOLEAN
    for operand in expr.operands:
        _boolean(operand, scope)
        scope = narrow(operand, scope, expr.operator == "and")
    return BOOLEAN


def _compare(expr: Compare, scope: Scope) -> Type:
    left, left_type = expr.left, static_type(expr.left, scope)
    for operator, right in expr.rest:
        right_type = static_type(right, scope)
        if operator not in ("is", "is not", "==", "!="):
            right_type = _there(right, right_type, scope)
            if operator not in ("in", "not in"):
                left_type = _there(left, left_type, scope)
        comparison(operator, (left, left_type), (right, right_type), scope)
        left, left_type = right, right_type
    return BOOLEAN


def _conditional(expr: Conditional, scope: Scope) -> Type:
    _boolean(expr.test, scope)
    then = static_type(expr.then, narrow(expr.test, scope))
    other = static_type(expr.otherwise, narrow(expr.test, scope, holds=False))
    common = joined(then, other, scope.types)
    if common is None:
        help = "Both sides of `else` have one type."
        problem(expr.otherwise, f"This is {show(other)}, and before `if` is {show(then)}.", help)
    return common


def _comprehension(expr: Comprehension, scope: Scope) -> Type:
    source = _value(expr.source, scope)
    if source is not ANY and not isinstance(source, ListType):
        problem(expr.source, f"A comprehension goes over a list, and this is {show(source)}.")
    item = source.item if isinstance(source, ListType) else ANY
    inner = scope.bind(expr.variable, item)
    if expr.condition is not None:
        _boolean(expr.condition, inner)
        inner = narrow(expr.condition, inner)
    return ListType(static_type(expr.element, inner))


_TYPES: dict[type, Callable[[Any, Scope], Type]] = {
    Constant: lambda expr, scope: _constant(expr.value),
    Literal: lambda expr, scope: _constant(expr.value),
    Template: _template,
    Record: _record,
    Array: lambda expr, scope: ListType(_join_all(expr.items, scope)),
    Reference: _reference,
    Attribute: _attribute,
    Index: _index,
    ListOf: lambda expr, scope: ListType(_join_all(expr.items, scope)),
    Unary: _unary,
    Logic: _logic,
    Binary: _binary,
    Compare: _compare,
    Conditional: _conditional,
    Call: _call,
    Comprehension: _comprehension,
}
