"""A cold command imports only what it needs."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.guards.tree import ROOT

SPEC = "specs/order-fulfilment.saga.yaml"
HEAVY = {"networkx", "jinja2", "jsonschema", "graphviz", "dbos", "sqlalchemy"}
# A plain `sagac lint` is called by editors and hooks all the time. None of these is needed for it,
# and each takes longer than the whole of a small saga: see sagac/cli/options.py, dsl/records.py.
DOCUMENTATION = ("sagac.dsl.rules.elsewhere", "sagac.dsl.reference")
NOT_FOR_LINT = {
    "argparse",
    "asyncio",
    "click",
    "concurrent.futures",
    "dataclasses",
    "difflib",
    "hashlib",
    "inspect",
    "json",
    "locale",
    "logging",
    "multiprocessing",
    "sqlite3",
    "subprocess",
    "tempfile",
    "uuid",
}
PROGRAM = """
import sys
from sagac.cli import main
code = main(sys.argv[1:])
print(code, *sys.modules, file=sys.stderr)
"""


def _modules(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(modules)


@pytest.mark.parametrize("options", [[], ["--fail-on", "warning"], ["--stdin-filename=x"]])
def test_lint_imports_nothing_heavy(options: list[str]) -> None:
    assert not _modules("lint", *options, SPEC) & (HEAVY | NOT_FOR_LINT)


def test_lint_imports_no_documentation() -> None:
    modules = _modules("lint", SPEC)
    assert not [name for name in modules if name.startswith(DOCUMENTATION)]
    assert not modules & {"sagac.dsl.rules.docs", "sagac.dsl.evaluate", "sagac.dsl.translate"}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_no_command(arguments: list[str]) -> None:
    modules = _modules(*arguments)
    assert not modules & HEAVY
    assert not {name for name in modules if name.startswith(("sagac.dsl.", "sagac.generators"))}


def test_importing_sagac_imports_nothing() -> None:
    program = "import sys, sagac; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert not [name for name in done.stdout.split() if name.startswith(("sagac.", "click"))]
