"""Two sides in turn: a process that runs sagas when it is told to, and who tells it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from bench.processes import ROOT, environment

One = Callable[[str, bool], Awaitable[None]]


@dataclass(frozen=True)
class Took:
    """What some sagas took; ``cpu`` is the processor time of all threads of the process."""

    wall: float
    cpu: float

    def __add__(self, other: Took) -> Took:
        return Took(self.wall + other.wall, self.cpu + other.cpu)


async def serve(one: One, in_flight: int) -> None:
    """Runs sagas for each line ``failing|succeeding SAGAS`` of stdin, and prints what they took.

    ``one`` runs a saga of a key until it has ended, as told.
    """
    begun = 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        kind, sagas = line.split()
        keys = [str(begun + number) for number in range(int(sagas))]
        begun += len(keys)
        took = await _all(one, keys, in_flight, failing=kind == "failing")
        print(took.wall, took.cpu, flush=True)


async def _all(one: One, keys: list[str], in_flight: int, *, failing: bool) -> Took:
    turns = asyncio.Semaphore(in_flight)

    async def next_one(key: str) -> None:
        async with turns:
            await one(key, failing)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(next_one, keys))
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


class Side:
    """A process that serves; use it in a ``with``. It ends when its stdin does."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def run(self, kind: str, sagas: int) -> Took:
        """What so many sagas took. Raises RuntimeError if the process has died."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{kind} {sagas}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if len(answer) != 2:
            raise RuntimeError("the measured process has died")
        return Took(*map(float, answer))
