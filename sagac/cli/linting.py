"""What ``sagac lint`` does: options, settings, findings, what a baseline leaves of them, report.

It imports nothing of click: see ``sagac.cli``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sagac.cli.files import saga_files
from sagac.cli.guard import say
from sagac.cli.lint_findings import Findings, look_at
from sagac.cli.lint_settings import Effective, Wishes, effective
from sagac.cli.options import Option
from sagac.cli.support import STDIN, usage

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic

FINDINGS, BUG = 1, 3
FORMATS = ("text", "concise", "json", "sarif", "github", "junit")
FAIL_ON = ("error", "warning", "info", "never")

ARGUMENT = "files"
CONFIG = Option("--config", "The configuration, instead of the nearest sagac.toml.", metavar="FILE")
STDIN_FILENAME = Option(
    "--stdin-filename", f"The name of standard input, instead of {STDIN}.", metavar="PATH"
)
OPTIONS = (
    Option("--format", "How findings are written.  [default: text]", FORMATS),
    Option(
        "--fail-on", "The least severity that makes the exit code 1.  [default: error]", FAIL_ON
    ),
    Option(
        "--select",
        "Show these rules only, by code or prefix (`CO`, `ALL`).",
        metavar="CODE",
        multiple=True,
    ),
    Option(
        "--ignore", "Do not show these rules, by code or prefix.", metavar="CODE", multiple=True
    ),
    CONFIG,
    Option("--statistics", "Count the findings by rule instead.", flag=True),
    Option("--baseline", "Leave out the findings that this file knows.", metavar="FILE"),
    Option("--write-baseline", "Write what is found into the baseline.", flag=True),
    STDIN_FILENAME,
    Option("--handlers", "Look at the handlers in this folder as well.", metavar="DIR"),
    Option("--against", "Compare with a git revision: was the version raised?", metavar="REV"),
    Option("--no-cache", "Look at all files, also at those that are as they were.", flag=True),
)


def lint(
    files: tuple[str, ...],
    format: str | None,
    fail_on: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    config: str | None,
    statistics: bool,
    baseline: str | None,
    write_baseline: bool,
    stdin_filename: str | None,
    handlers: str | None,
    against: str | None,
    no_cache: bool,
) -> int:
    """Lints ``files``, prints the findings and returns the exit code."""
    if files.count("-") > 1:
        raise usage("standard input (`-`) can be read only once.")
    below = tuple(dict.fromkeys(saga_files(files)))
    wishes = Wishes(select, ignore, config, format, fail_on, baseline)
    settings = effective(wishes, shown(below, stdin_filename))
    names = [name for name in below if name in files or not settings.excludes(name)]
    whole = len(names) == len(below) and any(map(os.path.isdir, files))
    seen = look_at(names, stdin_filename, handlers, against, whole=whole, cached=not no_cache)
    found = settings.judged(seen.found)
    found = _without_known(found, seen, settings, write_baseline)
    _report(found, seen, settings, statistics)
    return exit_code(found, settings.fail_on)


def shown(names: Sequence[str], stdin_filename: str | None) -> list[str]:
    """The files as findings name them."""
    return [stdin_filename or STDIN if name == "-" else name for name in names]


def exit_code(found: Sequence[Diagnostic], fail_on: str) -> int:
    """What the findings mean for a script; a mistake of sagac itself is never passed over."""
    if any(each.code == "IN001" for each in found):
        return BUG
    severities = ("error", "warning", "info")
    counting = () if fail_on == "never" else severities[: severities.index(fail_on) + 1]
    return FINDINGS if any(each.severity.value in counting for each in found) else 0


def _without_known(
    found: list[Diagnostic], seen: Findings, settings: Effective, writing: bool
) -> list[Diagnostic]:
    """The findings that the baseline does not know, with what it knows in vain."""
    if settings.baseline is None:
        if writing:
            raise usage("--write-baseline needs a file to write: --baseline FILE.")
        return found
    from sagac.cli.lint_baseline import BaselineFile

    baseline = BaselineFile(settings.baseline, seen.files, seen.sources)
    if writing:
        known = baseline.write(found)
        say(f"{settings.baseline.as_posix()} now knows {known} finding{'s' if known != 1 else ''}.")
    return baseline.new(found, settings.shows)


def _report(found: list[Diagnostic], seen: Findings, settings: Effective, statistics: bool) -> None:
    from sagac.cli import lint_report

    if statistics:
        lint_report.show_statistics(settings.format, found, seen.files)
    else:
        lint_report.show(settings.format, found, seen.files, seen.sources)
