"""Where a wanted method is: in its class, in a base, beside it, or nowhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sagac.dsl.suggest import nearest

from .code import Code, Function, Wanted

DEEPEST = 50  # classes above each other


class Found(NamedTuple):
    """What was found of a wanted method; ``unsure``: something that cannot be seen may have it."""

    method: Function | None = None
    loose: Function | None = None  # a function of that name outside the class
    unsure: bool = False


def find_method(code: Code, wanted: Wanted) -> Found:
    """Looks for ``wanted`` in the class, its bases in the file, and beside the class."""
    loose = code.functions.get(wanted.method)
    if wanted.class_name not in code.classes:
        return Found(loose=loose, unsure=wanted.class_name in code.bound)
    found = _in_class(code, wanted.class_name, wanted.method, ())
    return found if found.method is not None or found.unsure else Found(loose=loose)


def _in_class(code: Code, name: str, method: str, seen: tuple[str, ...]) -> Found:
    owner = code.classes.get(name)
    if owner is None or name in seen or len(seen) > DEEPEST:
        return Found(unsure=name not in seen)
    for each in owner.body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            if each.name == method:
                return Found(method=each)
        elif method in _assigned(each):
            return Found(unsure=True)
    for base in owner.bases:
        text = base.id if isinstance(base, ast.Name) else ""
        if text in ("object", "Protocol"):
            continue
        found = _in_class(code, text, method, (*seen, name))
        if found != Found():
            return found
    return Found(unsure=bool(owner.keywords))  # a metaclass may bring it


def _assigned(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, ast.Assign):
        return tuple(each.id for each in statement.targets if isinstance(each, ast.Name))
    if isinstance(statement, ast.If | ast.Try | ast.With):  # defined under a condition
        inner = ast.walk(statement)
        return tuple(n.name for n in inner if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return ()


def leftovers(owner: ast.ClassDef, wanted: frozenset[str]) -> Iterator[Function]:
    """The public methods of a class in the shape of a handler that are not wanted."""
    for each in _methods(owner):
        if each.name not in wanted and _is_handler(each):
            yield each


def misspelt(owner: ast.ClassDef, wanted: frozenset[str]) -> Mapping[str, Function]:
    """By the names that are wanted and missing: what stands there under a name that is near."""
    own = {each.name for each in _methods(owner)}
    found: dict[str, Function] = {}
    for each in leftovers(owner, wanted):
        meant = nearest(each.name, sorted(wanted - own - found.keys()))
        if meant is not None:
            found[meant] = each
    return found


def _methods(owner: ast.ClassDef) -> list[Function]:
    return [e for e in owner.body if isinstance(e, ast.FunctionDef | ast.AsyncFunctionDef)]


def _is_handler(method: Function) -> bool:
    """Whether a method takes exactly a request and a call, and is public."""
    arguments = method.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    plain = not (arguments.vararg or arguments.kwarg or arguments.kwonlyargs)
    if method.name.startswith("_") or not plain or len(names) != 3:
        return False
    return names[1:] == ["request", "call"] or _is_call(arguments.args[-1].annotation)


def _is_call(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "Call"
