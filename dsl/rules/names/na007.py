"""NA007 duplicate-saga-name."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.model import Name
from sagac.dsl.project import Project
from sagac.dsl.rules.rule import Rule

from .na006 import ONE

OTHER = ONE.replace("order.saga", "return.saga").replace("charge", "pay").replace("refund", "take")

RULE = Rule(
    code="NA007",
    summary="Two files define a saga of the same name.",
    why="The name is that of the package, of the topics and of the records of running sagas. Of two"
    " sagas with one name the second is taken for the first, and its keys for those of the other.",
    example=ONE + OTHER,
    use_instead=ONE + OTHER.replace("saga: order", "saga: returns"),
)


def check_project(project: Project) -> Iterator[Diagnostic]:
    """Yields a finding for each saga whose name an earlier file has."""
    first: dict[str, Name] = {}
    for each in project.sagas:
        known = first.setdefault(each.saga.text, each.saga)
        if known is not each.saga:
            yield diagnostic(
                "NA007",
                each.saga.span,
                f"There is a saga {each.saga.text!r} in {known.span.file} already: their code and"
                " their running sagas would be taken for one.",
                help="Give one of them another name. Versions of one saga are one file: raise its"
                " `version`.",
                labels=(Label("the other one", known.span),),
            )
