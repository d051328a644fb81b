"""The order saga as five services on FastStream, as an expert would write them by hand.

They keep the promises that the generated ones keep: inbox and outbox in the transaction of the
ledger, an idempotency key per call and a fence, retries with backoff, a timeout per attempt, what
is unknown is asked for or undone, compensation in reverse, cancel and deadline judged by shipping.

``python -m bench.handwritten_choreography SERVICE FOLDER BROKER failing|succeeding`` serves one.
"""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.handwritten_bus import Bus, Event, NatsBus

Data = dict[str, Any]
Action = Callable[[Data, str], Awaitable[Data | str]]  # a text is why it is refused

ATTEMPTS = 5
TIMEOUT = 10.0
MARGIN = 5.0
DEADLINE = 24 * 3600.0

TABLES = """
create table if not exists inbox (id text primary key);
create table if not exists outbox (seq integer primary key, id text unique, type text, body text,
    cause text);
create table if not exists steps (key text, step text, state text, attempts integer, due real,
    lease real, request text, answer text, failure text, started real, primary key (key, step));
create index if not exists steps_due on steps (due) where due is not null;
create table if not exists halts (key text primary key, reason text);
create table if not exists sagas (key text primary key, state text, deadline real);
create index if not exists sagas_deadline on sagas (deadline) where deadline is not null;
create table if not exists letters (id text primary key, type text, body text, why text);
"""


@dataclass(frozen=True)
class Step:
    """A step of a service: what it calls and which events tell what came of it."""

    name: str
    action: Action
    done: str
    gives: Callable[[Data, Data], Data]  # what the event carries, of the request and the answer
    failed: str = ""
    keeps: tuple[str, ...] = ()  # what of the request a failure tells
    undo: Action | None = None
    undone: str = ""
    query: Action | None = None
    forever: bool = False


