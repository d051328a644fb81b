"""The collector of cycles, and when it had better rest."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collection() -> Iterator[None]:
    """Pauses the collector: a saga has no cycles while it grows, and would be walked many times.

    Nor are there any afterwards. What is left is put with what is old, or the collector would walk
    all of it at once as soon as it may.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():  # else somebody keeps things there who wants them there
                gc.freeze()
                gc.unfreeze()
            gc.enable()
