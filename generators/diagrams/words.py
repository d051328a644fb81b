"""The words that pictures use for items: titles, notes and the labels of regions."""

from __future__ import annotations

from sagac.dsl.model import (
    Choose,
    Fail,
    Foreach,
    Group,
    Item,
    Join,
    Parallel,
    Race,
    Repeat,
    Seconds,
    SubSaga,
    Wait,
)
from sagac.dsl.syntax import Expr

from .expression import show
from .text import shorten

LONG = 80  # characters of a condition in a picture


def condition(expr: Expr) -> str:
    """A condition, short enough for a label."""
    return shorten(show(expr), LONG)


def seconds(value: Seconds | Expr | None) -> str:
    """A duration as written, or the expression that gives it."""
    if value is None:
        return ""
    return value.text if isinstance(value, Seconds) else condition(value)


def title_of(item: Item) -> str:
    """What stands in the box, or at the top of the frame."""
    match item:
        case Fail():
            return f"fail: {item.name}"
        case Wait(first=()):
            return f"wait: {item.name}"
        case Wait():
            return f"{item.name}: whichever comes first"
        case Parallel():
            return f"{item.name}: side by side"
        case Choose():
            return f"{item.name}: one of these"
        case Foreach():
            source = condition(item.source) if item.source else ""
            return f"{item.name}: for each {item.variable} in {source}"
        case Repeat():
            return (
                f"{item.name}: repeat until {condition(item.until)}"
                if item.until
                else str(item.name)
            )
        case Group():
            return f"{item.name}: one scope"
    return item.name.text


def summary(item: Item) -> tuple[str, ...]:
    """Short notes on an item: its condition, what a wait waits for, how a join counts."""
    notes = [f"if {condition(item.condition)}"] if item.condition is not None else []
    match item:
        case Wait(first=()):
            notes.append(_awaited(item))
        case Parallel():
            notes.append(_joined(item.join))
        case Foreach():
            notes.append(_looped(item))
        case Repeat():
            pause = f", every {seconds(item.every)}" if item.every else ""
            notes.append(f"at most {item.max} rounds{pause}; then: exhausted")
        case SubSaga(use=use):
            notes.append(f"saga {use}")
    return tuple(shorten(each, 2 * LONG) for each in notes if each)


def regions_of(item: Item) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Label and items of each course inside ``item``; empty for what is one state."""
    match item:
        case Parallel():
            return tuple((each.name.text, each.items) for each in item.branches)
        case Choose():
            cases = tuple((f"if {condition(each.condition)}", each.items) for each in item.cases)
            return (*cases, ("otherwise", item.otherwise or ()))
        case Foreach() | Repeat():
            return (("", item.items),)
        case Group():
            instead = ((f"instead, on {each.refusal}", each.items) for each in item.recover)
            return (("", item.items), *instead)
        case Wait():
            return tuple((_way(each), each.items) for each in item.first)
    return ()


def _way(race: Race) -> str:
    if race.event is not None:
        return race.event.text
    return f"after {seconds(race.after)}"


def _awaited(item: Wait) -> str:
    if item.event is None:
        return f"for {seconds(item.duration)}"
    if item.timeout is None:
        return f"for {item.event}"
    return f"for {item.event}, {seconds(item.timeout)} at most"


def _joined(join: Join) -> str:
    match join:
        case "all":
            return "all of them must succeed"
        case "any":
            return "the first to succeed is enough, the others are undone"
        case "settled":
            return "each is on its own: a refused one is undone alone"
        case int():
            return f"{join} of them are enough, the others are undone"
    return f"as many as {condition(join)}"


def _looped(item: Foreach) -> str:
    if item.mode == "sequence":
        way = "one after another"
    elif item.limit is None:
        way = "all at once"
    else:
        limit = item.limit if isinstance(item.limit, int) else condition(item.limit)
        way = f"{limit} at a time"
    return way if item.join == "all" else f"{way}; {_joined(item.join)}"
