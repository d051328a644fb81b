"""The generated parts of the reference: each stands between ``<!-- made: NAME -->`` and its end."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sagac.dsl.codes import CODES
from sagac.dsl.compile import Load, compile
from sagac.dsl.graph import Edge, SagaGraph
from sagac.dsl.rules.registry import stops_the_compiler

from .forms import said
from .key import Key
from .lists import FUNCTIONS, TYPES, limits, unknown_outcomes
from .tables import KEYS, names, required

__all__ = ["filled", "parts"]
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PART = re.compile(r"(<!-- made: ([\w ]+) -->\n).*?(<!-- /made -->)", re.DOTALL)


def filled(text: str, load: Load) -> str:
    """The page ``text`` with its parts made anew; ``load`` gives files that its examples use.

    A part called ``graph`` is of the example above it. Raises KeyError for an unknown part.
    """
    known = parts()

    def made(match: re.Match[str]) -> str:
        if match[2] == "graph":
            return (
                f"{match[1]}\n{drawn(_YAML.findall(text, 0, match.start())[-1], load)}\n{match[3]}"
            )
        return f"{match[1]}\n{known[match[2]]}\n{match[3]}"

    return _PART.sub(made, text)


def drawn(source: str, load: Load) -> str:
    """The graph of an example in words: what follows what, and how it is undone."""
    graph = compile(source, "example.saga.yaml", load).graph
    if graph is None:
        raise ValueError(f"this example does not compile: {source}")
    lines = [_arrow(graph, edge) for edge in graph.edges]
    undone = [_undoing(graph, name) for name in graph.undo_order]
    if undone:
        lines.append(f"undone, last first: {', '.join(undone)}")
    return "\n".join(["```text", *lines, "```", ""])


def _arrow(graph: SagaGraph, edge: Edge) -> str:
    label = f"   ({edge.label})" if edge.label else ""
    return f"{graph.nodes[edge.source].id} -> {graph.nodes[edge.target].id}{label}"


def _undoing(graph: SagaGraph, name: str) -> str:
    compensation = graph.facts[name].compensation
    return f"{name} by {compensation.action}" if compensation else f"{name} as a whole"


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
    """The codes that no comment silences: whole families by their first letters, else each."""
    families: dict[str, list[str]] = {}
    for code in sorted(CODES):
        families.setdefault(code[:2], []).append(code)
    shown: list[str] = []
    for family, codes in families.items():
        stopping = [code for code in codes if stops_the_compiler(code)]
        shown += [family] if stopping == codes else stopping
    return ", ".join(f"`{each}`" for each in shown)


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(_cell(each) for each in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
