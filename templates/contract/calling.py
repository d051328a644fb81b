"""How a handler is called, and how long it is left alone after a technical failure."""

from __future__ import annotations

import asyncio
import inspect
import random
from functools import lru_cache
from typing import Any

from .contract import Action, Call, Retry


async def invoke(action: Action[Any], request: Any, call: Call) -> Any:
    """Calls a handler; one that is not ``async`` runs in a thread."""
    if _is_async(getattr(action, "__func__", action)):
        asked: Any = action(request, call)
        return await asked
    answer = await asyncio.to_thread(action, request, call)
    return await answer if inspect.isawaitable(answer) else answer


@lru_cache(maxsize=1000)
def _is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function)


def pause(retry: Retry, attempts: int) -> float:
    """Seconds to wait after so many attempts."""
    seconds = retry.initial
    if retry.backoff == "linear":
        seconds *= attempts
    elif retry.backoff == "exponential":
        seconds *= 2.0 ** min(attempts - 1, 60)
    if retry.max is not None:
        seconds = min(seconds, retry.max)
    return random.uniform(0, seconds) if retry.jitter else seconds
