"""From the saga graph to the nodes that services play.

The same nodes and edges, and in addition what two services could otherwise not agree on: each
element of a loop and each branch of a counted join gets an enter and an exit of its own, a sub-saga
stands where it is used, and an undo that belongs to another service gets a node there.
"""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.facts import Position
from sagac.dsl.graph import Node as GraphNode
from sagac.dsl.graph import NodeKind, SagaGraph
from sagac.dsl.model import Foreach, Group, Item, Parallel, Repeat, Step
from sagac.dsl.structure import Structure

from .live import fill
from .news import news
from .parts import Edge, Node, Projection
from .passing import pass_by

_KINDS = {
    NodeKind.START: "start",
    NodeKind.END: "end",
    NodeKind.STEP: "step",
    NodeKind.UNDO: "undo",
    NodeKind.WAIT: "wait",
    NodeKind.SAGA: "child",
    NodeKind.FAIL: "fail",
    NodeKind.DECISION: "decision",
}


def project(graph: SagaGraph) -> Projection:
    """All nodes of ``graph`` and of the sagas that it uses."""
    draft = _Draft()
    _Frame(draft, graph).draw()
    draft.edges = pass_by(draft.nodes, draft.edges)
    for number, edge in enumerate(draft.edges):
        edge.name = f"e{number}"
    projection = Projection(graph, draft.nodes, tuple(draft.edges), {})
    fill(projection)
    return Projection(graph, draft.nodes, tuple(draft.edges), news(projection))


