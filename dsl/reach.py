"""What an expression reads, and whether it can: earlier items, surely or perhaps, or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .facts import Reach
from .model import Foreach, Group, Parallel, Step, Wait
from .structure import Place
from .syntax import (
    Attribute,
    Comprehension,
    Constant,
    Expr,
    Literal,
    Record,
    Reference,
    Value,
)
from .values import parts

_LITERAL = (Constant, Literal)


class Seen(NamedTuple):
    """How an item looks from somewhere: ``refused`` says why it cannot be read at all."""

    optional: bool = False
    listed: bool = False  # from outside its loop
    refused: str | None = None
    help: str | None = None


def reads(value: Value | None) -> tuple[Reach, ...]:
    """The values that an expression reads, in its order, each once. Own variables are left out."""
    if value.__class__ is Attribute and value.base.__class__ is Reference:  # nearly always
        return (Reach(value.base.name, (value.name,), value.base.span),)
    return all_reads((value,))


def all_reads(values: Iterable[Value | None], without: tuple[str, ...] = ()) -> tuple[Reach, ...]:
    """What ``values`` read, each once, in its order; but nothing of the roots ``without``."""
    found: dict[tuple[str, tuple[str, ...]], Reach] = {}
    for value in values:
        if value.__class__ is Attribute and value.base.__class__ is Reference:  # nearly always
            root, path = value.base.name, (value.name,)
            if root not in without and (root, path) not in found:
                found[root, path] = Reach(root, path, value.base.span)
        elif value is not None:
            for reach in _reads(value, frozenset()):
                if reach.root not in without:
                    found.setdefault((reach.root, reach.path), reach)
    return tuple(found.values())


def _reads(value: Value, bound: frozenset[str]) -> Iterator[Reach]:
    if value.__class__ in _LITERAL:
        return
    match value:
        case Reference() | Attribute():
            yield from _chain(value, bound)
        case Comprehension():
            yield from _reads(value.source, bound)
            inner = bound | {value.variable}
            yield from _reads(value.element, inner)
            if value.condition is not None:
                yield from _reads(value.condition, inner)
        case Record() if not bound:
            for each in value.fields.values():
                yield from reads(each)
        case _:
            for part in parts(value):
                yield from _reads(part, bound)


def _chain(value: Reference | Attribute, bound: frozenset[str]) -> Iterator[Reach]:
    path: list[str] = []
    base: Expr = value
    while isinstance(base, Attribute):
        path.append(base.name)
        base = base.base
    if not isinstance(base, Reference):
        yield from _reads(base, bound)
    elif base.name not in bound:
        yield Reach(base.name, tuple(reversed(path)), base.span)


def look(target: Place, reader: Place | None, *, inside: bool = False, own: bool = False) -> Seen:
    """How ``target`` looks from ``reader`` (None: the end of the saga).

    ``inside``: from the end of the reader's body (``until``, a group's compensation); ``own``:
    from its compensation, which may read what it gave itself.
    """
    if target is reader and own:
        return Seen(optional=True)
    around = list(reader.upwards()) if reader is not None else []
    if any(target is here for here in around[0 if inside else 1 :]):
        return _from_within(target)
    if target is reader:
        return Seen(refused=f"`{target.name}` is this item itself: it is not done yet")
    return _from_outside(target, reader, around, inside)


def _from_within(target: Place) -> Seen:
    if isinstance(target.item, Wait):
        return Seen()
    if isinstance(target.item, Step):
        return Seen(refused=f"`{target.name}` has failed where this runs: it gave nothing")
    if isinstance(target.item, Foreach):
        help = "Inside the loop the names of its steps mean this element's."
        if target.item.variable is None:
            help = "Name the element of the loop (`as: NAME`), and read it by that name."
        return Seen(
            refused=f"`{target.name}` is the loop around this: it is not done yet", help=help
        )
    return Seen(refused=f"`{target.name}` is around this: it is not done yet")


def _from_outside(target: Place, reader: Place | None, around: list[Place], inside: bool) -> Seen:
    lists = {id(here.list): here for here in around}
    passed: list[Place] = []
    for here in target.upwards():
        passed.append(here)
        if reader is None and here.parent is None:
            return _descend(passed)
        if inside and reader is not None and here.parent is reader:
            return _descend(passed)
        sister = lists.get(id(here.list))
        if sister is here:  # both inside the same composite, in different lists of it
            return _elsewhere(target, here, passed[-2])
        if sister is not None:
            if here.list.precedes(here.position, sister.position):
                return _descend(passed)
            return _not_before(target, here, sister)
    return Seen(refused=f"`{target.name}` cannot be read here")


def _elsewhere(target: Place, composite: Place, inner: Place) -> Seen:
    section = inner.list.section
    kind = section.kind if section is not None else ""
    name, around = target.name, composite.name
    if isinstance(composite.item, Parallel):
        return Seen(refused=f"`{name}` is in another branch of `{around}`, which may not be done")
    if isinstance(composite.item, Group) and kind == "body":
        return Seen(refused=f"`{name}` is undone before this runs: `{around}` has failed")
    return Seen(refused=f"`{name}` is in another case of `{around}`: it does not run if this does")


def _not_before(target: Place, here: Place, sister: Place) -> Seen:
    name = target.name
    if here.position < sister.position and not here.list.chained:
        help = f"Add `{here.name}` to the `needs` of `{sister.name}`."
        return Seen(refused=f"nothing says that `{name}` is done before this", help=help)
    return Seen(refused=f"`{name}` comes later", help=f"Put `{here.name}` before `{sister.name}`.")


def _descend(passed: list[Place]) -> Seen:
    """From the list that both are in down to the target: what makes it uncertain on the way."""
    target = passed[0]
    optional = may_be_missing(target)
    for outer, inner in zip(passed[:0:-1], passed[-2::-1], strict=True):
        section = inner.list.section
        kind = section.kind if section is not None else ""
        if isinstance(outer.item, Foreach):
            help = f"Outside the loop write `{outer.name}.{target.name}`, a list."
            return Seen(
                refused=f"`{target.name}` runs once per element of `{outer.name}`", help=help
            )
        if kind == "race":
            help = f"Read it inside its branch, or ask for `{outer.name}.won`."
            return Seen(refused=f"`{target.name}` runs in one branch of a race only", help=help)
        optional = optional or kind in ("case", "handler") or may_be_missing(outer)
        if isinstance(outer.item, Parallel):
            optional = optional or outer.item.join != "all"
    return Seen(optional=optional)


def may_be_missing(place: Place) -> bool:
    """Whether what an item gives may be missing after it: skipped, passed over, recovered."""
    item = place.item
    if item.condition is not None:
        return True
    if isinstance(item, Step):
        return bool(item.recover) or (item.role is not None and item.role.text == "optional")
    return isinstance(item, Group) and bool(item.recover)
