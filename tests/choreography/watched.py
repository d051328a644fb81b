"""Services of a saga as they run, with the names that the generator gives to events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph
from sagac.generators.choreography.events import Events
from sagac.generators.choreography.observed import picture
from sagac.generators.choreography.project import project
from sagac.templates.choreography.runtime.bus import Transport
from sagac.templates.choreography.runtime.nodes import Calling, Table
from sagac.templates.choreography.runtime.picture import Picture
from sagac.templates.choreography.runtime.service import Service

from .served import QUICK, Handlers, Town, served

ORDER = """\
saga: small-order
version: 2
key: ${input.id}
start: { service: order }
services:
  order: { team: storefront }
  inventory: { team: warehouse }
  payment: { team: payments }
  shipping: { team: warehouse }
input: { id: string }
defaults: { retry: { attempts: 2, backoff: constant, initial: 10ms }, timeout: 5s }
steps:
  - step: reserve_inventory
    service: inventory
    input: [id]
    output: { reservation_id: string }
    events: { done: InventoryReserved, failed: InventoryUnavailable, undone: InventoryReleased }
    fails: [out_of_stock]
    compensate: release_inventory
  - step: charge_payment
    service: payment
    input: [id]
    fails: [card_declined]
    events: { done: PaymentCharged, failed: PaymentFailed, undone: PaymentRefunded }
    on_unknown: manual
    compensate: refund_payment
  - step: create_shipment
    service: shipping
    input: [id, reserve_inventory.reservation_id]
    fails: [no_carrier]
    output: { tracking: string }
    compensate: cancel_shipment
output: { tracking: "${create_shipment.tracking}" }
"""


def graph_from(text: str) -> SagaGraph:
    """The graph of a saga that stands in a text."""

    def load(path: str) -> str:
        raise FileNotFoundError(path)

    graph = compile(text, "small.saga.yaml", load).graph
    assert graph is not None
    return graph


def bounded(calling: Calling) -> Calling:
    """With attempts that are used up, so that a compensation can be stuck."""
    return replace(calling, policy=QUICK)


class Watchtown(Town):
    """A town with generated names; ``picture`` is what an observer knows of it."""

    def __init__(
        self, graph: SagaGraph, folder: Path, bus: Transport, plan: Mapping[str, str]
    ) -> None:
        self.projection = project(graph)
        self.events = Events(self.projection)
        self.picture: Picture = picture(self.projection, self.events)
        self.handlers = Handlers(folder / "effects.sqlite", plan)
        tables = served(self.projection, self.handlers)
        self.services = {
            name: Service([self._named(graph, table)], str(folder / f"{name}.sqlite"), bus)
            for name, table in tables.items()
        }

    def _named(self, graph: SagaGraph, table: Table) -> Table:
        return replace(
            table,
            version=graph.saga.version,
            names=self.events.of(table.service),
            hears=self.events.heard(table.service),
            undos={id: bounded(each) for id, each in table.undos.items()},
        )


async def until(ready: Callable[[], bool]) -> None:
    """Waits for something that another task does."""
    while not ready():
        await asyncio.sleep(0.02)
