"""The order saga as generated services: a folder, a process for each, their databases."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from runpy import run_path
from threading import Lock
from typing import Any

from sagac.templates.contract.database import connect
from tests.choreography.brokers import Broker
from tests.choreography.postgres import Server

from .entry import MOMENTS

ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / "specs" / "order-fulfilment.saga.yaml"
HANDLERS = Path(__file__).with_name("handlers")
SAGA, PACKAGE = "order-fulfilment", "order_fulfilment"
SERVICES = ("order", "inventory", "payment", "shipping", "notification")
TWINS = ("inventory+", "shipping+")  # second processes, where databases are not files
CHANGES = {  # the carrier may refuse, and releasing goods is given up after a while
    "    on_unknown: query\n": "    on_unknown: query\n    fails: [no_carrier]\n",
    "    compensate: release_inventory ": "    compensate:\n      action: release_inventory\n"
    "      retry: { attempts: 5, initial: 100ms, max: 500ms } ",
}


def generate(folder: Path, target: str) -> None:
    """Generates the saga, with what may fail here besides, and writes the handlers.

    Raises CalledProcessError.
    """
    spec = folder / SPEC.name
    text = SPEC.read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text, old
        text = text.replace(old, new)
    spec.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sagac", "generate", str(spec), "--style", "choreography"]
    subprocess.run(
        [*command, "--target", target, "-o", str(folder)], check=True, capture_output=True
    )
    for each in HANDLERS.glob("*.txt"):
        (folder / "handlers" / each.stem).write_text(each.read_text(encoding="utf-8"))
    for place in ("services", "shop", "logs"):
        (folder / place).mkdir()


def planned(service: int, deaths: int) -> Iterator[str]:
    """At which moments the lives of a service end; together they die at all of them."""
    for number in range(deaths):
        moment = MOMENTS[(service * deaths + number) % len(MOMENTS)]
        yield f"{moment}:{6 + 5 * number + service}"


class Fleet:
    """The processes of the services and of the observer in a folder.

    With a ``server`` each has its database there, and some services have two processes. ``deaths``:
    how many lives of each service end by its own hand, at a worst moment.
    """

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        seed: int | None,
        server: Server | None = None,
        deaths: int = 0,
    ) -> None:
        self.folder = folder
        self.broker = broker
        self.seed = seed
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.server = server
        twins = TWINS if server is not None else ()
        self.kills: dict[str, int] = dict.fromkeys((*SERVICES, "observer", *twins), 0)
        self._deaths = {each: planned(at, deaths) for at, each in enumerate(SERVICES)}
        self._at_work = Lock()

    def database(self, service: str) -> Path:
        """Its file."""
        place = self.folder if service == "observer" else self.folder / "services"
        return place / f"{service}.sqlite"

    def url(self, service: str) -> str:
        """Its database, as it is told."""
        service = service.rstrip("+")
        return str(self.database(service)) if self.server is None else self.server.url(service)

    def start(self, *services: str) -> None:
        """Starts some."""
        for service in services:
            with (self.folder / "logs" / service).open("ab") as log:
                self.processes[service] = subprocess.Popen(
                    self._command(service), cwd=self.folder, env=self._env(service), stdout=log,
                    stderr=log,
                )  # fmt: skip

    def _command(self, service: str) -> list[str]:
        service = service.rstrip("+")
        if self.seed is None or service == "observer":
            return [sys.executable, "-m", f"{PACKAGE}.{service}"]
        return [sys.executable, "-m", "tests.chaos.entry", PACKAGE, service]

    def _env(self, service: str) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": f"{self.folder}:{ROOT}",
            "SHOP": str(self.folder),
            "SAGA_DATABASE": self.url(service),
            "SAGA_BROKER": self.broker.url,
            **self.broker.told,
            "CHAOS": f"{self.seed} {service} {sum(self.kills.values())}",
            "DEATH": next(self._deaths.get(service, iter(())), ""),
        }

    def kill(self, service: str) -> None:
        """SIGKILL, and a new one."""
        with self._at_work:
            self.processes[service].kill()
            self.processes[service].wait()
            self.kills[service] += 1
            self.start(service)

    def revive(self) -> None:
        """New ones for those that have killed themselves."""
        with self._at_work:
            for service, process in list(self.processes.items()):
                if process.poll() == -signal.SIGKILL:
                    self.kills[service] += 1
                    self.start(service)

    def stop(self, *services: str) -> None:
        """SIGTERM to some, or to all; SIGKILL to what does not obey."""
        chosen = [self.processes[each] for each in services or self.processes]
        for each in chosen:
            each.send_signal(signal.SIGTERM)
        for each in chosen:
            try:
                each.wait(30)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()

    def fill(self, service: str, full: bool) -> None:
        """Lets a service write nothing more to any file, as on a full disk; or lets it again."""
        with suppress(ProcessLookupError):  # it has just died, and a new one has no limit
            _, hard = resource.prlimit(self.processes[service].pid, resource.RLIMIT_FSIZE)
            limit = (0, hard) if full else (hard, hard)
            resource.prlimit(self.processes[service].pid, resource.RLIMIT_FSIZE, limit)

    def read(self, service: str, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """Rows of its database; none as long as it has none."""
        if self.server is not None:
            return rows_of(self.server.url(service), sql, *params)
        return rows(self.database(service), sql, *params)

    def ledger(self) -> dict[str, str]:
        """How each saga ended, or ``open``, as the ledger of its start has it."""
        ends = dict(self.read("order", "select key, state from saga_nodes where node = 'end'"))
        ended = dict(self.read("order", "select key, ended from saga_courses"))
        return {
            key: "open" if not over else "COMPLETED" if ends.get(key) == "done" else "COMPENSATED"
            for key, over in ended.items()
        }

    def observed(self) -> dict[str, str]:
        """The same, as the observer has it."""
        return dict(self.read("observer", "select key, state from observed_sagas"))

    def effects(self) -> dict[str, list[str]]:
        """What took place, in its order, by order."""
        sql = "select at, key, step from effects"
        found: list[tuple[int, str, str]] = [*self.read("shipping", sql)]
        for path in (self.folder / "shop").glob("*.sqlite"):
            found += rows(path, sql)
        steps: dict[str, list[str]] = {}
        for _, key, step in sorted(found):
            steps.setdefault(key, []).append(step)
        return steps

    def stuck(self) -> list[tuple[str, str]]:
        """Service and key of the calls that wait for a person."""
        sql = """select key from saga_nodes where due is null
        and state in ('ready', 'undoing') and data like '%"why":%'"""
        return sorted((each, str(key)) for each in SERVICES for (key,) in self.read(each, sql))

    def letters(self, settled: bool = False) -> list[tuple[str, str]]:
        """Service and id of the messages that could not be worked on."""
        sql = f"select id from saga_letters where settled is {'not ' if settled else ''}null"
        return sorted((each, str(id)) for each in SERVICES for (id,) in self.read(each, sql))

    @property
    def hears(self) -> Mapping[str, tuple[str, ...]]:
        """The events that each service hears."""
        path = self.folder / PACKAGE / "generated" / "choreography" / "v3" / "listeners.py"
        found: Mapping[str, tuple[str, ...]] = run_path(str(path))["LISTENERS"]
        return found

    def sagac(self, *words: str) -> subprocess.CompletedProcess[str]:
        """sagac, as a person types it beside these services."""
        places = [str(self.folder)]
        if self.server is not None:
            places = [self.server.url(each) for each in (*SERVICES, "observer")]
        stores = (word for each in places for word in ("--store", each))
        command = [sys.executable, "-m", "sagac", *words, *stores]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(path: Path, sql: str, *params: object) -> list[tuple[Any, ...]]:
    """Rows of a database; none as long as there is none, or no such table."""
    if not path.exists():
        return []
    connection = sqlite3.connect(path, timeout=30)
    try:
        return connection.execute(sql, params).fetchall()
    except sqlite3.OperationalError as problem:
        if "no such table" not in str(problem):
            raise
        return []
    finally:
        connection.close()


def rows_of(url: str, sql: str, *params: object) -> list[tuple[Any, ...]]:
    """The same of a Postgres database."""
    connection = connect(url)
    try:
        return connection.execute(sql, params)
    except Exception as problem:
        if "does not exist" not in str(problem):
            raise
        return []
    finally:
        connection.close()
