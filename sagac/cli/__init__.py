"""The command line: one module per command, imported when that command is used.

click reads the arguments, except those of a plain ``sagac lint``, which editors and hooks call all
the time: ``options`` reads them from the table that click's options are made of, and importing
click would take a fifth of the time. What it cannot read goes to click, which says what is wrong.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sagac.cli.guard import guarded

if TYPE_CHECKING:
    from sagac.cli.group import cli as cli

# name -> (module, summary); a command's module is sagac.cli.<module> and has a `command`
COMMANDS: dict[str, tuple[str, str]] = {
    "lint": ("lint", "Check sagas and say what is wrong, and where."),
    "fix": ("fix", "Put right what can be put right without a person."),
    "explain": ("explain", "Explain a finding by its code."),
    "config": ("config", "Show the settings that hold here, and where they come from."),
    "diff": ("diff", "Say what a change of a saga breaks, and for whom."),
    "graph": ("graph", "Print the saga graph as JSON or DOT."),
    "diagram": ("diagram", "Draw a saga as SVG, PNG, Mermaid or DOT."),
    "generate": ("generate", "Write the code of a saga, or check that it is up to date."),
    "run": ("run", "Run a saga on this machine."),
    "status": ("status", "Show how far running and ended sagas have come."),
    "signal": ("signal", "Send an event to a running saga."),
    "trace": ("trace", "Show what the services of a saga said to each other."),
    "resolve": ("resolve", "Decide what a stuck saga does next."),
    "dlq": ("dlq", "List dead letters; work on them again, or leave them."),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code.

    Without ``arguments`` they are those of the process, which then ends: nothing it holds is
    worth a walk of the collector of cycles, neither while modules are imported nor at the exit.
    """
    if arguments is not None:
        return _run(list(arguments))
    gc.disable()
    code = _run(sys.argv[1:])
    gc.freeze()
    return code


def _run(given: list[str]) -> int:
    return guarded(lambda: _plain_lint(given) if given[:1] == ["lint"] else _any(given))


def _plain_lint(given: list[str]) -> object:
    from sagac.cli.linting import ARGUMENT, OPTIONS, lint
    from sagac.cli.options import read

    known = read(given[1:], ARGUMENT, OPTIONS)
    return _any(given) if known is None else lint(**known)


def _any(given: list[str]) -> object:
    from sagac.cli.group import cli

    gc.enable()
    return cli.main(args=given, prog_name="sagac", standalone_mode=False)


def __getattr__(name: str) -> object:
    if name == "cli":
        from sagac.cli.group import cli

        return cli
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
