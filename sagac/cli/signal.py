"""``sagac signal``: an event from outside, or a cancel, for a running saga."""

from __future__ import annotations

from typing import Any

import click

from sagac.cli.options import stores
from sagac.cli.support import UsageProblem, read_json
from sagac.runner import decide
from sagac.runner.observed import choreographed, one
from sagac.runner.place import find_place
from sagac.runner.resume import resume
from sagac.runner.store import find_saga, open_store

EPILOG = """\
\b
Example:
  sagac signal 4711 LoanDecided --data '{"application_id": "4711", "verdict": "approved"}'
  sagac signal 42 --cancel
"""


@click.command("signal", epilog=EPILOG)
@click.argument("key")
@click.argument("event", required=False)
@click.option("--data", metavar="JSON", help="What the event carries, an object; @FILE reads one.")
@click.option("--id", "event_id", metavar="ID", help="An event is taken once per id.")
@click.option("--cancel", is_flag=True, help="Ask the saga to stop and compensate.")
@stores
def command(
    key: str,
    event: str | None,
    data: str | None,
    event_id: str | None,
    cancel: bool,
    store: tuple[str, ...],
) -> int:
    """Send an event to the saga KEY, as the world outside would.

    An event that comes before the saga waits for it is kept. Exit code 1 if the saga has ended, or
    if it is stuck afterwards.
    """
    if (event is None) != cancel:
        raise UsageProblem("say either an EVENT or --cancel")
    place = find_place(*store)
    with choreographed(place) as found:
        seen = one(found, key)
        if seen is not None and event is None:
            return decide.cancel(found, seen)
        if seen is not None and event is not None:
            return decide.signal(found, seen, event, _data(data), event_id)
        place = found.elsewhere(key)
    with open_store(place.store) as opened:
        row = find_saga(opened, key)
        if row.ended is not None:
            click.echo(f"{row.name} {row.key} has ended ({row.state}): it is too late", err=True)
            return 1
        if event is None:
            opened.cancel(row.id)
            click.echo(f"asked {row.name} {row.key} to cancel", err=True)
        elif not opened.signal(row.id, event, _data(data), event_id):
            click.echo(f"an event with the id {event_id!r} was sent before: ignored", err=True)
            return 0
        else:
            click.echo(f"sent {event} to {row.name} {row.key}", err=True)
    return resume(place, row.id)


def _data(text: str | None) -> Any:
    if text is None:
        return {}
    try:
        if text.startswith("@"):
            with open(text[1:], encoding="utf-8") as file:
                text = file.read()
        found = read_json(text)
    except OSError as error:
        raise UsageProblem(f"{text[1:]}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UsageProblem(f"--data is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageProblem('--data is an object, like \'{"order_id": "42"}\'')
    return found
