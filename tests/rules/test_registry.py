"""Every code has its documentation, every rule its module, its examples and its cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagac.dsl.codes import CODES
from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Severity
from sagac.dsl.rules import docs, registry
from sagac.dsl.rules.rule import Rule
from sagac.generators.choreography.checks import check

from .complete import complete, load

ROOT = Path(__file__).parents[2]
# What takes a crash, a huge file or an earlier generation cannot be shown as an example.
WITHOUT_EXAMPLE = {"IN001", "SY006", "GE001", "GE002", "GE003"}


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_is_documented(code: str) -> None:
    rule = registry.find(code)
    assert rule.code == code
    assert rule.summary.endswith((".", "?")) or rule.summary.endswith("`.")
    assert rule.why.endswith(".")
    assert bool(rule.example) == bool(rule.use_instead) == (code not in WITHOUT_EXAMPLE)


@pytest.mark.parametrize("code", sorted(set(CODES) - WITHOUT_EXAMPLE))
def test_the_example_shows_the_finding_and_use_instead_does_not(code: str) -> None:
    rule = registry.find(code)
    choreographed = code.startswith("CH")
    assert _codes(rule.example, choreographed=choreographed) == {code}
    assert _codes(rule.use_instead, choreographed=choreographed) == set()


def _codes(example: str, *, choreographed: bool) -> set[str]:
    compilation = compile_saga(complete(example)[0], "example.saga.yaml", load)
    found = list(compilation.diagnostics)
    if choreographed and compilation.graph is not None:
        found += check(compilation.graph)
    return {each.code for each in found if each.severity is not Severity.INFO}


def test_every_module_of_a_family_is_a_rule_with_one_check() -> None:
    folder = Path(registry.__file__).parent
    modules = {
        path.stem.upper(): path
        for family in registry.FAMILIES.values()
        for path in (folder / family).glob("*.py")
        if path.stem != "__init__"
    }
    assert sorted(modules) == list(registry.checked_codes())
    for code, path in modules.items():
        text = path.read_text(encoding="utf-8")
        assert text.count("\ndef check(graph") + text.count("\ndef check_saga(saga") == 1, code


def test_names_of_rules_are_unique_and_found_in_any_case() -> None:
    names = [entry.name for entry in CODES.values()]
    assert len(set(names)) == len(names)
    assert registry.find_by_name("co001").code == "CO001"
    assert registry.find_by_name("Effect-Without-Compensation").code == "CO001"
    with pytest.raises(LookupError):
        registry.find_by_name("CO999")


def test_the_pages_are_as_generated() -> None:
    folder = ROOT / docs.FOLDER
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert written == docs.pages(), "run `python -m sagac.dsl.rules.docs`"


def test_each_rule_has_cases() -> None:
    cases = {path.stem for path in Path(__file__).parent.glob("*.yml")}
    assert set(registry.checked_codes()) <= cases


def test_a_rule_that_crashes_is_named_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sagac.dsl.rules.compensation import co001

    def crash(graph: object) -> None:
        raise KeyError("no such thing")

    monkeypatch.setattr(co001, "check", crash)
    rule: Rule = registry.find("PI001")
    found = compile_saga(complete(rule.example)[0], "example.saga.yaml", load).diagnostics
    assert [each.code for each in found] == ["IN001", "PI001"]
    assert "CO001" in found[0].message
    assert "KeyError" in found[0].message
