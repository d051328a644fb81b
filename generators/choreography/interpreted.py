"""The tables of services without code: what generated ones compute is evaluated from the file.

For pictures, and as the measure of what is generated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import Position, Role
from sagac.dsl.model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Parallel,
    Repeat,
    Seconds,
    Step,
    Wait,
)
from sagac.dsl.structure import race_name
from sagac.dsl.syntax import Value
from sagac.templates.choreography.runtime.nodes import Edge, Listening, Node, Table
from sagac.templates.choreography.runtime.rules import find
from sagac.templates.choreography.runtime.tokens import Iteration, Row
from sagac.verify.values import from_json, to_json

from .limits import used
from .parts import Node as Planned
from .parts import Projection

Values = Mapping[str, Any]
Decide: TypeAlias = "Callable[[Item], int | None]"


def tables(projection: Projection, decide: Decide = lambda item: None) -> dict[str, Table]:
    """The table of each service; ``decide`` may choose the case of an item itself."""
    known = _Known(projection)
    nodes = {id: Computed(plan, known, decide).node() for id, plan in projection.nodes.items()}
    return {service: _table(projection, service, nodes) for service in projection.services}


def _table(projection: Projection, service: str, nodes: Mapping[str, Node]) -> Table:
    own = {id: nodes[id] for id, plan in projection.nodes.items() if plan.owner == service}
    edges = tuple(
        Edge(e.name, e.source, e.target, e.label, e.way, e.rule, tuple(e.live))  # type: ignore[arg-type]
        for e in projection.edges
        if e.source in own or e.target in own
    )
    news = {
        id: mine
        for id, waits in projection.news.items()
        if (mine := tuple(wait for wait in waits if wait.partition("@")[0] in own))
    }
    saga = projection.graph.saga
    return Table(saga.name.text, saga.version, service, own, edges, news)


class _Known:
    """The types of the values that travel in a projection."""

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.types = {name: each for edge in projection.edges for name, each in edge.live.items()}

    def nested(self, values: Values, plan: Planned) -> dict[str, Any]:
        """Values as expressions read them: ``input.x`` is ``{"input": {"x": …}}``, typed."""
        found: dict[str, Any] = {}
        for name in sorted(values):
            if name.startswith(plan.frame):
                _put(found, name.removeprefix(plan.frame), values[name])
        for name, value in self.types.items():
            given = find(values, name)
            if given is not None and name.startswith(plan.frame):
                typed = from_json(given, value.live.type, plan.graph.saga.types)
                _put(found, name.removeprefix(plan.frame), typed)
        return found

    def first(self, frame: str) -> Planned:
        """A node of a frame."""
        return next(each for each in self.projection.nodes.values() if each.frame == frame)


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    if "/" in name:
        return
    *path, last = name.split(".")
    for each in path:
        inner = into.get(each)
        into[each] = inner = dict(inner) if isinstance(inner, dict) else {}
        into = inner
    if not isinstance(into.get(last), dict):
        into[last] = value


class Computed:
    """What a planned node computes, from the file's expressions."""

    def __init__(
        self,
        plan: Planned,
        known: _Known | Projection,
        decide: Decide = lambda item: None,
    ) -> None:
        self.plan = plan
        self.known = _Known(known) if isinstance(known, Projection) else known
        self.decide = decide

    def node(self) -> Node:
        """The node as the machine plays it."""
        plan = self.plan
        return Node(
            plan.id,
            plan.kind,  # type: ignore[arg-type]
            path=plan.path,
            depth=len(plan.loops),
            frame=plan.frame,
            makes=plan.makes,
            judge=plan.judge,
            undo=plan.compensates,
            undoer=plan.undoer,
            sequence=plan.sequence,
            columns=plan.columns,
            loop=plan.loop,
            partner=plan.partner,
            recover=plan.recover,
            settled=plan.settled,
            order=plan.order,
            **self._limits(),
            **(self._facts() if plan.item is not None else {}),
            **self._computed(),
        )

    def value(self, written: Value, values: Values, failure: Values | None = None) -> Any:
        """The value of an expression, None if it cannot be had; ``failure`` is why it goes back."""
        known = self.known.nested(values, self.plan)
        version = self.plan.graph.saga.version
        known["saga"] = {"key": values.get("saga.key"), "version": version, "failure": failure}
        for root in self.plan.graph.facts:
            known.setdefault(root, None)
        try:
            return evaluate(written, known)
        except EvaluationError:
            return None

    def _limits(self) -> dict[str, Any]:
        """Of the judge of a saga that is used."""
        if self.plan.watches is None:
            return {}
        saga = used(self.plan.watches)
        event = Listening(saga.cancel.event.text, None) if saga.cancel is not None else None
        return {"within": saga.deadline and saga.deadline.value, "calls_off": event}

    def _facts(self) -> dict[str, Any]:
        facts = self.plan.facts
        found: dict[str, Any] = {
            "cancellable": facts.cancellable,
            "after_pivot": facts.position is Position.AFTER,
        }
        if self.plan.kind == "step" and isinstance(facts.item, Step):
            found |= {
                "effect": facts.effect,
                "optional": facts.role is Role.OPTIONAL,
                "retriable": facts.role is Role.RETRIABLE,
                "on_unknown": facts.on_unknown.value,
                "fenced": any(self._has_own_undo(each) for each in self.plan.parents),
            }
        return found

    def _has_own_undo(self, parent: str) -> bool:
        for each in self.known.projection.nodes.values():
            if each.makes == parent and isinstance(each.item, Group):
                return each.facts.compensation is not None
        return False

    def _computed(self) -> dict[str, Any]:
        plan, item = self.plan, self.plan.item
        match plan.kind:
            case "decision":
                return {"choose": self.choose}
            case "loop" if isinstance(item, Foreach):
                return self._foreach(item)
            case "pass" if isinstance(item, Parallel) and plan.id.endswith(":fork"):
                return self._need(item)
            case "wait":
                assert isinstance(item, Wait)
                return self._wait(item)
            case "fail":
                assert isinstance(item, Fail)
                return {"reason": item.name.text}
            case "end" if plan.graph.saga.output is not None:
                return {"given": self._output}
            case "child":
                return {"given": self._child_input}
            case "back":
                return {"given": self._child_output}
        if plan.loop and isinstance(item, Repeat) and plan.sequence:
            return {"until": lambda values: self._is_over(item, values), "most": item.max}
        return {}

    def choose(self, values: Values) -> str:
        """The label of the edge that is taken."""
        item = self.plan.item
        assert item is not None
        forced = self.decide(item)
        if self.plan.id.endswith(":if"):
            assert item.condition is not None
            return "then" if forced == 0 or self.value(item.condition, values) else "else"
        if isinstance(item, Wait):
            won = find(values, f"{self.plan.makes}.won")
            return next(race_name(each) for each in item.first if race_name(each) == won)
        assert isinstance(item, Choose)
        for number, case in enumerate(item.cases, start=1):
            holds = self.value(case.condition, values) if forced is None else forced == number - 1
            if holds:
                return f"case {number}"
        return "none" if item.otherwise is None else "otherwise"

    def _is_over(self, item: Repeat, values: Values) -> bool:
        return item.until is None or bool(self.value(item.until, values))

    def _foreach(self, item: Foreach) -> dict[str, Any]:
        found: dict[str, Any] = self._need(item)
        source, limit = item.source, item.limit
        assert source is not None
        found["elements"] = lambda values: to_json(list(self.value(source, values) or []))
        found["variable"] = f"{self.plan.frame}{item.variable}"
        if isinstance(limit, int):
            found["limit"] = lambda values: limit
        elif limit is not None:
            found["limit"] = lambda values: self.value(limit, values)
        return found

    def _need(self, item: Parallel | Foreach) -> dict[str, Any]:
        join = item.join
        if join in ("all", "settled"):
            return {}
        if isinstance(join, int | str):
            return {"need": lambda values, count: 1 if join == "any" else join}
        return {"need": lambda values, count: int(self.value(join, values) or 1)}

    def _wait(self, item: Wait) -> dict[str, Any]:
        names = [each.event.text for each in item.first if each.event is not None]
        if item.event is not None:
            names = [item.event.text]
        pauses = [each.after for each in item.first if each.after is not None]
        span = next(iter(pauses), item.duration or item.timeout)

        def seconds(values: Values) -> float | None:
            return span.value if isinstance(span, Seconds) else None if span is None else 1.0

        return {
            "seconds": seconds,
            "events": tuple(Listening(name, None) for name in names),
            "tolerant": item.on_timeout == "continue",
            "race": bool(item.first),
        }

    # Whole sagas

    def _output(self, values: Values) -> dict[str, Any]:
        output = self.plan.graph.saga.output
        assert output is not None
        return dict(to_json(self.value(output, values) or {}))

    def _child_input(self, values: Values) -> dict[str, Any]:
        written = self.plan.facts.input.items()
        inside = f"{self.plan.id}/input."
        return {f"{inside}{name}": to_json(self.value(each, values)) for name, each in written}

    def _child_output(self, values: Values) -> dict[str, Any]:
        child = self.plan.graph.children[self.plan.facts.item.name.text]
        if child.saga.output is None:
            return {}
        inner = Computed(self.known.first(f"{self.plan.partner}/"), self.known)
        given = to_json(inner.value(child.saga.output, values) or {})
        return {f"{self.plan.makes}.{name}": each for name, each in given.items()}


@dataclass
class MemoryRows:
    """The rows of one saga in one service."""

    rows: dict[tuple[str, Iteration], Row] = field(default_factory=dict)

    def get(self, node: str, iteration: Iteration) -> Row:
        """The row of a node, a new one if there is none."""
        return self.rows.setdefault((node, iteration), Row(node, iteration))

    def all(self, node: str, prefix: Iteration) -> list[Row]:
        """The rows of a node within an iteration, in their order."""
        found = [
            row
            for (name, iteration), row in self.rows.items()
            if name == node and iteration[: len(prefix)] == prefix
        ]
        return sorted(found, key=lambda row: row.iteration)
