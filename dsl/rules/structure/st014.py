"""ST014 version-not-raised."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic, Label
from sagac.dsl.graph import SagaGraph
from sagac.dsl.meaning import changed, meaning
from sagac.dsl.rules.rule import Rule

RULE = Rule(
    code="ST014",
    summary="The saga means something else than at an earlier revision, under the same version.",
    why="A running saga keeps the version that it started with. Under one number there would be two"
    " meanings, and a saga that is under way would be continued and undone by steps that it has not"
    " taken. Looked for by `sagac lint --against REV`. Descriptions, comments, teams and the order"
    " of keys are no part of the meaning.",
    example="",
    use_instead="",
)
MOST_NAMED = 5


def check_change(graph: SagaGraph, earlier: SagaGraph, revision: str) -> Iterator[Diagnostic]:
    """Yields a finding if ``graph`` differs from ``earlier`` and its version is no higher."""
    saga, old = graph.saga, earlier.saga
    if saga.name.text != old.name.text or saga.version > old.version:
        return
    keys = changed(meaning(earlier), meaning(graph))
    if not keys:
        return
    named = ", ".join(f"`{key}`" for key in keys[:MOST_NAMED])
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    still = "is still" if saga.version == old.version else f"was {old.version} and is"
    yield diagnostic(
        "ST014",
        saga.keys.get("version", saga.name.span),
        f"{saga.name.text!r} means something else than at {revision} ({named}{more}), but its"
        f" version {still} {saga.version}: sagas under way would go on by other steps.",
        help=f"Write `version: {old.version + 1}`.",
        labels=tuple(_labels(graph, keys[:MOST_NAMED])),
    )


def _labels(graph: SagaGraph, keys: tuple[str, ...]) -> Iterator[Label]:
    """Where what has changed stands; what is gone stands nowhere."""
    for key in keys:
        name = key.removeprefix("steps.").partition(":")[0]
        facts = graph.facts.get(name) if key.startswith("steps.") else None
        if facts is not None:
            yield Label("changed", facts.item.name.span)
        elif key in graph.saga.keys:
            yield Label("changed", graph.saga.keys[key])
