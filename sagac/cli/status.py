"""``sagac status``: where each saga is, what is stuck, the history of one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sagac.cli.options import stores
from sagac.cli.support import colour
from sagac.runner.observed import Choreographed, choreographed, missing
from sagac.runner.place import Place, find_place
from sagac.runner.saved import Graphs
from sagac.runner.state import ENDED, SagaState, saga_state
from sagac.runner.store import open_store, unclear

if TYPE_CHECKING:
    from sagac.templates.choreography.runtime.observed import Seen
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
@stores
def command(
    key: str | None, spec: str | None, watch: bool, form: str, store: tuple[str, ...]
) -> int:
    """Say where the saga KEY is, with its history; without KEY, where each saga is.

    Exit code 1 if one that was asked for is stuck.
    """
    place = find_place(*store)
    graphs = Graphs(place, spec)
    with both(place) as (opened, found):
        while True:
            states = _states(opened, graphs, found, key)
            if watch and form == "text" and colour():
                click.echo("\033[2J\033[H", nl=False)
            _show(opened, found, states, key, form)
            if not watch or all(each.state in ENDED for each, _ in states):
                return int(any(each.state == "STUCK" for each, _ in states))
            time.sleep(_PAUSE)


@contextmanager
def both(place: Place) -> Iterator[tuple[Store | None, Choreographed]]:
    """The orchestrated sagas of a place and the choreographed ones; either may be missing."""
    with choreographed(place) as found:
        if found.orchestrated is None:
            yield None, found
            return
        with open_store(found.orchestrated.store) as opened:
            yield opened, found


def _states(
    store: Store | None, graphs: Graphs, found: Choreographed, key: str | None
) -> list[tuple[SagaState, Seen | None]]:
    states: list[tuple[SagaState, Seen | None]] = [*found.states(key)]
    rows = [] if store is None else store.sagas()
    rows = [row for row in rows if key is None or key in (row.id, row.key)]
    for row in rows if store is not None else []:
        assert store is not None
        states.append((saga_state(store, row, graphs.of(row.name, row.version)), None))
    if key is not None and len(states) != 1:
        raise unclear(key, [f"{each.saga}/{each.key}" for each, _ in states])
    return states


def _show(
    store: Store | None,
    found: Choreographed,
    states: list[tuple[SagaState, Seen | None]],
    key: str | None,
    form: str,
) -> None:
    if form == "json":
        data = [each.to_json() for each, _ in states]
        click.echo(json.dumps(data[0] if key is not None else data, indent=2))
        return
    if not states:
        click.echo("no saga has been run here")
    for state, _ in states:
        click.echo(state.sentence())
    for state, seen in states:
        if seen is not None:
            _show_missing(found, seen)
        elif store is not None:
            _show_trouble(store, state)
    if key is not None and states[0][1] is not None:
        _show_events(found, states[0][1])
    elif key is not None and store is not None:
        _show_history(store, states[0][0])


def _show_missing(found: Choreographed, seen: Seen) -> None:
    for line in missing(seen, found.picture(seen)):
        click.echo(f"  {line} ({seen.saga}/{seen.key})")
    for each in seen.at:
        if each.why is not None:
            click.echo(f'    sagac resolve {seen.key} {each.path} retry|skip|done --reason "…"')


def _show_events(found: Choreographed, seen: Seen) -> None:
    from sagac.templates.choreography.runtime.observed import iso

    assert found.observed is not None
    picture = found.picture(seen)
    for each in found.observed.records(seen.saga, seen.key):
        event = each.event
        path = picture.spots[event.node].path.format(*event.iteration)
        reason = f" {event.failure.reason}" if event.failure is not None else ""
        click.echo(f"  {iso(each.at)}  {path}  {event.outcome}{reason}  ({each.name})")


def _show_trouble(store: Store, state: SagaState) -> None:
    saga = f"{state.saga}/{state.key}"
    for stuck in store.stuck(saga):
        click.echo(f"  stuck: {stuck.path} of {saga}: {stuck.why}")
        click.echo(f'    sagac resolve {state.key} {stuck.path} retry|skip|done --reason "…"')
    for trouble in store.attempts(saga):
        again = f", again at {trouble.next_at}" if trouble.next_at else ""
        if not trouble.attempts:  # not called yet
            click.echo(f"  {trouble.path} of {saga} {trouble.error}")
            continue
        tried = f"{trouble.attempts} attempts" if trouble.attempts != 1 else "1 attempt"
        click.echo(f"  in trouble: {trouble.path} of {saga}: {tried}, {trouble.error}{again}")


def _show_history(store: Store, state: SagaState) -> None:
    lines: list[tuple[str, str]] = []
    for mail in store.mail(f"{state.saga}/{state.key}"):
        said = mail.name if mail.kind == "event" else f"{mail.kind} {mail.name}"
        lines.append((mail.at, f"{said}  {mail.state}"))
    for call in store.history(f"{state.saga}/{state.key}"):
        reason = f" {call.reason}" if call.reason and call.outcome != "done" else ""
        tried = f" after {call.attempts} attempts" if call.attempts > 1 else ""
        lines.append((call.finished, f"{call.path}  {call.outcome}{reason}{tried}"))
    for at, line in sorted(lines, key=lambda each: each[0]):
        click.echo(f"  {at}  {line}")
