"""The reader: values, exact places, and findings instead of tracebacks."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
import yaml

from sagac.dsl import reader
from sagac.dsl.diagnostics import Diagnostics
from sagac.dsl.nodes import Mapping, Node, Scalar, Sequence
from sagac.dsl.reader import OpenMapping, read


def tree(source: str | bytes) -> tuple[Node | None, list[tuple[str, int, int]]]:
    found = Diagnostics()
    node, _ = read(source, "a.saga.yaml", found)
    return node, [(each.code, each.span.line, each.span.column) for each in found]


def scalars(node: Node | None) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)
    elif node is not None:
        for entry in node:
            yield entry.key
            yield from scalars(entry.value)


def plain_data(node: Node | None) -> object:
    if isinstance(node, Mapping):
        return {key: plain_data(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [plain_data(item) for item in node.items]
    return node.value if node is not None else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("3", 3),
        ("-0", 0),
        ("+12", 12),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        *[(text, text) for text in ("no", "yes", "on", "off", "y", "NO", "tRue")],
        *[(text, text) for text in ("1:30", "0123", "2024-01-01", "1_000", "0b1", "--1", "10s")],
        *[(text, text) for text in (".inf", ".nan", "1e999", "9" * 5000)],
        ('"3"', "3"),
        ("'true'", "true"),
    ],
)
def test_values_follow_the_core_schema(text: str, value: object) -> None:
    node, found = tree(f"a: {text}\n")
    assert isinstance(node, Mapping)
    scalar = node.get("a")
    assert isinstance(scalar, Scalar)
    assert (type(scalar.value), scalar.value) == (type(value), value)
    assert scalar.plain is (text[:1] not in ("'", '"'))
    assert found == []


EVERYWHERE = """\
# a comment
saga: x   # another
steps:
  - step: ä_1
    input: { a: "q: 1", 'b': [c, d] }
    text: plain over
      two lines
    empty:
  -   deep:
        - 1
