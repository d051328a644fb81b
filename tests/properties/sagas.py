"""Random valid sagas of all kinds of item, as YAML text.

What the language forbids is not drawn, so every text must compile without an error; names are
plain, since hostile ones have tests of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

SERVICES = ("alpha", "beta", "gamma")
HEAD: dict[str, Any] = {
    "saga": "random-saga",
    "version": 1,
    "key": "${input.id}",
    "start": {"service": "alpha"},
    "services": {name: {"team": name} for name in SERVICES},
    "input": {"id": "string", "flag": "boolean", "amount": "integer", "lines": ["string"]},
    "defaults": {"retry": {"attempts": 2, "backoff": "constant", "initial": "1ms"}},
}


class Writer:
    """Draws the items of one saga; ``known`` are the outputs that may be read from here on."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.count = 0

    def one_of(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def maybe(self, odds: int = 2) -> bool:
        return bool(self.draw(st.integers(1, odds)) == 1)

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def step(
        self, known: list[str], *, role: str = "before", must_undo: bool = False
    ) -> dict[str, Any]:
        """A step; ``role`` is ``before`` or ``after`` the pivot, or a role of the language."""
        name = self.name("step")
        item: dict[str, Any] = {"step": name, "service": self.one_of(*SERVICES)}
        item["input"] = ["id", *self.reads(known)]
        if role in ("before", "pivot", "optional"):
            item["fails"] = [f"refusal_{self.count}"]
        effect = must_undo or role == "pivot" or self.maybe(4) is False
        if not effect:
            item["effect"] = "none"
        elif role == "before" or (role == "optional" and must_undo):
            item["compensate"] = f"undo_{name}"
        if role in ("pivot", "optional"):
            item["role"] = role
        if role in ("before", "pivot", "after"):
            item["output"] = {"value": "integer"}
        return item

    def reads(self, known: list[str]) -> list[str]:
        return [f"{self.one_of(*known)}.value"] if known and self.maybe() else []

    def items(self, known: list[str], depth: int, *, most: int = 3) -> list[dict[str, Any]]:
        """A list of items before the pivot; what it surely does is added to ``known``."""
        return [self.item(known, depth) for _ in range(self.draw(st.integers(1, most)))]

    def item(self, known: list[str], depth: int) -> dict[str, Any]:
        kinds = ["step", "step", "undo", "optional", "sleep"]
        if depth:
            kinds += ["parallel", "choose", "foreach", "repeat", "group", "recover", "race", "if"]
        made: dict[str, Any] = getattr(self, f"draw_{self.one_of(*kinds)}")(known, depth)
        return made

    def draw_step(self, known: list[str], depth: int) -> dict[str, Any]:
        step = self.step(known)
        known.append(step["step"])
        return step

    def draw_undo(self, known: list[str], depth: int) -> dict[str, Any]:
        return {
            "undo": self.name("undo_item"),
            "service": self.one_of(*SERVICES),
            "input": ["id", "saga.failure.reason"],
        }

    def draw_optional(self, known: list[str], depth: int) -> dict[str, Any]:
        return self.step(known, role="optional", must_undo=True)

    def draw_sleep(self, known: list[str], depth: int) -> dict[str, Any]:
        return {"wait": self.name("pause"), "for": "1ms"}

    def draw_if(self, known: list[str], depth: int) -> dict[str, Any]:
        step = self.step(known)
        step["if"] = self.one_of("input.flag", "input.amount > 5", "not input.flag")
        return step

    def draw_parallel(self, known: list[str], depth: int) -> dict[str, Any]:
        join = self.one_of("all", "all", "settled", "any")
        inside = [list(known), list(known)]
        branches = {
            f"branch_{index}": self.branch(reading, depth - 1, join)
            for index, reading in enumerate(inside)
        }
        if join == "all":
            known.extend(name for reading in inside for name in reading if name not in known)
        item: dict[str, Any] = {"parallel": self.name("fork"), "branches": branches}
        if join != "all":
            item["join"] = join
        if self.maybe(3):
            item["undo_order"] = "sequence"
        return item

    def branch(self, known: list[str], depth: int, join: str) -> list[dict[str, Any]]:
        if join == "any":
            return [self.step(known, must_undo=True) for _ in range(self.draw(st.integers(1, 2)))]
        return self.items(known, depth, most=2)

    def draw_choose(self, known: list[str], depth: int) -> dict[str, Any]:
        cases = [{"if": "input.flag", "steps": self.items(list(known), depth - 1, most=2)}]
        if self.maybe():
            cases.append({"if": "input.amount > 50", "steps": [{"fail": self.name("refused")}]})
        item: dict[str, Any] = {"choose": self.name("choice"), "when": cases}
        if self.maybe():
            item["otherwise"] = self.items(list(known), depth - 1, most=1)
        return item

    def draw_foreach(self, known: list[str], depth: int) -> dict[str, Any]:
        item: dict[str, Any] = {
            "foreach": self.name("loop"),
            "in": "input.lines",
        }
        if not self.maybe(4):
            item["as"] = self.name("line")
        if self.maybe():
            item |= {"mode": "parallel", "limit": 2, "join": self.one_of("all", "settled")}
            if self.maybe(3):
                item["undo_order"] = "sequence"
        item["steps"] = self.items(list(known), depth - 1, most=2)
        return item

    def draw_repeat(self, known: list[str], depth: int) -> dict[str, Any]:
        step = self.step(known)
        known.append(step["step"])
        until = f"{step['step']}.value >= 1"
        return {"repeat": self.name("again"), "max": 3, "until": until, "steps": [step]}

    def draw_group(self, known: list[str], depth: int) -> dict[str, Any]:
        item: dict[str, Any] = {"group": self.name("group")}
        if self.maybe(3):
            item["compensate"] = {
                "service": "beta",
                "action": f"reset_{self.count}",
                "input": ["id"],
            }
            item["steps"] = [self.step(known) | {"effect": "none"} for _ in range(2)]
            for step in item["steps"]:
                step.pop("compensate", None)
                step.pop("effect")
            return item
        item["steps"] = self.items(known, depth - 1, most=2)
        if self.maybe(3):
            item["undo_order"] = "parallel"
        return item

    def draw_recover(self, known: list[str], depth: int) -> dict[str, Any]:
        step = self.step(known)
        named = self.one_of("any", *step["fails"])
        step["recover"] = {named: self.items(list(known), 0, most=1)}
        return step

    def draw_race(self, known: list[str], depth: int) -> dict[str, Any]:
        return {
            "wait": self.name("race"),
            "first": [
                {"event": "Answered", "match": "event.id == input.id", "steps": [self.step(known)]},
                {"after": "1ms", "steps": [self.step(known)]},
            ],
        }

    def after_pivot(self, known: list[str]) -> list[dict[str, Any]]:
        """What follows the point of no return."""
        items: list[dict[str, Any]] = []
        for _ in range(self.draw(st.integers(0, 2))):
            if self.maybe(3):
                body = [self.step(known, role="after")]
                loop = {"foreach": self.name("loop"), "in": "input.lines", "as": self.name("line")}
                items.append(loop | {"steps": body})
            else:
                step = self.step(known, role="after")
                known.append(step["step"])
                items.append(step)
        return items


@st.composite
def sagas(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """The text of a valid saga file."""
    writer = Writer(draw)
    known: list[str] = []
    items = writer.items(known, depth=2, most=4)
    if writer.maybe():
        items.append(writer.step(known, role="pivot"))
        items += writer.after_pivot(known)
    text = yaml.safe_dump(
        HEAD | {"events": {"Answered": {"data": {"id": "string"}}}, "steps": items}, sort_keys=False
    )
    return str(text)


INPUTS: tuple[dict[str, Any], ...] = (
    {"id": "1", "flag": True, "amount": 10, "lines": ["a", "b"]},
    {"id": "2", "flag": False, "amount": 3, "lines": []},
    {"id": "3", "flag": False, "amount": 60, "lines": ["a"]},
)
