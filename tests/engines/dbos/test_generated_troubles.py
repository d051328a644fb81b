"""Generated tests of what needs time or a person: they pass, and fail when the workflow is broken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.cases import SPECS, generated, write

from .test_generated_tests import outcome, outcome_of

pytest.importorskip("dbos", reason="the generated sagas run on DBOS")

TREATMENT = """\
saga: treatment
version: 1
key: ${input.id}
deadline: 90d
start: { service: desk }
services: { desk: {}, lab: {}, bank: {} }
input: { id: string }
events:
  Signed: { from: desk, data: { id: string, by: string } }
  Arrived: { from: desk, data: { id: string } }
  Gone: { from: desk, data: { id: string } }
defaults: { retry: { attempts: 2 }, timeout: 10s }
locks:
  room: { key: input.id }
  bed: { key: input.id, conflict: wait }
  phone: { key: input.id }
steps:
  - { step: register, service: desk, input: [id], locks: [room], compensate: forget }
  - undo: tell
    service: desk
    locks: [phone]
    input: [id, saga.failure.reason]
    retry: { attempts: 2 }
  - step: hold
    service: bank
    input: [id]
    locks: [bed]
    compensate: { action: release, retry: { attempts: 3, max: 5m } }
  - step: note
    service: desk
    input: [id]
    compensate: { action: unnote, retry: { attempts: 2 }, on_failure: continue }
  - step: book
    service: lab
    input: [id]
    output: { ref: string }
    on_unknown: manual
    compensate: unbook
  - wait: signature
    event: Signed
    match: event.id == input.id
    early: ignore
    timeout: 14d
  - { wait: reminder, event: Arrived, timeout: 1d, on_timeout: continue }
  - repeat: poll
    max: 3
    every: 1h
    until: look.ready
    steps:
      - { step: look, service: lab, input: [id], output: { ready: boolean }, effect: none }
  - wait: who
    first:
      - event: Arrived
        steps: [{ step: welcome, service: desk, input: [id], compensate: unwelcome }]
      - event: Gone
        steps: [{ fail: gone_away }]
      - after: 3d
        steps: [{ step: nudge, service: desk, input: [id], compensate: unnudge }]
  - group: papers
    compensate: { service: desk, action: shred, input: [id] }
    steps:
      - { step: write_paper, service: desk, input: [id] }
      - { step: copy_paper, service: desk, input: [id], fails: [jam] }
  - { saga: pack, use: packing.saga.yaml, input: { box: "${input.id}" } }
  - { step: pay, service: bank, role: pivot, input: [id], output: { receipt: string } }
  - { step: mail, service: desk, input: [pay.receipt], retry: { attempts: 2 }, output: { no: string } }
  - { step: archive, service: desk, input: [mail.no, book.ref] }
  - { wait: thanks, event: Signed, timeout: 3d }
  - repeat: settle
    max: 2
    until: ask_bank.ok
    steps:
      - { step: ask_bank, service: bank, input: [id, thanks.by], output: { ok: boolean }, effect: none }
  - { step: close, service: desk, input: { label: "${pack.label}" } }
"""
PACKING = """\
saga: packing
version: 1
key: ${input.box}
start: { service: store }
services: { store: {} }
input: { box: string }
defaults: { timeout: 10s }
steps:
  - { step: fetch, service: store, input: [box], compensate: put_back }
  - { step: seal, service: store, input: [box], fails: [broken], output: { label: string }, compensate: unseal }
output: { label: "${seal.label}" }
"""
BOOKING = """\
saga: booking
version: 1
key: ${input.id}
deadline: 2d
start: { service: desk }
services: { desk: {}, bank: {} }
input: { id: string, due: boolean }
defaults: { retry: { attempts: 2 }, timeout: 10s }
steps:
  - { step: hold, service: bank, input: [id], compensate: release }
  - { step: book, service: desk, input: [id], compensate: unbook }
"""
PAYING = """\
  - { step: pay, service: bank, role: pivot, input: [id], if: input.due }
  - { step: mail, service: desk, input: [id] }
