"""HA002 handler-extra."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.rules.rule import Rule

from .code import Handlers
from .ha001 import SAGA, WORKING
from .source import leftovers, misspelt

RULE = Rule(
    code="HA002",
    summary="A handler class has a method in the shape of a handler that no saga calls.",
    why="It was left over when an action was renamed or removed, and whoever reads it believes that"
    " it runs. Only methods that take `(self, request, call)` are looked at; all"
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
        meant = {each.name for each in misspelt(owner, wanted).values()}  # HA001 names them
        for each in leftovers(owner, wanted):
            if each.name not in meant:
                yield diagnostic(
                    "HA002",
                    code.span(each),
                    f"Nothing calls {each.name!r}: no saga looked at here has such an action of"
                    " this service.",
                    help="Remove it; or name the other sagas that call it in the same `sagac"
                    " lint`.",
                )
