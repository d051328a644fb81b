"""Text of a spec in pictures: hostile or not, it stays text."""

from __future__ import annotations

import html as standard
import json
import re

import pytest

from sagac.generators.diagrams.flow import flow_dot
from sagac.generators.diagrams.mermaid import flow_mermaid, state_mermaid
from sagac.generators.diagrams.render import render
from sagac.generators.diagrams.state import state_dot
from sagac.generators.diagrams.text import html, mermaid, plain, quoted, shorten, width, wrap
from tests.diagrams.drawn import HEAD, saga

HOSTILE = [
    'a"]; evil [label="x',
    "<TABLE><TR><TD>x</TD></TR></TABLE>",
    "&lt;b&gt; & co; &#10; #quot;",
    "line\\nend \\l \\N \\G",
    "end\n    click a href javascript:alert(1)",
    "%%{init: {}}%% --> x :::c ; subgraph y",
    "\u202eright to left\u0000\u2028",
    "`code` {x} [y] (z) |w| ~s~ *b* _i_",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_pictures_show_the_text_as_it_is(text: str) -> None:
    literal = '"' + re.sub(r'(["\\])', r"\\\1", re.sub(r"[\x00-\x1f\u202e\u2028]", " ", text)) + '"'
    steps = f"""\
  - choose: c
    when:
      - if: input.id == {literal}
        steps: [{{ fail: nope }}]
  - {{ step: a, service: s, effect: none }}
"""
    graph = saga(
        steps.replace(f"if: input.id == {literal}", f"if: {_yaml(f'input.id == {literal}')}")
    )
    for dot in (state_dot(graph), flow_dot(graph)):
        drawn = render(dot, "svg").decode()
        shown = " ".join(standard.unescape(each) for each in re.findall(r">([^<]*)</text>", drawn))
        assert json.dumps(plain(text), ensure_ascii=False)[1:12].split()[0] in shown
        assert "evil" not in re.findall(r"<title>([^<]*)</title>", drawn)
    for drawn in (state_mermaid(graph), flow_mermaid(graph)):
        assert not re.search(r"^\s*(click|%%|end\S)", drawn, re.MULTILINE)
        assert "javascript:" not in drawn


def _yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("text", HOSTILE)
def test_a_description_cannot_leave_its_place(text: str) -> None:
    words = '"' + re.sub(r'(["\\])', r"\\\1", re.sub(r"[\x00-\x1f\u202e\u2028]", " ", text)) + '"'
    head = HEAD.replace("version: 1\n", f"version: 1\ndescription: {words}\n")
    graph = saga("  - { step: a, service: s, effect: none }\n", head)
    drawn = render(state_dot(graph), "svg").decode()
    assert drawn.count("<svg") == 1
    assert "evil" not in re.findall(r"<title>([^<]*)</title>", drawn)


@pytest.mark.parametrize("text", HOSTILE)
def test_escapes(text: str) -> None:
    assert standard.unescape(html(text)) == plain(text)
    assert not re.search(r'["\[\]{}|<>;`\\\n]', re.sub(r"#\d+;", "", mermaid(text)))
    inner = quoted(text)[1:-1]
    assert not re.search(r'(?<!\\)(?:\\\\)*"', inner)
    assert inner.replace('\\"', '"').replace("\\\\", "\\") == plain(text)


def test_wrap_keeps_every_character_and_the_room() -> None:
    text = "a_very_long_name_that_goes_on and on, " + "x" * 80
    lines = wrap(text, 100, 10)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 10) <= 100 for line in lines)
    assert wrap("", 100, 10) == ("",)


def test_shorten() -> None:
    assert shorten("abc def", 7) == "abc def"
    assert shorten("abc defg", 7) == "abc de…"
