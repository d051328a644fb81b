"""Follows one saga while its worker runs: progress, and when there is nothing more to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sagac.dsl.graph import SagaGraph

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
                for event in state.waits_for:
                    click.echo(f"  sagac signal {state.key} {event} --data '{{…}}'", err=True)
            return not self.patient and self._quiet > 3
        return False
