"""HA001 handler-not-found."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.rules.rule import Rule

from .code import Code, Handlers, Wanted
from .source import find_method, misspelt

SAGA = """\
# file: example.saga.yaml
saga: example
version: 1
key: ${input.id}
services: { shop: {} }
input: { id: string }
steps:
  - step: open_order
    service: shop
    input: [id]
    compensate: close_order
"""
WORKING = """\
# file: handlers/shop.py
class ShopHandlers:
    async def open_order(self, request, call):
        await call.tx.execute("insert into orders values (?)", (request.id,))

    async def close_order(self, request, call):
        await call.tx.execute("delete from orders where id = ?", (request.id,))
"""

RULE = Rule(
    code="HA001",
    summary="The handlers lack a method that the saga calls.",
    why="The step fails when it is reached, and it is tried again for as long as its retries last;"
    " a compensation that is missing leaves the saga STUCK with its effects standing. Checked with"
    " `sagac lint --handlers DIR`, where DIR is the folder with a file per service.",
    example=SAGA
    + """\
# file: handlers/shop.py
class ShopHandlers:
    async def open_order(self, request, call):
        await call.tx.execute("insert into orders values (?)", (request.id,))
""",
    use_instead=SAGA + WORKING,
)


def check_handlers(handlers: Handlers) -> Iterator[Diagnostic]:
    """Yields a finding for each missing method, or one for a file or class that is not there."""
    for path, wanted in handlers.by_file():
        code = handlers.files.get(path)
        if code is None:
            yield _no_file(path, wanted)
        elif code.problem is not None:
            yield _unreadable(code, wanted)
        else:
            yield from _in_file(code, wanted)


def _in_file(code: Code, wanted: list[Wanted]) -> Iterator[Diagnostic]:
    lacking: dict[str, list[Wanted]] = {}
    for each in wanted:
        found = find_method(code, each)
        if found.method is None and found.loose is None and not found.unsure:
            if each.class_name in code.classes:
                yield _no_method(code, each, wanted)
            else:
                lacking.setdefault(each.class_name, []).append(each)
    for name, methods in lacking.items():
        yield _no_class(code, name, methods)


def _no_method(code: Code, lacking: Wanted, all_wanted: list[Wanted]) -> Diagnostic:
    owner = code.classes[lacking.class_name]
    names = (each.method for each in all_wanted if each.class_name == lacking.class_name)
    near = misspelt(owner, frozenset(names)).get(lacking.method)
    label = Label(f"has no {lacking.method!r}", code.span(owner))
    help = f"Add it to {code.path}: `{lacking.signature}`"
    if near is not None:
        label = Label("nothing calls this one", code.span(near))
        help = f"Rename {near.name!r} to {lacking.method!r}, if that is what it is."
    return diagnostic(
        "HA001",
        lacking.at,
        f"{lacking.class_name!r} lacks {lacking.method!r}, which {lacking.item!r} calls: it would"
        " fail until its retries are spent.",
        help=help,
        labels=(label,),
    )


def _no_class(code: Code, name: str, wanted: list[Wanted]) -> Diagnostic:
    return diagnostic(
        "HA001",
        wanted[0].at,
        f"{code.path} has no class {name!r}, so nothing answers {_methods(wanted)}.",
        help=f"Write `class {name}:` there, with a method for each.",
        labels=_also(wanted),
    )


def _no_file(path: str, wanted: list[Wanted]) -> Diagnostic:
    folder = path.rpartition("/")[0] or "."
    return diagnostic(
        "HA001",
        wanted[0].at,
        f"There is no {path}, so nothing answers {_methods(wanted)}.",
        help=f"`sagac generate FILE -o DIR` writes it with a stub for each method; if the handlers"
        f" lie elsewhere than in {folder}, name that folder with `--handlers`.",
        labels=_also(wanted),
    )


def _unreadable(code: Code, wanted: list[Wanted]) -> Diagnostic:
    assert code.problem_at is not None
    return diagnostic(
        "HA001",
        code.problem_at,
        f"{code.path} is not valid Python ({code.problem}), so nothing answers {_methods(wanted)}.",
        help="Put this line right; the other rules look at the file after that.",
        labels=(Label("needs it", wanted[0].at),),
    )


def _methods(wanted: list[Wanted]) -> str:
    names = [repr(each.method) for each in wanted]
    if len(names) > 4:
        return f"{', '.join(names[:3])} and {len(names) - 3} more methods"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _also(wanted: list[Wanted]) -> tuple[Label, ...]:
    places = dict.fromkeys(each.at for each in wanted if each.at != wanted[0].at)
    return tuple(Label("needs one too", at) for at in list(places)[:5])
