"""Python source laid out to a width: on one line where it fits, else one argument a line.

The trailing comma of a broken call is kept by formatters, so the result is stable under them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

WIDTH = 100
NARROW = 88  # the usual width: an import that is broken at it stays as it is at any other


@dataclass(frozen=True, slots=True)
class Group:
    """``open items close``: a call, a list, a tuple; ``comma``: one after the last item anyway."""

    open: str
    items: tuple[Code, ...]
    close: str = ")"
    comma: bool = False


Code: TypeAlias = "str | Group"


def call(function: str, *arguments: Code | None, **named: Code | None) -> Group:
    """``function(arguments, name=named)``; None leaves an argument out."""
    items = [each for each in arguments if each is not None]
    items += [prefixed(f"{name}=", each) for name, each in named.items() if each is not None]
    return Group(f"{function}(", tuple(items))


def tuple_of(items: Iterable[Code]) -> Group:
    """A tuple, also of one item."""
    found = tuple(items)
    return Group("(", found, comma=len(found) == 1)


def prefixed(prefix: str, code: Code) -> Code:
    """``code`` with a text before it."""
    if isinstance(code, str):
        return prefix + code
    return replace(code, open=prefix + code.open)


def suffixed(code: Code, suffix: str) -> Code:
    """``code`` with a text after it."""
    if isinstance(code, str):
        return code + suffix
    return replace(code, close=code.close + suffix)


def flat(code: Code) -> str:
    """``code`` on one line."""
    if isinstance(code, str):
        return code
    comma = "," if code.comma else ""
    return code.open + ", ".join(map(flat, code.items)) + comma + code.close


def lines(code: Code, indent: int = 0, after: str = "") -> list[str]:
    """The lines of ``code`` at ``indent`` columns; ``after`` follows the last one."""
    margin = " " * indent
    whole = margin + flat(code) + after
    if isinstance(code, str) and len(whole) > WIDTH and (parts := _conditional(code)):
        return [*(margin + each for each in parts[:-1]), margin + parts[-1] + after]
    if len(whole) <= WIDTH or isinstance(code, str) or not code.items:
        return whole.split("\n")
    found = [margin + code.open]
    for item in code.items:
        found += lines(item, indent + 4, ",")
    return [*found, margin + code.close + after]


def _conditional(code: str) -> list[str]:
    """``name=A if B else C`` in three parts; empty if it is something else."""
    name, equals, value = code.partition("=")
    prefix, value = (name + equals, value) if name.isidentifier() and equals else ("", code)
    try:
        found = ast.parse(value, mode="eval").body
    except SyntaxError:
        return []
    if not isinstance(found, ast.IfExp):
        return []
    body, test, other = (
        ast.get_source_segment(value, each) or "" for each in (found.body, found.test, found.orelse)
    )
    if not value.startswith(body):
        return []
    return [f"{prefix}{body}", f"if {test}", f"else {other}"]


def text(codes: Iterable[Code], indent: int = 0) -> str:
    """Statements under each other."""
    return "\n".join(line for code in codes for line in lines(code, indent))
