"""What ``sagac lint`` finds, before anybody asks what is wanted of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sagac.cli.many import look_at_many

if TYPE_CHECKING:
    from sagac.dsl.diagnostics import Diagnostic


class Findings(NamedTuple):
    """What was found in ``files``, as they are shown; ``sources`` holds the texts by their names,
    those at least that the findings are about."""

    found: list[Diagnostic]
    files: list[str]
    sources: dict[str, str]


def look_at(names: Sequence[str], stdin_filename: str | None, *, cached: bool) -> Findings:
    """The findings of the files ``names``; `-` is standard input.

    One in a file that several others use is given once. Raises UsageProblem for a file that cannot
    be read.
    """
    looked = look_at_many(names, stdin_filename, cached=cached)
    sources = {name: text for each in looked for name, text in each.sources.items()}
    found = list(dict.fromkeys(found for each in looked for found in each.diagnostics))
    return Findings(found, [each.path for each in looked], sources)
