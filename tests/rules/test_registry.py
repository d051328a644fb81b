"""Every code has its documentation, every rule its module, its examples and its cases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sagac.dsl.codes import CODES
from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Safety, Severity
from sagac.dsl.rules import docs, registry
from sagac.dsl.rules.rule import Fix, Rule, files_of
from sagac.generators.choreography.checks import check

from .complete import complete, load, look_at
from .test_cases import written

CODE = re.compile(r"[a-z]{2}\d{3}")
ROOT = Path(__file__).parents[2]
# What takes a crash, a huge file or an earlier generation cannot be shown as an example.
WITHOUT_EXAMPLE = {"IN001", "SY006", "SY022", "GE001", "GE002", "GE003", "ST014"}


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
    assert _codes(rule.example, code) == {code}
    assert _codes(rule.use_instead, code) == set()


def _codes(example: str, code: str) -> set[str]:
    """The codes found, without the advice (info) of other rules."""
    files = {name or "example.saga.yaml": text for name, text in files_of(example).items()}
    if code.startswith("CH"):
        graph = compile_saga(complete(example)[0], "example.saga.yaml", load).graph
        assert graph is not None
        return {each.code for each in check(graph)}
    found = look_at(files).findings
    return {each.code for each in found if each.severity is not Severity.INFO or each.code == code}


def test_every_module_of_a_family_is_a_rule_with_one_check() -> None:
    folder = Path(registry.__file__).parent
    modules = {
        path.stem.upper(): path
        for family in registry.FAMILIES.values()
        for path in (folder / family).glob("*.py")
        if CODE.fullmatch(path.stem)
    }
    assert sorted(modules) == list(registry.checked_codes())
    for code, path in modules.items():
        checks = re.findall(r"^def (check\w*)\((\w+)", path.read_text(encoding="utf-8"), re.M)
        assert len(checks) == 1, code
        assert checks[0] in _expected(code), code


def _expected(code: str) -> set[tuple[str, str]]:
    if code in registry.CHANGES:
        return {("check_change", "graph")}
    if code in registry.PROJECT:
        return {("check_project", "project")}
    if code.startswith("HA"):
        return {("check_handlers", "handlers")}
    return {("check", "graph"), ("check_saga", "saga")}


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
    assert set(registry.checked_codes()) - set(registry.CHANGES) <= cases


def test_each_rule_with_a_fix_has_a_case_that_fixes() -> None:
    cases = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in Path(__file__).parent.glob("*.yml")
    }
    for code in sorted(CODES):
        keys = {key for case in cases.get(code, ()) for key in case}
        wanted = {Fix.NONE: None, Fix.SAFE: "fix", Fix.UNSAFE: "unsafe-fix"}[
            registry.find(code).fix
        ]
        assert wanted is None or wanted in keys, code


def test_a_finding_has_no_fix_that_its_rule_does_not_tell_of() -> None:
    for path in sorted(Path(__file__).parent.glob("*.yml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            for found in look_at(written(case)).findings:
                level = registry.find(found.code).fix
                assert found.fix is None or level is not Fix.NONE, found.code
                if found.fix is not None and level is Fix.UNSAFE:
                    assert found.fix.safety is Safety.UNSAFE, found.code


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
