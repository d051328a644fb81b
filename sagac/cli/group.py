"""All commands as click sees them."""

from __future__ import annotations

from importlib import import_module
from typing import cast

import click

from sagac import __version__
from sagac.cli import COMMANDS
from sagac.cli.guard import PIPE_CLOSED, silence_output
from sagac.cli.support import forced_colour

EPILOG = """\
\b
Example:
  sagac lint specs/order-fulfilment.saga.yaml
  sagac diagram specs/order-fulfilment.saga.yaml --format mermaid > order.mmd

\b
Exit codes: 0 clean; 1 findings, drift or a stuck saga; 2 wrong usage; 3 a bug in sagac.
NO_COLOR and FORCE_COLOR are obeyed; `-` in place of a file is standard input.
"""


class LazyGroup(click.Group):
    """Lists the commands from COMMANDS and imports the module of the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order in which they are usually needed."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sagac.cli.{COMMANDS[cmd_name][0]}")
        return cast("click.Command", module.command)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; a reader that went away (``| head``) ends it without a word."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            silence_output()
            raise SystemExit(PIPE_CLOSED) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Refuses an unknown command with the nearest known one."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from sagac.dsl.suggest import did_you_mean

            ctx.fail(f"There is no command {args[0]!r}. {did_you_mean(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """The saga compiler: one YAML file in; checks, pictures and running sagas out."""
    ctx.color = forced_colour()
