"""Takes a saga up again after a person or the world outside has answered it."""

from __future__ import annotations

import click

from .follow import Follower
from .place import Place
from .saved import Graphs
from .store import open_store
from .supervise import supervise
from .worker import Job, Program


def resume(place: Place, saga: str) -> int:
    """Runs the saga on until it ends, is stuck or waits again; 1 if it is stuck.

    Does nothing if a worker is at it already, or if it was not started by ``sagac run`` here: then
    the worker that owns it takes the answer up.
    """
    with open_store(place.store) as store:
        row = store.saga(saga)
    if row is None or row.ended is not None:
        return 0
    record = place.kept(row.name, row.version)
    graph = Graphs(place).of(row.name, row.version)
    if record is None or graph is None:
        return 0
    with place.worker() as alone:
        if not alone:
            return 0
        job = Job(
            place.store,
            place.participants,
            Program(record["path"], record["sources"], record["root"], record["simulate"]),
            follow=(saga,),
            faults={saga: tuple(record.get("faults", {}).get(saga, ()))},
        )
        follower = Follower(place, saga, graph, patient=False)
        supervise(job, follower.look)
    if follower.state is not None:
        click.echo(follower.state.sentence())
        return int(follower.state.state == "STUCK")
    return 0
