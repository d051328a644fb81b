"""``sagac status``: where each saga is, what is stuck, the history of one."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from sagac.cli.support import colour
from sagac.runner.place import Place, find_place
from sagac.runner.saved import Graphs
from sagac.runner.state import ENDED, SagaState, saga_state
from sagac.runner.store import find_saga, open_store

if TYPE_CHECKING:
    from sagac.templates.dbos.engine.store import Store

EPILOG = """\
\b
Example:
  sagac status
  sagac status 42
  sagac status --watch
"""
_PAUSE = 1.0  # seconds between two looks of --watch


@click.command("status", epilog=EPILOG)
@click.argument("key", required=False)
@click.option("--file", "spec", metavar="FILE", help="The saga's file, if it is not run from here.")
@click.option("--watch", is_flag=True, help="Look again each second until all sagas have ended.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--store", metavar="URL", help="Where the sagas are; else SAGAC_STORE, else .sagac/.")
def command(key: str | None, spec: str | None, watch: bool, form: str, store: str | None) -> int:
    """Say where the saga KEY is, with its history; without KEY, where each saga is.

    Exit code 1 if one that was asked for is stuck.
    """
    place = find_place(store)
    graphs = Graphs(place, spec)
    with open_store(place.store) as opened:
        while True:
            states = _states(opened, graphs, key)
            if watch and form == "text" and colour():
                click.echo("\033[2J\033[H", nl=False)
            _show(opened, states, key, form, place)
            if not watch or all(each.state in ENDED for each in states):
                return int(any(each.state == "STUCK" for each in states))
            time.sleep(_PAUSE)


def _states(store: Store, graphs: Graphs, key: str | None) -> list[SagaState]:
    rows = store.sagas() if key is None else [find_saga(store, key)]
    return [saga_state(store, row, graphs.of(row.name, row.version)) for row in rows]


def _show(store: Store, states: list[SagaState], key: str | None, form: str, place: Place) -> None:
    if form == "json":
        data = [each.to_json() for each in states]
        click.echo(json.dumps(data[0] if key is not None else data, indent=2))
        return
    if not states:
        click.echo("no saga has been run here")
    for state in states:
        click.echo(state.sentence())
    for state in states:
        _show_trouble(store, state)
    if key is not None:
        _show_history(store, states[0])


def _show_trouble(store: Store, state: SagaState) -> None:
    saga = f"{state.saga}/{state.key}"
    for stuck in store.stuck(saga):
        click.echo(f"  stuck: {stuck.path} of {saga}: {stuck.why}")
        click.echo(f'    sagac resolve {state.key} {stuck.path} retry|skip|done --reason "…"')
    for trouble in store.attempts(saga):
        again = f", again at {trouble.next_at}" if trouble.next_at else ""
        tried = f"{trouble.attempts} attempts" if trouble.attempts != 1 else "1 attempt"
        click.echo(f"  in trouble: {trouble.path} of {saga}: {tried}, {trouble.error}{again}")


def _show_history(store: Store, state: SagaState) -> None:
    for call in store.history(f"{state.saga}/{state.key}"):
        reason = f" {call.reason}" if call.reason and call.outcome != "done" else ""
        tried = f" after {call.attempts} attempts" if call.attempts > 1 else ""
        click.echo(f"  {call.finished}  {call.path}  {call.outcome}{reason}{tried}")
    for mail in store.mail(f"{state.saga}/{state.key}"):
        said = mail.name if mail.kind == "event" else f"{mail.kind} {mail.name}"
        click.echo(f"  {mail.at}  {said}  {mail.state}")