"""
SHORT = """\
saga: telling
version: 1
key: ${input.id}
start: { service: desk }
services: { desk: {}, bank: {} }
input: { id: string, lines: [string] }
defaults: { retry: { attempts: 2 }, timeout: 10s }
steps:
  - { step: hold, service: bank, input: [id], compensate: release }
  - { step: pay, service: bank, role: pivot, input: [id] }
  - foreach: lines
    in: input.lines
    as: line
    mode: parallel
    join: 2
    steps: [{ step: tell, service: desk, input: { line: "${line}" }, effect: none }]
  - foreach: slowly
    in: input.lines
    as: line
    join: 2
    steps: [{ step: say, service: desk, input: { line: "${line}" }, effect: none }]
  - parallel: both
    join: "${1 + 2}"
    branches:
      one: [{ step: tell_one, service: desk, input: [id], effect: none }]
      two: [{ step: tell_two, service: desk, input: [id], effect: none }]
  - { step: close, service: desk, input: [id] }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("treatment")
    (made / "packing.saga.yaml").write_text(PACKING, encoding="utf-8")
    spec = made / "treatment.saga.yaml"
    spec.write_text(TREATMENT, encoding="utf-8")
    write(generated(spec), made)
    return made


def cases(folder: Path) -> set[str]:
    """The names of all generated cases."""
    written = folder / "treatment" / "generated" / "tests" / "test_paths.py"
    return set(re.findall(r'Case\(\s*"([^"]+)"', written.read_text("utf-8")))


@pytest.mark.timeout(300)
def test_all_pass(folder: Path) -> None:
    said = outcome(folder)
    assert re.fullmatch(r"\d+ passed in .*", said), said


@pytest.mark.timeout(120)
def test_what_is_retriable_does_not_begin_once_the_saga_is_called_off(tmp_path: Path) -> None:
    write(generated(SPECS / "office-move.saga.yaml"), tmp_path)
    said = outcome(tmp_path, "-k", "cancelled")
    assert re.fullmatch(r"\d+ passed, .*", said), said


@pytest.mark.timeout(120)
def test_the_end_judges_a_cancel_where_nothing_has_before(tmp_path: Path) -> None:
    spec = tmp_path / "booking.saga.yaml"
    spec.write_text(BOOKING, encoding="utf-8")
    write(generated(spec), tmp_path)
    said = outcome(tmp_path, "-k", "end")
    assert re.fullmatch(r"2 passed, .*", said), said
    engine = tmp_path / "booking" / "generated" / "engine" / "engine.py"
    text = engine.read_text("utf-8")
    engine.write_text(text.replace("        await saga.end()\n", "", 1), encoding="utf-8")
    said = outcome(tmp_path, "-k", "end")
    assert re.fullmatch(r"2 failed, .*", said), said


def test_a_pivot_that_is_not_taken_decides_as_well(tmp_path: Path) -> None:
    spec = tmp_path / "booking.saga.yaml"
    spec.write_text(f"{BOOKING}{PAYING}", encoding="utf-8")
    made = {each.path: each.text for each in generated(spec).files}
    workflow = made["booking/generated/v1/workflow.py"]
    assert 'await saga.gate("pay")\n    if input.due:\n' in workflow
    assert '"end: cancelled"' not in made["booking/generated/tests/test_paths.py"]


@pytest.mark.timeout(120)
def test_a_join_that_is_short_after_the_pivot_waits_for_a_person(tmp_path: Path) -> None:
    spec = tmp_path / "telling.saga.yaml"
    spec.write_text(SHORT, encoding="utf-8")
    write(generated(spec), tmp_path)
    said = outcome(tmp_path, "-k", "goes")
    assert re.fullmatch(r"3 passed, .*", said), said  # retry, skip, done
    workflow = tmp_path / "telling" / "generated" / "v1" / "workflow.py"
    text = workflow.read_text("utf-8")
    for each in ("lines", "slowly", "both"):
        broken = re.sub(rf'("{each}",[^)]*), after_pivot=True', r"\1", text, count=1)
        assert broken != text
        workflow.write_text(broken, encoding="utf-8")
        said = outcome(tmp_path, "-k", "goes and done")
        assert re.fullmatch(r"1 failed, .*", said), (each, said)


