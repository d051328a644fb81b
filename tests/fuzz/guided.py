"""The guided fuzzer: libFuzzer, by way of atheris, sees which code each file reaches."""

from __future__ import annotations

import sys
from random import Random

import atheris

with atheris.instrument_imports(include=["sagac"]):
    from tests.fuzz.found import Finds
    from tests.fuzz.mutate import mutated

FINDS = Finds()


def one(data: bytes) -> None:
    """Runs one file; each eighth is generated from, too."""
    FINDS.look(data, deep=hash(data) % 8 == 0)


def change(data: bytes, largest: int, seed: int) -> bytes:
    """Mostly changes that keep the shape of a saga, now and then those of bytes."""
    random = Random(seed)
    if random.random() < 0.15:
        changed: bytes = atheris.Mutate(data, largest)
        return changed
    return mutated(data, random)[:largest]


if __name__ == "__main__":
    atheris.Setup(sys.argv, one, custom_mutator=change)
    atheris.Fuzz()
