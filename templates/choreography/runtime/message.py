"""Events on their way: JSON with the headers that other tools know.

Headers carry the attributes of CloudEvents 1.0 (``ce-…``), the correlation id (the saga), the
causation id (the event that led to this one) and the W3C trace context.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import compress
from operator import attrgetter
from typing import Any

from . import tracing
from .tokens import Course, Event, Failure, Row

_TUPLES = {"iteration", "marks", "open", "slots"}


def _encoder() -> Callable[[Any], str]:
    """An encoder as ``json`` has it, but made once: making it takes longer than most texts.

    How it is made is not a promise of Python's: where it is otherwise, ``json`` makes it each time.
    """
    made = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False)
    text = json.encoder.encode_basestring
    try:
        make: Any = vars(json.encoder)["c_make_encoder"]
        encode = make(None, made.default, text, None, ":", ",", False, False, True)
        "".join(encode({}, 0))
    except (KeyError, TypeError):
        return made.encode
    return lambda value: "".join(encode(value, 0))


to_json = _encoder()


class BadMessage(ValueError):
    """Bytes that are no event of this saga."""


@dataclass(slots=True)
class Read:
    """A message, understood."""

    saga: str
    version: int
    started: float
    event: Event


@dataclass(slots=True)
class Message:
    """What a transport carries. ``subject``: ``SAGA.EVENT``; ``id`` is the same for each copy.

    ``told`` is what the body says, where that is known without reading: in the teller's process.
    """

    id: str
    subject: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    told: Read | None = field(default=None, compare=False, repr=False)


def message_of(event: Event, saga: str, version: int, name: str, course: Course) -> Message:
    """The message of an event of the saga that ``course`` is about."""
    plain, id = plain_event(event), event.id
    told = Read(saga, version, course.started, event)
    body = {"saga": saga, "version": version, "started": course.started, "event": plain}
    headers = {
        "ce-specversion": "1.0",
        "ce-id": id,
        "ce-source": f"/{saga}/{event.node}",
        "ce-type": f"{saga}.{name}",
        "ce-subject": event.key,
        "ce-time": _iso(time.time()),
        "content-type": "application/json",
        "correlation-id": f"{saga}/{event.key}",
    }
    trace = tracing.headers_of(course, id)
    if event.cause is not None:
        headers["causation-id"] = event.cause
    return Message(id, f"{saga}.{name}", to_json(body).encode(), headers | trace, told)


def _iso(now: float) -> str:
    whole, part = divmod(now, 1.0)
    return f"{_second(whole)}.{int(part * 1000):03d}+00:00"


@lru_cache(maxsize=2)
def _second(now: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))


def read(message: Message) -> Read:
    """The event in a message. Raises BadMessage."""
    if message.told is not None:
        return message.told
    try:
        plain = json.loads(message.body)
        event = event_from(plain["event"])
        return Read(str(plain["saga"]), int(plain["version"]), float(plain["started"]), event)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise BadMessage(f"no event of a saga: {type(problem).__name__}: {problem}") from None


def event_from(plain: Mapping[str, Any]) -> Event:
    """The event that ``plain_event`` wrote. Raises LookupError or TypeError if it is none."""
    told = {"iteration": (), **plain}
    for name in _TUPLES & told.keys():
        told[name] = tuple(told[name])
    if told.get("failure") is not None:
        told["failure"] = Failure(**told["failure"])
    if not all(isinstance(told[name], str) for name in ("key", "node", "outcome")):
        raise TypeError("its key, node and outcome are texts")
    return Event(**told)


def plain_event(event: Event) -> dict[str, Any]:
    """An event as plain data, without what is empty."""
    return _plain(event, _EVENT, _event_values(event), ("count", "need"))


_EVENT = tuple(each.name for each in fields(Event) if each.name not in ("cause", "_id"))
_ROW = tuple(each.name for each in fields(Row))
_event_values, _row_values = attrgetter(*_EVENT), attrgetter(*_ROW)
_KNOWN = frozenset(_ROW)
_FAILURES = frozenset(("failure", "stopped", "lost"))


def _plain(
    record: Event | Row, names: Iterable[str], values: Iterable[Any], even_zero: Iterable[str]
) -> dict[str, Any]:
    """The fields of a record that say something."""
    found = dict(compress(zip(names, values, strict=True), values))
    for name in even_zero:
        if getattr(record, name) == 0:
            found[name] = 0
    for name in _FAILURES & found.keys():
        found[name] = plain_failure(found[name])
    return found


def plain_failure(failure: Failure) -> dict[str, Any]:
    """A failure as plain data; its own data are that already."""
    told = {"step": failure.step, "reason": failure.reason, "data": failure.data}
    return {**told, "kind": failure.kind}


def row_to_json(row: Row) -> str:
    """A row of the ledger, without what is empty."""
    return to_json(_plain(row, _ROW, _row_values(row), ("count", "need", "due", "lease")))


def row_from_json(text: str) -> Row:
    """A row of the ledger."""
    plain = json.loads(text)
    plain["iteration"] = tuple(plain.get("iteration", ()))
    for name in _FAILURES:
        if plain.get(name) is not None:
            plain[name] = Failure(**plain[name])
    return Row(**{key: value for key, value in plain.items() if key in _KNOWN})
