"""The tree of an expression and of a value that holds expressions. Data only.

An expression is a small, safe part of Python's expression syntax; it is parsed into these nodes,
checked and translated, never evaluated from text.
"""

from __future__ import annotations

from typing import TypeAlias

from .records import dataclass
from .span import Span


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: text, whole or exact decimal number, boolean or None."""

    value: str | int | float | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Reference:
    """A bare name: ``input``, a step, the ``as`` name of a loop, ``event``, ``saga``."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Attribute:
    """``base.name``."""

    base: Expr
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """``base[index]``."""

    base: Expr
    index: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b]``."""

    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    """``not x``, ``-x``, ``+x``."""

    operator: str
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic: ``+ - * / // %``."""

    left: Expr
    operator: str
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op a op b``: the operators are ``== != < <= > >= in, not in, is, is not``."""

    left: Expr
    rest: tuple[tuple[str, Expr], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Logic:
    """``a and b and c`` or ``a or b``."""

    operator: str
    operands: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    """``then if test else otherwise``."""

    then: Expr
    test: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call of one of the few functions: ``len(x)``."""

    function: str
    arguments: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Comprehension:
    """``[element for variable in source if condition]``; also as the argument of sum, any, all."""

    element: Expr
    variable: str
    source: Expr
    condition: Expr | None
    span: Span


Expr: TypeAlias = (
    "Constant | Reference | Attribute | Index | ListOf | Unary | Binary | Compare | Logic"
    " | Conditional | Call | Comprehension"
)


@dataclass(frozen=True, slots=True)
class Template:
    """Text around expressions: ``order-${input.id}``; the parts in their order."""

    parts: tuple[str | Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A scalar of the file that holds no expression."""

    value: str | int | float | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping of values; ``names`` keeps where each key stands."""

    fields: dict[str, Value]
    names: dict[str, Span]
    span: Span


@dataclass(frozen=True, slots=True)
class Array:
    """A list of values."""

    items: tuple[Value, ...]
    span: Span


Value: TypeAlias = "Literal | Template | Record | Array | Expr"
