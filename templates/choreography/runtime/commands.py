"""What people decide about sagas: left in a service's database, obeyed by the service.

So a decision needs no connection to a process that runs: it is taken up by whatever process serves
that database, now or later. Who decided what and why stays there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .message import Message

if TYPE_CHECKING:
    from .service import Service

log = logging.getLogger("saga")

Kind = Literal["resolve", "cancel", "signal", "letter"]

_MOST = 50


@dataclass(frozen=True, slots=True)
class Command:
    """A decision. ``target``: the path, the event, or the id of a dead letter."""

    id: str
    kind: Kind
    saga: str
    key: str
    target: str
    data: Mapping[str, Any]
    why: str


async def obey(service: Service) -> None:
    """Does what has been decided since; what came of it is written beside it."""
    if not await service.database.execute(_PENDING, (1,)):
        return
    async with service.database.alone("commands"):
        await _obey(service)


async def _obey(service: Service) -> None:
    for row in await service.database.execute(_PENDING, (_MOST,)):
        id, kind, saga, key, target, data, why = row
        command = Command(id, kind, saga, key, target, json.loads(data), why)
        try:
            state, answer = await _DOES[command.kind](service, command)
        except Exception as problem:
            log.exception("the decision %s cannot be obeyed", id)
            state, answer = "refused", f"{type(problem).__name__}: {problem}"
        await service.database.execute(_OBEYED, (state, answer, id))


async def _resolve(service: Service, command: Command) -> tuple[str, str]:
    action, output = command.data["action"], command.data.get("output")
    if await service.resolve(command.key, command.target, action, command.why, output):
        return "done", action
    return "refused", f"{command.target} of {command.key} does not wait for a person"


async def _cancel(service: Service, command: Command) -> tuple[str, str]:
    if await service.cancel(command.key):
        return "done", "cancelled"
    return "refused", "it has ended, is being cancelled already, or is past its point of no return"


async def _signal(service: Service, command: Command) -> tuple[str, str]:
    body = json.dumps(command.data, ensure_ascii=False).encode()
    headers = {"saga-key": command.key}
    await service.receive(Message(command.id, f"outside.{command.target}", body, headers))
    return "done", "sent"


async def _letter(service: Service, command: Command) -> tuple[str, str]:
    """Works on a dead letter again; it stays one if that fails."""
    rows = await service.database.execute(_LETTER, (command.target,))
    if not rows:
        return "refused", "there is no such dead letter any more"
    subject, body, headers, at, left = rows[0]
    if left is not None:
        await service.database.execute(_REOPENED, (command.target,))
        await service.database.execute(_FORGOTTEN, (command.target,))
    message = Message(command.target, subject, body.encode(), json.loads(headers))
    await service.receive(message)
    gone = await service.database.execute(_GONE, (command.target, at))
    if gone:
        return "done", "worked on"
    again = await service.database.execute(_WHY, (command.target,))
    return "refused", str(again[0][0]) if again else "it is a dead letter again"


_DOES: Mapping[Kind, Callable[[Any, Command], Awaitable[tuple[str, str]]]] = {
    "resolve": _resolve,
    "cancel": _cancel,
    "signal": _signal,
    "letter": _letter,
}
_PENDING = """select id, kind, saga, key, target, data, why from saga_commands
where state = 'pending' order by at limit ?"""
_OBEYED = "update saga_commands set state = ?, answer = ? where id = ?"
_LETTER = "select subject, body, headers, at, settled from saga_letters where id = ?"
_REOPENED = "update saga_letters set settled = null where id = ?"
_FORGOTTEN = "delete from saga_inbox where id = ?"
_GONE = "delete from saga_letters where id = ? and at = ? returning id"
_WHY = "select why from saga_letters where id = ?"
