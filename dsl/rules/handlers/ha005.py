"""HA005 non-deterministic-call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.rules.rule import Rule

from .code import Code, Function, Handlers
from .ha001 import SAGA

PAY = """\
# file: handlers/shop.py
from uuid import uuid4


class ShopHandlers:
    def __init__(self, bank):
        self.bank = bank

    async def open_order(self, request, call):
        await self.bank.charge(request.id, idempotency_key=str(uuid4()))

    async def close_order(self, request, call):
        await self.bank.give_back(request.id, idempotency_key=call.key)
"""

RULE = Rule(
    code="HA005",
    summary="A handler makes an idempotency key of its own, or blocks the loop that it runs on.",
    why="Handlers run as durable steps: they may read the clock and draw random numbers, for what"
    " they answer is recorded. But a step is run again after a crash or a lost answer, and a key"
    " that is new each time makes the other side do it again; `call.key` stays the same. In an"
    " `async` handler, `time.sleep` and other calls that block stop all sagas of the process, and"
    " `asyncio.run` raises.",
    example=SAGA + PAY,
    use_instead=SAGA
    + PAY.replace("str(uuid4())", "call.key").replace("from uuid import uuid4\n\n\n", ""),
)

FRESH = frozenset(
    [
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid.uuid7",
        "secrets.token_hex",
        "secrets.token_urlsafe",
        "secrets.token_bytes",
        "secrets.randbits",
        "random.random",
        "random.randint",
        "random.getrandbits",
        "random.randrange",
        "os.urandom",
        "time.time",
        "time.time_ns",
        "time.monotonic",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
    ]
)
CLOCKS = ("time.time", "time.time_ns", "time.monotonic", "datetime.datetime.now")
KEYS = ("idempotency", "idempotent", "idempotence", "dedup")
BLOCKING = {
    "time.sleep": "`await asyncio.sleep(...)`",
    "subprocess.run": "`await asyncio.create_subprocess_exec(...)`",
    "subprocess.check_call": "`await asyncio.create_subprocess_exec(...)`",
    "subprocess.check_output": "`await asyncio.create_subprocess_exec(...)`",
    "os.system": "`await asyncio.create_subprocess_exec(...)`",
    "urllib.request.urlopen": "an asynchronous client",
    **{
        f"requests.{each}": "an asynchronous client"
        for each in ("get", "post", "put", "patch", "delete", "head", "request")
    },
}
PLAIN = "or make the handler a plain `def`: then it runs in a thread of its own."


def check_handlers(handlers: Handlers) -> Iterator[Diagnostic]:
    """Yields a finding for each fresh key and each call that blocks."""
    for code, method in handlers.methods():
        yield from _fresh_keys(code, method)
        yield from _fresh_places(code, method)
        if isinstance(method, ast.AsyncFunctionDef):
            yield from _blocking(code, method)


def _fresh_keys(code: Code, method: Function) -> Iterator[Diagnostic]:
    for node in ast.walk(method):
        for name, value in _named_values(node):
            fresh = _fresh(code, value) if _is_key(name) else None
            if fresh is not None:
                yield diagnostic(
                    "HA005",
                    code.span(value),
                    f"{method.name!r} makes a new idempotency key with `{fresh}` for each attempt,"
                    " so a call that is made again takes effect again.",
                    help="Use `call.key`: it is the same in each attempt of this step.",
                )


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Values that are given a name: keyword arguments, entries of a dict, assignments."""
    match node:
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Dict():
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value


def _fresh_places(code: Code, method: Function) -> Iterator[Diagnostic]:
    """What the handlers keep under a name that is new each time."""
    for node in ast.walk(method):
        for place in _kept_under(node):
            fresh = _fresh(code, place)
            if fresh is not None and fresh not in CLOCKS:
                yield diagnostic(
                    "HA005",
                    code.span(place),
                    f"{method.name!r} keeps what it does under a new `{fresh}` for each attempt, so"
                    " a call that is made again does it again.",
                    help="Keep it under `call.key`: it is the same in each attempt of this step.",
                )


def _kept_under(node: ast.AST) -> Iterator[ast.expr]:
    """The keys of what is put into a mapping that belongs to the handlers."""
    match node:
        case ast.Assign(targets=targets):
            for each in targets:
                if isinstance(each, ast.Subscript) and _is_own(each.value):
                    yield each.slice
        case ast.Call(func=ast.Attribute(attr="setdefault", value=owner), args=[key, *_]):
            if _is_own(owner):
                yield key


def _is_own(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


def _is_key(name: str) -> bool:
    lower = name.lower()
    return any(each in lower for each in KEYS)


def _fresh(code: Code, value: ast.expr) -> str | None:
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and code.called(node.func) in FRESH:
            return code.called(node.func)
    return None


def _blocking(code: Code, method: ast.AsyncFunctionDef) -> Iterator[Diagnostic]:
    for node in _awaited_here(method):
        name = code.called(node.func)
        if name == "asyncio.run":
            yield diagnostic(
                "HA005",
                code.span(node),
                f"`asyncio.run` in the asynchronous {method.name!r} raises: a loop is running"
                " already, so each call would fail.",
                help="Write `await` before what it is to run.",
            )
        elif name in BLOCKING:
            yield diagnostic(
                "HA005",
                code.span(node),
                f"`{name}` in the asynchronous {method.name!r} stops the loop, and with it every"
                " saga of this process, until it returns.",
                help=f"Use {BLOCKING[name]}, {PLAIN}",
            )


def _awaited_here(method: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    """The calls that run on the loop: not those of functions inside, which may go to a thread."""
    todo: list[ast.AST] = list(method.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Call):
            yield node
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            todo.extend(ast.iter_child_nodes(node))
