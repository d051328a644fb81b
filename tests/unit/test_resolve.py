"""Names, types and signatures: each slip is found once, at its place, with a way out."""

from __future__ import annotations

import pytest

from .resolving import HEAD, at, inside, reading, resolved, resolved_text, step

FOREACH = inside("foreach: loop", step("a"), **{"in": "input.lines", "as": "line"})
RACE = """\
- wait: w
  first:
    - event: Came
      output: { who: string }
      steps:
        - { step: in_race, service: s, effect: none, output: { o: string }, input: [w.who] }
    - { after: 5m, steps: [] }
"""
CHOOSE = """\
- choose: c
  when:
    - if: input.n > 1
      steps:
        - { step: one, service: s, effect: none, output: { o: string } }
    - if: input.n > 2
      steps:
        - { step: two, service: s, effect: none, input: [%s] }
"""
BRANCHES = """\
- parallel: p
  join: %s
  branches:
    left: [{ step: one, service: s, effect: none, output: { o: string } }]
    right: [{ step: two, service: s, effect: none, input: [%s] }]
"""
GROUP = inside("group: g", step("a"), compensate="{ service: s, action: back, input: [%s] }")

FINDINGS: dict[str, tuple[str, str, str, str]] = {
    # steps, code, text at the place, a part of the help
    "unknown": (step("first") + reading("b", "frist.o"), "NA001", "frist", "Did you mean `first`?"),
    "input forgotten": (reading("b", "x"), "NA001", "x", "input.x"),
    "event elsewhere": (reading("b", "event.x"), "NA001", "event", "match"),
    "later": (reading("b", "a.o") + step("a"), "NA003", "a", "Put `a` before `b`"),
    "itself": (reading("a", "a.o"), "NA003", "a", ""),
    "not needed": (
        step("a") + step("b", "needs: []") + reading("c", "a.o", "needs: [b]"),
        "NA003",
        "a",
        "Add `a` to the `needs` of `c`",
    ),
    "another branch": (BRANCHES % ("all", "one.o"), "NA003", "one", ""),
    "another case": (CHOOSE % "one.o", "NA003", "one", ""),
    "inside a race": (RACE + reading("b", "in_race.o"), "NA003", "in_race", "w.won"),
    "event of a race": (RACE + reading("b", "w.who"), "NA004", "who", "won"),
    "inside a loop": (FOREACH + reading("b", "a.o"), "NA003", "a", "loop.a"),
    "variable outside": (FOREACH + reading("b", "line.sku"), "NA001", "line", ""),
    "no failure yet": (reading("b", "saga.failure.reason"), "NA003", "saga", "compensations"),
    "field": (step("a") + reading("b", "a.oo"), "NA004", "oo", "o"),
    "field of what says nothing": (
        step("a").replace("  output: { o: string }\n", "") + reading("b", "a.o"),
        "NA004",
        "o",
        "output: { o: TYPE }",
    ),
    "field of an event that nobody declares": (
        "- { wait: w, event: Came, timeout: 1d }\n" + reading("b", "w.who"),
        "NA004",
        "who",
        "output: { who: TYPE }",
    ),
    "compared with another type": (step("a", "if: input.n == 'x'"), "TY002", "'x'", "`int(x)`"),
    "field of an element": (
        inside("foreach: l", reading("a", "it.skuu"), **{"in": "input.lines", "as": "it"}),
        "NA004",
        "skuu",
        "sku",
    ),
    "not a list": (
        inside("foreach: l", step("a"), **{"in": "input.n", "as": "it"}),
        "TY002",
        "input.n",
        "",
    ),
    "condition": (step("a", "if: input.n"), "TY002", "input.n", ""),
    "absent": (reading("a", "input.maybe + 'x'"), "DA001", "input.maybe", "is not None"),
    "skipped": (
        step("a", "if: input.n > 1") + reading("b", "upper(a.o)"),
        "DA001",
        "a.o",
        "is not None",
    ),
    "optional step": (
        step("a", "role: optional") + reading("b", "upper(a.o)"),
        "DA001",
        "a.o",
        "",
    ),
    "recovered": (
        step("a", "fails: [no]", "recover: { no: [] }") + reading("b", "upper(a.o)"),
        "DA001",
        "a.o",
        "",
    ),
    "in a case": (CHOOSE % "x" + reading("b", "upper(one.o)"), "DA001", "one.o", ""),
    "in a branch of any": (
        BRANCHES % ("any", "x") + reading("b", "upper(one.o)"),
        "DA001",
        "one.o",
        "",
    ),
    "own output when undone": (
        step("a").replace("undo_a", "{ action: back, input: { v: '${upper(a.o)}' } }"),
        "DA001",
        "a.o",
        "",
    ),
    "member in a group's undo": (
        GROUP.replace("input: [%s]", "input: { v: '${upper(a.o)}' }"),
        "DA001",
        "a.o",
        "",
    ),
    "item in a key": (step("a", "locks: [l]"), "NA003", "a", "input"),
    "service": ("- { step: a, service: ss, effect: none }", "NA001", "ss", "Did you mean 's'?"),
    "lock": (step("a", "locks: [m]"), "NA001", "m", ""),
    "refusal": (
        step("a", "fails: [sold_out]", "recover: { sold_ou: [] }"),
        "NA001",
        "sold_ou",
        "sold_out",
    ),
    "needs": (step("first") + step("b", "needs: [frist]"), "NA001", "frist", "'first'"),
    "needs elsewhere": (FOREACH + step("b", "needs: [a]"), "NA003", "a", "`loop`"),
    "twice": (step("a") + step("a"), "NA002", "a", "another name"),
    "variable is an item": (
        step("line") + FOREACH,
        "NA002",
        "line",
        "",
    ),
    "two fields": (
        step("a") + step("b") + "- { step: c, service: s, effect: none, input: [a.o, b.o] }",
        "NA002",
        "b.o",
        "mapping",
    ),
    "two signatures": (
        step("a", "action: act") + "- { step: b, service: s, action: act, effect: none }",
        "TY004",
        "act",
        "another action",
    ),
    "declared input": (
        "- { step: fixed, service: u, effect: none, input: { x: 1 }, fails: [no] }",
        "TY004",
        "fixed",
        "",
    ),
    "declared refusals": (
        "- { step: fixed, service: u, effect: none, input: [x], fails: [yes_but] }",
        "TY004",
        "fixed",
        "",
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_one_slip_is_one_finding(name: str) -> None:
    steps, code, text, help = FINDINGS[name]
    key = "a.o" if name == "item in a key" else "input.x"
    _, found, source = resolved(steps, f"locks: {{ l: {{ key: {key} }} }}\n")
    assert [(each.code, at(source, each.span)) for each in found] == [(code, text)]
    (finding,) = found
    assert help in (finding.help or "")


def test_the_key_is_not_made_of_itself() -> None:
    _, found, source = resolved(step("a"), head=HEAD.replace("${input.x}", "${saga.key}"))
    assert [(each.code, at(source, each.span)) for each in found] == [("NA003", "saga")]


FINE = {
    "narrowed by its own if": reading("a", "upper(input.maybe)", "if: input.maybe is not None"),
    "narrowed by the case": CHOOSE.replace("input.n > 1", "input.maybe is not None").replace(
        "effect: none, output", "effect: none, input: { v: '${upper(input.maybe)}' }, output", 1
    )
    % "x",
    "optional handed on": step("a", "if: input.n > 1") + reading("b", "a.o"),
    "list outside the loop": FOREACH
    + reading("b", "len([each for each in loop.a.o if each > ''])"),
    "outcomes": FOREACH + reading("b", "'done' in loop.outcomes"),
    "branch outcome": BRANCHES % ("settled", "x") + reading("b", "p.left.outcome == 'done'"),
    "branches of all": BRANCHES % ("all", "x") + reading("b", "upper(one.o)"),
    "winner": RACE + reading("b", "w.won == 'Came'"),
    "last round": inside("repeat: r", step("a"), until="upper(a.o) == 'X'", max="3")
    + reading("b", "upper(a.o)"),
    "element": inside(
        "foreach: l", reading("a", "upper(it.sku)"), **{"in": "input.lines", "as": "it"}
    ),
    "needed": step("a") + step("b", "needs: []") + reading("c", "upper(a.o)", "needs: [a, b]"),
    "failure when undone": "- { undo: a, service: s, input: [saga.failure.reason, saga.key] }",
}


@pytest.mark.parametrize("name", FINE)
def test_what_can_be_read(name: str) -> None:
    _, found, _ = resolved(FINE[name])
    assert [(each.code, each.message) for each in found] == []


CHILD = (
    HEAD.replace("a-b", "child") + "steps:\n  - { step: k, service: s, input: [x], effect: none }\n"
)
USE = "- { saga: child, use: %s, input: { x: a, n: 1, lines: '${input.lines}' } }\n"


@pytest.mark.parametrize(
    ("file", "text", "code", "said"),
    [
        ("child.saga.yaml", None, "SY011", "no such file"),
        ("/child.saga.yaml", CHILD, "SY011", "relative"),
        ("child.saga.yaml", CHILD.replace("input: [x]", "input: [y]"), "SY012", "error"),
        ("child.saga.yaml", CHILD + "  - { saga: me, use: main.saga.yaml }\n", "SY012", "error"),
        ("main.saga.yaml", None, "SY013", "main.saga.yaml -> main.saga.yaml"),
        ("child.saga.yaml", CHILD.replace("maybe?:", "surely:"), "TY002", "surely"),
        ("child.saga.yaml", CHILD, None, ""),
    ],
)
def test_sub_sagas(file: str, text: str | None, code: str | None, said: str) -> None:
    main = HEAD + "steps:\n  " + USE % file
    files = {"sagas/main.saga.yaml": main} | ({f"sagas/{file}": text} if text else {})
    graph, found = resolved_text(main, files)
    assert [each.code for each in found] == ([code] if code else [])
    assert all(said in each.message for each in found)
    assert code is not None or (graph is not None and set(graph.children) == {"child"})


def test_the_cycle_of_sub_sagas_is_shown_where_it_closes() -> None:
    child = CHILD + "  - { saga: me, use: ../sagas/main.saga.yaml }\n"
    main = HEAD + "steps:\n  " + USE % "child.saga.yaml"
    _, found = resolved_text(main, {"sagas/main.saga.yaml": main, "sagas/child.saga.yaml": child})
    (finding,) = found
    shown = "main.saga.yaml -> child.saga.yaml -> main.saga.yaml"
    assert shown in finding.labels[0].message
    assert finding.labels[0].span.file == "sagas/child.saga.yaml"


SCHEMA = "{ step: a, service: s, effect: none, output: { o: { schema: { $ref: %s } } } }"


@pytest.mark.parametrize(
    ("reference", "files", "said"),
    [
        ("size.json", {}, "no such file"),
        ("size.json", {"sagas/size.json": "{"}, "not JSON"),
        ("size.json", {"sagas/size.json": '{"$ref": "size.json"}'}, "refers to itself"),
        ("https://example.org/x.json", {}, "not a file of the project"),
        ("size.json#/nothing", {"sagas/size.json": "{}"}, "nothing at"),
        ("size.json#/$defs/n", {"sagas/size.json": '{"$defs": {"n": {"type": "integer"}}}'}, None),
    ],
)
def test_schemas_in_other_files(reference: str, files: dict[str, str], said: str | None) -> None:
    graph, found, _ = resolved("- " + SCHEMA % f"'{reference}'", files=files)
    assert [each.code for each in found] == (["SY011"] if said else [])
    assert all(said in each.message for each in found if said)
    if said is None:
        assert graph is not None
        (output,) = graph.facts["a"].output_type.fields
        assert getattr(output.type, "schema", None) == '{"type": "integer"}'


def test_a_circle_of_needs_gives_no_graph() -> None:
    graph, found, _ = resolved(step("a", "needs: [b]") + step("b", "needs: [a]"))
    assert graph is None
    assert not list(found)  # ST001 says it
