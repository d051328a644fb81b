"""NA006 service-team-differs."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.project import Outline, Project, Team
from sagac.dsl.rules.rule import Rule

ONE = """\
# file: order.saga.yaml
saga: order
version: 1
key: ${input.id}
services: { payment: { team: payments } }
input: { id: string }
steps:
  - step: charge
    service: payment
    input: [id]
    compensate: refund
"""
TWO = """\
# file: renewal.saga.yaml
saga: renewal
version: 1
key: ${input.id}
services: { payment: { team: finance } }
input: { id: string }
steps:
  - step: charge_renewal
    service: payment
    input: [id]
    compensate: refund_renewal
"""

RULE = Rule(
    code="NA006",
    summary="Two sagas give one service to different teams.",
    why="The team decides by whom a step is coordinated in the hybrid style, and whom one asks when"
    " a saga is stuck. One service has one owner.",
    example=ONE + TWO,
    use_instead=ONE + TWO.replace("finance", "payments"),
)


def check_project(project: Project) -> Iterator[Diagnostic]:
    """Yields a finding for each service whose team is another one than in an earlier saga."""
    first: dict[str, tuple[Outline, Team]] = {}
    for saga in project.distinct:
        for each in saga.teams:
            other, known = first.setdefault(each.service, (saga, each))
            if known.team.text != each.team.text:
                yield diagnostic(
                    "NA006",
                    each.team.span,
                    f"The service {each.service!r} belongs to {each.team.text!r} here and to"
                    f" {known.team.text!r} in the saga {other.saga.text!r}, so it is not clear who"
                    " coordinates its steps.",
                    help="Name the same team in both; if they are two services, give one of them"
                    " another name.",
                    labels=(Label("another team", known.team.span),),
                )
