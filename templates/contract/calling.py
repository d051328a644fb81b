"""How a handler is called, and how long it is left alone after a technical failure."""

from __future__ import annotations

import asyncio
import inspect
import random
from typing import Any

from .contract import Action, Call, Retry


async def invoke(action: Action[Any], request: Any, call: Call) -> Any:
    """Calls a handler; one that is not ``async`` runs in a thread."""
    if inspect.iscoroutinefunction(action):
        return await action(request, call)
    answer = await asyncio.to_thread(action, request, call)
    return await answer if inspect.isawaitable(answer) else answer


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
