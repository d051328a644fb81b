"""How actions, compensations and queries are called: ``Calling(...)`` of each node."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.binder import Spot, compensating
from sagac.dsl.facts import Compensation, OnUnknown
from sagac.generators.layout import Code, call, prefixed, tuple_of
from sagac.generators.python.policies import of_action, of_undo
from sagac.generators.python.records import quoted
from sagac.generators.signatures import Action

from .parts import Node
from .service import Service, is_step
from .views import Asked, View, spot_of

_ARGUMENTS = "lambda v, own, failure: "


class Callings:
    """Writes the calls of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def calls(self) -> Iterator[tuple[str, Code]]:
        """The node and the call of each step."""
        for node in self._service.nodes:
            if is_step(node):
                yield node.id, self._step(node)

    def undos(self) -> Iterator[tuple[str, Code]]:
        """The node and the call of each compensation."""
        for node in self._service.nodes:
            undo = node.facts.compensation if node.compensates else None
            if undo is not None:
                yield node.id, self._undo(node, undo)

    def when(self, node: Node) -> Code | None:
        """The condition of a node's compensation."""
        undo = node.facts.compensation if node.compensates else None
        if undo is None or undo.when is None:
            return None
        view = self._undo_view(node, undo, "undo when", Asked(undo.when, self._spot(node)))
        made = _ARGUMENTS + view.values.source(undo.when)
        return call("undoing", view.name or "Nothing", self._own(node), made)

    # Forward

    def _step(self, node: Node) -> Code:
        service, facts = self._service, node.facts
        action = service.action(facts.service, facts.action)
        asks = facts.on_unknown is OnUnknown.QUERY
        return call(
            f"{self._service.at}Calling",
            f"service.{service.here.method(action)}",
            self._request(node, action),
            service.here.records.output(action) or "Nothing",
            service.policies.name(of_action(facts)),
            query=f"service.{service.here.query(action)}" if asks and action.query else None,
            locks=self._locks(node),
        )

    def _request(self, node: Node, action: Action) -> Code:
        spot = spot_of(self._service.frames.sight(node).place(node.facts.item.name.text))
        asked = (Asked(each, spot) for each in node.facts.input.values())
        view = self._service.view(node, "", *asked)
        name = self._service.here.records.request(action)
        made = view.values.request(name, action.input, node.facts.input)
        if view.name is None:
            return prefixed("lambda _: ", made)
        return call("given", view.name, prefixed("lambda v: ", made))

    # Back

    def _spot(self, node: Node) -> Spot:
        place = self._service.frames.sight(node).place(node.facts.item.name.text)
        return compensating(place, spot_of(place).holds)

    def _undo(self, node: Node, undo: Compensation) -> Code:
        service = self._service
        action = service.action(undo.service, undo.action)
        spot = self._spot(node)
        asked = (Asked(each, spot) for each in undo.input.values())
        view = self._undo_view(node, undo, "undo", *asked)
        name = service.here.records.request(action)
        made = prefixed(_ARGUMENTS, view.values.request(name, action.input, undo.input))
        return call(
            f"{self._service.at}Calling",
            f"service.{service.here.method(action)}",
            call("undoing", view.name or "Nothing", self._own(node), made),
            "Nothing",
            service.policies.name(of_undo(undo)),
            locks=self._locks(node) if node.kind == "undo" else None,
            on_failure='"continue"' if undo.on_failure == "continue" else None,
        )

    def _undo_view(self, node: Node, undo: Compensation, purpose: str, *asked: Asked) -> View:
        """What the step gave is ``own``; an undo elsewhere gets it among the values."""
        name = node.facts.item.name.text
        if node.kind != "step":
            return self._service.view(node, purpose, *asked)
        view = self._service.view(node, purpose, *asked, own=name)
        output = self._service.frames.sight(node).scope.record(node.facts.output_type)
        return View(view.name, view.values.bind(name, "own", output, maybe=True), view.keyed)

    def _own(self, node: Node) -> str:
        if node.kind != "step":
            return "Nothing"
        action = self._service.action(node.facts.service, node.facts.action)
        return self._service.here.records.output(action) or "Nothing"

    # Locks

    def _locks(self, node: Node) -> Code | None:
        saga = node.graph.saga
        locks = [saga.locks[each.text] for each in getattr(node.item, "locks", ())]
        made = []
        for lock in locks:
            asked = Asked(lock.key, Spot(items=False))
            view = self._service.view(node, f"{lock.name} lock", asked)
            key = view.values.text(lock.key)
            code = call("Lock", quoted(lock.name.text), key, quoted(lock.conflict))
            given = view.name is not None
            lambda_ = prefixed("lambda v: " if given else "lambda _: ", code)
            made.append(call("given", view.name, lambda_) if given else lambda_)
        return tuple_of(made) if made else None
