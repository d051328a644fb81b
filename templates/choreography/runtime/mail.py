"""Events from outside: kept when they come, taken once by what waits for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...contract.codec import DecodeError, decode, encode
from .nodes import Listening
from .store import MAIL, Tx, hold


async def take_mail(
    tx: Tx, listening: Listening, key: str, values: Mapping[str, Any], since: float, *, lock: bool
) -> tuple[str, dict[str, Any]] | None:
    """The id and the data of the first event that fits; nobody else gets it.

    ``lock``: other processes may be at the database.
    """
    if lock:
        await hold(tx, MAIL, shared=True)
    for id, text in await tx.execute(_MAIL, (listening.event, since, key)):
        try:
            data = decode_json(listening, text)
        except DecodeError as problem:
            await tx.execute(_TAKEN, (str(problem), id))
            continue
        fits = listening.match is None or listening.match(data, values)
        if fits and await tx.execute(_TAKEN, (key, id)):
            return str(id), dict(encode(data) or {})
    return None


def decode_json(listening: Listening, text: str) -> Any:
    """The data of an event from outside. Raises DecodeError."""
    try:
        plain = json.loads(text or "null")
    except ValueError as problem:
        raise DecodeError("", f"no JSON: {problem}") from None
    return decode(listening.data, plain)


_MAIL = """select id, data from saga_mail where event = ? and taken is null and at >= ?
and (key is null or key = ?) order by at"""
_TAKEN = "update saga_mail set taken = ? where id = ? and taken is null returning id"
