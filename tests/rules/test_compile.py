"""The pipeline as a whole: one slip brings one finding, and no bytes bring a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagac.dsl import outlook
from sagac.dsl.compile import Compilation
from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import MOST, Severity
from sagac.dsl.model import Parallel
from sagac.dsl.types import RecordType

SPECS = Path(__file__).parents[2] / "specs"
NAMES = sorted(path.name for path in SPECS.glob("*.saga.yaml"))
TEXTS = {name: (SPECS / name).read_text(encoding="utf-8") for name in NAMES}
ORDER = TEXTS["order-fulfilment.saga.yaml"]
KEY = re.compile(r"^(?: *- | *)([a-z_]+):", re.MULTILINE)


def load(path: str) -> str:
    if path not in TEXTS:
        raise FileNotFoundError("there is no such file")
    return TEXTS[path]


def check(text: str | bytes, name: str = "case.saga.yaml") -> Compilation:
    return compile_saga(text, name, load)


@pytest.mark.parametrize("name", NAMES)
def test_the_specs_are_clean(name: str) -> None:
    compilation = check(TEXTS[name], name)
    assert [each for each in compilation.diagnostics if each.severity is Severity.ERROR] == []
    assert compilation.graph is not None


def test_an_error_gives_no_graph_but_the_saga_and_all_sources() -> None:
    text = TEXTS["office-move.saga.yaml"].replace("compensate: give_back_desks", "")
    compilation = check(text)
    assert [each.code for each in compilation.diagnostics] == ["CO001"]
    assert compilation.graph is None
    assert compilation.saga is not None
    assert compilation.sources == {
        "case.saga.yaml": text,
        "kit-packing.saga.yaml": TEXTS["kit-packing.saga.yaml"],
    }


def test_the_rules_are_run_on_sub_sagas_too() -> None:
    child = TEXTS["kit-packing.saga.yaml"]
    wrong = child.replace("    compensate: return_devices\n", "")
    quiet = wrong.replace("collect_devices\n", "collect_devices # sagac: ignore[CO001] why\n")
    for text, codes in ((wrong, ["CO001"]), (quiet, [])):
        files = {"kit-packing.saga.yaml": text}
        compilation = compile_saga(
            TEXTS["office-move.saga.yaml"], "case.saga.yaml", files.__getitem__
        )
        assert [each.code for each in compilation.diagnostics] == codes
        assert all(each.span.file in files for each in compilation.diagnostics)
        assert (compilation.graph is None) == bool(codes)


# Keys of an item; a misspelt one must not make the rules speak of what seems to be missing.
KEYS = {"service", "effect", "fails", "output", "events", "compensate", "role", "on_unknown"}
LANGUAGE = {
    match.start(1)
    for match in KEY.finditer(ORDER)
    if match[1]
    in [
        "service",
        "input",
        "effect",
        "fails",
        "output",
        "events",
        "compensate",
        "role",
        "on_unknown",
    ]
}


@pytest.mark.parametrize("start", sorted(LANGUAGE))
def test_a_misspelt_key_is_one_finding(start: int) -> None:
    slipped = ORDER[:start] + "q" + ORDER[start:]
    found = check(slipped).diagnostics
    assert [each.code for each in found if each.severity is Severity.ERROR] == ["SY002"]


def test_comments_that_silence_nothing_are_shown_within_bounds() -> None:
    comments = "# sagac: ignore[TI002] none\n" * (MOST + 3)
    found = check(ORDER + comments).diagnostics
    assert len(found) == MOST + 1
    assert found[-1].message == "3 more comments from here on have a mistake of this kind."
    assert {each.severity for each in found} == {Severity.WARNING}


def test_the_type_of_many_branches_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def branches(item: Parallel) -> RecordType:
        made.append(item.name.text)
        return real(item)

    real = outlook._branches
    monkeypatch.setattr(outlook, "_branches", branches)
    readers = [
        f"- {{ step: r{n}, service: s, effect: none, if: p.a.outcome == 'done' }}"
        for n in (1, 2, 3)
    ]
    items = ["- { parallel: p, join: settled, branches: { a: [], b: [] } }", *readers]
    head = "saga: x\nversion: 1\nkey: ${input.x}\nservices: { s: {} }\ninput: { x: string }\n"
    check(head + "steps:\n" + "".join(f"  {each}\n" for each in items))
    assert made == ["p"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_gives_findings_inside_it(data: st.DataObject) -> None:
    text = TEXTS[data.draw(st.sampled_from(NAMES))]
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    damaged = text[:start] + data.draw(st.text(max_size=6)) + text[end:]
    compilation = check(damaged)
    lines = re.split(r"\r\n|\r|\n", damaged)
    for found in compilation.diagnostics:
        assert found.code != "IN001", found.message
        if found.span.file == "case.saga.yaml":
            assert 1 <= found.span.line <= found.span.end_line <= len(lines) + 1
    assert check(damaged).diagnostics == compilation.diagnostics


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_bytes_give_findings(text: str | bytes) -> None:
    assert check(text).has_errors