class _Draft:
    """What is drawn so far, of all frames."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.edges: list[Edge] = []


class _Frame:
    """One saga: the outermost, or one that is used as an item of it."""

    def __init__(
        self,
        draft: _Draft,
        graph: SagaGraph,
        frame: str = "",
        loops: tuple[str, ...] = (),
        parents: tuple[str, ...] = (),
        path: str = "",
    ) -> None:
        self.draft = draft
        self.graph = graph
        self.frame = frame
        self.loops = loops
        self.parents = parents
        self.path = path
        self.structure = Structure(graph.saga)

    def draw(self) -> None:
        """Draws all nodes and edges of the frame; of a sub-saga without its start and end."""
        for node in self.graph.nodes:
            if not (self.frame and node.item is None):
                self._node(node)
        for edge in self.graph.edges:
            self._edge(self.graph.nodes[edge.source], self.graph.nodes[edge.target], edge.label)
        self._judge()
        for item in self._items():
            match item:
                case Foreach():
                    self._foreach(item)
                case Repeat():
                    self._repeat(item)
                case Parallel() if item.join != "all":
                    self._counted(item)
                case Step() | Group() if item.recover:
                    self._recoverable(item)
            self._undoer(item)

    # Nodes

    def _items(self) -> Iterator[Item]:
        return (place.item for place in self.structure.in_order())

    def _node(self, node: GraphNode) -> None:
        kind = _KINDS.get(node.kind, "pass")
        item = node.item
        loops = (*self.loops, *(f"{self.frame}{each}" for each in node.loops))
        parents = (*self.parents, *(f"{self.frame}{each}" for each in node.parents))
        made = Node(
            id=self._id(node),
            kind=kind,
            owner=node.owner,
            graph=self.graph,
            frame=self.frame,
            item=item,
            path=self._path(node),
            loops=loops,
            parents=parents,
        )
        self.draft.nodes[made.id] = made
        if kind == "child":
            self._child(made)

    def _id(self, node: GraphNode) -> str:
        return f"{self.frame}{node.id}"

    def _path(self, node: GraphNode) -> str:
        if node.item is None:
            return self.path.rstrip("/") or node.id
        loops = "".join(f"{each}[{{}}]." for each in node.loops)
        return f"{self.path}{loops}{node.item.name}"

    def _child(self, child: Node) -> None:
        """A saga used as an item: its own nodes between an enter and an exit."""
        assert child.item is not None
        name = child.item.name.text
        back = self._like(child, f"{child.id}:back", "back")
        child.partner, back.partner = back.id, child.id
        parents = (*child.parents, child.makes)
        frame = _Frame(
            self.draft,
            self.graph.children[name],
            f"{child.id}/",
            child.loops,
            parents,
            f"{child.path}/",
        )
        frame.draw()

    def _like(self, node: Node, id: str, kind: str, **more: object) -> Node:
        """Another node of the same item and owner."""
        made = Node(
            id,
            kind,
            node.owner,
            node.graph,
            node.frame,
            node.item,
            node.path,
            node.loops,
            node.parents,
        )
        for name, value in more.items():
            setattr(made, name, value)
        self.draft.nodes[id] = made
        return made

    def _judge(self) -> None:
        judge = self.graph.judge
        if judge is None:
            id = "end" if not self.frame else f"{self.frame.rstrip('/')}:back"
        else:
            first = next(n for n in self.graph.nodes if n.item and n.item.name.text == judge)
            id = self._id(first)
        if not self.frame:
            self.draft.nodes[id].judge = True

    # Edges

    def _edge(self, source: GraphNode, target: GraphNode, label: str | None) -> None:
        kind = source.kind is NodeKind.DECISION
        edge = Edge(
            self._source(source), self._target(target), label, rule="choice" if kind else "all"
        )
        self.draft.edges.append(edge)

    def _source(self, node: GraphNode) -> str:
        if self.frame and node.kind is NodeKind.START:
            return self.frame.rstrip("/")
        return f"{self._id(node)}:back" if node.kind is NodeKind.SAGA else self._id(node)

    def _target(self, node: GraphNode) -> str:
        if self.frame and node.kind is NodeKind.END:
            return f"{self.frame.rstrip('/')}:back"
        return self._id(node)

    def _of(self, item: Item, suffix: str) -> Node:
        return self.draft.nodes[f"{self.frame}{item.name}:{suffix}"]

    def _inside(self, item: Item, node: Node) -> bool:
        return f"{self.frame}{item.name}" in node.parents

    def _section(self, item: Item, node: Node) -> tuple[str, str]:
        """The kind and label of the part of ``item`` that ``node`` is in."""
        inside = node.parents[node.parents.index(f"{self.frame}{item.name}") + 1 :]
        name = inside[0].removeprefix(self.frame) if inside else None
        if name is None:
            assert node.item is not None
            name = node.item.name.text
        section = self.structure.places[name].list.section
        assert section is not None
        return section.kind, section.label

    def _into(self, item: Item, fork: Node) -> list[Edge]:
        """The edges from ``fork`` to what is inside ``item``."""
        nodes = self.draft.nodes
        return [
            e
            for e in self.draft.edges
            if e.source == fork.id and self._inside(item, nodes[e.target])
        ]

    def _out(self, item: Item, join: Node) -> list[Edge]:
        nodes = self.draft.nodes
        return [
            e
            for e in self.draft.edges
            if e.target == join.id and self._inside(item, nodes[e.source])
        ]

    def _connect(self, source: Node, target: Node, way: str, label: str | None = None) -> None:
        self.draft.edges.append(Edge(source.id, target.id, label, way))

    # Composites

    def _foreach(self, item: Foreach) -> None:
        fork, join = self._of(item, "fork"), self._of(item, "join")
        fork.kind, join.kind = "loop", "gather" if item.join in ("all", "settled") else "pick"
        settled = item.join != "all" and (item.mode == "sequence" or item.join == "settled")
        enter, leave = self._element(item, fork, join, "each", settled)
        if item.mode == "sequence":
            join.kind = "gather"
            fork.sequence = join.sequence = leave.sequence = True
            self._connect(leave, enter, "again")
        name = f"{self.frame}{item.name}"
        columns = [(f"{name}.outcomes", "~outcome")]
        for inner in self.draft.nodes.values():
            if inner.makes and self._inside(item, inner) and inner.kind in ("step", "wait", "back"):
                columns += self._columns(name, inner)
        join.columns = leave.columns = tuple(dict.fromkeys(columns))

    def _columns(self, loop: str, inner: Node) -> list[tuple[str, str]]:
        local = inner.makes.removeprefix(self.frame)
        fields = (each.name for each in inner.facts.output_type.fields)
        return [(f"{loop}.{local}.{name}", f"{inner.makes}.{name}") for name in fields]

    def _element(
        self, item: Item, fork: Node, join: Node, suffix: str, settled: bool
    ) -> tuple[Node, Node]:
        """The enter and exit of an element or round, between loop and join."""
        name = f"{self.frame}{item.name}"
        into, out = self._into(item, fork), self._out(item, join)
        inside = {"loops": (*fork.loops, name), "parents": (*fork.parents, name), "loop": fork.id}
        path = fork.path.removesuffix(str(item.name)) + f"{item.name}[{{}}]"
        kinds = ("scope", "leave") if settled else ("pass", "pass")
        ids = (f"{fork.makes}:enter:{suffix}", f"{fork.makes}:exit:{suffix}")
        drawn = ids[0] in self.draft.nodes
        enter, leave = (
            self._like(fork, id, kind, **inside, path=path, settled=settled)
            for id, kind in zip(ids, kinds, strict=True)
        )
        enter.partner, leave.partner = leave.id, enter.id
        if drawn:
            for edge in (*into, *out):
                self.draft.edges.remove(edge)
        for edge in () if drawn else into:
            edge.source, edge.label = enter.id, None
        for edge in () if drawn else out:
            edge.target = leave.id
        self._connect(fork, enter, "into")
        self._connect(leave, join, "out")
        self._connect(fork, join, "bypass")
        join.partner = fork.id
        return enter, leave

    def _repeat(self, item: Repeat) -> None:
        enter, leave = self._of(item, "enter"), self._of(item, "exit")
        enter.kind, leave.kind = "loop", "gather"
        first, last = self._element(item, enter, leave, "round", False)
        enter.sequence = leave.sequence = last.sequence = True
        last.path = enter.path
        self._connect(last, first, "again")

    def _counted(self, item: Parallel) -> None:
        fork, join = self._of(item, "fork"), self._of(item, "join")
        settled = item.join == "settled"
        for branch in item.branches:
            self._branch(item, fork, join, branch.name.text, settled)
        if not settled:
            join.kind, join.partner = "pick", fork.id
            self._connect(fork, join, "bypass")

    def _branch(self, item: Parallel, fork: Node, join: Node, name: str, settled: bool) -> None:
        kinds = ("scope", "leave") if settled else ("pass", "pass")
        ids = (f"{fork.makes}:enter:{name}", f"{fork.makes}:exit:{name}")
        into = [e for e in self._into(item, fork) if self._is_of(item, e.target, name)]
        out = [e for e in self._out(item, join) if self._is_of(item, e.source, name)]
        drawn = ids[0] in self.draft.nodes
        parents = (*fork.parents, f"{self.frame}{item.name}")
        enter, leave = (
            self._like(fork, id, kind, parents=parents, settled=settled)
            for id, kind in zip(ids, kinds, strict=True)
        )
        enter.partner, leave.partner = leave.id, enter.id
        label = f"{self.frame}{item.name}.{name}"
        if drawn:
            for edge in self.draft.edges:
                if edge.source == leave.id and edge.target == join.id:
                    edge.label = label
            return
        for edge in into:
            edge.source, edge.label = enter.id, None
        for edge in out:
            edge.target = leave.id
        self._connect(fork, enter, "plain", name)
        self._connect(leave, join, "plain", label)

    def _is_of(self, item: Item, node: str, branch: str) -> bool:
        id = node.removeprefix(self.frame)
        if id in (f"{item.name}:enter:{branch}", f"{item.name}:exit:{branch}"):
            return True
        if id.startswith((f"{item.name}:enter:", f"{item.name}:exit:")):
            return False
        return self._section(item, self.draft.nodes[node])[1] == branch

    def _recoverable(self, item: Step | Group) -> None:
        enter, leave = self._of(item, "enter"), self._of(item, "exit")
        enter.kind, leave.kind = "scope", "leave"
        enter.partner, leave.partner = leave.id, enter.id
        enter.recover = tuple(each.refusal.text for each in item.recover)
        for edge in self.draft.edges:
            if edge.source == enter.id and edge.label is not None:
                edge.rule = "handler"
        for edge in self._out(item, leave):
            kind, label = self._section(item, self.draft.nodes[edge.source])
            if kind == "handler":
                edge.rule, edge.label = "leaves", label

    # Undoing

    def _undoer(self, item: Item) -> None:
        facts = self.graph.facts[item.name.text]
        undo = facts.compensation
        if undo is None or (facts.position is Position.AFTER and not facts.effect):
            return
        id = f"{self.frame}{item.name}"
        node = self.draft.nodes[id if id in self.draft.nodes else f"{id}:enter"]
        if node.kind == "scope" and isinstance(item, Group):
            node = self._inner(item, node)
        if undo.service == node.owner:
            node.compensates = True
            return
        undoer = self._like(node, f"{node.id}~undo", "undoer", owner=undo.service, partner=node.id)
        node.undoer = undoer.id
        undoer.compensates = True
        self._connect(node, undoer, "reverse")

    def _inner(self, item: Group, scope: Node) -> Node:
        """A recoverable group with a compensation of its own: that comes before the handler."""
        enter = self._like(scope, f"{scope.id}:body", "pass")
        for edge in self.draft.edges:
            if edge.source == scope.id and edge.rule == "all":
                edge.source = enter.id
        self._connect(scope, enter, "plain")
        return enter
