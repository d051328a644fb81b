"""``Node(...)`` of each node of a service, with what it computes as typed functions."""

from __future__ import annotations

from typing import TypeAlias

from sagac.dsl.binder import Spot, event_spot
from sagac.dsl.facts import Position, Role
from sagac.dsl.model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Parallel,
    Race,
    Repeat,
    Seconds,
    Step,
    Wait,
)
from sagac.dsl.syntax import Expr, Value
from sagac.dsl.types import OptionalType, RecordType
from sagac.generators.layout import Code, call, prefixed, tuple_of
from sagac.generators.layout import Group as Together
from sagac.generators.python.records import quoted
from sagac.generators.python.values import number

from .callings import Callings
from .limits import used
from .parts import Node
from .service import Service
from .views import Asked, View, spot_of

Named: TypeAlias = "dict[str, Code | None]"


class Nodes:
    """Writes the nodes of one service."""

    def __init__(self, service: Service, callings: Callings) -> None:
        self._service = service
        self._callings = callings

    def codes(self) -> tuple[Code, ...]:
        """All of them; the calls are written before, so that it is known who reads the key."""
        return tuple(map(self._node, self._service.nodes))

    def _node(self, node: Node) -> Code:
        computed = self._computed(node)
        keyed = node.id in self._service.keyed and not node.frame
        return call(
            f"{self._service.at}Node",
            quoted(node.id),
            quoted(node.kind),
            **self._plain(node),
            keyed="True" if keyed else None,
            **computed,
        )

    def _plain(self, node: Node) -> Named:
        """What is known without looking at expressions."""
        return {
            "path": quoted(node.path),
            "depth": str(len(node.loops)) if node.loops else None,
            "frame": quoted(node.frame) if node.frame else None,
            "makes": quoted(node.makes) if node.makes else None,
            "judge": _flag(node.judge),
            **_facts(node),
            "undo": _flag(node.compensates),
            "undoer": _text(node.undoer),
            "fenced": _flag(node.kind == "step" and any(map(self._undoes, self._around(node)))),
            "sequence": _flag(node.sequence),
            "columns": _columns(node),
            "loop": _text(node.loop),
            "partner": _text(node.partner),
            "recover": tuple_of(map(quoted, node.recover)) if node.recover else None,
            "settled": _flag(node.settled),
            "order": _text(node.order),
            **self._limits(node),
        }

    def _limits(self, node: Node) -> Named:
        """Of the judge of a saga that is used: its time, and what cancels it."""
        if node.watches is None:
            return {}
        saga, frame = used(node.watches), f"{node.watches.id}/"
        found: Named = {"within": number(saga.deadline.value) if saga.deadline else None}
        if saga.cancel is not None:
            inner = next(n for n in self._service.projection.nodes.values() if n.frame == frame)
            event, match = saga.cancel.event.text, saga.cancel.match
            spot = Spot(items=False)
            found["calls_off"] = self.listening(inner, event, None, match, "keep", spot)
        return found

    def _around(self, node: Node) -> list[Node]:
        nodes = self._service.projection.nodes.values()
        found = {each.makes: each for each in nodes if each.item is not None}
        return [found[each] for each in node.parents]

    @staticmethod
    def _undoes(around: Node) -> bool:
        """Whether a group is undone as a whole, in place of its members."""
        return isinstance(around.item, Group) and around.facts.compensation is not None

    # What a node computes

    def _computed(self, node: Node) -> Named:
        found: Named = {"when": self._callings.when(node)}
        match node.kind:
            case "decision":
                found["choose"] = self._choose(node)
            case "loop" if isinstance(node.item, Foreach):
                found |= self._foreach(node, node.item)
            case "pass" if isinstance(node.item, Parallel) and node.id.endswith(":fork"):
                found["need"] = self._need(node, node.item)
            case "wait":
                found |= self._wait(node)
            case "fail":
                found |= self._fail(node)
            case "end" | "child" | "back":
                found["given"] = self._given(node)
        if node.loop and isinstance(node.item, Repeat) and node.sequence:
            found |= self._round(node, node.item)
        return found

    def _spot(self, node: Node) -> Spot:
        place = self._service.frames.sight(node).place(node.facts.item.name.text)
        return spot_of(place)

    def _typed(self, node: Node, purpose: str, value: Value, spot: Spot | None = None) -> View:
        return self._service.view(node, purpose, Asked(value, spot or self._spot(node)))

    def _choose(self, node: Node) -> Code:
        item = node.item
        if node.id.endswith(":if"):
            assert item is not None
            assert item.condition is not None
            place = self._service.frames.sight(node).place(item.name.text)
            view = self._typed(node, "if", item.condition, Spot(place))
            return _given(view, view.values.source(item.condition), "either")
        if isinstance(item, Wait):
            return f"lambda values: str(values[{quoted(f'{node.makes}.won')}])"
        assert isinstance(item, Choose)
        asked = (Asked(case.condition, self._spot(node)) for case in item.cases)
        view = self._service.view(node, "choice", *asked)
        head = "lambda v: " if view.name else "lambda _: "
        cases = (head + view.values.source(case.condition) for case in item.cases)
        last = '"none"' if item.otherwise is None else '"otherwise"'
        return call("chosen", view.name or "Nothing", Together("[", tuple(cases), "]"), last)

    def _foreach(self, node: Node, item: Foreach) -> Named:
        assert item.source is not None
        view = self._typed(node, "elements", item.source)
        given = view.values.type(item.source)
        source = view.values.source(item.source)
        elements = f"{source} or []" if isinstance(given, OptionalType) else source
        return {
            "elements": _given(view, elements, "plain"),
            "variable": quoted(f"{node.frame}{item.variable}"),
            "need": self._need(node, item),
            "limit": self._limit(node, item),
        }

    def _limit(self, node: Node, item: Foreach) -> Code | None:
        if item.limit is None or isinstance(item.limit, int):
            return None if item.limit is None else f"lambda _: {item.limit}"
        view = self._typed(node, "limit", item.limit)
        return _given(view, view.values.source(item.limit))

    def _need(self, node: Node, item: Parallel | Foreach) -> Code | None:
        join = item.join
        if isinstance(join, int) or join == "any":
            return f"lambda values, count: {1 if join == 'any' else join}"
        if isinstance(join, str):
            return None
        view = self._typed(node, "join", join)
        source = view.values.source(join)
        return _given(view, source, "counted") if view.name else f"lambda values, count: {source}"

    def _round(self, node: Node, item: Repeat) -> Named:
        place = self._service.frames.sight(node).place(item.name.text)
        found: Named = {"most": str(item.max)}
        if item.until is not None:
            view = self._typed(node, "until", item.until, Spot(place, inside=True))
            found["until"] = _given(view, view.values.source(item.until))
        if item.every is not None:
            found["every"] = number(item.every.value)
        return found

    def _fail(self, node: Node) -> Named:
        item = node.item
        assert isinstance(item, Fail)
        found: Named = {"reason": quoted(item.name.text)}
        if item.data is not None:
            view = self._typed(node, "", item.data)
            found["data"] = _given(view, view.values.source(item.data), "plain")
        return found

    # Waits

    def _wait(self, node: Node) -> Named:
        item = node.item
        assert isinstance(item, Wait)
        pauses = [race.after for race in item.first if race.after is not None]
        span = next(iter(pauses), item.duration or item.timeout)
        events = [self._race(node, item, race) for race in item.first if race.event is not None]
        if item.event is not None:
            events = [self._listening(node, item.event.text, item.output, item.match, item.early)]
        return {
            "seconds": self._seconds(node, span),
            "events": tuple_of(events) if events else None,
            "tolerant": _flag(item.on_timeout == "continue"),
            "race": _flag(bool(item.first)),
        }

    def _seconds(self, node: Node, span: Seconds | Expr | None) -> Code | None:
        if span is None or isinstance(span, Seconds):
            return None if span is None else f"lambda _: {number(span.value)}"
        view = self._typed(node, "time", span)
        return _given(view, view.values.seconds(span))

    def _race(self, node: Node, item: Wait, race: Race) -> Code:
        assert race.event is not None
        return self._listening(node, race.event.text, race.output, race.match, item.early)

    def _listening(
        self, node: Node, event: str, output: RecordType | None, match: Expr | None, early: str
    ) -> Code:
        return self.listening(node, event, output, match, early, self._spot(node))

    def listening(
        self,
        node: Node,
        event: str,
        output: RecordType | None,
        match: Expr | None,
        early: str,
        spot: Spot,
    ) -> Code:
        """``Listening(...)`` for an event from outside."""
        types = self._service.frames.events(node)
        record = types.record(event, output, match)
        data = types.named(event, output, match)
        condition = None
        if match is not None:
            view = self._typed(node, f"{event} match", match, event_spot(spot, record))
            inner = view.values.bind("event", "event", record)
            made = "lambda event, v: " + inner.source(match)
            condition = call("matching", data, view.name or "Nothing", made)
        return call(
            f"{self._service.at}Listening",
            quoted(event),
            data,
            condition,
            early=None if early == "keep" else quoted(early),
        )

    # Whole sagas

    def _given(self, node: Node) -> Code | None:
        match node.kind:
            case "child":
                return self._child(node)
            case "back":
                return self._back(node)
        output = node.graph.saga.output
        if output is None or not output.fields:
            return None
        frames = self._service.frames
        sight = frames.sight(node)
        asked = (Asked(each, Spot()) for each in output.fields.values())
        view = self._service.look(sight, "end", "the end", *asked)
        if view.keyed:
            self._service.keyed.add(node.id)
        record = sight.scope.record(node.graph.output_type)
        made = view.values.request(frames.output_class(sight), record, output.fields)
        return _given(view, made, "named", quoted(""))

    def _child(self, node: Node) -> Code:
        """The input of a saga that is used, under the names that its own items read."""
        frames, facts = self._service.frames, node.facts
        spot = self._spot(node)
        asked = (Asked(each, spot) for each in facts.input.values())
        view = self._service.view(node, "", *asked)
        record = frames.sight(node).scope.record(facts.input_type)
        made = view.values.request(frames.input_class(frames.child(node)), record, facts.input)
        return _given(view, made, "named", quoted(f"{node.id}/input."))

    def _back(self, node: Node) -> Code | None:
        frames = self._service.frames
        sight = frames.child(node)
        graph = sight.scope.graph
        output = graph.saga.output
        if output is None or not output.fields:
            return None
        asked = (Asked(each, Spot()) for each in output.fields.values())
        view = self._service.look(sight, f"{node.makes} end", f"the end of {node.makes}", *asked)
        record = sight.scope.record(graph.output_type)
        made = view.values.request(frames.output_class(sight), record, output.fields)
        return _given(view, made, "named", quoted(f"{node.makes}."))


