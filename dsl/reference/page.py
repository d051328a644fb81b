"""The generated parts of the reference: each stands between ``<!-- made: NAME -->`` and its end."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sagac.dsl.codes import CODES
from sagac.dsl.suppress import NEVER

from .forms import said
from .key import Key
from .lists import FUNCTIONS, TYPES, limits, unknown_outcomes
from .tables import KEYS, names, required

__all__ = ["filled", "parts"]
_PART = re.compile(r"(<!-- made: ([\w ]+) -->\n).*?(<!-- /made -->)", re.DOTALL)


def filled(text: str) -> str:
    """The page ``text`` with its parts made anew. Raises KeyError for a part that is unknown."""
    known = parts()
    return _PART.sub(lambda match: f"{match[1]}\n{known[match[2]]}\n{match[3]}", text)


def parts() -> dict[str, str]:
    """Every part by its name, as Markdown."""
    made = {f"keys of {mapping}": _keys(mapping) for mapping in KEYS}
    made["functions"] = _functions()
    made["types"] = _rows(
        ("type", "holds", "written"),
        ((f"`{name}`", holds, f"`{literal}`") for name, (holds, literal) in TYPES.items()),
    )
    made["limits"] = _rows(("what", "at most"), limits())
    outcomes = ((said, f"`{leads}`") for said, leads in unknown_outcomes())
    made["unknown outcomes"] = _rows(("a step that is", "`on_unknown` if not written"), outcomes)
    made["families that stop"] = _families() + "\n"
    return made


def _keys(mapping: str) -> str:
    rows = (_key(name, KEYS[mapping][name], mapping) for name in names(mapping))
    return _rows(("key", "takes", "without it", "meaning"), rows)


def _key(name: str, key: Key, mapping: str) -> tuple[str, ...]:
    meaning = f"{key.doc} `{name}: {key.example}`"
    return f"`{name}`", said(key.form), _without(key, name in required(mapping)), meaning


def _without(key: Key, is_required: bool) -> str:
    if is_required:
        return "**required**"
    return key.without or (f"`{key.default}`" if key.default else "–")


def _functions() -> str:
    rows = (
        (f"`{name}`", each.takes, each.doc, f"`{each.example}` gives `{each.result}`")
        for name, each in FUNCTIONS.items()
    )
    return _rows(("function", "takes", "gives", "example"), rows)


def _families() -> str:
    """The codes that no comment silences, by their first letters."""
    families = sorted({code[:2] for code in CODES} & set(NEVER))
    return ", ".join(f"`{each}`" for each in families)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(each) for each in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
