"""``sagac dlq``: dead letters, and what a person does about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click

from sagac.cli.options import stores
from sagac.cli.status import both
from sagac.cli.support import UsageProblem
from sagac.runner import decide
from sagac.runner.dead import Dead, dead, pick
from sagac.runner.observed import Choreographed, one
from sagac.runner.place import Place, find_place
from sagac.runner.resume import resume

EPILOG = """\
\b
A dead letter is a message that could not be worked on, or a call that waits for a person because
its attempts are used up. Each keeps the reason, and what was decided about it.

\b
Example:
  sagac dlq list
  sagac dlq show 3f2a
  sagac dlq retry 3f2a --reason "the handler is fixed"
  sagac dlq retry --all --reason "the handler is fixed"
  sagac dlq skip 3f2a --reason "sent by mistake"
"""
_REASON = click.option("--reason", required=True, help="Why; it is kept.")


@click.group("dlq", epilog=EPILOG)
def command() -> None:
    """Show what could not be worked on, and decide about it."""


@command.command("list", epilog=EPILOG)
@click.option("--all", "everything", is_flag=True, help="Also those that were left for good.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@stores
def list_(everything: bool, form: str, store: tuple[str, ...]) -> int:
    """List all dead letters, the oldest first. Exit code 1 if there are any to decide about."""
    with _open(find_place(*store), everything) as (_, found):
        if form == "json":
            click.echo(json.dumps([each.to_json() for each in found], indent=2))
        elif not found:
            click.echo("no dead letters")
        for each in found if form == "text" else ():
            click.echo(_line(each))
        return int(any(each.settled is None for each in found))


@command.command("show", epilog=EPILOG)
@click.argument("id")
@stores
def show(id: str, store: tuple[str, ...]) -> int:
    """Show one dead letter with all that is known of it, as JSON."""
    with _open(find_place(*store), True) as (_, found):
        click.echo(json.dumps(pick(found, id).to_json(), indent=2, ensure_ascii=False))
    return 0


@command.command("retry", epilog=EPILOG)
@click.argument("id", required=False)
@click.option("--all", "everything", is_flag=True, help="All that are there.")
@_REASON
@stores
def retry(id: str | None, everything: bool, reason: str, store: tuple[str, ...]) -> int:
    """Let the service work on it again. Exit code 1 if that fails again at once."""
    if (id is None) != everything:
        raise UsageProblem("say either an ID or --all")
    place = find_place(*store)
    with _open(place, False) as (found, all_):
        chosen = all_ if id is None else [pick(all_, id)]
        codes = [_retry(place, found, each, reason) for each in chosen]
    if not codes:
        click.echo("no dead letters", err=True)
    return max(codes, default=0)


@command.command("skip", epilog=EPILOG)
@click.argument("id")
@_REASON
@stores
def skip(id: str, reason: str, store: tuple[str, ...]) -> int:
    """Go on without it: a message is left for good, a call is given up and the saga marked."""
    place = find_place(*store)
    with _open(place, False) as (found, all_):
        chosen = pick(all_, id)
        if chosen.kind != "message":
            return _resolve(place, found, chosen, "skip", reason)
        with found.desk(chosen.service) as desk:
            desk.leave(chosen.id, decide.person(), reason)
    click.echo(f"left {chosen.id}", err=True)
    return 0


@contextmanager
def _open(place: Place, everything: bool) -> Iterator[tuple[Choreographed, list[Dead]]]:
    with both(place) as (store, found):
        yield found, dead(found, store, everything=everything)


def _retry(place: Place, found: Choreographed, chosen: Dead, reason: str) -> int:
    if chosen.kind != "message":
        return _resolve(place, found, chosen, "retry", reason)
    saga = (chosen.saga, chosen.key)
    return int(not decide.decide(found, chosen.service, "letter", chosen.id, saga, why=reason))


def _resolve(place: Place, found: Choreographed, chosen: Dead, action: str, reason: str) -> int:
    if chosen.kind == "orchestrated":
        with both(place) as (store, _):
            assert store is not None
            saga = f"{chosen.saga}/{chosen.key}"
            store.resolve(saga, chosen.place, action, reason)  # type: ignore[arg-type]  # retry or skip
        assert found.orchestrated is not None
        return resume(found.orchestrated, saga)
    seen = one(found, f"{chosen.saga}/{chosen.key}")
    if seen is not None:
        return decide.resolve(found, seen, chosen.place, action, reason)
    subject, data = (chosen.saga, chosen.key), {"action": action}
    done = decide.decide(
        found, chosen.service, "resolve", chosen.place, subject, why=reason, data=data
    )
    return int(not done)


def _line(each: Dead) -> str:
    where = f"{each.service}  " if each.service else ""
    saga = f"{each.saga}/{each.key}" if each.key else each.saga
    left = f"  (left by {each.settled['who']}: {each.settled['why']})" if each.settled else ""
    return f"{each.id}  {each.at}  {each.kind}  {where}{saga}  {each.place}: {each.why}{left}"
