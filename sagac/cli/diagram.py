"""``sagac diagram``: draw a saga."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagac.cli.support import UsageProblem, compile_or_exit, read_spec, refuse_findings

if TYPE_CHECKING:
    from sagac.dsl.graph import SagaGraph
    from sagac.generators.diagrams.story import Story

ENDINGS = {"svg": "svg", "png": "png", "mermaid": "mmd", "dot": "dot"}

EPILOG = """\
\b
Example:
  sagac diagram specs/order-fulfilment.saga.yaml -o order.svg
  sagac diagram specs/order-fulfilment.saga.yaml --fail charge_payment:card_declined -o declined.svg
  sagac diagram specs/order-fulfilment.saga.yaml --kind flow --format mermaid
  sagac diagram specs/order-fulfilment.saga.yaml --kind events -o listens.svg
  sagac diagram specs/order-fulfilment.saga.yaml --style choreography --fail charge_payment
  sagac diagram specs/order-fulfilment.saga.yaml --all -o pictures/
"""


@click.command("diagram", epilog=EPILOG)
@click.argument("file", metavar="FILE")
@click.option(
    "--kind",
    type=click.Choice(["state", "flow", "sequence", "events"]),
    help="What to draw: the state machine (default), the flow by teams, one path as a sequence,"
    " which service listens to which in a choreography.",
)
@click.option(
    "--style",
    type=click.Choice(["orchestration", "choreography"]),
    default="orchestration",
    show_default=True,
    help="Whose conversation a sequence shows.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(ENDINGS)),
    help="How to write it; svg if the name after -o does not say.",
)
@click.option(
    "-o", "--output", metavar="PATH", help="File to write, or folder with --all; else stdout."
)
@click.option(
    "--fail",
    metavar="STEP[:REFUSAL]",
    help="Draw the sequence in which STEP gives REFUSAL; without it, an unknown outcome.",
)
@click.option(
    "--all", "everything", is_flag=True, help="All kinds and failures, as svg and mermaid."
)
@click.option("--stdin-filename", metavar="NAME", help="What to call standard input (FILE is -).")
def command(
    file: str,
    kind: str | None,
    style: str,
    format_: str | None,
    output: str | None,
    fail: str | None,
    everything: bool,
    stdin_filename: str | None,
) -> None:
    """Draw the saga in FILE: its states, its flow, or what happens when a step fails."""
    if everything and (output is None or kind or format_ or fail):
        raise UsageProblem("--all goes with -o FOLDER, and without --kind, --format and --fail")
    if fail and kind not in (None, "sequence"):
        raise UsageProblem(f"--fail draws a sequence, not the kind {kind!r}")
    form = format_ or ("svg" if everything else _by_name(output))
    if form == "png" and output is None and _to_terminal():
        raise UsageProblem("a png does not go to a terminal: name a file with -o, or use a pipe")
    kind = kind or ("sequence" if fail else "state")
    if style == "choreography" and kind not in ("sequence", "events"):
        raise UsageProblem(f"the kind {kind!r} is the same in every style")
    spec = read_spec(file, stdin_filename)
    graph = compile_or_exit(spec)
    choreographed = style == "choreography" or kind == "events"
    if choreographed:
        from sagac.generators.choreography.checks import check

        refuse_findings(spec, check(graph))
    if everything:
        _write_all(graph, Path(output or ""))
        return
    drawn = rendered(lambda: _draw(graph, kind, form, fail, choreographed=choreographed))
    if output is None:
        click.echo(drawn, nl=False)
    else:
        _write(Path(output), drawn)


def _to_terminal() -> bool:
    return sys.stdout.isatty()


def _by_name(output: str | None) -> str:
    """The format that the name of the file asks for. Raises UsageProblem if there is no such."""
    ending = Path(output).suffix[1:].lower() if output else ""
    for name, each in ENDINGS.items():
        if ending == each:
            return name
    if ending:
        known = ", ".join(f".{each}" for each in ENDINGS.values())
        raise UsageProblem(
            f"no pictures are written as .{ending}; name the file {known}, or give --format"
        )
    return "svg"


def _draw(
    graph: SagaGraph, kind: str, form: str, fail: str | None, *, choreographed: bool = False
) -> bytes:
    from sagac.generators.diagrams import draw

    if kind == "events":
        from sagac.generators.diagrams.events import listening

        return draw.draw_events(listening(graph), draw.Format(form))
    if kind == "sequence":
        told = _conversation(graph, fail) if choreographed else _played(graph, fail)
        return draw.draw_sequence(told, draw.Format(form))
    drawing = draw.draw_flow if kind == "flow" else draw.draw_state
    return drawing(graph, draw.Format(form))


def _conversation(graph: SagaGraph, fail: str | None) -> Story:
    """What services tell each other. Raises UsageProblem as ``_played``."""
    from sagac.generators.diagrams.conversation import TooLongError, conversation
    from sagac.verify.asked import asked_failure

    told = _played(graph, fail)
    try:
        if fail is None:
            return conversation(graph)
        step, reason = asked_failure(graph, fail)
        return conversation(graph, step, reason, told.subtitle.removeprefix("when "))
    except TooLongError as problem:
        raise UsageProblem(f"{problem}") from None


def _played(graph: SagaGraph, fail: str | None) -> Story:
    """The success, or the failure that ``fail`` asks for. Raises UsageProblem if there is none."""
    from sagac.generators.diagrams.story import story
    from sagac.verify.asked import asked_failure
    from sagac.verify.paths import located
    from sagac.verify.scenario import one_failure, success

    if fail is None:
        return story(graph, success(graph))
    try:
        path, refusal = asked_failure(graph, fail)
        trace = one_failure(graph, path, refusal)
    except LookupError as error:
        raise UsageProblem(str(error.args[0] if error.args else error)) from None
    kind = located(graph, path)[1].item.kind
    return story(graph, trace, _words(path, kind, refusal or ""))


def _words(step: str, kind: str, refusal: str) -> str:
    if kind == "fail":
        return f"the saga comes to fail: {step}"
    if kind == "wait":
        return f"nothing comes in time for {step}"
    if refusal in ("", "unknown"):
        return f"the outcome of {step} is unknown"
    return f"{step} refuses ({refusal})"


def rendered(draw: Callable[[], bytes]) -> bytes:
    """What ``draw`` draws. Raises UsageProblem if there is nothing to draw it with."""
    from sagac.generators.diagrams.render import EngineFailedError, EngineMissingError

    try:
        return draw()
    except EngineMissingError as error:
        raise UsageProblem(str(error)) from None
    except EngineFailedError as error:
        raise UsageProblem(f"the dot engine did not draw the picture: {error}") from None


def _write_all(graph: SagaGraph, folder: Path) -> None:
    count = 0
    for stem, kind, fail in _pictures(graph):
        for form in ("mermaid", "svg"):
            try:
                drawn = rendered(lambda k=kind, f=form, w=fail: _draw(graph, k, f, w))  # type: ignore[misc]
            except UsageProblem as problem:
                if fail is None:
                    raise
                click.echo(f"no sequence for {fail}: {problem.message}", err=True)
                break
            _write(folder / f"{stem}.{ENDINGS[form]}", drawn)
            count += 1
    click.echo(f"wrote {count} pictures to {folder.as_posix()}", err=True)


def _pictures(graph: SagaGraph) -> Iterator[tuple[str, str, str | None]]:
    """File name, kind and failure of each picture that there is of a saga."""
    name = _file_name(graph.saga.name.text)
    yield f"{name}.state", "state", None
    yield f"{name}.flow", "flow", None
    yield f"{name}.success", "sequence", None
    for point in dict.fromkeys(graph.failure_points):
        stem = f"{name}.fail.{_file_name(point.item)}.{_file_name(point.reason)}"
        yield stem, "sequence", f"{point.item}:{point.reason}"


def _file_name(text: str) -> str:
    return re.sub(r"[^\w-]+", "_", text)


def _write(path: Path, drawn: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(drawn)
    except OSError as error:
        raise UsageProblem(f"cannot write {path.as_posix()}: {error.strerror}") from None
