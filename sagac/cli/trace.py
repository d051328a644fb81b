"""``sagac trace``: the whole conversation of one saga over all services."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagac.cli.options import stores
from sagac.cli.support import UsageProblem
from sagac.runner.observed import choreographed, one
from sagac.runner.place import Place, find_place
from sagac.runner.saved import Graphs
from sagac.runner.state import call_owners, saga_state
from sagac.runner.store import find_saga, open_store

if TYPE_CHECKING:
    from sagac.runner.talk import Talk

ENDINGS = {"svg": "svg", "png": "png", "mermaid": "mmd", "json": "json", "text": "txt"}
EPILOG = """\
\b
Example:
  sagac trace 42
  sagac trace 42 --format mermaid
  sagac trace 42 -o order-42.svg
"""


@click.command("trace", epilog=EPILOG)
@click.argument("key")
@click.option("--format", "form", type=click.Choice(list(ENDINGS)), help="Default: text.")
@click.option("-o", "--output", metavar="PATH", help="File to write; else stdout.")
@click.option("--file", "spec", metavar="FILE", help="The saga's file, if it is not run from here.")
@stores
def command(
    key: str, form: str | None, output: str | None, spec: str | None, store: tuple[str, ...]
) -> int:
    """Show what the services of the saga KEY said to each other, and who has not answered.

    Exit code 1 if it is stuck.
    """
    form = form or _by_name(output)
    if form == "png" and output is None and sys.stdout.isatty():
        raise UsageProblem("a png does not go to a terminal: name a file with -o, or use a pipe")
    talk = _talk(find_place(*store), key, spec)
    drawn = _drawn(talk, form)
    if output is None:
        click.echo(drawn, nl=False)
    else:
        _write(Path(output), drawn)
    return int(talk.state.state == "STUCK")


def _by_name(output: str | None) -> str:
    ending = Path(output).suffix[1:].lower() if output else ""
    return next((name for name, each in ENDINGS.items() if each == ending), "text")


def _talk(place: Place, key: str, spec: str | None) -> Talk:
    from sagac.runner.talk import of_calls, of_events

    with choreographed(place) as found:
        seen = one(found, key)
        if seen is not None and found.observed is not None:
            records = found.observed.records(seen.saga, seen.key)
            return of_events(seen, records, found.picture(seen))
        place = found.elsewhere(key)
    with open_store(place.store) as store:
        row = find_saga(store, key)
        graph = Graphs(place, spec).of(row.name, row.version)
        state, calls = saga_state(store, row, graph), store.history(row.id)
        stuck = [f"{each.path} is stuck: {each.why}" for each in store.stuck(row.id)]
        return of_calls(state, calls, call_owners(calls, graph), stuck)


def _drawn(talk: Talk, form: str) -> bytes:
    if form == "json":
        return (json.dumps(talk.to_json(), indent=2) + "\n").encode()
    from sagac.runner.retold import retold, table

    if form == "text":
        return f"{talk.state.sentence()}\n{table(talk)}".encode()
    from sagac.cli.diagram import rendered
    from sagac.generators.diagrams.draw import Format, draw_sequence

    return rendered(lambda: draw_sequence(retold(talk), Format(form)))


def _write(path: Path, drawn: bytes) -> None:
    try:
        path.write_bytes(drawn)
    except OSError as error:
        raise UsageProblem(f"cannot write {path.as_posix()}: {error.strerror}") from None
