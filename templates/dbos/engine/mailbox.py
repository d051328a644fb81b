"""What is sent to the sagas of this process: events, cancels, a person's answers.

One task looks into the mail table; sagas read what it found from memory, so that a saga in good
health asks no table. Mail is settled in the table when a saga has taken it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from ...contract.codec import DecodeError, decode
from .definition import Event
from .store import MailRow, Store

_PAUSE = 0.1


class Box:
    """The mail of one running saga, in the order of sending."""

    def __init__(self, cancel: Event[Any] | None) -> None:
        self.mail: list[MailRow] = []
        self._cancelled: MailRow | None = None
        self._cancel = cancel
        self._used: list[tuple[Event[Any], Callable[[], bool]]] = []
        self._waiting: set[asyncio.Event] = set()

    def put(self, mail: MailRow) -> None:
        """Takes in one mail and wakes who waits."""
        self.mail.append(mail)
        if self._cancelled is None and self._is_cancel(mail):
            self._cancelled = mail
        self.wake()

    @property
    def cancelled(self) -> MailRow | None:
        """What cancels the saga, or one that it uses and that runs now."""
        if self._cancelled is None and self._used:
            found = (self.find(event) for event, holds in self._used if holds())
            return next((each for each in found if each is not None), None)
        return self._cancelled

    @contextmanager
    def listening(self, cancel: Event[Any] | None, holds: Callable[[], bool]) -> Iterator[None]:
        """As long as the block runs and it ``holds``, the event ``cancel`` cancels the saga."""
        mine = [] if cancel is None else [(cancel, holds)]
        self._used += mine
        try:
            yield
        finally:
            for each in mine:
                self._used.remove(each)

    def wake(self) -> None:
        """Wakes who waits, so that it looks again."""
        for each in self._waiting:
            each.set()

    async def until(self, look: Callable[[], Any], timeout: float | None) -> Any:
        """The first truthy answer of ``look``, asked again at each mail; None after ``timeout``."""
        bell = asyncio.Event()
        self._waiting.add(bell)
        try:
            async with asyncio.timeout(timeout):
                while not (found := look()):
                    await bell.wait()
                    bell.clear()
                return found
        except TimeoutError:
            return None
        finally:
            self._waiting.discard(bell)

    def find(self, event: Event[Any], since: float | None = None) -> MailRow | None:
        """The first pending mail that is this event; ``since``: sent no earlier than that."""
        for mail in self.mail:
            if mail.kind == "event" and _matches(event, mail) and not _before(mail, since):
                return mail
        return None

    def answer(self, path: str) -> MailRow | None:
        """A person's answer for the call ``path``."""
        for mail in self.mail:
            if mail.kind == "resolve" and mail.name == path:
                return mail
        return None

    def _is_cancel(self, mail: MailRow) -> bool:
        if mail.kind == "cancel":
            return True
        return mail.kind == "event" and self._cancel is not None and _matches(self._cancel, mail)


def _matches(event: Event[Any], mail: MailRow) -> bool:
    if mail.name != event.name:
        return False
    try:
        data = decode(event.data, mail.data)
    except DecodeError:
        return False
    return event.match is None or event.match(data)


def _before(mail: MailRow, since: float | None) -> bool:
    if since is None:
        return False
    begun = int(since * 1000)  # the table has milliseconds: what came in the same one is in time
    return round(datetime.fromisoformat(mail.at).timestamp() * 1000) < begun


class Post:
    """Brings mail to the boxes of the sagas that run in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._boxes: dict[str, Box] = {}
        self._waiting: dict[str, list[MailRow]] = {}
        self._seen: set[int] = set()
        self._nudge = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Reads what lies there, then goes on in the background."""
        await self._collect()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends the background task."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def open(self, saga: str, cancel: Event[Any] | None) -> Box:
        """The box of a saga that begins to run; what came early is in it."""
        box = self._boxes[saga] = Box(cancel)
        for mail in self._waiting.pop(saga, ()):
            box.put(mail)
        return box

    def box(self, saga: str) -> Box:
        """The box of a saga that runs here. Raises KeyError if it does not."""
        return self._boxes[saga]

    def close(self, saga: str) -> list[MailRow]:
        """Ends the box of a saga that has ended, and returns what nobody took."""
        return self._boxes.pop(saga).mail

    async def settle(self, mail: MailRow, state: str, path: str | None = None) -> None:
        """Says in the table what became of a mail, and takes it out of its box."""
        box = self._boxes.get(mail.saga)
        if box is not None and mail in box.mail:
            box.mail.remove(mail)
        await asyncio.to_thread(self._store.settle, mail.seq, state, path)

    async def taken(self, saga: str, path: str) -> list[MailRow]:
        """What the call ``path`` took before a crash."""
        mail = await asyncio.to_thread(self._store.mail, saga, "taken")
        return [each for each in mail if each.taken_by == path]

    def nudge(self) -> None:
        """Looks at once."""
        self._nudge.set()

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(_PAUSE):
                    await self._nudge.wait()
            except TimeoutError:
                pass
            self._nudge.clear()
            await self._collect()

    async def _collect(self) -> None:
        for mail in await asyncio.to_thread(self._store.mail, None, "pending"):
            if mail.seq not in self._seen:
                self._seen.add(mail.seq)
                await self._deliver(mail)

    async def _deliver(self, mail: MailRow) -> None:
        box = self._boxes.get(mail.saga)
        if box is not None:
            box.put(mail)
            return
        row = await asyncio.to_thread(self._store.saga, mail.saga)
        if row is not None and row.ended is not None:
            await asyncio.to_thread(self._store.settle, mail.seq, "late")
        elif mail.saga in self._boxes:
            self._boxes[mail.saga].put(mail)
        else:
            self._waiting.setdefault(mail.saga, []).append(mail)
