"""Small mistakes in a saga, as plain data: what a slip of the hand makes of a good file."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

from sagac.dsl.parser_vocabulary import COMMON, KINDS, PARTS, TOP, WORDS

KNOWN = sorted(
    {*TOP, *COMMON, *KINDS, *(k for keys in (*KINDS.values(), *PARTS.values()) for k in keys)}
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2.5,
    "",
    "text",
    "two words",
    "Pascal",
    "class",
    "self",
    "unknown",
    "any",
    "string",
    "5s",
    "0s",
    "1.5h",
    "5 s",
    "10",
    "yes",
    "a.b",
    "a?",
    "${input.id}",
    "x ${input.id}",
    [],
    [None],
    ["a"],
    ["a", "a"],
    ["string"],
    [["string"]],
    [{"fail": "f"}],
    [{"fail": "f", "data": {}}],
    {},
    {"a": "b"},
    {"a": None},
    {"a": "string"},
    {"a?": "string"},
    {"a b": "string"},
    {"class": 1},
    {"zzz": 1},
    {"enum": ["a", "b"]},
    {"enum": []},
    {"enum": "string"},
    {"schema": {}},
    {"schema": "string"},
    {"action": "undo"},
    {"service": "alpha", "action": "undo"},
    {"attempts": 2},
    {"event": "A"},
    {"for": "5s", "event": "A"},
    {"after": "5s"},
    {"after": "5s", "match": "true"},
    {"unknown": []},
    {"done": []},
    {"key": "input.id"},
    {"if": "true", "steps": []},
    {"step": "s", "service": "alpha"},
    *(word for words in WORDS.values() for word in words),
)


def containers(value: Any) -> Iterator[Any]:
    """Every mapping and list in ``value``, itself included."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict | list):
            yield each
            todo += each.values() if isinstance(each, dict) else each


@st.composite
def mutated(draw: Callable[[st.SearchStrategy[Any]], Any], good: Any) -> Any:
    """A copy of ``good`` with one mistake (or a change that happens to be none)."""
    made = copy.deepcopy(good)
    places = [each for each in containers(made) if each]
    place = draw(st.sampled_from(places))
    keys = list(place) if isinstance(place, dict) else list(range(len(place)))
    key = draw(st.sampled_from(keys))
    value = copy.deepcopy(draw(st.sampled_from(VALUES)))
    if isinstance(place, list):
        kind = draw(st.sampled_from(["replace", "delete", "append"]))
        if kind == "append":
            place.append(value)
        elif kind == "delete":
            del place[key]
        else:
            place[key] = value
        return made
    kind = draw(st.sampled_from(["replace", "delete", "add", "rename"]))
    if kind == "replace":
        place[key] = value
    elif kind == "delete":
        del place[key]
    elif kind == "add":
        place[draw(st.sampled_from([*KNOWN, "zzz", "stpes"]))] = value
    else:
        new = draw(st.sampled_from([*KNOWN, f"{key}x", "zzz"]))
        renamed = {new if each == key else each: place[each] for each in place}
        place.clear()
        place.update(renamed)
    return made
