"""W3C trace context: one trace per saga, one span per message, also across the outbox.

A saga keeps its trace id in the ledger, so that what is told after a call, a crash or a long wait
belongs to the same trace. The span of a message is the first half of its id: each copy has the
same, and the span of what led to it is the first half of its causation id.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

from .tokens import Course

_PARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_SAMPLED = "01"


def adopt(course: Course, headers: Mapping[str, str]) -> None:
    """The saga belongs to the trace of a message, if it has none and the message has one."""
    found = None if course.trace else _PARENT.fullmatch(headers.get("traceparent", ""))
    if found is not None:
        course.trace = f"{found[1]}-{found[2]}"
        course.tracestate = headers.get("tracestate", "")


def begin(course: Course, headers: Mapping[str, str]) -> None:
    """The saga starts: in the trace of what asked for it, else in a new one."""
    adopt(course, headers)
    course.trace = course.trace or f"{secrets.token_hex(16)}-{_SAMPLED}"


def headers_of(course: Course, message: str) -> dict[str, str]:
    """The trace context of the message with the id ``message``."""
    if not course.trace:
        return {}
    trace, flags = course.trace.split("-")
    found = {"traceparent": f"00-{trace}-{message[:16]}-{flags}"}
    return found | ({"tracestate": course.tracestate} if course.tracestate else {})
