"""``sagac run``: one saga on this machine, with the user's handlers or simulated participants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from sagac.cli.support import UsageProblem, read_json, read_spec

EPILOG = """\
\b
Example:
  sagac run specs/order-fulfilment.saga.yaml
  sagac run order.saga.yaml --input order.json --fail charge_payment:card_declined
  sagac run order.saga.yaml --input order.json --crash-after reserve_inventory
  sagac run order.saga.yaml --style choreography --target nats --duplicate --reorder
"""


@click.command("run", epilog=EPILOG)
@click.argument("file")
@click.option(
    "--input", "input_file", metavar="JSON", help="File with the input; - is stdin. Else a sample."
)
@click.option(
    "--fail",
    "faults",
    multiple=True,
    metavar="STEP[:REFUSAL]",
    help="Let it be refused; without REFUSAL its outcome stays unknown.",
)
@click.option(
    "--crash-after",
    "crash",
    metavar="STEP",
    help="Kill the worker when STEP has taken effect, start it again.",
)
@click.option(
    "--signal",
    "signals",
    multiple=True,
    metavar="EVENT=JSON",
    help="An event from outside, sent at the start.",
)
@click.option(
    "--style",
    type=click.Choice(["orchestration", "choreography"]),
    default="orchestration",
    help="One coordinator, or services that hear each other's events.",
)
@click.option(
    "--target",
    type=click.Choice(["local", "nats"]),
    help="What carries the events: this process, or a NATS server and a process per service.",
)
@click.option("--duplicate", is_flag=True, help="A fifth of the messages come twice.")
@click.option("--reorder", is_flag=True, help="Messages come in another order.")
@click.option("--again", is_flag=True, help="Run it under a fresh key although the key is taken.")
@click.option(
    "--no-wait",
    is_flag=True,
    help="Leave when the saga waits for an event; sagac signal takes it up.",
)
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    help="Where generate wrote the code and the handlers.",
)
@click.option(
    "--simulate", is_flag=True, help="Simulated participants, even if there are handlers."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option(
    "--store", metavar="URL", help="Where the sagas are kept; else SAGAC_STORE, else .sagac/."
)
def command(
    file: str,
    input_file: str | None,
    faults: tuple[str, ...],
    crash: str | None,
    signals: tuple[str, ...],
    style: str,
    target: str | None,
    duplicate: bool,
    reorder: bool,
    again: bool,
    no_wait: bool,
    folder: str | None,
    simulate: bool,
    form: str,
    store: str | None,
) -> int:
    """Run the saga FILE until it has ended.

    With handlers (in the folder of -o, here, or beside FILE) they are called; without, simulated
    participants answer with plausible data. Exit code 1 if the saga is stuck.
    """
    from sagac.runner.run import Wish, run

    wish = Wish(
        spec=read_spec(file),
        input=None if input_file is None else _object(input_file),
        faults=faults,
        crash=crash,
        signals=tuple(_signal(each) for each in signals),
        again=again or input_file is None,
        patient=not no_wait,
        folder=None if folder is None else Path(folder),
        simulate=simulate,
        store=store,
        style=style,
        target=target,
        duplicate=duplicate,
        reorder=reorder,
    )
    if style != "choreography" and (target or duplicate or reorder):
        raise UsageProblem("--target, --duplicate and --reorder go with --style choreography")
    state = run(wish)
    if form == "json":
        click.echo(json.dumps(state.to_json()))
    else:
        click.echo(state.sentence())
        if state.output is not None:
            click.echo(f"output: {json.dumps(state.output)}")
    return int(state.state in ("STUCK", "ERROR"))


def _object(path: str) -> Mapping[str, Any]:
    shown = "standard input" if path == "-" else path
    try:
        with click.open_file(path, encoding="utf-8") as file:
            found = read_json(file.read())
    except OSError as error:
        raise UsageProblem(f"{shown}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise UsageProblem(f"{shown}: is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageProblem(f"{shown}: the input of a saga is an object")
    return found


def _signal(text: str) -> tuple[str, Any]:
    event, _, data = text.partition("=")
    try:
        found = read_json(data or "{}")
    except ValueError as error:
        raise UsageProblem(f"--signal {event}: the data is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageProblem(f"--signal {event}: the data is an object")
    return event, found
