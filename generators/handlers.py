"""Looks whether the user's handlers have every method: the files are parsed, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .base import Handler
from .plan import Read


@dataclass(frozen=True, slots=True)
class Missing:
    """A method that is not there, or a file that cannot be looked at (``problem``)."""

    handler: Handler
    problem: str | None = None


def missing(handlers: Iterable[Handler], read: Read) -> Iterator[Missing]:
    """The handlers that the user's files do not have; of an unreadable file the first one."""
    by_path: dict[str, list[Handler]] = {}
    for handler in handlers:
        by_path.setdefault(handler.path, []).append(handler)
    for path, wanted in by_path.items():
        content = read(path)
        if content is not None:
            yield from _missing_in(content, wanted)


def _missing_in(content: bytes, wanted: list[Handler]) -> Iterator[Missing]:
    try:
        module = ast.parse(content)
    except SyntaxError as error:
        yield Missing(wanted[0], f"is not valid Python (line {error.lineno}: {error.msg})")
        return
    except (ValueError, RecursionError, MemoryError):
        yield Missing(wanted[0], "cannot be read as Python")
        return
    classes = {each.name: each for each in ast.walk(module) if isinstance(each, ast.ClassDef)}
    bound = _imported(module)
    for handler in wanted:
        if handler.class_name in bound:
            continue
        if not _has(handler.class_name, handler.method, classes, ()):
            yield Missing(handler)


def _imported(module: ast.Module) -> set[str]:
    """Names that the module gets from elsewhere: what they have is not seen here."""
    found: set[str] = set()
    for each in ast.walk(module):
        if isinstance(each, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in each.names}
        elif isinstance(each, ast.Assign):
            found |= {target.id for target in each.targets if isinstance(target, ast.Name)}
    return found


def _has(name: str, method: str, classes: dict[str, ast.ClassDef], seen: tuple[str, ...]) -> bool:
    """Whether a class has a method, its own or from a base; an unknown base may have anything."""
    found = classes.get(name)
    if found is None or name in seen:
        return bool(seen) and name not in seen
    if any(_defines(each, method) for each in found.body):
        return True
    bases = [base.id if isinstance(base, ast.Name) else "" for base in found.bases]
    known = [base for base in bases if base not in ("object", "Protocol")]
    return any(_has(base, method, classes, (*seen, name)) for base in known)


def _defines(statement: ast.stmt, method: str) -> bool:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement.name == method
    if isinstance(statement, ast.Assign):
        names = [each.id for each in statement.targets if isinstance(each, ast.Name)]
        return method in names
    return False
