"""``sagac lint``: what is wrong with a saga file."""

from __future__ import annotations

from typing import Any

import click

from sagac.cli.linting import ARGUMENT, OPTIONS, lint
from sagac.cli.options import as_click


@click.command(name="lint")
@click.argument(ARGUMENT, metavar="FILE...", nargs=-1, required=True)
@as_click(OPTIONS)
@click.pass_context
def command(context: click.Context, /, **given: Any) -> None:
    """Find what is wrong with saga files, say why, and what to write instead.

    `-` reads standard input; a folder stands for all *.saga.yaml files below it. All files are
    also looked at together: events, locks, services and actions that they share. Findings go to
    standard output, the count of them to standard error.

    \b
    Example:
      sagac lint specs/order-fulfilment.saga.yaml
      sagac lint --format json specs
      sagac lint shop.saga.yaml --handlers handlers
      sagac lint --against origin/main specs
      sagac lint --baseline known.json --write-baseline sagas
    """
    context.exit(lint(**given))
