"""An expression as text, the way a person would write it in the file."""

from __future__ import annotations

import json

from sagac.dsl.syntax import (
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
    Unary,
)

_OPEN = (
    Binary,
    Compare,
    Conditional,
    Logic,
)  # in brackets where they stand inside another


def show(expr: Expr) -> str:
    """The text of ``expr``; brackets wherever an operator stands inside another."""
    match expr:
        case Constant(value=value):
            return _constant(value)
        case Reference(name=name):
            return name
        case Attribute(base=base, name=name):
            return f"{_inner(base)}.{name}"
        case Index(base=base, index=index):
            return f"{_inner(base)}[{show(index)}]"
        case ListOf(items=items):
            return "[" + ", ".join(map(show, items)) + "]"
        case Call(function=function, arguments=arguments):
            return f"{function}(" + ", ".join(map(show, arguments)) + ")"
        case Comprehension():
            return f"[{_comprehension(expr)}]"
    return _operator(expr)


def _operator(expr: Unary | Binary | Compare | Logic | Conditional) -> str:
    match expr:
        case Unary(operator=operator, operand=operand):
            return (
                f"{operator} {_inner(operand)}" if operator == "not" else operator + _inner(operand)
            )
        case Binary(left=left, operator=operator, right=right):
            return f"{_inner(left)} {operator} {_inner(right)}"
        case Compare(left=left, rest=rest):
            return " ".join([_inner(left), *(f"{sign} {_inner(each)}" for sign, each in rest)])
        case Logic(operator=operator, operands=operands):
            return f" {operator} ".join(map(_part, operands))
    return f"{_inner(expr.then)} if {_inner(expr.test)} else {_inner(expr.otherwise)}"


def _part(expr: Expr) -> str:
    return show(expr) if isinstance(expr, Compare) else _inner(expr)


def _inner(expr: Expr) -> str:
    return f"({show(expr)})" if isinstance(expr, _OPEN) else show(expr)


def _comprehension(expr: Comprehension) -> str:
    text = f"{show(expr.element)} for {expr.variable} in {_inner(expr.source)}"
    return text if expr.condition is None else f"{text} if {show(expr.condition)}"


def _constant(value: str | float | bool | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
