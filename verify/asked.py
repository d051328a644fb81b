"""``STEP[:REFUSAL]`` as a user asks for it: which item is to fail, and how."""

from __future__ import annotations

import re

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Fail, Foreach, Group, Parallel, SubSaga, Wait
from sagac.dsl.structure import walk
from sagac.dsl.suggest import did_you_mean

from .paths import find, located
from .scenario import ways_to_fail

_ITERATION = re.compile(r"[a-z0-9_]+\[\d+\]\.")


def asked_failure(graph: SagaGraph, text: str) -> tuple[str, str | None]:
    """The path of the item and its refusal, None for an unknown outcome.

    Names that only one item has may stand for their path: ``reserve_box`` for ``pack/reserve_box``.
    Raises LookupError, in words for the user.
    """
    name, colon, refusal = (each.strip() for each in text.partition(":"))
    path = find(graph, _ITERATION.sub("", name))
    known = ways_to_fail(located(graph, path)[1])
    if not known:
        raise LookupError(_cannot(graph, path))
    if not colon or (refusal == "unknown" and "unknown" in known):
        return path, None if "unknown" in known else known[0]
    if refusal not in known:
        raise LookupError(f"{path} has no refusal {refusal!r}. {did_you_mean(refusal, known)}")
    return path, refusal


def _cannot(graph: SagaGraph, path: str) -> str:
    owner, facts = located(graph, path)
    item = facts.item
    if isinstance(item, Wait):
        return f"{path} has no timeout, so it waits and does not fail."
    if isinstance(item, SubSaga):
        inside = owner.children[path.rpartition("/")[2]]
        names = [f"{path}/{each}" for each, facts in inside.facts.items() if ways_to_fail(facts)]
    elif isinstance(item, Parallel | Foreach | Group):
        names = [each.name.text for each in walk([item]) if each is not item]
        names = [each for each in names if ways_to_fail(owner.facts[each])]
    else:
        names = []
    hint = f"Name what fails in it, such as {names[0]}." if names else "Name a step."
    return f"{path} ({item.kind}) does not fail by itself. {hint}"


def is_fail(graph: SagaGraph, path: str) -> bool:
    """Whether the item is a ``fail``, to which only conditions lead."""
    return isinstance(located(graph, path)[1].item, Fail)
