"""The parser on bad files: one finding for each slip, never a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from sagac.dsl.model import Step
from sagac.dsl.parser_vocabulary import COMMON, KINDS, REQUIRED, TOP, TOP_REQUIRED

from .parsing import HEAD, SPECS, STEP, parsed


def findings(source: str | bytes) -> list[tuple[str, str]]:
    """Code and the text under the finding."""
    text = source if isinstance(source, str) else source.decode("utf-8", "replace")
    lines = text.split("\n")
    shown = []
    for each in parsed(source)[1]:
        span = each.span
        line = lines[span.line - 1]
        end = span.end_column - 1 if span.end_line == span.line else len(line)
        shown.append((each.code, line[span.column - 1 : end]))
    return shown


def step_with(line: str) -> str:
    return HEAD + f"steps:\n  - step: a\n    service: s\n    {line}\n"


def item_of(text: str) -> str:
    return HEAD + "steps:\n  - " + text.replace("\n", "\n    ") + "\n"


ONE_STEP = "steps:\n  - step: a\n    service: s\n"

SLIPS: list[tuple[str, list[tuple[str, str]]]] = [
    # keys
    (item_of("step: a\nservcie: s"), [("SY002", "servcie")]),
    (item_of("step: a\nservice: s\ncompensat: undo_a"), [("SY002", "compensat")]),
    (step_with("compensate: { actoin: x }"), [("SY002", "actoin")]),
    (item_of("step: a"), [("SY003", "a")]),
    (item_of("step:\nservice: s"), [("SY003", "step")]),
    (item_of("stpe: a\nservice: s"), [("SY002", "stpe")]),
    (item_of("task: a\nservice: s"), [("SY004", "task")]),
    (item_of("service: s\nstep: a"), [("SY004", "step")]),
    (item_of("step: a\nservice: s\nwait: b"), [("SY002", "wait")]),
    (item_of("do_it"), [("SY004", "do_it")]),
    (item_of("[a]"), [("SY004", "[a]")]),
    (HEAD.replace("key:", "kye:") + ONE_STEP, [("SY002", "kye")]),
    (HEAD.replace("version: 1\n", "") + ONE_STEP, [("SY003", "s")]),
    (HEAD.replace("services: { s: }\n", "") + ONE_STEP, [("SY003", "s")]),
    (HEAD, [("SY003", "s")]),
    ("- a\n", [("SY004", "- a")]),
    ("hello\n", [("SY004", "hello")]),
    # shapes
    (HEAD + "steps: x\n", [("SY004", "x")]),
    (HEAD + "steps: []\n", [("SY009", "[]")]),
    (HEAD.replace("version: 1", 'version: "1"') + ONE_STEP, [("SY004", '"1"')]),
    (HEAD.replace("version: 1", "version: 0") + ONE_STEP, [("SY009", "0")]),
    (HEAD.replace("version: 1", "version: true") + ONE_STEP, [("SY004", "true")]),
    (HEAD.replace("{ s: }", "[s]") + ONE_STEP, [("SY004", "[s]")]),
    (HEAD.replace("{ s: }", "{}") + ONE_STEP, [("SY009", "{}")]),
    (HEAD.replace("${input.x}", "[x]") + ONE_STEP, [("SY004", "[x]")]),
    (HEAD + "start: s\n" + ONE_STEP, [("SY004", "s")]),
    (HEAD + "cancel: Gone\n" + ONE_STEP, [("SY004", "Gone")]),
    (HEAD + "locks: { l: { conflict: refuse } }\n" + ONE_STEP, [("SY003", "{ conflict: refuse }")]),
    (step_with("input: x"), [("SY004", "x")]),
    (step_with("needs: b"), [("SY004", "b")]),
    (step_with("retry: 5"), [("SY004", "5")]),
    (step_with("retry: { attempts: a number }"), [("SY009", "a number")]),
    (item_of("parallel: p\njoin: a number\nbranches: { a: [{ fail: f }] }"), [("SY009", "a number")]),
    (step_with('input: { "a b": 1, class: 2 }'), [("SY008", '"a b"'), ("SY008", "class")]),
    (HEAD + "output: { a: { b-c: 1 } }\n" + ONE_STEP, [("SY008", "b-c")]),
    (step_with("compensate:"), [("SY004", "")]),
    (step_with("fails: refused"), [("SY004", "refused")]),
    (item_of("choose: c\nwhen: { if: input.n > 1 }"), [("SY004", "{ if: input.n > 1 }")]),
    (item_of("parallel: p\nbranches: {}"), [("SY009", "{}")]),
    (item_of("parallel: p\nbranches: { a: [] }"), [("SY009", "[]")]),
    (item_of("group: g\nsteps: [{ fail: f }]\ncompensate: undo_g"), [("SY004", "undo_g")]),
    (item_of("wait: w"), [("SY003", "w")]),
    (item_of("wait: w\nfor: 1d\nevent: E"), [("SY004", "event")]),
    (item_of("wait: w\nfor: 1d\ntimeout: 2d"), [("SY004", "timeout")]),
    (item_of("wait: w\nfirst: [{ steps: [] }]"), [("SY003", "{ steps: [] }")]),
    (item_of("wait: w\nfirst: [{ after: 1s, match: event.x }]"), [("SY004", "match")]),
    (item_of("repeat: r\nsteps: [{ fail: f }]\nuntil: input.n > 1"), [("SY003", "r")]),
    # what belongs under a key stands where the name belongs
    (item_of("choose: [{ if: input.n > 1, steps: [] }]"), [("SY004", "[{ if: input.n > 1, steps: [] }]")]),
    (item_of("parallel: { b: [{ fail: f }] }"), [("SY004", "{ b: [{ fail: f }] }")]),
    (item_of("step: { name: a, service: s }"), [("SY004", "{ name: a, service: s }")]),
    # values
    (step_with("role: pivto"), [("SY009", "pivto")]),
    (item_of("saga: r\nuse: x.saga.yaml\nrole: optional"), [("SY009", "optional")]),
    (step_with("effect: false"), [("SY009", "false")]),
    (step_with("on_unknown: ignore"), [("SY009", "ignore")]),
    (step_with("idempotent: no"), [("SY010", "no")]),
    (step_with("idempotent: 'On'"), [("SY010", "'On'")]),
    (step_with("idempotent: maybe"), [("SY004", "maybe")]),
    (step_with("timeout: 0s"), [("SY009", "0s")]),
    (step_with("retry: { attempts: 0 }"), [("SY009", "0")]),
    (step_with("retry: { attempts: forver }"), [("SY009", "forver")]),
    (step_with("fails: [x, y, x]"), [("NA002", "x")]),
    (item_of("parallel: p\nbranches: { a: [{ fail: f }] }\njoin: al"), [("SY009", "al")]),
    (item_of("parallel: p\nbranches: { a: [{ fail: f }] }\njoin: 1.5"), [("SY004", "1.5")]),
    # names
    *[
        (item_of(f"step: {name}\nservice: s"), [("SY008", name)])
        for name in (
            "chargeCard", "Charge", "charge-card", "charge_", "_charge", "charge__card", "1st",
            "3", "class", "async", "input", "saga", "event", "self", "true", "сharge", '"a\'b"',
            '"a\\nb"', '"a; import os"', "../x", "a" * 81,
        )
    ],
    (HEAD.replace("a-b", "a_b") + ONE_STEP, [("SY008", "a_b")]),
    (HEAD.replace("a-b", "import") + ONE_STEP, [("SY008", "import")]),
    (HEAD.replace("{ s: }", "{ s: { team: A B } }") + ONE_STEP, [("SY008", "A B")]),
    (HEAD + "types: { string: { a: string } }\n" + ONE_STEP, [("SY008", "string")]),
    (HEAD + "events: { a b: }\n" + ONE_STEP, [("SY008", "a b")]),
    (step_with("fails: [any]"), [("SY008", "any")]),
    (item_of("foreach: e\nin: input.x\nas: event\nsteps: [{ fail: f }]"), [("SY008", "event")]),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), SLIPS)
def test_one_slip_is_one_finding(source: str, expected: list[tuple[str, str]]) -> None:
    assert findings(source) == expected


@pytest.mark.parametrize(
    ("source", "message", "help"),
    [
        (
            item_of("step: a\nservcie: s"),
            "Unknown key 'servcie' in a step.",
            "Did you mean 'service'? Expected one of: step, service, action, input, output, fails, "
            "effect, role, retry, timeout, heartbeat, idempotent, on_unknown, compensate, recover, "
            "events, locks, description, if, needs.",
        ),
        (
            item_of("group: [{ fail: f }]"),
            "A list stands where the name of a group belongs.",
            "Write `group: NAME`, and what stands here under `steps:`.",
        ),
        (
            HEAD.replace("version: 1", "version: 1.0") + ONE_STEP,
            "Expected a whole number for 'version', found the number 1.0.",
            "Write `1`.",
        ),
        (
            step_with("output: { room-number: string }"),
            "`room-number` cannot be the name of a field: such a name is made of letters, digits"
            " and underscores and starts with a letter.",
            "Write `room_number`.",
        ),
        (
            step_with("retry: { often: 3 }"),
            "Unknown key 'often' in a retry.",
            "Expected one of: attempts, backoff, initial, max, jitter.",
        ),
        (
            item_of("step: a\nservice: s\nwait: b"),
            "This item is a step already: 'wait' would make it another.",
            "Begin a new item with `- wait: ...`.",
        ),
        (HEAD + "steps: x\n", "Expected a list of steps, found the text 'x'.", "Write `[x]`."),
        (step_with("idempotent: no"), "'no' is a text, not a boolean.", "Write `false`."),
        (
            item_of("step: chargeCard\nservice: s"),
            "'chargeCard' cannot be the name of a step: it must be snake_case, "
            "made of letters a-z, digits and single separators.",
            "Write 'charge_card'.",
        ),
        (
            item_of("step: сharge\nservice: s"),
            "'сharge' cannot be the name of a step: "
            "it holds the character U+0441 (CYRILLIC SMALL LETTER ES).",
            "Write it in snake_case, beginning with a letter.",
        ),
        (
            HEAD + "start: order\n" + ONE_STEP,
            "Expected a start (a mapping), found the text 'order'.",
            "Write `{ service: order }`.",
        ),
    ],
)
def test_messages_say_what_to_write(source: str, message: str, help: str) -> None:
    (only,) = parsed(source)[1]
    assert (only.message, only.help) == (message, help)


def test_a_misspelt_key_counts_as_the_one_that_was_meant() -> None:
    saga, found = parsed(item_of("stpe: a\nservcie: s\ntimeot: 5s"))
    assert len(found) == 3
    assert saga is not None
    (step,) = saga.items
    assert isinstance(step, Step)
    assert str(step.service) == "s"
    assert step.timeout is not None


def test_unreadable_services_count_as_declared() -> None:
    saga, _ = parsed(HEAD.replace("services: { s: }\n", "") + ONE_STEP)
    assert saga is not None
    assert list(saga.services) == ["s"]


def test_what_stands_behind_a_syntax_error_is_not_missed() -> None:
    source = HEAD + "steps:\n  - step: a\n    servcie: s\n  - step: b\n    compensate: { action\n"
    saga, found = parsed(source)
    assert saga is None
    assert [each.code for each in found] == ["SY002", "SY001"]


KEY = re.compile(r"(?:^|[\s{,-])([a-z_]{4,})\??:(?=\s|$)")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_any_misspelt_key_of_the_examples_is_at_most_one_finding(path: Path) -> None:
    lines = path.read_text("utf-8").split("\n")
    own = {*TOP, *COMMON, *(key for keys in KINDS.values() for key in keys), *KINDS} - {"input"}
    for number, line in enumerate(lines):
        for match in KEY.finditer(line.split(" #")[0]):
            word = match[1]
            wrong = word[:-1] + "q"
            broken = line[: match.start(1)] + wrong + line[match.end(1) :]
            _, found = parsed("\n".join([*lines[:number], broken, *lines[number + 1 :]]))
            assert len(found) <= 1, (number + 1, wrong, [each.message for each in found])
            if word in own and line.lstrip(" -").startswith(word):
                assert [each.code for each in found] == ["SY002"], (number + 1, wrong)


EXTRA = [*"${}[]|>?:-#*&", *("&a ", "*a", "!!x ", "\t", "\0", '"', "'", "---\n", "...\n", "<<: ")]
EXTRA += ["${", "null", "1e999", "-1", "true", "no", "{}", "[]", "\u2028", "\r", "\ufeff"]


@pytest.mark.parametrize("seed", range(8))
def test_no_damage_to_a_file_gives_a_traceback(seed: int) -> None:
    chance = random.Random(seed)
    sources = [path.read_text("utf-8") for path in SPECS] + [item_of("step: a"), HEAD + STEP]
    for _ in range(60):
        source = chance.choice(sources)
        for _ in range(chance.choice((1, 2, 5))):
            start = chance.randrange(len(source) + 1)
            end = start + chance.choice((0, 1, 30, len(source)))
            source = source[:start] + chance.choice(EXTRA) + source[end:]
        saga, found = parsed(source.encode("utf-8"))
        count = source.count("\n") + source.count("\r") + 2
        assert saga is not None or found.has_errors
        assert all(1 <= each.span.line <= each.span.end_line <= count for each in found)


def test_the_tables_of_keys_fit_together() -> None:
    assert set(REQUIRED) <= set(KINDS)
    assert all(set(keys) <= set(KINDS[kind]) for kind, keys in REQUIRED.items())
    assert set(TOP_REQUIRED) <= set(TOP)


def test_messages_stay_short_when_the_file_does_not() -> None:
    long = "x" * 10_000
    for source in (
        long,
        f"{long}: 1\n",
        item_of(long),
        step_with(f"role: {long}"),
        HEAD + f"steps: {long}\n",
    ):
        for each in parsed(source)[1]:
            assert len(each.message) + len(each.help or "") < 400
    for source in (
        item_of(f"{long}: a\nservice: s"),
        step_with(f"input: {long}"),
        f"a: !{long} 1\n",
    ):
        assert all(len(each.message) < 400 for each in parsed(source)[1])
