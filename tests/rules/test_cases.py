"""The rules, case by case: ``<CODE>.yml`` holds what passes, what is found and where.

``pass`` and ``fail`` are one file, or several by their names: sagas that are looked at together,
and handlers in ``handlers/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sagac.dsl.diagnostics import Diagnostic, Severity
from sagac.dsl.fix import fix
from sagac.dsl.span import Span

from .complete import complete, load, look_at

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
    files = written(case)
    looked = look_at(files)
    found = [
        shown(each, looked.texts, several=len(files) > 1)
        for each in looked.findings
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


def written(case: Mapping[str, Any]) -> dict[str, str]:
    """The files of a case by their names."""
    files = case.get("pass") or case["fail"]
    return {FILE: files} if isinstance(files, str) else files


def shown(
    found: Diagnostic, texts: Mapping[str, tuple[str, int]], *, several: bool = False
) -> dict[str, Any]:
    """A finding as the case files write it; of ``several`` files each place says which."""
    result: dict[str, Any] = {"code": found.code, **_place(found.span, texts, several)}
    result["message"] = found.message
    if found.labels:
        result["labels"] = [
            {**_place(label.span, texts, several), "message": label.message}
            for label in found.labels
        ]
    return result


def _place(span: Span, texts: Mapping[str, tuple[str, int]], several: bool) -> dict[str, str]:
    """``line:column`` as in the case, and the text that is marked there."""
    text, offset = texts[span.file]
    lines = text.splitlines()[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    place = {"at": f"{span.line - offset}:{span.column}", "text": "\n".join(lines)}
    return {"file": span.file, **place} if several else place