@pytest.mark.parametrize(
    "names",
    [
        "signature: timeout", "reminder: timeout", "thanks: timeout, retry", "thanks: timeout, skip",
        "thanks: timeout, done", "who: Arrived", "who: Gone", "who: after", "poll: exhausted",
        "settle: exhausted, retry", "settle: exhausted, skip", "settle: exhausted, done",
        "book: unknown, retry", "book: unknown, skip", "book: unknown, done", "book: unknown, failed",
        "mail: unknown, retry", "mail: unknown, skip", "mail: unknown, done", "archive: unknown",
        "pay: unknown, never", "pay: unknown, done", "pay: unknown, not yet", "register: room is taken",
        "hold: bed is free later", "tell: phone is free later", "register: undo fails", "tell: undo fails, retry",
        "hold: undo fails, skip", "hold: undo fails, done", "note: undo fails", "papers: undo fails",
        "pack/fetch: undo fails", "pack/seal: broken", "hold: cancelled", "signature: cancelled",
        "hold: deadline", "who: deadline", "pay: cancelled", "pay: cancelled too late",
    ],
)  # fmt: skip
def test_there_is_a_case_for(folder: Path, names: str) -> None:
    assert names in cases(folder)


def without(part: str) -> Callable[[str], str]:
    """Takes a part out of the workflow, given as a regular expression."""
    return instead(part, "")


def instead(part: str, other: str) -> Callable[[str], str]:
    """Writes something else for a part of the workflow."""

    def change(text: str) -> str:
        return re.sub(part, other, text, count=1, flags=re.DOTALL)

    return change


BROKEN: list[tuple[str, Callable[[str], str], str]] = [
    ("a wait without an end", without(r",\n +timeout=1209600"), "signature and timeout"),
    ("a wait that fails instead of going on", instead(r"wait_or_none", "wait"), "reminder"),
    ("a wait that ends the saga after the pivot", without(r",\n? *after_pivot=True"), "thanks and skip"),
    ("a race without its time", without(r", after=259200"), "after"),
    ("another way out of a race", instead(r'won == "Arrived"', 'won == "Gone"'), "who"),
    ("one round too many", instead(r"max=3,", "max=4,"), "poll and exhausted"),
    ("another condition to end", instead(r"until=lambda look: ", "until=lambda look: not "), "goes"),
    ("rounds that end the saga", instead(r"(max=2.*?)after_pivot=True,", r"\1"), "settle and skip"),
    ("a person who is not asked", without(r'on_unknown="manual",\n'), "book and done"),
    ("no more attempts", instead(r'saga.retriable\(\n +"mail"', 'saga.step("mail"'), "mail and skip"),
    ("attempts without an end", instead(r'("mail",.*?)STANDARD', r"\1FOREVER"), "mail and done"),
    ("attempts with an end", instead(r'("archive",.*?)FOREVER', r"\1STANDARD"), "archive"),
    ("no question to the service", without(r"query=services.bank.query_pay,\n"), "pay and done"),
    ("an undo that stops", without(r'on_failure="continue",\n'), "note and undo"),
    ("an undo that gives up", instead(r"RELEASE_POLICY,\n +\)", "FOREVER,\n)"), "hold and skip"),
    ("an undo item with another end", instead(r'("tell",.*?)STANDARD', r"\1FOREVER"), "tell and retry"),
    ("a group that is not undone", without(r"(?<=\"papers\"),\n +undo=Compensation.*?\n {8}\)"), "papers and undo"),
    ("a lock that is not taken", without(r'locks=\(?\[?Lock\("room"[^\n]*,\n'), "taken"),
    ("a pivot that may be called off", instead(r"saga.pivot\(", "saga.step("), "late"),
    ("a saga without a deadline", without(r"deadline=[^\n]*,\n"), "hold and deadline"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "chosen"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN]
)
def test_broken_code_is_noticed(folder: Path, change: Callable[[str], str], chosen: str) -> None:
    said = outcome_of(change, folder / "treatment" / "generated" / "v1", folder, chosen)
    assert re.search(r"\d+ failed", said), said
