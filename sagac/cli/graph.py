"""``sagac graph``: print the saga graph."""

from __future__ import annotations

import click

from sagac.cli.support import compile_or_exit, read_spec

EPILOG = """\
\b
Example:
  sagac graph specs/order-fulfilment.saga.yaml
  sagac graph specs/order-fulfilment.saga.yaml --format dot > order.dot
"""


@click.command("graph", epilog=EPILOG)
@click.argument("file", metavar="FILE")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "dot"]),
    default="json",
    show_default=True,
    help="JSON has everything; DOT is for Graphviz.",
)
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input (FILE is -).")
def command(file: str, format_: str, stdin_filename: str | None) -> None:
    """Print the graph of the saga in FILE.

    It has the nodes with owner, role and position, the edges with the data that later steps still
    read, the order of undoing, every way to fail, and the paths with their worst time.
    """
    graph = compile_or_exit(read_spec(file, stdin_filename))
    from sagac.dsl.graph_text import to_dot, to_json

    click.echo(to_json(graph) if format_ == "json" else to_dot(graph), nl=False)