last: "end"
"""


def test_every_scalar_knows_where_it_starts_and_ends() -> None:
    source = EVERYWHERE
    lines = source.split("\n")
    node, found = tree(source)
    assert found == []
    texts = []
    for scalar in scalars(node):
        span = scalar.span
        if span.line == span.end_line:
            written = lines[span.line - 1][span.column - 1 : span.end_column - 1]
            assert written.strip("'\"") == scalar.text
            texts.append(scalar.text)
    assert len(texts) == 18
    assert [tuple(each.span[:4]) for each in scalars(node) if " over" in each.text] == [
        (6, 11, 7, 16)
    ]


def test_mappings_and_lists_end_where_their_last_value_ends() -> None:
    node, _ = tree("a:\n  - b: 1\n    c: [x, y ]\n\n# comment\nd: {e: f }\n")
    assert isinstance(node, Mapping)
    assert node.span[:4] == (1, 1, 6, 11)
    steps = node.get("a")
    assert isinstance(steps, Sequence)
    assert steps.span[:4] == (2, 3, 3, 15)
    assert steps.items[0].span[:4] == (2, 5, 3, 15)


def test_values_are_placed_after_their_anchor() -> None:
    node, found = tree("a: &x [1]\nb: &y  text\nc: *x\nd: [*y]\n")
    assert found == []
    assert isinstance(node, Mapping)
    assert [entry.value.span[:4] for entry in node] == [
        (1, 7, 1, 10),
        (2, 8, 2, 12),
        (1, 7, 1, 10),
        (4, 4, 4, 8),
    ]
    assert plain_data(node) == {"a": [1], "b": "text", "c": [1], "d": ["text"]}


@pytest.mark.parametrize(
    ("source", "expected", "data"),
    [
        ("", [("SY003", 1, 1)], None),
        ("# only a comment\n", [("SY003", 1, 1)], None),
        ("a: 1\nb: 2\na: 3\n", [("SY005", 3, 1)], {"a": 1, "b": 2}),
        ("a: !!str 3\n", [("SY007", 1, 4)], {"a": 3}),
        ("a: &x !!python/object:os.system [b]\n", [("SY007", 1, 7)], {"a": ["b"]}),
        ("a: 1\n---\nb: 2\n", [("SY004", 2, 1)], {"a": 1}),
        ("a: &m {b: 1}\n<<: *m\nc: 2\n", [("SY004", 2, 1)], {"a": {"b": 1}, "c": 2}),
        ("? [a]\n: b\nc: 1\n", [("SY004", 1, 3)], {"c": 1}),
        ("a: *b\n", [("SY001", 1, 4)], {"a": None}),
        ("a: &b [*b]\n", [("SY001", 1, 8)], {"a": [None]}),
        ("x: 1\na:\n\tb: 1\n", [("SY001", 3, 1)], {"x": 1}),
        ("a: 1\nb: c: d\n", [("SY001", 2, 5)], {"a": 1, "b": "c"}),
        ("a: 1\nb: 'x\n", [("SY001", 2, 4)], {"a": 1}),
        ("a: [1, 2\n", [("SY001", 1, 4)], {"a": [1, 2]}),
        ("a: @x\n", [("SY001", 1, 4)], {}),
        ("a: 1\n b: 2\n", [("SY001", 2, 2)], {"a": "1 b"}),
        ("a: {b: ${c.d}, e: [${f(x, y)}]}\nz: 1\n", [("SY001", 1, 8), ("SY001", 1, 20)], "same"),
        ("a: x\x07y\n", [("SY001", 1, 5)], {"a": "x\ufffdy"}),
        ("a: x\u202ey\n", [("SY001", 1, 5)], {"a": "x\ufffdy"}),
        ("a: \ud800\n", [("SY001", 1, 4)], {"a": "\ufffd"}),
        ("\ufeffa: 1\n", [("SY001", 1, 1)], {"a": 1}),
        (b"\xef\xbb\xbfa: 1\n", [("SY001", 1, 1)], {"a": 1}),
        (b"a: 1\r\nb: \xff\r\n", [("SY001", 2, 4)], {"a": 1, "b": "\ufffd"}),
        ("a: 1\n".encode("utf-16"), [("SY001", 1, 1)], None),
        ("[" * 130 + "]" * 130, [("SY006", 1, 129)], "deep"),
    ],
)
def test_what_is_wrong_is_reported_in_its_place(
    source: str | bytes, expected: list[tuple[str, int, int]], data: object
) -> None:
    node, found = tree(source)
    assert found == expected
    if data == "same":
        data = {"a": {"b": "${c.d}", "e": ["${f(x, y)}"]}, "z": 1}
    if data != "deep":
        assert plain_data(node) == data


def test_a_key_written_twice_points_at_the_first() -> None:
    found = Diagnostics()
    read("a: 1\nb: {a: 1}\na: 3\n", "f", found)
    (only,) = found
    assert [label.span[:2] for label in only.labels] == [(1, 1)]


def test_an_unquoted_expression_is_told_to_be_quoted() -> None:
    found = Diagnostics()
    read("a: {b: ${c.d}}\n", "f", found)
    (only,) = found
    assert only.help == 'Write "${c.d}".'


def test_what_was_not_read_to_its_end_is_open() -> None:
    node, _ = tree("a: 1\nb:\n  c: 2\n  d: [e\nf: g: h\n")
    assert isinstance(node, OpenMapping)
    nothing, _ = tree("\n\n  {")
    assert isinstance(nothing, OpenMapping)
    assert nothing.span[:4] == (3, 3, 3, 3)
    inner, _ = tree("a: {b: 1}\nc: 'x\n")
    assert isinstance(inner, OpenMapping)
    assert type(inner.get("a")) is Mapping


def test_aliases_cannot_multiply_a_file() -> None:
    lines = ["a0: &a0 [" + "x, " * 9 + "x]"]
    lines += [f"a{n}: &a{n} [" + f"*a{n - 1}, " * 9 + f"*a{n - 1}]" for n in range(1, 9)]
    found = Diagnostics()
    read("\n".join(lines), "f", found)
    assert [(each.code, each.message) for each in found] == [
        ("SY006", "Aliases repeat too much of the file.")
    ]


def test_size_and_number_of_values_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGEST", 100)
    assert tree("a" * 101) == (None, [("SY006", 1, 1)])
    monkeypatch.setattr(reader, "MOST_NODES", 5)
    assert tree("[1, 2, 3, 4]")[1] == []
    assert tree("[1, 2, 3, 4, 5]")[1] == [("SY006", 1, 14)]


SUPPRESSED = """\
a: 1  # sagac: ignore[CO001, TI002]  it is fine, see #12
b: '# sagac: ignore[CO001] no comment'
c: |  # sagac: ignore[X] yes
  # sagac: ignore[CO001] no comment
d: x#sagac: ignore[CO001] no comment
#sagac: ignore[CO002]
e: "y" # sagac: ignore CO001 broken
"""


def test_suppressions_are_found_in_comments_only() -> None:
    _, found = read(SUPPRESSED, "f", Diagnostics())
    assert [(each.codes, each.reason, each.span[:2]) for each in found] == [
        (("CO001", "TI002"), "it is fine, see #12", (1, 7)),
        (("X",), "yes", (3, 7)),
        (("CO002",), "", (6, 1)),
        ((), "ignore CO001 broken", (7, 8)),
    ]
    assert found[0].span[2:4] == (1, 57)


def test_the_pure_python_parser_gives_the_same_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    source = EVERYWHERE
    fast = [(each.text, each.value, each.span) for each in scalars(tree(source)[0])]
    monkeypatch.setattr(reader, "Loader", yaml.SafeLoader)
    node, found = tree(source)
    assert found == []
    assert [(each.text, each.value, each.span) for each in scalars(node)] == fast
    for broken in ("a: {b", "a: 'x", "a:\n\tb", "- a\nb: c", "a: b: c", "a: @b", "%FOO\n"):
        assert [code for code, *_ in tree(broken)[1]] == ["SY001"]


def test_the_collector_is_as_it_was_afterwards() -> None:
    assert gc.isenabled()
    tree("a: 'x\n")
    assert gc.isenabled()
    gc.disable()
    try:
        tree("a: 1\n")
        assert not gc.isenabled()
    finally:
        gc.enable()
