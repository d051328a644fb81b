"""The defaults of the language: what holds for retries, times and roles if nothing is written."""

from __future__ import annotations

from .facts import DEFAULT_RETRY, DEFAULT_TIMEOUT, OnUnknown, Position, Role
from .model import Item, Retry, Saga, Seconds, Step

# Named once: finding a member of an enumeration takes as long as a call.
_COMPENSATABLE, _PIVOT, _RETRIABLE = Role.COMPENSATABLE, Role.PIVOT, Role.RETRIABLE
_AT_PIVOT, _AFTER = Position.PIVOT, Position.AFTER
_COMPENSATE, _FAIL, _QUERY = OnUnknown.COMPENSATE, OnUnknown.FAIL, OnUnknown.QUERY

LONGEST_PAUSE = 300.0  # seconds, of what goes on for ever and names no longest pause


def forward_retry(saga: Saga, written: Retry | None, role: Role | None, once: bool) -> Retry:
    """The retry policy of a forward action: key by key its own, the file's, the language's.

    ``once``: it may be called a single time. A retriable action goes on for ever unless its own
    retry says otherwise.
    """
    if once:
        return Retry(attempts=1, written=frozenset(), span=written.span if written else None)
    merged = _merged(written, saga.retry)
    bounded = written is not None and "attempts" in written.written
    if role is _RETRIABLE and not bounded:
        return _for_ever(merged)
    return merged


def undo_retry(written: Retry | None) -> Retry:
    """The retry policy of a compensation: for ever, unless its own says otherwise."""
    if written is None:
        return _UNDO_RETRY
    merged = _merged(written, None)
    return merged if "attempts" in merged.written and merged.attempts else _for_ever(merged)


def _merged(own: Retry | None, inherited: Retry | None) -> Retry:
    if own is None:
        return inherited or DEFAULT_RETRY

    def pick(key: str) -> Retry:
        if key in own.written or inherited is None:
            return own
        return inherited

    return Retry(
        attempts=pick("attempts").attempts,
        backoff=pick("backoff").backoff,
        initial=pick("initial").initial,
        max=pick("max").max,
        jitter=pick("jitter").jitter,
        written=own.written,
        span=own.span,
    )


def _for_ever(retry: Retry) -> Retry:
    longest = retry.max if retry.max is not None else LONGEST_PAUSE
    return Retry(
        None, retry.backoff, retry.initial, longest, retry.jitter, retry.written, retry.span
    )


_UNDO_RETRY = _for_ever(DEFAULT_RETRY)


def call_timeout(saga: Saga, written: Seconds | None) -> float:
    """Seconds for one attempt."""
    own = written or saga.timeout
    return own.value if own is not None else DEFAULT_TIMEOUT


def role_of(item: Item, position: Position, effect: bool) -> Role | None:
    """The role, declared or by position; None for what has nothing to undo and makes no claim."""
    declared = getattr(item, "role", None)
    if declared is not None:
        return Role(declared.text)
    if position is _AT_PIVOT:
        return _PIVOT
    if not isinstance(item, Step):
        return None
    if position is _AFTER:
        return _RETRIABLE
    return _COMPENSATABLE if effect else None


def unknown_leads_to(
    item: Step, role: Role | None, idempotent: bool, compensated: bool
) -> OnUnknown:
    """What follows when nobody knows whether a step took effect."""
    if item.on_unknown is not None:
        return OnUnknown(item.on_unknown.text)
    if not idempotent and item.effect:
        return _QUERY
    if role is _RETRIABLE:
        return OnUnknown.RETRY
    if not item.effect:
        return _FAIL
    if role is _PIVOT:
        return _QUERY
    return _COMPENSATE if compensated else _FAIL
