"""A rule that is left out because it does not concern a saga would have found nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sagac.dsl.codes import CODES
from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.rules import concern, registry

from .complete import complete, load

FOLDER = Path(__file__).parent
SPECS = sorted((FOLDER.parents[1] / "specs").glob("*.saga.yaml"))


def _texts() -> list[Any]:
    cases = [
        pytest.param(complete(text)[0], id=f"{path.stem}-{number}")
        for path in sorted(FOLDER.glob("*.yml"))
        for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8")))
        if isinstance(text := case.get("pass") or case["fail"], str)  # else several files
    ]
    return cases + [pytest.param(each.read_text(encoding="utf-8"), id=each.name) for each in SPECS]


def _load(path: str) -> str | bytes:
    beside = FOLDER.parents[1] / "specs" / Path(path).name
    return beside.read_bytes() if beside.is_file() else load(path)


@pytest.mark.parametrize("text", _texts())
def test_nothing_is_missed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_all = monkeypatch.context()
    found = compile_saga(text, "case.saga.yaml", _load).diagnostics
    with with_all as patch:
        patch.setattr(concern, "ONLY_WITH", {})
        assert compile_saga(text, "case.saga.yaml", _load).diagnostics == found


def test_codes() -> None:
    assert concern.ONLY_WITH.keys() <= set(registry.checked_codes())
    assert concern.ONLY_WITH.keys() <= CODES.keys()


def test_a_rule_that_does_not_concern_a_saga_is_not_run() -> None:
    text = SPECS[0].read_text(encoding="utf-8")
    saga = compile_saga(text, "case.saga.yaml", _load).saga
    assert saga is not None
    running = {each.rule.code for each in registry.checks(saga, None)}
    there = concern.traits(saga)
    assert all(concern.concerns(code, there) for code in running)
    assert ("ST001" in running) == ("needs" in there)
