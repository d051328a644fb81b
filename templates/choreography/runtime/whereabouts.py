"""Where a saga is, from the events that were heard of it and the picture of the saga.

A service tells what others need, so what it did in between is worked out here: the tokens of a node
that tells nothing follow from those before it. All of it is a function of the set of events; their
order and their repetition do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from .heard import At, Came, Record, stuck, together
from .picture import Link, Picture, Spot
from .tokens import Iteration

Place = tuple[str, Iteration]


class Whereabouts:
    """One saga as far as it was heard of."""

    def __init__(self, picture: Picture, records: Iterable[Record]) -> None:
        self.picture = picture
        self.told: dict[Place, dict[str, Record]] = {}
        self.released: dict[Place, set[str]] = {}
        self.freed: dict[Place, set[str]] = {}  # of those, what is not needed, whatever happens
        for each in sorted(records, key=lambda each: (each.at, each.id)):
            self._note(each)
        self._known: dict[Place, Came | None] = {}
        self._returned: dict[Place, Came | None] = {}

    def _note(self, record: Record) -> None:
        event = record.event
        place = (event.node, event.iteration)
        told = self.told.setdefault(place, {})
        if event.outcome in ("stuck", "unstuck"):
            before = told.get(event.outcome)
            if before is None or before.event.round < event.round:
                told[event.outcome] = record
        else:
            told.setdefault(event.outcome, record)
        if event.outcome in ("released", "undone", "aborted") and event.slots:
            self.released.setdefault(place, set()).update(event.slots)
        if event.outcome == "released":
            self.freed.setdefault(place, set()).update(event.slots)

    # Forward

    def forward(self, node: str, iteration: Iteration) -> Came | None:
        """What a node passes on; None: nothing yet."""
        place = (node, iteration)
        if place not in self._known:
            self._known[place] = None
            self._known[place] = self._forward(place)
        return self._known[place]

    def _forward(self, place: Place) -> Came | None:
        said = self._said(place)
        spot = self.picture.spots[place[0]]
        if said is not None or spot.kind in ("step", "wait", "start", "fail"):
            return said
        came = self.inputs(*place)
        if came is None:
            return None
        outcome = {"ok": "done", "skip": "skipped", "abort": "aborted"}[came.token]
        if came.token == "ok" and _is_exit(spot) and self._more(*place):
            return came  # only the last one says so
        return None if self.picture.tells(spot.id, outcome) else came

    def _said(self, place: Place) -> Came | None:
        told = self.told.get(place, {})
        if "done" in told:
            return Came("ok", told["done"].at, told["done"])
        for outcome in ("failed", "aborted", "unsettled"):
            if outcome in told:
                return Came("abort", told[outcome].at, told[outcome])
        if "undone" in told and told["undone"].event.broken:
            return Came("abort", told["undone"].at, told["undone"])
        if "skipped" in told:
            return Came("skip", told["skipped"].at, told["skipped"])
        return None

    def inputs(self, node: str, iteration: Iteration) -> Came | None:
        """What has come to a node; None: something is missing."""
        spot = self.picture.spots[node]
        links = self.picture.before.get(node, ())
        if any(each.way in ("into", "again") for each in links):
            return self._entered(spot, iteration)
        if spot.kind == "leave":
            return self._left(spot, iteration, links)
        plain = [each for each in links if each.way in ("plain", "bypass")]
        if spot.kind == "pick":
            first = self._along(next(e for e in plain if e.way == "bypass"), iteration)
            return None if first is None or first.token == "ok" else first
        came = together([self._along(each, iteration) for each in plain])
        if spot.kind == "gather" and came is not None and came.token == "ok":
            return self._gathered(spot, iteration, came)
        return came

    def _along(self, link: Link, iteration: Iteration) -> Came | None:
        source = (link.source, iteration)
        if link.rule == "handler":
            handling = self.told.get(source, {}).get("handling")
            chosen = handling is not None and handling.event.chosen == link.label
            return Came("ok", handling.at, handling) if handling is not None and chosen else None
        came = self.forward(*source)
        if came is None or came.token != "ok" or link.rule != "choice":
            return came
        done = self.told.get(source, {}).get("done")
        chosen = done is not None and done.event.chosen == link.label
        return came if chosen else Came("skip", came.at, came.by)

    def _left(self, spot: Spot, iteration: Iteration, links: tuple[Link, ...]) -> Came | None:
        handling = self.told.get((spot.partner, iteration), {}).get("handling")
        handler = None if handling is None else handling.event.chosen
        wanted = [e for e in links if (e.label if e.rule == "leaves" else None) == handler]
        came = together([self._along(each, iteration) for each in wanted])
        if came is None or came.token != "abort":
            return came
        scope = self.forward(spot.partner, iteration)
        return came if scope is not None and scope.token == "abort" else None

    # Loops

    def count(self, loop: str, iteration: Iteration) -> int:
        """The elements of a loop, as far as that was told."""
        done = self.told.get((loop, iteration), {}).get("done")
        return 0 if done is None else done.event.count or 0

    def _entered(self, spot: Spot, iteration: Iteration) -> Came | None:
        loop, outer, index = self.picture.spots[spot.loop], iteration[:-1], iteration[-1]
        came = self.forward(loop.id, outer)
        if came is None or came.token != "ok":
            return None
        if not loop.sequence:
            begun = self._begun(loop, spot, outer)
            return came if index < begun else None
        if index == 0:
            return came if self.count(loop.id, outer) else None
        before = (spot.partner, (*outer, index - 1))
        came = self.forward(*before)
        return came if came is not None and came.token == "ok" and self._more(*before) else None

    def _begun(self, loop: Spot, enter: Spot, outer: Iteration) -> int:
        count = self.count(loop.id, outer)
        if loop.limit is None:
            return count
        exits = ((enter.partner, (*outer, index)) for index in range(count))
        over = sum(self._said(each) is not None for each in exits)
        heard = [it[-1] for node, it in self.told if it[:-1] == outer and it and node != loop.id]
        return min(count, max(loop.limit + over, *(index + 1 for index in heard), 0))

    def _more(self, leave: str, iteration: Iteration) -> bool:
        """Whether another element or round comes after the exit ``leave``."""
        spot = self.picture.spots[leave]
        outer, index = iteration[:-1], iteration[-1]
        if not spot.asks:
            return index + 1 < self.count(spot.loop, outer)
        gather = next(e.target for e in self.picture.after[leave] if e.way == "out")
        if self._heard_in(leave, (*outer, index + 1)):
            return True
        over = self._said((leave, iteration)) or self.told.get((gather, outer))
        return not spot.pauses and not over

    def _heard_in(self, leave: str, iteration: Iteration) -> bool:
        """Whether anything was heard of that round."""
        size = len(iteration)
        return any(it[:size] == iteration and self._within(leave, node) for node, it in self.told)

    def _within(self, leave: str, node: str) -> bool:
        inner, spot = self.picture.spots[node], self.picture.spots[leave]
        return inner.depth >= spot.depth and inner.path.startswith(_round_path(spot))

    def _gathered(self, spot: Spot, iteration: Iteration, first: Came) -> Came | None:
        out = next(e for e in self.picture.before[spot.id] if e.way == "out")
        loop = self.picture.spots[out.source].loop
        places = [(out.source, (*iteration, n)) for n in range(self.count(loop, iteration))]
        if not spot.sequence:
            return together([first, *(self.forward(*each) for each in places)])
        last = first
        for place in places:
            came = self.forward(*place)
            if came is None or came.token == "abort":
                return came
            last = came
        return None if spot.asks else last

    # Back

    def back(self, node: str, iteration: Iteration) -> Came | None:
        """When a node said, or must have said, that nothing of it is left; None: not yet."""
        told = self.told.get((node, iteration), {})
        for outcome in ("undone", "failed", "aborted"):
            if outcome in told:
                return Came("abort", told[outcome].at, told[outcome])
        if "unsettled" in told:
            return None
        came = self.forward(node, iteration)
        if came is None or came.token != "ok":
            return came if came is not None and came.token == "abort" else None
        return None if self.picture.tells(node, "undone") else self.returned(node, iteration)

    def returned(self, node: str, iteration: Iteration) -> Came | None:
        """When all that a node had let go on has come back; None: not all, or nothing."""
        place = (node, iteration)
        if place not in self._returned:
            self._returned[place] = None
            sent = list(self._sent(node, iteration))
            if any(self._is_free(link, iteration) for link, _ in sent):
                sent = [each for each in sent if each[0].way != "turn"]
            found = [self._come_back(link, it) for link, it in sent]
            spot = self.picture.spots[node]
            if spot.kind == "scope" and "done" in self.told.get((spot.partner, iteration), {}):
                found.append(self.back(spot.partner, iteration))  # what failed inside was settled
            self._returned[place] = together(found) if found else None
        return self._returned[place]

    def _turn(self, node: str, iteration: Iteration) -> Came | None:
        """When a node whose outcome nobody knows may be undone; None: not yet."""
        links = [each for each in self.picture.after.get(node, ()) if each.way == "turn"]
        ends = ((e, iteration[: self.picture.spots[e.target].depth]) for e in links)
        return together([self._come_back(*each) for each in ends])

    def _is_free(self, link: Link, iteration: Iteration) -> bool:
        """Whether a join of the first N does not need what had come along ``link``."""
        if self.picture.spots[link.target].kind != "pick":
            return False
        index = f"@{iteration[-1]}" if link.way == "out" else ""
        outer = iteration[:-1] if link.way == "out" else iteration
        return f"{link.name}{index}" in self.freed.get((link.target, outer), ())

    def _sent(self, node: str, iteration: Iteration) -> Iterator[tuple[Link, Iteration]]:
        """The links along which a node has let go on, with the iteration at their end."""
        told = self.told.get((node, iteration), {})
        handling, done = told.get("handling"), told.get("done")
        for link in self.picture.after.get(node, ()):
            if link.way in ("reverse", "watch") or (link.rule == "handler") != (
                handling is not None
            ):
                continue
            chosen = (handling or done) if link.rule in ("handler", "choice") else None
            if chosen is not None and chosen.event.chosen != link.label:
                continue
            if link.way == "into":
                for index in range(self.count(node, iteration)):
                    if self.inputs(link.target, (*iteration, index)) is not None:
                        yield link, (*iteration, index)
            elif link.way == "again":
                if self._more(node, iteration):
                    yield link, (*iteration[:-1], iteration[-1] + 1)
            elif link.way == "turn":
                yield link, iteration[: self.picture.spots[link.target].depth]
            elif link.way != "out":
                yield link, iteration
            elif not self.picture.spots[node].sequence or not self._more(node, iteration):
                yield link, iteration[:-1]

    def _come_back(self, link: Link, iteration: Iteration) -> Came | None:
        slots = self.released.get((link.target, iteration))
        came = self.back(link.target, iteration)
        if link.way != "turn" and (slots is None or link.way == "bypass"):
            return came
        told = self.told.get((link.target, iteration), {})
        if link.way == "turn":
            turn = told.get("undone") or told.get("released")
            return None if turn is None else Came("abort", turn.at, turn)
        records = [told[each] for each in ("released", "undone", "aborted") if each in told]
        mine = [r for r in records if any(s.partition("@")[0] == link.name for s in r.event.slots)]
        return Came("abort", mine[0].at, mine[0]) if mine else None

    # Where it is

    @property
    def reached(self) -> Iterator[Place]:
        """Every node that something has come to."""
        todo: list[Place] = [("start", ())]
        seen = set(todo)
        while todo:
            node, iteration = todo.pop()
            yield node, iteration
            if self.forward(node, iteration) is None and not self.told.get((node, iteration)):
                continue
            for each in self._next(node, iteration):
                if each not in seen:
                    seen.add(each)
                    todo.append(each)

    def _next(self, node: str, iteration: Iteration) -> Iterator[Place]:
        for link in self.picture.after.get(node, ()):
            if link.way == "into":
                for index in range(self.count(node, iteration)):
                    yield link.target, (*iteration, index)
            elif link.way == "again":
                yield link.target, (*iteration[:-1], iteration[-1] + 1)
            elif link.way == "out":
                yield link.target, iteration[:-1]
            elif link.way not in ("reverse", "turn", "watch"):
                yield link.target, iteration

    def at(self) -> list[At]:
        """The places where it is, in the order in which it came there."""
        found = (each for place in self.reached for each in self._at(place))
        return sorted(found, key=lambda each: (each.since, each.path))

    def _at(self, place: Place) -> Iterator[At]:
        spot, told = self.picture.spots[place[0]], self.told.get(place, {})
        open_ = stuck(told)
        if open_ is not None:
            needed = self.inputs(*place) or Came("ok", open_.at, open_)
            yield _stuck_at(_forth(spot, place[1], needed), open_)
        elif "returning" in told and "undone" not in told:
            yield self._undoing(spot, place[1], Came("ok", 0.0, None))
        elif "unsettled" in told and "undone" not in told:
            came = self._turn(*place)
            if came is not None:
                yield self._undoing(spot, place[1], came)
        elif not told.keys() & {"undone", "failed", "aborted", "skipped"}:
            passed = self.forward(*place)
            came = self.inputs(*place) if passed is None else passed
            if came is None or came.token != "ok":
                return
            if passed is None:
                yield _forth(spot, place[1], came)
            else:
                yield from self._going_back(spot, place[1])

    def _going_back(self, spot: Spot, iteration: Iteration) -> Iterator[At]:
        came = self.returned(spot.id, iteration)
        if came is None:
            yield from self._pausing(spot, iteration)
        elif spot.order and spot.partner and spot.order != spot.id:
            return  # the exit of a part, whose turn has not come
        elif self.picture.tells(spot.id, "undone"):
            yield self._undoing(spot, iteration, came)

    def _undoing(self, spot: Spot, iteration: Iteration, came: Came) -> At:
        told = self.told.get((spot.id, iteration), {})
        path = spot.path.format(*iteration)
        done = told.get("done")
        if not spot.undo or (spot.kind == "step" and done is not None and not done.event.ran):
            return At(path, spot.owner, "go", came.at, came.by, 30.0)
        owner, returning = spot.owner, told.get("returning")
        if returning is not None and spot.undoer:
            owner, came = self.picture.spots[spot.undoer].owner, Came("ok", returning.at, returning)
        return At(f"{path}~undo", owner, "undo", came.at, came.by, spot.undo_budget)

    def _pausing(self, spot: Spot, iteration: Iteration) -> Iterator[At]:
        """Between two rounds."""
        if not spot.pauses or not _is_exit(spot):
            return
        gather = next(e.target for e in self.picture.after[spot.id] if e.way == "out")
        came = self.inputs(spot.id, iteration)
        over = self._said((spot.id, iteration)) or self.told.get((gather, iteration[:-1]))
        if over or came is None or came.token != "ok":
            return
        if not self._more(spot.id, iteration):
            yield At(spot.path.format(*iteration), spot.owner, "wait", came.at, came.by)


def _forth(spot: Spot, iteration: Iteration, came: Came) -> At:
    path = spot.path.format(*iteration)
    if spot.kind == "wait":
        return At(path, spot.owner, "wait", came.at, came.by, spot.budget, spot.events)
    kind: Literal["do", "go"] = "do" if spot.kind == "step" else "go"
    return At(path, spot.owner, kind, came.at, came.by, spot.budget or 30.0)


def _stuck_at(at: At, told: Record) -> At:
    failure = told.event.failure
    path = (failure.step if failure else None) or at.path
    why = failure.reason if failure else "stuck"
    kind: Literal["do", "undo", "wait", "go"] = "undo" if path.endswith("~undo") else at.kind
    return replace(at, path=path, kind=kind, since=told.at, budget=None, why=why)


def _is_exit(spot: Spot) -> bool:
    """Whether it is the exit of elements or rounds that come one after another."""
    return spot.sequence and bool(spot.loop) and spot.kind in ("pass", "leave")


def _round_path(spot: Spot) -> str:
    """What the paths of all that is in a loop begin with."""
    return spot.path if spot.path.endswith("[{}]") else f"{spot.path}[{{}}]"
