"""Expressions as Python source with as few parentheses as Python needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from .relations import DECIMAL, EXACT, INTEGER, NUMBER, NUMERIC, joined, present
from .scope import Scope, narrow, path_of
from .syntax import (
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
    Logic,
    Reference,
    Template,
    Unary,
)
from .translate_text import decimal_source, template_source, text_source
from .typecheck import static_type
from .types import ANY, NULL, ListType, Primitive, Type

# How tightly what is written holds together.
CONDITIONAL, OR, AND, NOT, COMPARE, ADD, MULTIPLY, UNARY, ATOM = range(9)
BINARY = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "//": MULTIPLY, "%": MULTIPLY}
TAKEN = frozenset({"Decimal", "UUID", "dt"})
GENERATOR = frozenset({"sum", "any", "all", "min", "max", "sorted"})
DATETIME = Primitive("datetime")

Source = tuple[str, int]


class NamesProtocol(Protocol):
    """The part of ``translate.Names`` that is used here."""

    def root(self, name: str) -> str: ...
    def path(self, path: tuple[str, ...]) -> str | None: ...
    def fixed(self, path: tuple[str, ...]) -> bool: ...
    def presence(self, path: tuple[str, ...], there: bool) -> str | None: ...
    def member(self, base: str, record: Type, field: str) -> str: ...


def identifiers(source: str) -> frozenset[str]:
    """The words in a piece of source."""
    return frozenset(re.findall(r"[A-Za-z_]\w*", source))


class Translation:
    """Translates one value; ``taken`` are words that the names of comprehensions must not hide."""

    def __init__(
        self, names: NamesProtocol, taken: frozenset[str], bound: Mapping[str, str] | None = None
    ) -> None:
        self.names = names
        self.taken = taken
        self.bound = bound or {}

    def source(self, expr: Expr, scope: Scope, wanted: Type | None = None) -> str:
        """The source of ``expr`` where a value of type ``wanted`` is asked for."""
        return self._wanted(expr, scope, wanted)[0]

    def template(self, value: Template, scope: Scope) -> str:
        """The source of text with expressions in it; what may be absent is empty text."""
        parts: list[tuple[str, bool]] = []
        for part in value.parts:
            if isinstance(part, Constant) and isinstance(part.value, str):
                parts.append((part.value, False))
            elif isinstance(part, str):
                parts.append((part, False))
            elif not (isinstance(part, Constant) and part.value is None):
                parts.append((self._in_text(part, scope), True))
        return template_source(parts)

    def _in_text(self, expr: Expr, scope: Scope) -> str:
        type_ = scope.resolve(static_type(expr, scope))
        text, level = self._source(expr, scope)
        inner = scope.resolve(present(type_))
        moment = f"{_held(text, level, ATOM)}.isoformat()" if inner == DATETIME else text
        if type_ == inner and type_ not in (ANY, NULL):
            return moment
        return f'"" if {_held(text, level, ADD)} is None else {moment}'

    def _wanted(self, expr: Expr, scope: Scope, wanted: Type | None) -> Source:
        """``expr`` with its numbers as ``wanted`` asks for them."""
        if wanted is None:
            return self._source(expr, scope)
        target = scope.resolve(present(scope.resolve(wanted)))
        target = DECIMAL if target == EXACT else target
        match expr, target:
            case Conditional(), _:
                return self._conditional(expr, scope, wanted)
            case ListOf(), ListType():
                return self._list(expr, scope, target.item)
            case Comprehension(), ListType():
                return f"[{self._loop(expr, scope, target.item)}]", ATOM
            case Constant(value=float(number)), _ if target in (NUMBER, ANY):
                return repr(number), ATOM
            case Constant(value=bool()), _:
                return self._source(expr, scope)
            case Constant(value=int(number)), _ if target == DECIMAL:
                return decimal_source(number), ATOM
            case Unary(operator="-" | "+", operand=Constant()), _ if target in (NUMBER, DECIMAL):
                return expr.operator + self._hold(expr.operand, scope, UNARY, wanted), UNARY
        return self._converted(expr, scope, target)

    def _converted(self, expr: Expr, scope: Scope, target: Type) -> Source:
        type_ = scope.resolve(static_type(expr, scope))
        text, level = self._source(expr, scope)
        inner = scope.resolve(present(type_))
        name = _conversion(inner, target)
        if name and type_ == inner:
            return f"{name}({text})", ATOM
        if name:
            held = _held(text, level, ADD)
            return f"None if {held} is None else {name}({text})", CONDITIONAL
        if isinstance(inner, ListType) and isinstance(target, ListType) and type_ == inner:
            name = _conversion(scope.resolve(inner.item), scope.resolve(target.item))
            if name:
                return f"[{name}(each) for each in {_held(text, level, OR)}]", ATOM
        return text, level

    def _hold(self, expr: Expr, scope: Scope, least: int, wanted: Type | None = None) -> str:
        """The source of ``expr``, in parentheses if it holds together less than ``least``."""
        text, level = self._wanted(expr, scope, wanted)
        return _held(text, level, least)

    def _source(self, expr: Expr, scope: Scope) -> Source:
        match expr:
            case Constant():
                return _constant(expr)
            case Reference() | Attribute():
                return self._path(expr, scope), ATOM
            case Index():
                return self._index(expr, scope), ATOM
            case ListOf():
                return self._list(expr, scope, None)
            case Unary(operator="not"):
                return f"not {self._hold(expr.operand, scope, NOT)}", NOT
            case Unary():
                return expr.operator + self._hold(expr.operand, scope, UNARY), UNARY
            case Binary():
                return self._binary(expr, scope)
            case Compare():
                return self._presence(expr) or (self._compare(expr, scope), COMPARE)
            case Logic():
                return self._logic(expr, scope)
            case Conditional():
                common = joined(*self._branches(expr, scope), scope.types)
                return self._conditional(expr, scope, common)
            case Call():
                return self._call(expr, scope), ATOM
        return f"[{self._loop(expr, scope, None)}]", ATOM

    def _path(self, expr: Reference | Attribute, scope: Scope) -> str:
        path = path_of(expr)
        if path is not None and path[0] not in self.bound:
            special = self.names.path(path)
            if special is not None and (path not in scope.present or self.names.fixed(path)):
                return special
        if isinstance(expr, Reference):
            return self.bound.get(expr.name) or self.names.root(expr.name)
        record = scope.resolve(present(scope.resolve(static_type(expr.base, scope))))
        return self.names.member(self._hold(expr.base, scope, ATOM), record, expr.name)

    def _index(self, expr: Index, scope: Scope) -> str:
        base, index = self._hold(expr.base, scope, ATOM), self.source(expr.index, scope)
        if isinstance(expr.index, Constant) and isinstance(expr.index.value, str):
            return f"{base}.get({index})"
        return f"{base}[{index}]"

    def _list(self, expr: ListOf, scope: Scope, item: Type | None) -> Source:
        if item is None and expr.items:
            whole = static_type(expr, scope)
            item = whole.item if isinstance(whole, ListType) else None
        return f"[{', '.join(self.source(each, scope, item) for each in expr.items)}]", ATOM

    def _binary(self, expr: Binary, scope: Scope) -> Source:
        level = BINARY[expr.operator]
        type_ = static_type(expr, scope)
        mixed = type_ if type_ == NUMBER else None
        left, right = (
            self._meeting(side, scope, hold, mixed)
            for side, hold in ((expr.left, level), (expr.right, level + 1))
        )
        return f"{left} {expr.operator} {right}", level

    def _meeting(self, expr: Expr, scope: Scope, least: int, common: Type | None) -> str:
        """An operand: exact literals become numbers where ``common`` is number."""
        exact = common == NUMBER and static_type(expr, scope) == EXACT
        return self._hold(expr, scope, least, common if exact else None)

    def _compare(self, expr: Compare, scope: Scope) -> str:
        operands = [expr.left, *(operand for _, operand in expr.rest)]
        types = [self._element(operand, scope) for operand in operands]
        number = NUMBER in types
        parts = [self._compared(expr.left, scope, number)]
        for operator, operand in expr.rest:
            parts += [operator, self._compared(operand, scope, number)]
        return " ".join(parts)

    def _presence(self, expr: Compare) -> Source | None:
        """``X is None`` and ``X is not None`` where the names have a way of their own to ask."""
        operator, operand = expr.rest[0]
        path = path_of(expr.left)
        if operator not in ("is", "is not") or operand.__class__ is not Constant or path is None:
            return None
        if path[0] in self.bound or len(expr.rest) > 1:
            return None
        source = self.names.presence(path, operator == "is not")
        return None if source is None else (source, OR if operator == "is" else AND)

    def _element(self, expr: Expr, scope: Scope) -> Type:
        """The type of a value, or of the elements of a list (of ``x in list``)."""
        type_ = scope.resolve(present(scope.resolve(static_type(expr, scope))))
        if isinstance(type_, ListType):
            return scope.resolve(present(scope.resolve(type_.item)))
        return type_

    def _compared(self, expr: Expr, scope: Scope, number: bool) -> str:
        wanted: Type | None = None
        if number and self._element(expr, scope) in (EXACT, ANY):
            is_list = isinstance(scope.resolve(static_type(expr, scope)), ListType)
            wanted = ListType(NUMBER) if is_list else NUMBER
        return self._hold(expr, scope, ADD, wanted)

    def _logic(self, expr: Logic, scope: Scope) -> Source:
        level = AND if expr.operator == "and" else OR
        parts = []
        for operand in expr.operands:
            parts.append(self._hold(operand, scope, level))
            scope = narrow(operand, scope, expr.operator == "and")
        return f" {expr.operator} ".join(parts), level

    def _branches(self, expr: Conditional, scope: Scope) -> tuple[Type, Type]:
        then = static_type(expr.then, narrow(expr.test, scope))
        return then, static_type(expr.otherwise, narrow(expr.test, scope, holds=False))

    def _conditional(self, expr: Conditional, scope: Scope, wanted: Type | None) -> Source:
        then = self._hold(expr.then, narrow(expr.test, scope), OR, wanted)
        test = self._hold(expr.test, scope, OR)
        other = self.source(expr.otherwise, narrow(expr.test, scope, holds=False), wanted)
        return f"{then} if {test} else {other}", CONDITIONAL

    def _call(self, expr: Call, scope: Scope) -> str:
        name, first = expr.function, expr.arguments[0]
        if name in ("lower", "upper"):
            return f"{self._hold(first, scope, ATOM)}.{name}()"
        type_ = scope.resolve(static_type(first, scope))
        if name == "str" and type_ == DATETIME:
            return f"{self._hold(first, scope, ATOM)}.isoformat()"
        if len(expr.arguments) > 1 and name in ("min", "max"):
            common = static_type(expr, scope)
            wanted = common if common in NUMERIC else None
            arguments = [self.source(each, scope, wanted) for each in expr.arguments]
        elif isinstance(first, Comprehension) and name in GENERATOR:
            arguments = [self._loop(first, scope, None)]
        else:
            arguments = [self.source(each, scope) for each in expr.arguments]
        if name == "sum" and static_type(expr, scope) in (DECIMAL, EXACT):
            loop = isinstance(first, Comprehension)
            arguments = [f"({arguments[0]})" if loop else arguments[0], "Decimal(0)"]
        return f"{name}({', '.join(arguments)})"

    def _loop(self, expr: Comprehension, scope: Scope, item: Type | None) -> str:
        """A comprehension without its brackets."""
        source_type = scope.resolve(static_type(expr.source, scope))
        inner = scope.bind(expr.variable, ANY)
        if isinstance(source_type, ListType):
            inner = scope.bind(expr.variable, source_type.item)
        variable = expr.variable
        while variable in self.taken or variable in TAKEN:
            variable += "_"
        body = Translation(self.names, self.taken, {**self.bound, expr.variable: variable})
        test = ""
        if expr.condition is not None:
            test = f" if {body._hold(expr.condition, inner, OR)}"
            inner = narrow(expr.condition, inner)
        element = body.source(expr.element, inner, item)
        return f"{element} for {variable} in {self._hold(expr.source, scope, OR)}{test}"


def _held(text: str, level: int, least: int) -> str:
    return f"({text})" if level < least else text


def _constant(expr: Constant) -> Source:
    value = expr.value
    if isinstance(value, str):
        return text_source(value), ATOM
    if isinstance(value, float):
        return decimal_source(value), ATOM
    return repr(value), ATOM


def _conversion(given: Type, wanted: Type) -> str | None:
    """The function that makes a ``wanted`` number of a ``given`` one, if one is needed."""
    if given == INTEGER and wanted == DECIMAL:
        return "Decimal"
    return "float" if given == EXACT and wanted == NUMBER else None
