"""``sagac diff``: what a change of a saga breaks, and for whom."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sagac.cli.against import Revision
from sagac.cli.support import UsageProblem, print_findings, read_spec

if TYPE_CHECKING:
    from sagac.dsl.graph import SagaGraph
    from sagac.generators.changes import Change, Pair

EPILOG = """\
\b
running sagas  sagas under way would go on by other steps
handlers       the code of a service does not fit its requests any more
starters       what starts a saga is refused; senders: so is an event from outside
subscribers    an event is gone, or carries something else
ledgers        rows that services have kept do not fit

\b
Example:
  sagac diff HEAD:specs/order-fulfilment.saga.yaml specs/order-fulfilment.saga.yaml
  sagac diff v1/order.saga.yaml v2/order.saga.yaml --format json
"""


@click.command("diff", epilog=EPILOG)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--style",
    type=click.Choice(["orchestration", "choreography"]),
    default="choreography",
    show_default=True,
    help="Orchestration: events and ledgers of services are not compared.",
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(old: str, new: str, style: str, format_: str) -> None:
    """Say what breaks when the saga of OLD becomes that of NEW.

    Each is a file, or REV:PATH, a file at a revision of git. Exits with 1 if something breaks.
    """
    from sagac.generators.changes import Pair

    pair = Pair(_graph(old), _graph(new))
    found = tuple(dict.fromkeys(_changes(pair, style)))
    broken = sum(each.breaks for each in found)
    if format_ == "json":
        plain = {"breaks": broken, "changes": [_plain(each) for each in found]}
        click.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        for each in found:
            click.echo(_line(each))
        click.echo(_sum(broken, len(found)), err=True)
    if broken:
        raise SystemExit(1)


def _changes(pair: Pair, style: str) -> Iterator[Change]:
    from sagac.generators import changes

    yield from changes.changes(pair)
    if style == "choreography":
        from sagac.generators.choreography import compare
        from sagac.generators.choreography.checks import check

        unfit = next((each for each in (*check(pair.old), *check(pair.new))), None)
        if unfit is None:
            yield from compare.changes(pair)
        else:
            why = f"services cannot do it alone ({unfit.code}), so events were not compared"
            click.echo(f"sagac: {unfit.span.file}: {why}.", err=True)


def _graph(written: str) -> SagaGraph:
    """The saga of a file or of a revision. Raises UsageProblem; errors in it exit with 1."""
    from sagac.dsl.compile import compile as compile_spec

    revision, colon, path = written.partition(":")
    if colon and path and not Path(written).exists():
        before = Revision(revision, Path.cwd(), written)
        place = _place(before, path)
        try:
            compilation = compile_spec(before.load(place), place, before.load)
        except (FileNotFoundError, ValueError) as problem:
            raise UsageProblem(f"{written}: {problem}.") from None
    else:
        spec = read_spec(written)
        compilation = compile_spec(spec.text, spec.path, spec.load)
    if compilation.graph is None:
        print_findings(compilation)
        raise SystemExit(1)
    return compilation.graph


def _place(before: Revision, path: str) -> str:
    """Where a file of a revision would lie; as git has it, ``./`` starts at the current folder."""
    if path.startswith(("./", "../")):
        return path
    return Path(os.path.relpath(before.root / path)).as_posix()


def _line(change: Change) -> str:
    weight = "breaks" if change.breaks else "note"
    who = f" ({', '.join(change.who)})" if change.who else ""
    return f"{weight} {change.whom}{who}: {change.about}: {change.what}. {change.do}."


def _plain(change: Change) -> dict[str, Any]:
    return {
        "breaks": change.breaks,
        "for": change.whom,
        "services": list(change.who),
        "about": change.about,
        "what": change.what,
        "do": change.do,
    }


def _sum(broken: int, all_: int) -> str:
    if not all_:
        return "Nothing differs that anybody relies on."
    things = "1 thing" if broken == 1 else f"{broken} things"
    return f"{things} would break." if broken else "Nothing would break."
