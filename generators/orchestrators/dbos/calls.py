"""Calls of actions: steps, pivots, retriable and optional steps, compensations, undo items."""

from __future__ import annotations

from sagac.dsl.facts import Compensation, ItemFacts, OnUnknown, Role
from sagac.dsl.model import Item
from sagac.generators.layout import Code, call, flat, prefixed
from sagac.generators.python.catalogue import Scope
from sagac.generators.python.participants import Participants
from sagac.generators.python.policies import Policies, of_action
from sagac.generators.python.records import quoted
from sagac.generators.python.values import Values
from sagac.generators.signatures import Action

_METHODS = {Role.PIVOT: "pivot", Role.RETRIABLE: "retriable", Role.OPTIONAL: "optional"}


class Calls:
    """Writes the calls of one saga."""

    def __init__(self, scope: Scope, here: Participants, policies: Policies) -> None:
        self._scope = scope
        self._here = here
        self._policies = policies

    def output(self, facts: ItemFacts) -> str | None:
        """The class of what a step gives."""
        return self._here.records.output(self._here.action(facts.service, facts.action))

    def step(self, facts: ItemFacts, saga: str, values: Values, *, inside_group: bool) -> Code:
        """``await saga.step(...)``, with the method that the role asks for."""
        action = self._here.action(facts.service, facts.action)
        method = _METHODS.get(facts.role, "step") if facts.role else "step"
        asks = facts.on_unknown is OnUnknown.QUERY and method != "retriable"
        request = self._request(action, values, facts)
        code = call(
            f"{saga}.{method}",
            quoted(facts.item.name.text),
            self._method(action),
            request,
            self._here.records.output(action) or "Nothing",
            self._policies.name(of_action(facts)),
            undo=self._undo_of(facts, values),
            query=self._query(action) if asks else None,
            on_unknown=self._on_unknown(facts, method, inside_group),
            locks=self._locks(facts.item, values),
        )
        return prefixed("await ", code)

    def on_undo(self, facts: ItemFacts, saga: str, values: Values) -> Code:
        """``saga.on_undo(...)`` of an undo item."""
        undo = facts.compensation
        assert undo is not None
        action = self._here.action(undo.service, undo.action)
        inner = values.at(("saga", "failure"), "failure")
        return call(
            f"{saga}.on_undo",
            quoted(facts.item.name.text),
            self._method(action),
            prefixed("lambda failure: ", self._undo_request(action, undo, inner)),
            self._policies.undo_name(undo),
            on_failure='"continue"' if undo.on_failure == "continue" else None,
            locks=self._locks(facts.item, values),
        )

    def compensation(self, undo: Compensation, own: str, values: Values) -> Code:
        """``Compensation[Own](...)``; ``own`` is the class of the item's output or None."""
        action = self._here.action(undo.service, undo.action)
        inner = values.at(("saga", "failure"), "failure")
        arguments = "lambda own, failure: "
        when = None
        if undo.when is not None:
            when = arguments + inner.source(undo.when)
            inner = inner.where(undo.when)
        return call(
            f"Compensation[{own}]",
            self._method(action),
            prefixed(arguments, self._undo_request(action, undo, inner)),
            self._policies.undo_name(undo),
            when=when,
            on_failure='"continue"' if undo.on_failure == "continue" else None,
        )

    def _request(self, action: Action, values: Values, facts: ItemFacts) -> Code:
        name = self._here.records.request(action)
        return values.request(name, action.input, facts.input)

    def _undo_request(self, action: Action, undo: Compensation, values: Values) -> Code:
        return values.request(self._here.records.request(action), action.input, undo.input)

    def _undo_of(self, facts: ItemFacts, values: Values) -> Code | None:
        if facts.compensation is None or facts.role in (Role.PIVOT, Role.RETRIABLE):
            return None
        output = self._scope.record(facts.output_type)
        own = values.bind(facts.item.name.text, "own", output, maybe=True)
        return self.compensation(facts.compensation, self.output(facts) or "None", own)

    def _method(self, action: Action) -> str:
        service = self._here.attribute(action.service)
        return f"services.{service}.{self._here.method(action)}"

    def _query(self, action: Action) -> str:
        return f"services.{self._here.attribute(action.service)}.{self._here.query(action)}"

    def _on_unknown(self, facts: ItemFacts, method: str, inside_group: bool) -> str | None:
        usual = OnUnknown.COMPENSATE if facts.compensation else OnUnknown.FAIL
        skip = (usual, OnUnknown.QUERY, OnUnknown.RETRY)
        if method == "retriable" or facts.on_unknown in skip:
            return None
        if facts.on_unknown is OnUnknown.COMPENSATE and not inside_group:
            return None
        return quoted(facts.on_unknown.value)

    def _locks(self, item: Item, values: Values) -> str | None:
        locks = [self._scope.graph.saga.locks[name.text] for name in getattr(item, "locks", ())]
        codes = [
            call("Lock", quoted(each.name.text), values.text(each.key), quoted(each.conflict))
            for each in locks
        ]
        return f"[{', '.join(map(flat, codes))}]" if codes else None
