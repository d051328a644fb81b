"""Work for several processes: all cores, where there is enough of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

FEWEST = 40  # files for each process; fewer are done before another process has started
CHUNK = 8  # files that a process gets at a time


def in_processes(work: Callable[[str], T], names: Sequence[str]) -> Iterator[T]:
    """The results of ``work`` for each of ``names``, in their order.

    ``work`` can be pickled, and so can what it returns or raises. If a process is lost, or none
    can be started, the rest of the work is done here.
    """
    done = 0
    workers = min(cores(), len(names) // FEWEST)
    if workers > 1:
        for result in _elsewhere(work, names, workers):
            done += 1
            yield result
    yield from map(work, names[done:])


def cores() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _elsewhere(work: Callable[[str], T], names: Sequence[str], workers: int) -> Iterator[T]:
    """As many results as other processes give, until one of them is lost."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    try:  # spawned, not forked: the same on every system, whatever threads there are
        pool = ProcessPoolExecutor(workers, get_context("spawn"))
    except (ImportError, OSError):  # a system without semaphores
        return
    try:
        yield from pool.map(work, names, chunksize=CHUNK)
    except BrokenProcessPool:
        return
    finally:
        pool.shutdown(cancel_futures=True)
