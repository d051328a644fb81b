"""What is sent to a wait is what it waits for."""

from __future__ import annotations

from typing import Any

import pytest

from sagac.dsl.compile import compile
from sagac.verify.scenario import success
from sagac.verify.trace import Done

SAGA = """\
saga: matched
version: 1
key: ${{input.id}}
services: {{ a: {{}} }}
types: {{ Line: {{ name: string, sum: decimal }} }}
input: {{ id: string, lines: [Line] }}
steps:
  - foreach: each_line
    in: input.lines
    as: line
    steps:
      - wait: answer
        event: Answered
        match: {match}
        output: {{ line: string, total: decimal, agreed: boolean, late: boolean }}
        timeout: 1d
      - {{ step: keep, service: a, input: {{ line: "${{line.name}}" }}, compensate: drop }}
"""


def sent(match: str) -> dict[str, Any]:
    """What is sent to the wait with this ``match``, of the fields that it may ask for."""

    def load(path: str) -> str:
        raise FileNotFoundError(path)

    compiled = compile(SAGA.format(match=match), "matched.saga.yaml", load)
    assert compiled.graph is not None, compiled.diagnostics
    trace = success(compiled.graph)
    (answer,) = (each.outcome for each in trace.events if each.request.phase == "wait")
    assert isinstance(answer, Done)
    return dict(answer.output or {})


@pytest.mark.parametrize(
    ("match", "fields"),
    [
        ("event.line == line.name", {"line": "name-1"}),
        ("line.name == event.line", {"line": "name-1"}),
        ("event.line == 'the ' + line.name", {"line": "the name-1"}),
        ("event.agreed and not event.late", {"agreed": True, "late": False}),
        ("event.line == line.name and event.total >= line.sum", {"line": "name-1"}),
        ("event.line == input.id or event.agreed", {"line": "id-1"}),
        ("event.line == event.line", {"line": "line-1"}),
    ],
)
def test_it_matches(match: str, fields: dict[str, Any]) -> None:
    found = sent(match)
    assert {name: found[name] for name in fields} == fields
