"""The README shows what there is."""

from __future__ import annotations

import re

import pytest

from demo import readme


def test_its_parts_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(readme.ROOT)
    text = readme.README.read_text(encoding="utf-8")
    assert readme.filled(text) == text, "run: make docs"


def test_its_links_lead_somewhere() -> None:
    text = re.sub(r"```.*?```", "", readme.README.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (readme.ROOT / target).exists(), target


@pytest.mark.parametrize("name", readme.PARTS)
def test_it_has_each_part(name: str) -> None:
    text = readme.README.read_text(encoding="utf-8")
    assert f"<!-- {name} -->\n```" in text
