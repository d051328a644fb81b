"""What a person decides about a choreographed saga, and what its services make of it."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from sagac.cli.support import UsageProblem

from .observed import Choreographed
from .state import ENDED, item_name

if TYPE_CHECKING:
    from sagac.templates.choreography.runtime.commands import Kind
    from sagac.templates.choreography.runtime.observed import Seen

_PATIENCE = 3.0  # seconds in which a running service has obeyed


def decide(
    found: Choreographed,
    service: str,
    kind: Kind,
    target: str,
    saga: tuple[str, str],
    *,
    why: str,
    data: Mapping[str, Any] | None = None,
    id: str | None = None,
) -> bool:
    """Leaves a decision about ``saga`` (its name and key) with a service.

    Says what came of it; False: it was refused.
    """
    with found.desk(service) as desk:
        left = desk.decide(kind, *saga, target, who=person(), why=why, data=data, id=id)
        if left is None:
            click.echo(f"an event with the id {id!r} was sent before: ignored", err=True)
            return True
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            answer = desk.answer(left)
            if answer.state != "pending":
                click.echo(f"{service}: {answer.state}: {answer.answer}", err=True)
                return answer.state == "done"
            time.sleep(0.05)
    click.echo(
        f"left for {service}, which does not run now; it obeys when it does: `sagac run` with the"
        " same file, style and input takes the saga up",
        err=True,
    )
    return True


def person() -> str:
    """Who decides: the name of the account."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "somebody"


def resolve(
    found: Choreographed, seen: Seen, step: str, action: str, why: str, output: Any = None
) -> int:
    """A person's answer about what is stuck. Raises UsageProblem if ``step`` is not."""
    stuck = {each.path: each for each in seen.at if each.why is not None}
    at = stuck[stuck_path(list(stuck), step)]
    data = {"action": action, "output": output}
    return int(not decide(found, at.service, "resolve", at.path, _of(seen), why=why, data=data))


def signal(found: Choreographed, seen: Seen, event: str, data: Any, id: str | None) -> int:
    """An event from outside, for the services that listen for it."""
    if _over(seen):
        return 1
    listeners = found.picture(seen).listeners(event)
    if not listeners:
        raise UsageProblem(f"nobody in {seen.saga} listens for the event {event!r}")
    said = {"why": "a signal", "data": data, "id": id}
    done = [decide(found, each, "signal", event, _of(seen), **said) for each in listeners]
    return int(not all(done))


def cancel(found: Choreographed, seen: Seen) -> int:
    """A cancel: the service of the judge says whether it holds."""
    if _over(seen):
        return 1
    judge = found.picture(seen).judge
    return int(not decide(found, judge, "cancel", "cancel", _of(seen), why="a cancel"))


def _of(seen: Seen) -> tuple[str, str]:
    return seen.saga, seen.key


def _over(seen: Seen) -> bool:
    over = seen.state in ENDED
    if over:
        text = f"{seen.saga} {seen.key} has ended ({seen.state}): it is too late"
        click.echo(text, err=True)
    return over


def stuck_path(paths: list[str], step: str) -> str:
    """The stuck path that ``step`` names. Raises UsageProblem if there is not exactly one."""
    wanted = [path for path in paths if path == step] or [
        path for path in paths if item_name(path) == item_name(step)
    ]
    if len(wanted) == 1:
        return wanted[0]
    if not paths:
        raise UsageProblem("nothing of this saga is stuck")
    choices = ", ".join(paths)
    problem = "is stuck in several places" if wanted else "is not stuck"
    raise UsageProblem(f"{step} {problem}; what waits for a person: {choices}")
