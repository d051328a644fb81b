"""``sagac resolve``: a person decides what a stuck saga does next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sagac.cli.options import stores
from sagac.cli.signal import _data
from sagac.cli.support import UsageProblem
from sagac.dsl.model import Step
from sagac.runner import decide
from sagac.runner.observed import choreographed, one
from sagac.runner.place import find_place
from sagac.runner.resume import resume
from sagac.runner.saved import Graphs
from sagac.runner.store import find_saga, open_store
from sagac.verify.paths import item_path, located

if TYPE_CHECKING:
    from sagac.dsl.graph import SagaGraph

EPILOG = """\
\b
retry  call it again, from the first attempt
done   it has taken effect (the person has looked): go on with --output
skip   go on without it; the saga ends with a mark
failed it has not taken effect and never will (of an action whose outcome is unknown)

\b
Example:
  sagac resolve 42 charge_payment~undo retry --reason "the bank is back"
  sagac resolve 42 create_shipment done --output '{"tracking": "T1"}' --reason "asked the carrier"
"""


@click.command("resolve", epilog=EPILOG)
@click.argument("key")
@click.argument("step")
@click.argument("decision", type=click.Choice(["retry", "skip", "done", "failed"]))
@click.option("--reason", required=True, help="Why; it is kept with the saga.")
@click.option("--output", metavar="JSON", help="With done and skip: what the action gave.")
@stores
def command(
    key: str, step: str, decision: str, reason: str, output: str | None, store: tuple[str, ...]
) -> int:
    """Decide about STEP of the saga KEY, which waits for a person."""
    if output is not None and decision not in ("done", "skip"):
        raise UsageProblem("--output goes with done and skip")
    place = find_place(*store)
    data = _data(output) if output is not None else None
    with choreographed(place) as found:
        seen = one(found, key)
        if seen is not None:
            return decide.resolve(found, seen, step, decision, reason, data)
        place = found.elsewhere(key)
    with open_store(place.store) as opened:
        row = find_saga(opened, key)
        path = decide.stuck_path([each.path for each in opened.stuck(row.id)], step)
        if data is None and decision in ("done", "skip"):
            _needs_output(Graphs(place).of(row.name, row.version), path)
        opened.resolve(row.id, path, decision, reason, data)  # type: ignore[arg-type]  # click checked it
    click.echo(f"{decision}: {path} of {row.name} {row.key}", err=True)
    code = resume(place, row.id)
    with open_store(place.store) as opened:
        for stuck in opened.stuck(row.id) if code else ():
            click.echo(f"  stuck: {stuck.path}: {stuck.why}", err=True)
    return code


def _needs_output(graph: SagaGraph | None, path: str) -> None:
    """Raises UsageProblem if later steps may read what the step ``path`` was to give."""
    if graph is None or path.endswith("~undo"):
        return
    try:
        facts = located(graph, item_path(path))[1]
    except KeyError:
        return
    wanted = [each.name for each in facts.output_type.fields if not each.optional]
    if isinstance(facts.item, Step) and wanted:
        shown = ", ".join(f'"{name}": …' for name in wanted)
        raise UsageProblem(
            f"{path} gives {', '.join(wanted)}: say what it is, with --output '{{{shown}}}'"
        )
