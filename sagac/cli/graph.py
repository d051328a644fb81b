"""``sagac graph``: print the saga graph."""

from __future__ import annotations

import click

from sagac.cli.support import UsageProblem, compile_or_exit, read_spec, refuse_findings

EPILOG = """\
\b
Example:
  sagac graph specs/order-fulfilment.saga.yaml
  sagac graph specs/order-fulfilment.saga.yaml --format dot > order.dot
  sagac graph specs/order-fulfilment.saga.yaml --style choreography
"""


@click.command("graph", epilog=EPILOG)
@click.argument("file", metavar="FILE")
@click.option(
    "--style",
    type=click.Choice(["orchestration", "choreography"]),
    default="orchestration",
    show_default=True,
    help="Choreography: which service hears what, and does what about it.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "dot", "text"]),
    help="JSON has everything; DOT is for Graphviz; text is the table of a choreography.",
)
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input (FILE is -).")
def command(file: str, style: str, format_: str | None, stdin_filename: str | None) -> None:
    """Print the graph of the saga in FILE.

    It has the nodes with owner, role and position, the edges with the data that later steps still
    read, the order of undoing, every way to fail, and the paths with their worst time.
    """
    choreographed = style == "choreography"
    if format_ == ("dot" if choreographed else "text"):
        raise UsageProblem(f"there is no {format_} of the style {style}")
    spec = read_spec(file, stdin_filename)
    graph = compile_or_exit(spec)
    if choreographed:
        from sagac.generators.choreography import checks, table_text

        refuse_findings(spec, checks.check(graph))
        written = table_text.to_json if format_ == "json" else table_text.to_text
        click.echo(written(graph), nl=False)
        return
    from sagac.dsl.graph_text import to_dot, to_json

    click.echo(to_dot(graph) if format_ == "dot" else to_json(graph), nl=False)