def _given(view: View, made: Code, function: str = "given", *before: str) -> Code:
    """``given(View, lambda v: …)``; where nothing is read, there is no view."""
    name, argument = (view.name, "v") if view.name else ("Nothing", "_")
    if view.name is None and function == "given":
        return prefixed("lambda _: ", made)
    return call(function, *before, name, prefixed(f"lambda {argument}: ", made))


def _facts(node: Node) -> Named:
    if node.item is None:
        return {}
    facts = node.facts
    found: Named = {
        "cancellable": _flag(facts.cancellable),
        "after_pivot": _flag(facts.position is Position.AFTER),
    }
    if node.kind == "step" and isinstance(node.item, Step):
        found |= {
            "effect": _flag(facts.effect),
            "optional": _flag(facts.role is Role.OPTIONAL),
            "retriable": _flag(facts.role is Role.RETRIABLE),
            "on_unknown": None if facts.on_unknown == "fail" else quoted(facts.on_unknown.value),
        }
    return found


def _columns(node: Node) -> Code | None:
    rows = (Together("(", (quoted(name), quoted(each))) for name, each in node.columns)
    return tuple_of(rows) if node.columns else None


def _flag(value: bool) -> str | None:
    return "True" if value else None


def _text(value: str | None) -> str | None:
    return None if value is None else quoted(value)
