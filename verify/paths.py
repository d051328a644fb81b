"""Items by their path, ``pack/reserve_box``: those of sub-sagas, then its own name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sagac.dsl.facts import ItemFacts
from sagac.dsl.graph import SagaGraph
from sagac.dsl.suggest import did_you_mean


def family(graph: SagaGraph, base: str = "") -> Iterator[tuple[str, SagaGraph]]:
    """A saga and those inside it, each with what stands before the paths of its items."""
    yield base, graph
    for name, child in graph.children.items():
        yield from family(child, f"{base}{name}/")


def item_path(path: str) -> str:
    """The item of a call: ``pack/lines[2].reserve~undo`` -> ``pack/reserve``."""
    return "/".join(re.split(r"[~#\[]", part.rpartition(".")[2])[0] for part in path.split("/"))


def located(graph: SagaGraph, path: str) -> tuple[SagaGraph, ItemFacts]:
    """The graph that the item of ``path`` stands in, and its facts. Raises KeyError."""
    *sagas, name = path.split("/")
    for each in sagas:
        graph = graph.children[each]
    return graph, graph.facts[name]


def around(graph: SagaGraph, path: str) -> Iterator[str]:
    """The paths of the items that the item of ``path`` stands in, and its own."""
    base = ""
    for name in path.split("/"):
        yield from (f"{base}{parent}" for parent in graph.facts[name].parents)
        yield f"{base}{name}"
        base += f"{name}/"
        graph = graph.children.get(name, graph)


def find(graph: SagaGraph, name: str) -> str:
    """The path of an item that a user names, by its path or by a name that only one item has.

    Raises LookupError, with words for the user.
    """
    paths = [f"{base}{each}" for base, child in family(graph) for each in child.facts]
    if name in paths:
        return name
    found = [path for path in paths if path.rpartition("/")[2] == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise LookupError(f"{name!r} stands in several sagas; name one of: {', '.join(found)}")
    hint = did_you_mean(name.rpartition("/")[2], [each.rpartition("/")[2] for each in paths])
    raise LookupError(f"there is no step {name!r} in this saga. {hint}".strip())