class Participant:
    """What all services have: one database, inbox, outbox, ledger, retries."""

    name = ""

    def __init__(self, folder: Path, bus: Bus) -> None:
        self.db = sqlite3.connect(folder / f"{self.name}.sqlite", isolation_level=None, timeout=30)
        self.db.execute("pragma journal_mode=wal")
        self.db.execute("pragma synchronous=normal")
        self.db.executescript(TABLES)
        self.bus = bus
        self.steps: dict[str, Step] = {}
        self.hears: dict[str, Callable[[Event], None]] = {"OrderHalted": self.halted}
        self.begun: list[tuple[str, str]] = []
        self.cause = ""
        self.bell, self.mail = asyncio.Event(), asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begins to listen and to work; what a crash left is free again."""
        self.db.execute("update steps set lease = null")
        await self.bus.subscribe(self.name, list(self.hears), self.receive)
        self.tasks = {asyncio.create_task(self.sweep()), asyncio.create_task(self.relay())}

    async def close(self) -> None:
        """Stops."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.db.close()

    @contextmanager
    def tx(self, cause: str = "") -> Iterator[None]:
        """One transaction; calls that it has begun run when it has been committed."""
        self.db.execute("begin immediate")
        self.cause, self.begun = cause, []
        try:
            yield
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")
        for key, step in self.begun:
            self.spawn(self.call(key, step))
        self.mail.set()

    def spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def receive(self, event: Event) -> None:
        """One event; returns when it is in the database."""
        try:
            with self.tx(event.id):
                sql = "insert into inbox values (?) on conflict do nothing returning id"
                if self.db.execute(sql, (event.id,)).fetchone():
                    self.hears[event.type](event)
        except Exception as problem:
            letter = (event.id, event.type, json.dumps(event.data), repr(problem))
            self.db.execute("insert or replace into letters values (?, ?, ?, ?)", letter)

    def tell(self, type: str, key: str, started: float, data: Data) -> None:
        """Puts an event out; its id follows from what it says."""
        body = json.dumps({"key": key, "started": started, "data": data}, separators=(",", ":"))
        row = (f"{key}.{type}", type, body, self.cause)
        self.db.execute(
            "insert into outbox (id, type, body, cause) values (?, ?, ?, ?) on conflict do nothing",
            row,
        )

    # Steps

    def begin(self, step: str, event: Event) -> None:
        """The action of a step, unless the saga was called off or the step is fenced."""
        found = self.db.execute("select reason from halts where key = ?", (event.key,)).fetchone()
        if found and not self.steps[step].forever:
            data = {name: event.data[name] for name in self.steps[step].keeps}
            self.tell(self.steps[step].failed, event.key, event.started, data | {"why": found[0]})
            return
        now = time.time()
        row = (event.key, step, now, now + TIMEOUT + MARGIN, json.dumps(event.data), event.started)
        new = self.db.execute(
            "insert into steps values (?, ?, 'doing', 1, ?, ?, ?, null, null, ?)"
            " on conflict do nothing returning step",
            row,
        ).fetchone()
        if new:
            self.begun.append((event.key, step))

    def take_back(self, step: str, event: Event) -> None:
        """The compensation of a step; one that never ran is fenced."""
        now = time.time()
        row = (now, now + TIMEOUT + MARGIN, json.dumps(event.data.get("why")), event.key, step)
        found = self.db.execute(
            "update steps set state = 'undoing', attempts = 1, due = ?, lease = ?, failure = ?"
            " where key = ? and step = ? and state = 'done' returning step",
            row,
        ).fetchone()
        if found:
            self.begun.append((event.key, step))
            return
        self.db.execute(
            "insert into steps (key, step, state) values (?, ?, 'fenced') on conflict do nothing",
            (event.key, step),
        )

    async def call(self, key: str, step: str) -> None:
        """One attempt, between two transactions; it counts if the row still waits for it."""
        sql = (
            "select state, attempts, request, answer, failure from steps where key = ? and step = ?"
        )
        state, attempt, request, own, failure = self.db.execute(sql, (key, step)).fetchone()
        what, undoing = self.steps[step], state == "undoing"
        action = {"undoing": what.undo, "asking": what.query}.get(state, what.action)
        assert action is not None
        given: Data = json.loads(request)
        if undoing:
            given |= {"own": json.loads(own or "null"), "why": json.loads(failure)}
        answer: Data | str | None
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await action(given, f"order/{key}/{step}{'~undo' if undoing else ''}")
        except Exception:
            answer = None
        with self.tx():
            now = self.db.execute(sql, (key, step)).fetchone()
            if now[:2] == (state, attempt):
                self.settle(key, what, state, attempt, given, answer)

    def settle(
        self, key: str, step: Step, state: str, attempt: int, given: Data, answer: Data | str | None
    ) -> None:
        """What came of an attempt; None: nobody knows."""
        if answer is None:
            self.again(key, step, state, attempt)
        elif state == "undoing":
            started = self.end(key, step, "undone", None)
            self.tell(step.undone, key, started, {"why": given["why"]})
        elif isinstance(answer, str):
            started = self.end(key, step, "failed", None)
            data = {name: given[name] for name in step.keeps}
            self.tell(step.failed, key, started, data | {"why": answer})
        else:
            started = self.end(key, step, "done", json.dumps(answer))
            self.tell(step.done, key, started, step.gives(given, answer))

    def end(self, key: str, step: Step, state: str, answer: str | None) -> float:
        sql = """update steps set state = ?, due = null, lease = null,
        answer = coalesce(?, answer) where key = ? and step = ? returning started"""
        return float(self.db.execute(sql, (state, answer, key, step.name)).fetchone()[0])

    def again(self, key: str, step: Step, state: str, attempt: int) -> None:
        used_up = state == "doing" and attempt >= ATTEMPTS and not step.forever
        following = ("asking" if step.query else "undoing") if used_up else state
        due = time.time() + random.uniform(0, min(0.2 * 2 ** (attempt - 1), 30))
        why = json.dumps("unknown") if used_up else None
        self.db.execute(
            "update steps set state = ?, attempts = ?, due = ?, lease = null,"
            " failure = coalesce(?, failure) where key = ? and step = ?",
            (following, 0 if used_up else attempt, due, why, key, step.name),
        )
        self.bell.set()

    def halted(self, event: Event) -> None:
        row = (event.key, event.data["why"])
        self.db.execute("insert into halts values (?, ?) on conflict do nothing", row)

    # What runs beside

    async def sweep(self) -> None:
        """Takes up what is due and in nobody's hands."""
        while True:
            self.bell.clear()
            with suppress(sqlite3.Error):
                self.take_up(time.time())
                self.overdue(time.time())
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await self.bell.wait()

    def take_up(self, now: float) -> None:
        sql = """select key, step from steps where due <= ? and (lease is null or lease <= ?)
        limit 100"""
        for key, step in self.db.execute(sql, (now, now)).fetchall():
            with self.tx():
                sql = "update steps set attempts = attempts + 1, lease = ?"
                row = (now + TIMEOUT + MARGIN, key, step)
                self.db.execute(f"{sql} where key = ? and step = ?", row)
                self.begun.append((key, step))

    def overdue(self, now: float) -> None:
        """Only the judge has deadlines."""

    async def relay(self) -> None:
        """Sends what is in the outbox until the broker has it."""
        while True:
            self.mail.clear()
            with suppress(Exception):
                while await self.send() == 100:
                    pass
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.mail.wait()

    async def send(self) -> int:
        sql = "select seq, id, type, body, cause from outbox order by seq limit 100"
        rows = self.db.execute(sql).fetchall()
        if rows:
            await self.bus.publish(
                [Event.read(id, type, body, cause) for _, id, type, body, cause in rows]
            )
            marks = ", ".join("?" for _ in rows)
            self.db.execute(f"delete from outbox where seq in ({marks})", [row[0] for row in rows])
        return len(rows)


def serve(service: str, folder: str, broker: str, case: str) -> None:
    """Runs one service until it is killed."""
    from bench.handwritten_services import Business, make

    async def run() -> None:
        participant = make(
            service, Path(folder), NatsBus(broker), Business(failing=case == "failing")
        )
        await participant.open()
        print("ready", flush=True)
        await asyncio.Event().wait()

    asyncio.run(run())


if __name__ == "__main__":
    serve(*sys.argv[1:5])
