"""The rules, case by case: ``<CODE>.yml`` holds what passes, what is found and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Diagnostic, Severity
from sagac.dsl.fix import fix
from sagac.dsl.span import Span

from .complete import FILES, complete, load

FILE = "case.saga.yaml"
FOLDER = Path(__file__).parent
_FIXES = {"fix", "unsafe-fix"}


def _cases() -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}-{case['name'].replace(' ', '-')}")
        for path in sorted(FOLDER.glob("*.yml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(("code", "case"), _cases())
def test_case(code: str, case: dict[str, Any]) -> None:
    """Advice (info) of other rules is left out: it may be had on almost any file."""
    assert ("pass" in case) != ("fail" in case)
    text, offset = complete(case.get("pass") or case["fail"])
    compilation = compile_saga(text, FILE, load)
    found = [
        shown(each, text, offset)
        for each in compilation.diagnostics
        if each.severity is not Severity.INFO or each.code == code
    ]
    assert found == case.get("findings", [])
    assert bool(found) == ("fail" in case)


@pytest.mark.parametrize(
    ("code", "case"), [each for each in _cases() if _FIXES & each.values[1].keys()]
)
def test_fix(code: str, case: dict[str, Any]) -> None:
    """``fix`` is the text after the safe fixes, ``unsafe-fix`` that after all of them."""
    text, offset = complete(case["fail"])
    for key in _FIXES & case.keys():
        fixed = fix(text, FILE, load, unsafe=key == "unsafe-fix")
        assert "".join(fixed.text.splitlines(keepends=True)[offset:]) == case[key]
        assert fix(fixed.text, FILE, load, unsafe=key == "unsafe-fix").made == ()


def shown(found: Diagnostic, text: str, offset: int) -> dict[str, Any]:
    """A finding as the case files write it."""
    result: dict[str, Any] = {"code": found.code, **_place(found.span, text, offset)}
    result["message"] = found.message
    if found.labels:
        result["labels"] = [
            {**_place(label.span, text, offset), "message": label.message} for label in found.labels
        ]
    return result


def _place(span: Span, text: str, offset: int) -> dict[str, str]:
    """``line:column`` as in the case, and the text that is marked there."""
    if span.file != FILE:
        text, offset = FILES[span.file], 0
    lines = text.splitlines()[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return {"at": f"{span.line - offset}:{span.column}", "text": "\n".join(lines)}
