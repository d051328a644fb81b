"""HA004 swallows-exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.rules.rule import Rule

from .code import Code, Handlers
from .ha001 import SAGA, WORKING

RULE = Rule(
    code="HA004",
    summary="A handler catches every exception and raises none.",
    why="What a handler raises is a technical failure: it is tried again, and the outcome counts"
    " as unknown. A handler that swallows it answers *done* or *refused* instead, although nobody"
    " knows whether the effect exists; then nothing is tried again and nothing is undone.",
    example=SAGA
    + WORKING.replace(
        '        await call.tx.execute("insert into orders values (?)", (request.id,))\n',
        "        try:\n"
        '            await call.tx.execute("insert into orders values (?)", (request.id,))\n'
        "        except Exception:\n"
        '            print("it did not work")\n',
    ),
    use_instead=SAGA + WORKING,
)
_EVERYTHING = frozenset({"Exception", "BaseException"})


def check_handlers(handlers: Handlers) -> Iterator[Diagnostic]:
    """Yields a finding for each ``except`` or ``suppress`` of everything that does not raise."""
    for code, method in handlers.methods():
        for node in ast.walk(method):
            if isinstance(node, ast.ExceptHandler):
                if _is_broad(node.type) and not _raises(node):
                    yield _finding(code, node, method.name)
            elif isinstance(node, ast.Call) and _suppresses(code, node):
                yield _finding(code, node, method.name)


def _finding(code: Code, node: ast.ExceptHandler | ast.Call, method: str) -> Diagnostic:
    return diagnostic(
        "HA004",
        code.span(node),
        f"`{code.first_line(node)}` in {method!r} hides every technical failure: the saga"
        " takes the call for answered, and neither tries it again nor undoes it.",
        help="Let it raise; or catch only what you know, and return a refusal for it. To log it,"
        " end the block with `raise`.",
    )


def _suppresses(code: Code, call: ast.Call) -> bool:
    return code.called(call.func) == "contextlib.suppress" and any(map(_is_broad, call.args))


def _is_broad(type_: ast.expr | None) -> bool:
    if type_ is None:
        return True
    names = type_.elts if isinstance(type_, ast.Tuple) else [type_]
    return any(isinstance(each, ast.Name) and each.id in _EVERYTHING for each in names)


def _raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(each, ast.Raise) for each in ast.walk(handler))
