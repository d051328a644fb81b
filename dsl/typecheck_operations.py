"""The types that operators and functions take and give. Operands arrive with their types."""

from __future__ import annotations

from typing import NoReturn, TypeAlias

from .codes import diagnostic
from .diagnostics import Diagnostic, Repair
from .relations import (
    BOOLEAN,
    DECIMAL,
    EXACT,
    INTEGER,
    NUMBER,
    NUMERIC,
    STRING,
    TIMES,
    TextType,
    joined,
    present,
    show,
)
from .scope import Scope
from .span import Span
from .suggest import did_you_mean
from .syntax import Binary, Call, Expr, Unary
from .types import ANY, NULL, EnumType, ListType, Primitive, RecordType, Type

Typed: TypeAlias = tuple[Expr, Type]
IN_TEXT = frozenset({Primitive("datetime"), Primitive("date"), Primitive("uuid"), STRING, *NUMERIC})


class TypeProblem(Exception):
    """What is wrong with an expression, where, and what to write instead."""

    def __init__(
        self,
        code: str,
        span: Span,
        message: str,
        help: str | None = None,
        fix: Repair | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.span = span
        self.message = message
        self.help = help
        self.fix = fix

    @property
    def finding(self) -> Diagnostic:
        """The finding that says so."""
        return diagnostic(self.code, self.span, self.message, help=self.help, fix=self.fix)


def problem(expr: object, message: str, help: str | None = None) -> NoReturn:
    """Raises a TY002 at ``expr``, a node of an expression or value."""
    raise TypeProblem("TY002", getattr(expr, "span"), message, help or None)  # noqa: B009


def is_text(type_: Type) -> bool:
    """Whether a value of ``type_`` is a text."""
    return type_ is STRING or isinstance(type_, EnumType)


def templated(expr: Expr, type_: Type, scope: Scope) -> None:
    """Refuses what has no one way to be written as text; what may be absent is empty text."""
    inner = scope.resolve(present(scope.resolve(type_)))
    if inner in IN_TEXT or inner in (ANY, NULL) or is_text(inner):
        return
    help = "Write `'yes' if ... else 'no'`." if inner is BOOLEAN else None
    problem(expr, f"This is {show(inner)}, which cannot stand in text.", help)


def numeric(left: Typed, right: Typed) -> Type:
    """The common type of two numbers; a decimal and a number have none."""
    types = {left[1], right[1]}
    if ANY in types:
        return ANY
    if {DECIMAL, NUMBER} <= types:
        help = "Write `float(...)` around the decimal if being exact does not matter."
        problem(right[0], f"A {show(left[1])} meets a {show(right[1])}; only one is exact.", help)
    for type_ in (NUMBER, DECIMAL, EXACT):
        if type_ in types:
            return type_
    return INTEGER


def arithmetic(expr: Unary | Binary, operands: list[Typed], scope: Scope) -> Type:
    """The type of ``+ - * / // %``: of numbers; ``+`` also of two texts or two lists.

    ``//`` and ``%`` take no decimals, and a decimal and a number do not meet.
    """
    types = [type_ for _, type_ in operands]
    if isinstance(expr, Binary) and expr.operator == "+" and ANY not in types:
        if all(map(is_text, types)):
            return STRING
        if all(isinstance(type_, ListType) for type_ in types):
            both = joined(types[0], types[1], scope.types)
            return both or problem(expr, "The two lists hold values of different types.")
    for operand, type_ in operands:
        if type_ is not ANY and type_ not in NUMERIC:
            texts = any(map(is_text, types))
            help = "To join texts, write `str(...)` around the other." if texts else None
            message = f"`{expr.operator}` takes numbers, and this is {show(type_)}."
            problem(_odd_one(operand, operands), message, help)
    if isinstance(expr, Unary):
        return types[0]
    common = numeric(operands[0], operands[1])
    if expr.operator in ("//", "%") and common in (DECIMAL, EXACT):
        # Python floors integers and cuts off decimals: the same text would mean two things.
        problem(expr, f"`{expr.operator}` takes integers, and these are decimals.", "Write `/`.")
    return NUMBER if expr.operator == "/" and common is INTEGER else common


def _odd_one(operand: Expr, operands: list[Typed]) -> Expr:
    return operand if len(operands) > 1 else operands[0][0]


def comparison(operator: str, left: Typed, right: Typed, scope: Scope) -> None:
    """Refuses a comparison that cannot hold or has no order."""
    if operator in ("is", "is not"):
        return
    one, other = (scope.resolve(present(scope.resolve(side[1]))) for side in (left, right))
    if operator in ("in", "not in"):
        _membership((left[0], one), (right[0], other), scope)
        return
    if ANY in (one, other):
        return
    if operator not in ("==", "!=") and not _ordered(one):
        problem(left[0], f"`{operator}` takes what has an order, and this is {show(one)}.")
    _comparable((left[0], one), (right[0], other), scope)


def _comparable(left: Typed, right: Typed, scope: Scope) -> None:
    one, other = left[1], right[1]
    if ANY in (one, other) or NULL in (one, other):
        return
    if one in NUMERIC and other in NUMERIC:
        numeric(left, right)
        return
    for text, of in ((one, other), (other, one)):
        if isinstance(text, TextType) and isinstance(of, EnumType) and not isinstance(of, TextType):
            strange = [value for value in text.values if value not in of.values]
            if strange:
                at = left[0] if text is one else right[0]
                message = f"{strange[0]!r} is not one of {show(of)}, so this is never equal."
                problem(at, message, did_you_mean(strange[0], of.values))
            return
    if (is_text(one) and is_text(other)) or joined(one, other, scope.types) is not None:
        return
    help = "Compare what has one type; `str(x)`, `int(x)` and `len(x)` make one of another."
    problem(right[0], f"This is {show(other)}, and it is compared with {show(one)}.", help)


def _ordered(type_: Type) -> bool:
    return type_ in NUMERIC or type_ in TIMES or is_text(type_)


def _membership(left: Typed, right: Typed, scope: Scope) -> None:
    container = right[1]
    if container is ANY:
        return
    if isinstance(container, ListType):
        item = scope.resolve(present(scope.resolve(container.item)))
        _comparable((right[0], item), left, scope)
    elif not is_text(container):
        problem(right[0], f"`in` looks into a list or a text, and this is {show(container)}.")
    elif left[1] is not ANY and not is_text(left[1]):
        problem(left[0], f"`in` looks for a text in a text, and this is {show(left[1])}.")


def call_result(expr: Call, types: list[Type], scope: Scope) -> Type:
    """The type that a function gives for arguments of ``types``; raises TypeProblem."""
    first, name = types[0], expr.function
    match name:
        case "len":
            _takes(expr, first, isinstance(first, ListType) or is_text(first), "a list or a text")
            return INTEGER
        case "any" | "all":
            item = _item(expr, first, scope)
            _takes(expr, item, item is BOOLEAN, "a list of booleans")
            return BOOLEAN
        case "sum":
            item = _item(expr, first, scope)
            _takes(expr, item, item in NUMERIC, "a list of numbers")
            return item
        case "sorted":
            item = _item(expr, first, scope)
            _takes(expr, item, _ordered(item), "a list of what has an order")
            return first
        case "min" | "max":
            return _extreme(expr, types, scope)
        case "lower" | "upper":
            _takes(expr, first, is_text(first), "a text")
            return STRING
    return _conversion(expr, first, len(types) > 1)


def _conversion(expr: Call, first: Type, digits: bool) -> Type:
    name = expr.function
    if name == "str":
        _takes(expr, first, first in IN_TEXT or is_text(first), "a text, a number, a date or an id")
        return STRING
    if name in ("int", "float"):
        _takes(expr, first, first in NUMERIC or is_text(first), "a number or a text")
        return INTEGER if name == "int" else NUMBER
    _takes(expr, first, first in NUMERIC, "a number")
    return first if name == "abs" or digits or first is ANY else INTEGER


def _extreme(expr: Call, types: list[Type], scope: Scope) -> Type:
    if len(types) == 1:
        item = _item(expr, types[0], scope)
        _takes(expr, item, _ordered(item), "a list of what has an order")
        return item
    common, before = types[0], expr.arguments[0]
    for argument, type_ in zip(expr.arguments, types, strict=True):
        if type_ is not ANY and not _ordered(type_):
            problem(argument, f"`{expr.function}` compares, and {show(type_)} has no order.")
        _comparable((before, common), (argument, type_), scope)
        common = joined(common, type_, scope.types) or ANY
    return common


def _item(expr: Call, type_: Type, scope: Scope) -> Type:
    _takes(expr, type_, isinstance(type_, ListType), "a list")
    item = scope.resolve(type_.item) if isinstance(type_, ListType) else ANY
    if item != present(item):
        argument = expr.arguments[0]
        help = "Leave them out first: `[x for x in list if x is not None]`."
        raise TypeProblem("DA001", argument.span, "Elements of this list may be absent.", help)
    return item


def _takes(expr: Call, type_: Type, fits: bool, wanted: str) -> None:
    if type_ is not ANY and not fits:
        shown = show(type_) if not isinstance(type_, RecordType) else "a record"
        problem(expr.arguments[0], f"`{expr.function}` takes {wanted}, and this is {shown}.")
