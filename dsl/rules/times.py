"""Durations in words, as the language writes them."""

from __future__ import annotations

from sagac.dsl.facts import DEFAULT_TIMEOUT
from sagac.dsl.model import Saga, Seconds, Step
from sagac.dsl.span import Span

UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"), (1.0, "s"))
LONGEST = 36500 * 86400.0
ASSUMED = f"{DEFAULT_TIMEOUT:g}s"


def spoken(seconds: float) -> str:
    """``93`` -> ``1m 33s``: the two largest units; what is below a second is given in ms."""
    if seconds > LONGEST:
        return "more than a hundred years"
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    left, found = float(round(seconds)), list[str]()
    for size, unit in UNITS:
        if left >= size and len(found) < 2:
            found.append(f"{int(left // size)}{unit}")
            left %= size
        elif found:
            break
    return " ".join(found)


def timeout_of(step: Step, saga: Saga) -> tuple[str, Span | None]:
    """The time limit of one attempt as text, and where it is written (None: nowhere)."""
    written: Seconds | None = step.timeout or saga.timeout
    return (written.text, written.span) if written is not None else (ASSUMED, None)
