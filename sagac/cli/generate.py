"""``sagac generate``: writes the code of a saga."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sagac import __version__

from .support import Spec, UsageProblem, colour, compile_or_exit, read_spec, refuse_findings

if TYPE_CHECKING:
    from sagac.dsl.graph import SagaGraph
    from sagac.generators.base import Source
    from sagac.generators.plan import Plan
    from sagac.generators.sections import Prepared
    from sagac.generators.writer import Folder

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    style: str
    target: str | None
    output: str
    force: bool
    drop: frozenset[int]
    options: dict[str, str]


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--style", default="orchestration", show_default=True, help="How the saga is run.")
@click.option("--target", help="The engine or broker to write it for: dbos, or local and others.")
@click.option("-o", "--output", metavar="DIR", required=True, help="The folder to write into.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if DIR is not up to date.")
@click.option("--diff", "show_diff", is_flag=True, help="Show what changes as a diff.")
@click.option("--dry-run", is_flag=True, help="Write nothing; only say what would change.")
@click.option("--force", is_flag=True, help="Overwrite edited files; allow a changed meaning.")
@click.option("--drop", type=int, multiple=True, metavar="N", help="Do not keep version N.")
@click.option("--option", "pairs", multiple=True, metavar="NAME=VALUE", help="For the target.")
@click.option("--stdin-filename", metavar="NAME", help="What FILE is called when it is '-'.")
def command(
    file: str,
    style: str,
    target: str | None,
    output: str,
    check: bool,
    show_diff: bool,
    dry_run: bool,
    force: bool,
    drop: tuple[int, ...],
    pairs: tuple[str, ...],
    stdin_filename: str | None,
) -> None:
    """Write the code that runs the saga of FILE into DIR.

    What lies in `generated/` belongs to sagac and is written again each time; the stubs in
    `handlers/` are written once and are yours. Files that somebody edited are not overwritten.
    Older versions of the saga stay, for those that are still running.

    \b
    Example:
      sagac generate specs/order-fulfilment.saga.yaml -o build/order
      sagac generate specs/order-fulfilment.saga.yaml -o build/order --check
      sagac generate specs/order-fulfilment.saga.yaml -o build/order --style choreography \\
        --target nats
    """
    request = Request(style, target, output, force, frozenset(drop), _options(pairs))
    spec = read_spec(file, stdin_filename)
    graph = compile_or_exit(spec)
    plan, folder = _asked(lambda: _plan(spec, graph, request))
    _show(plan, show_diff)
    if plan.refused:
        _refuse(plan)
    if check and plan.drift:
        raise SystemExit(1)
    if not (check or dry_run):
        _asked(lambda: folder.carry_out(plan))


def _options(pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageProblem(f"--option takes NAME=VALUE, not {pair!r}.")
        found[name] = value
    return found


def _asked(action: Callable[[], T]) -> T:
    """Runs ``action``; what the user or the disk is at fault for ends with one line and code 2."""
    from sagac.generators.base import OptionError
    from sagac.generators.manifest import LOCK, ManifestError
    from sagac.generators.plan import PathEscape
    from sagac.generators.registry import UnknownTarget
    from sagac.generators.writer import WriteProblem

    try:
        return action()
    except ManifestError as problem:
        raise UsageProblem(f"{LOCK}: {problem}.") from None
    except (OptionError, PathEscape, UnknownTarget, WriteProblem) as problem:
        raise UsageProblem(f"{problem.args[0]}.") from None


def _plan(spec: Spec, graph: SagaGraph, request: Request) -> tuple[Plan, Folder]:
    from sagac.generators.base import read_options
    from sagac.generators.manifest import LOCK, read_manifest
    from sagac.generators.plan import make_plan
    from sagac.generators.registry import default_target, find
    from sagac.generators.sections import prepare
    from sagac.generators.writer import Folder

    from .played import play

    folder = Folder(Path(request.output))
    generator = find(request.style, request.target or default_target(request.style))
    options = read_options(generator.options, request.options)
    manifest = read_manifest(folder.read(LOCK))
    prepared = prepare(
        graph,
        _source(spec),
        generator,
        options,
        manifest,
        folder.read,
        tool=__version__,
        played=play(graph),
        drop=request.drop,
    )
    refuse_findings(spec, prepared.generated.findings)  # --force cannot help: there is no code
    _report(spec, prepared, request.force)
    plan = make_plan(
        prepared.name,
        prepared.section,
        prepared.generated,
        manifest,
        folder.read,
        force=request.force,
    )
    return plan, folder


def _source(spec: Spec) -> Source:
    from sagac.generators.base import Source
    from sagac.generators.manifest import digest

    name = spec.name.encode("utf-8", "backslashreplace").decode()  # undecodable bytes of a path
    return Source(name, digest(spec.text.replace(b"\r\n", b"\n")))


def _report(spec: Spec, prepared: Prepared, force: bool) -> None:
    """Writes the findings to stderr; an error among them ends the command unless forced."""
    import sys

    from sagac.dsl.diagnostics import Severity
    from sagac.dsl.report.text import render

    if not prepared.findings:
        return
    sources: dict[str, Any] = {spec.path: spec.text.decode("utf-8", "replace")}
    click.echo(render(prepared.findings, sources, colour=colour(sys.stderr)), err=True, nl=False)
    stops = any(each.severity is Severity.ERROR for each in prepared.findings)
    if stops and not force:
        raise SystemExit(1)


def _show(plan: Plan, show_diff: bool) -> None:
    for change in plan.changes:
        click.echo(change.diff() if show_diff else f"{change.kind} {change.path}", nl=not show_diff)
    for path in plan.left:
        click.echo(f"{path} is no longer needed; it stays because it was edited.", err=True)


def _refuse(plan: Plan) -> None:
    """Says what stands in the way, with its diff; nothing is written."""
    for refusal in plan.refused:
        click.echo(f"{refusal.change.path}: not written, {refusal.reason}.", err=True)
        click.echo(refusal.change.diff(), err=True, nl=False)
    if any(refusal.forceable for refusal in plan.refused):
        click.echo("Nothing was written. --force overwrites these files.", err=True)
    raise SystemExit(1)
