"""Which waits must hear of a failure beside them, since nothing on their own path will end them.

A wait takes the news of a failure only if a node after it must abort: the failure is not caught by
a counted or settled join, a recovery or an optional step on its way to the join of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sagac.dsl.model import Foreach, Group, Parallel, Step

from .parts import Node, Projection


def news(projection: Projection) -> Mapping[str, tuple[str, ...]]:
    """A node whose failure ends waits -> those waits, each with the depth that both share.

    ``NODE!``: a join of the first N that has them.
    """
    found: dict[str, list[str]] = {}
    waits = [node for node in projection.nodes.values() if node.kind == "wait"]
    for node in projection.nodes.values():
        for wait in waits:
            depth = _shared(projection, node, wait)
            if depth is not None:
                found.setdefault(f"{node.id}!" if node.kind == "pick" else node.id, []).append(
                    f"{wait.id}@{depth}"
                )
    return {name: tuple(each) for name, each in found.items()}


def _shared(projection: Projection, node: Node, wait: Node) -> int | None:
    if node.kind == "pick":  # it has its first N: what still waits in a branch is not needed
        return len(node.loops) if node.makes in wait.parents else None
    if node.kind not in ("step", "wait", "fail", "undoer") or node is wait:
        return None
    place = _meeting(projection, node, wait)
    if place is None:
        return None
    return sum(loop in place.parents for loop in node.loops)


def _meeting(projection: Projection, node: Node, wait: Node) -> Node | None:
    """The fork at which both stand on different branches, if a failure gets as far as its join."""
    around = [each for each in node.parents if each in wait.parents]
    for parent in reversed(around):
        fork = _fork(projection, parent)
        if fork is not None and _beside(projection, parent, node, wait):
            return fork if not _caught(projection, node, parent) else None
    return None


def _fork(projection: Projection, parent: str) -> Node | None:
    nodes = projection.nodes.values()
    return next((each for each in nodes if each.makes == parent and _is_fork(each)), None)


def _is_fork(node: Node) -> bool:
    item = node.item
    if isinstance(item, Parallel):
        return item.join == "all" and node.id.endswith(":fork")
    return isinstance(item, Foreach) and item.mode == "parallel" and item.join == "all"


def _beside(projection: Projection, parent: str, node: Node, wait: Node) -> bool:
    fork = _fork(projection, parent)
    if fork is not None and isinstance(fork.item, Foreach):
        return True
    one = node.parents[node.parents.index(parent) :]
    other = wait.parents[wait.parents.index(parent) :]
    return one == other or not _ordered(projection, node, wait)


def _ordered(projection: Projection, node: Node, wait: Node) -> bool:
    """Whether one comes after the other."""
    return reaches(projection, node.id, wait.id) or reaches(projection, wait.id, node.id)


def reaches(projection: Projection, first: str, last: str) -> bool:
    """Whether the node ``last`` comes after ``first``."""
    todo, seen = [first], {first}
    while todo:
        for edge in projection.after[todo.pop()]:
            if edge.target == last:
                return True
            if edge.target not in seen:
                seen.add(edge.target)
                todo.append(edge.target)
    return False


def _caught(projection: Projection, node: Node, parent: str) -> bool:
    """Whether a failure of ``node`` stays inside something on its way to the join of ``parent``."""
    inside = node.parents[node.parents.index(parent) + 1 :]
    return any(_catches(each) for each in (*_items(projection, inside), node))


def _items(projection: Projection, names: tuple[str, ...]) -> Iterator[Node]:
    for name in names:
        yield next(each for each in projection.nodes.values() if each.makes == name)


def _catches(node: Node) -> bool:
    item = node.item
    if isinstance(item, Step | Group) and item.recover:
        return True
    if isinstance(item, Step):
        return item.role is not None and item.role.text == "optional"
    return isinstance(item, Parallel | Foreach) and item.join != "all"
