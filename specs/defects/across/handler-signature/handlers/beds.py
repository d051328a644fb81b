"""The garden beds."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from kitchen_garden.generated.engine import Call, Done, Never, NotYet
from kitchen_garden.generated.types import (
    DigUpInput,
    Frozen,
    PlantSeedInput,
    PlantSeedOutput,
    WaterInput,
)

LOG = logging.getLogger(__name__)


class BedsHandlers:
    """Digs, plants and waters."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}

    async def plant_seed(self, request: PlantSeedInput) -> PlantSeedOutput | Frozen:
        """Puts a seed into the next row, once per bed."""
        if datetime.now(UTC).month in (12, 1, 2):
            return Frozen()
        return PlantSeedOutput(row=self.rows.setdefault(request.bed, len(self.rows)))

    async def dig_up(self, request: DigUpInput, call: Call) -> None:
        """Takes the seed out again; nothing happens if there is none."""
        self.rows.pop(call.key, None)

    async def water(self, request: WaterInput, call: Call) -> None:
        """Waters the row."""
        try:
            self.pour(request.row)
        except OSError:
            LOG.warning("the pump of %s does not answer", request.bed)
            raise

    async def query_water(self, request: WaterInput, call: Call) -> Done[None] | Never | NotYet:
        """Nothing is ever half watered."""
        return Done(None) if request.row in self.rows.values() else Never()

    def pour(self, row: int) -> None:
        """Opens the valve of a row."""
        if row < 0:
            raise OSError("no such valve")
