"""HA002 handler-extra."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.rules.rule import Rule
from sagac.dsl.suggest import nearest

from .code import Function, Handlers
from .ha001 import SAGA, WORKING

RULE = Rule(
    code="HA002",
    summary="A handler class has a method in the shape of a handler that no saga calls.",
    why="It was left over when an action was renamed or removed, or its name is misspelt, and then"
    " the real one is missing. Only methods that take `(self, request, call)` are looked at; all"
    " sagas that share the handlers have to be named in the same call of `sagac lint`.",
    example=SAGA
    + WORKING
    + """
    async def reopen_order(self, request, call):
        await call.tx.execute("insert into orders values (?)", (request.id,))
""",
    use_instead=SAGA + WORKING,
)


def check_handlers(handlers: Handlers) -> Iterator[Diagnostic]:
    """Yields a finding for each method that looks like a handler and is not wanted."""
    for code, owner, wanted in handlers.classes():
        own = {each.name for each in owner.body if isinstance(each, _FUNCTIONS)}
        for each in owner.body:
            if not isinstance(each, _FUNCTIONS) or each.name in wanted or not _is_handler(each):
                continue
            meant = nearest(each.name, sorted(wanted - own))
            help = "Remove it; or name the other sagas that call it in the same `sagac lint`."
            if meant is not None:
                help = f"Did you mean {meant!r}, which is missing? Else remove it."
            yield diagnostic(
                "HA002",
                code.span(each),
                f"Nothing calls {each.name!r}: no saga looked at here has such an action of this"
                " service.",
                help=help,
            )


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


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
