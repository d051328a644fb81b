"""Follows one saga while its worker runs: progress, and when there is nothing more to wait for."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Race, Saga, Wait
from sagac.dsl.rules.places import every_item
from sagac.verify.samples import sample_record
from sagac.verify.scenario import event_type
from sagac.verify.values import to_json

from .place import Place
from .state import ENDED, SagaState, saga_state
from .store import open_store
from .supervise import Watch, report_progress

if TYPE_CHECKING:
    from sagac.templates.dbos.engine.store import Store


class Follower:
    """Tells on stderr what happens to the saga ``id``; ends when it is stuck, or must wait.

    ``patient`` stays while the saga waits for an event; else it is left waiting.
    """

    def __init__(self, place: Place, id: str | None, graph: SagaGraph, patient: bool) -> None:
        self.place = place
        self.id = id
        self.graph = graph
        self.patient = patient
        self.state: SagaState | None = None
        self.hello: str | None = None  # said once the saga is there
        self._report = report_progress(lambda line: click.echo(line, err=True))
        self._said: str | None = None
        self._quiet = 0

    def look(self, watch: Watch) -> bool:
        """Whether there is no use in waiting for more."""
        if self.id is None and watch.started:
            self.id = watch.started[0]
        if self.id is None:
            return False
        with open_store(self.place.store) as store:
            state = self._state(store)
        if state is None:
            return False
        self.state = state
        return self._enough(state)

    def _state(self, store: Store) -> SagaState | None:
        assert self.id is not None
        row = store.saga(self.id)
        if row is None:
            return None
        if self.hello is not None:
            click.echo(self.hello, err=True)
            self.hello = None
        self._report(store.history(self.id))
        waits = any(mail.state == "pending" for mail in store.mail(self.id))
        self._quiet = 0 if waits else self._quiet + 1
        return saga_state(store, row, self.graph)

    def _enough(self, state: SagaState) -> bool:
        if state.state in ENDED:
            return False  # the worker ends by itself
        if state.state == "STUCK" and self._quiet > 3:
            return True
        if state.state == "WAITING" and state.waits_for != ("time",):
            if self._said != (said := state.sentence()):
                self._said = said
                click.echo(said, err=True)
                for event in dict.fromkeys(state.waits_for):
                    data = json.dumps(self._carried(event), ensure_ascii=False)
                    told = shlex.quote(data)
                    click.echo(f"  sagac signal {state.key} {event} --data {told}", err=True)
            return not self.patient and self._quiet > 3
        return False

    def _carried(self, event: str) -> dict[str, Any]:
        """What ``event`` carries, to be filled in; fields of the input have its values."""
        assert self.id is not None
        way = next((each for each in _waits(self.graph.saga) if _hears(each, event)), None)
        if way is None:  # a used saga's
            return {}
        with open_store(self.place.store) as store:
            known = store.input(self.id)
        data = to_json(sample_record(event_type(self.graph, way), self.graph.saga.types))
        return {name: known.get(name, _open(value)) for name, value in data.items()}


def _waits(saga: Saga) -> Iterator[Wait | Race]:
    for item in every_item(saga.items):
        if isinstance(item, Wait):
            yield item
            yield from item.first


def _hears(way: Wait | Race, event: str) -> bool:
    return way.event is not None and way.event.text == event


def _open(value: Any) -> Any:
    """The same with its texts left open."""
    match value:
        case str():
            return "…"
        case list():
            return [_open(each) for each in value]
        case dict():
            return {name: _open(each) for name, each in value.items()}
        case _:
            return value
