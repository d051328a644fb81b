"""Services of a saga as they run, with handlers that note what they do in a database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step
from sagac.generators.choreography.interpreted import tables
from sagac.generators.choreography.parts import Projection
from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.bus import Transport
from sagac.templates.choreography.runtime.nodes import Calling, Table
from sagac.templates.choreography.runtime.service import Service
from sagac.templates.contract.contract import Call, Policy, Refusal, Retry
from sagac.verify.scenario import answer
from sagac.verify.values import to_json


@dataclass(frozen=True)
class Refused(Refusal):
    why: str = ""


@dataclass
class Handlers:
    """Every action of a service: notes its effect once per key, or does what the plan says.

    ``plan``: the path of a call -> ``refuse``, ``raise`` or ``raise N``.
    """

    path: Path
    plan: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with sqlite3.connect(self.path) as database:
            database.execute("pragma journal_mode=wal")
            database.execute("create table if not exists effects (key text, step text)")

    async def act(self, output: dict[str, Any] | None, effect: bool, call: Call) -> Any:
        plan = self.plan.get(call.step, "")
        if call.saga_key.endswith(f"-{call.step}"):
            plan = "refuse refused"
        kind, _, times = plan.partition(" ")
        if kind == "raise" and call.attempt <= int(times or 10**6):
            raise ConnectionError("no route")
        if kind == "refuse":
            return _refusal(times)
        if effect:
            self.note(call)
        return output

    def note(self, call: Call) -> None:
        with sqlite3.connect(self.path, timeout=30) as database:
            seen = database.execute("select 1 from effects where key = ?", (call.key,)).fetchall()
            if not seen:
                database.execute("insert into effects values (?, ?)", (call.key, call.step))

    def effects(self, key: str) -> list[str]:
        with sqlite3.connect(self.path) as database:
            rows = database.execute("select key, step from effects order by rowid").fetchall()
        return [step for full, step in rows if full.split("/")[1] == key]


def _refusal(reason: str) -> Refusal:
    kind = type("Refused", (Refused,), {"reason": reason})
    refusal: Refusal = kind()
    return refusal


QUICK = Policy(Retry(attempts=2, initial=0.01), timeout=10)
FOREVER = Policy(Retry(initial=0.01, max=0.05), timeout=10)


def served(projection: Projection, handlers: Handlers) -> dict[str, Table]:
    """The tables of all services, with handlers."""
    found = {}
    for service, table in tables(projection).items():
        calls = {}
        undos = {}
        for id, node in table.nodes.items():
            plan = projection.nodes[id]
            if node.kind == "step":
                calls[id] = _calling(handlers, plan.graph, plan.item, node.effect, node.retriable)
            if node.undo or node.kind == "undoer":
                undos[id] = Calling(
                    lambda request, call: handlers.act(None, True, call),
                    lambda values, own, failure: None,
                    None,
                    FOREVER,
                )
        names = {
            f"{id} {outcome}": f"{id}-{outcome}".replace(":", "-")
            .replace("~", "-")
            .replace("/", "-")
            for id in projection.nodes
            for outcome in OUTCOMES
        }
        found[service] = replace(
            table,
            calls=calls,
            undos=undos,
            names=names,
            hears=tuple(_heard(projection, table, names)),
            key=lambda input: str(input["id"]),
        )
    hears = {service: table.hears for service, table in found.items()}
    return {service: replace(table, listeners=hears) for service, table in found.items()}


def _heard(projection: Projection, table: Table, names: Mapping[str, str]) -> list[str]:
    """The events of others that a service needs."""
    found: dict[str, None] = {}
    for edge in table.edges:
        if edge.source not in table.nodes:
            outcomes = [each for each in OUTCOMES if each not in ("released", "rest", "accepted")]
            found |= {names[f"{edge.source} {each}"]: None for each in outcomes}
        if edge.target not in table.nodes:
            outcomes = ["failed", "aborted", "undone", "released"]
            target = projection.nodes[edge.target]
            ids = [edge.target, *([target.undoer] if target.undoer else [])]
            found |= {names[f"{id} {each}"]: None for id in ids for each in outcomes}
    for id in table.news:
        outcomes = ["done", "failed", "undone", "unsettled"]
        found |= {names[f"{id.rstrip('!')} {each}"]: None for each in outcomes}
    if "end" in table.nodes:
        forks = [id for id, plan in projection.nodes.items() if plan.kind in ("loop", "pass")]
        found |= {names[f"{id} rest"]: None for id in forks if id not in table.nodes}
    else:
        found[names["end ended"]] = None
    judge = next(id for id, plan in projection.nodes.items() if plan.judge)
    found[names["start done" if judge in table.nodes else f"{judge} accepted"]] = None
    return list(found)


OUTCOMES = [
    "done",
    "skipped",
    "failed",
    "aborted",
    "undone",
    "released",
    "unsettled",
    "handling",
    "returning",
    "rest",
    "accepted",
    "ended",
]


def _calling(
    handlers: Handlers, graph: SagaGraph, item: Any, effect: bool, retriable: bool
) -> Calling:
    assert isinstance(item, Step)
    output = to_json(answer(graph, item))

    async def act(request: None, call: Call) -> Any:
        return await handlers.act(output, effect, call)

    return Calling(act, lambda values: None, None, FOREVER if retriable else QUICK)


class Town:
    """All services of a saga, each with a database of its own, on one bus."""

    def __init__(
        self, graph: SagaGraph, folder: Path, bus: Transport, plan: Mapping[str, str]
    ) -> None:
        self.projection = project(graph)
        self.handlers = Handlers(folder / "effects.sqlite", plan)
        self.services = {
            name: Service([table], str(folder / f"{name}.sqlite"), bus)
            for name, table in served(self.projection, self.handlers).items()
        }

    async def __aenter__(self) -> Town:
        for each in self.services.values():
            await each.open()
        return self

    async def __aexit__(self, *problem: object) -> None:
        for each in self.services.values():
            await each.close()

    @property
    def start(self) -> Service:
        return self.services[self.projection.nodes["start"].owner]

    async def end(self, key: str) -> str:
        """Waits for the end of a saga: COMPLETED or COMPENSATED."""
        while True:
            async with self.start.alone(self.start.newest, key) as turn:
                if turn.machine.course.ended:
                    done = turn.machine.rows.get("end", ()).state == "done"
                    return "COMPLETED" if done else "COMPENSATED"
            await asyncio.sleep(0.02)
