"""HA003 handler-signature."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.rules.rule import Rule

from .code import Function, Handlers
from .ha001 import SAGA, WORKING
from .source import find_method

RULE = Rule(
    code="HA003",
    summary="A handler cannot be called with a request and a call.",
    why="A handler is a method of its class and is called as `method(request, call)`, whether it"
    " is `async` or not. With other parameters every call raises TypeError, which looks like a"
    " technical failure and is tried again until the retries are spent.",
    example=SAGA + WORKING.replace("open_order(self, request, call)", "open_order(self, request)"),
    use_instead=SAGA + WORKING,
)
_KNOWN = ("staticmethod", "classmethod")


def check_handlers(handlers: Handlers) -> Iterator[Diagnostic]:
    """Yields a finding for each handler that stands outside its class or takes something else."""
    for wanted in handlers.wanted:
        code = handlers.files.get(wanted.path)
        if code is None or code.problem is not None:
            continue
        found = find_method(code, wanted)
        method, problem = found.method, None
        if method is not None:
            problem = _problem(method)
        elif found.loose is not None and not found.unsure:
            method = found.loose
            problem = f"stands outside the class {wanted.class_name!r}, where nobody looks for it"
        if method is not None and problem is not None:
            yield diagnostic(
                "HA003",
                code.span(method),
                f"{method.name!r} {problem}; each call of {wanted.item!r} would fail.",
                help=f"Write it in the class {wanted.class_name!r} as `{wanted.signature}`.",
                labels=(Label("calls it with a request and a call", wanted.at),),
            )


def _problem(method: Function) -> str | None:
    decorators = [each.id if isinstance(each, ast.Name) else "" for each in method.decorator_list]
    if any(each not in _KNOWN for each in decorators):
        return None  # a decorator may change what it takes
    arguments = method.args
    bound = 0 if "staticmethod" in decorators else 1
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    if len(names) < bound and not arguments.vararg:
        return "has no `self`, so it cannot be called as a method"
    most = len(names) - bound
    least = most - len(arguments.defaults)
    if least > 2 or (most < 2 and not arguments.vararg):
        return f"takes {_counted(most)} ({', '.join(names[bound:])}) instead of two".replace(
            " ()", ""
        )
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is None:
            return f"needs the argument `{each.arg}`, which nobody passes"
    if any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own_nodes(method)):
        return "is a generator (`yield`), so nothing in it would run"
    return None


def _counted(number: int) -> str:
    return "one parameter" if number == 1 else f"{number or 'no'} parameters"


def _own_nodes(method: Function) -> Iterator[ast.AST]:
    """What is in a function, without the functions inside it."""
    todo: list[ast.AST] = list(method.body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))
