"""What names mean where an expression stands, and what a condition says about them."""

from __future__ import annotations

from collections.abc import Mapping

from .records import dataclass, field, replace
from .relations import resolved
from .syntax import Attribute, Compare, Constant, Expr, Logic, Reference, Unary
from .types import Type

Path = tuple[str, ...]
NO_PATHS: frozenset[Path] = frozenset()


@dataclass(frozen=True)
class Scope:
    """``names``: the roots (input, steps, loop variables, event, saga); ``types``: of the file.

    ``present`` are the paths that are known to have a value here: ``("input", "gift_note")``.
    """

    names: Mapping[str, Type]
    types: Mapping[str, Type] = field(default_factory=dict)
    present: frozenset[Path] = NO_PATHS

    def resolve(self, type_: Type) -> Type:
        """``type_`` without a name around it."""
        return resolved(type_, self.types)

    def bind(self, name: str, type_: Type) -> Scope:
        """The scope in which ``name`` is a new variable; an old one of that name is forgotten."""
        known = frozenset(path for path in self.present if path[0] != name)
        return Scope({**self.names, name: type_}, self.types, known)


def narrow(condition: Expr, scope: Scope, holds: bool = True) -> Scope:
    """The scope where ``condition`` holds (or does not): what it says is there is present."""
    found = known(condition, holds)
    return replace(scope, present=scope.present | found) if found else scope


def path_of(expr: Expr) -> Path | None:
    """The path of a chain of attributes; None for any other expression."""
    names: list[str] = []
    while isinstance(expr, Attribute):
        names.append(expr.name)
        expr = expr.base
    return (expr.name, *reversed(names)) if isinstance(expr, Reference) else None


def known(condition: Expr, holds: bool) -> frozenset[Path]:
    """The paths that surely have a value if the condition holds (or does not)."""
    match condition:
        case Unary(operator="not"):
            return known(condition.operand, not holds)
        case Logic():
            found = [known(operand, holds) for operand in condition.operands]
            if (condition.operator == "and") == holds:
                return NO_PATHS.union(*found)
            return found[0].intersection(*found[1:])
        case Compare(rest=((operator, Constant(value=None)),)):
            path = path_of(condition.left)
            if path is not None and operator == ("is not" if holds else "is"):
                return frozenset({path})
    return frozenset()
