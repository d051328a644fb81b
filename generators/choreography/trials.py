"""Generated tests of the handlers that a team wrote: the calls to try, and what the saga knows."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.generators.base import Source
from sagac.generators.layout import Code, Group, call, text, tuple_of
from sagac.generators.python.literals import data_code
from sagac.generators.python.participants import Participants, module
from sagac.generators.python.records import quoted
from sagac.generators.python.render import STANDARD, template

from .events import Events
from .parts import Node
from .rehearsal import Known
from .service import is_step

_IMPORTS = {"Path": "pathlib", "pytest": "import pytest"}


class TrialWriter:
    """Writes the test module of the handlers of one service; ``known``: what each call reads."""

    def __init__(
        self, here: Participants, events: Events, service: str, known: dict[str, Known]
    ) -> None:
        self._here = here
        self._saga = events.projection.graph.saga
        self._service = service
        nodes = events.projection.nodes
        self._calls = [(nodes[id], each) for id, each in known.items() if is_step(nodes[id])]

    def module(self, source: Source, table: str) -> str | None:
        """The module, or None if nothing is called; ``table`` is the module of the table."""
        tried = [self._trial(node, known) for node, known in self._calls]
        if not tried:
            return None
        body = template(
            "choreography/trials.body",
            name=quoted(self._here.attribute(self._service)),
            tried=text([Group("TRIALS = [", tuple(tried), "]")]),
            refuses=any(list(self._refusals(node)) for node, _ in self._calls),
            undoes=any(_undoes(node) for node, _ in self._calls),
        )
        names = {"table": table, "trials": "..choreography.testing"}
        doc = (
            f"The handlers of {self._service} in {self._saga.name}, as handlers/trials.py has them"
        )
        return module(source, doc, body, STANDARD, _IMPORTS, names)

    def _trial(self, node: Node, known: Known) -> Code:
        fails = list(self._refusals(node))
        return call(
            "trials.Trial",
            quoted(node.id),
            data_code(known.values),
            iteration=repr(known.iteration) if known.iteration else None,
            fails=tuple_of(map(quoted, fails)) if fails else None,
            undo="True" if _undoes(node) else None,
        )

    def _refusals(self, node: Node) -> Iterator[str]:
        action = self._here.action(node.facts.service, node.facts.action)
        return (refusal for refusal, _ in action.refusals)


def _undoes(node: Node) -> bool:
    """Whether what it did is always undone here."""
    undo = node.facts.compensation if node.compensates else None
    return undo is not None and undo.when is None and node.undoer is None
