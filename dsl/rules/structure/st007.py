"""ST007 unused-event."""

from __future__ import annotations

from collections.abc import Iterator

from sagac.dsl.codes import diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.model import Saga
from sagac.dsl.rules.rule import Rule
from sagac.dsl.rules.uses import unused, used_events

RULE = Rule(
    code="ST007",
    summary="An event is declared and nothing waits for it.",
    why="It comes, and the saga does nothing with it: often the wait, the `cancel` or the way out"
    " of a race that should take it was forgotten.",
    example="""\
saga: parcel
version: 1
key: ${input.id}
deadline: 14d
services: { depot: {} }
events:
  PickedUp: { data: { id: string } }
  Returned: { data: { id: string } }
input: { id: string }
steps:
  - wait: pick_up
    service: depot
    event: PickedUp
    match: event.id == input.id
    timeout: 7d
""",
    use_instead="""\
saga: parcel
version: 1
key: ${input.id}
deadline: 14d
services: { depot: {} }
events:
  PickedUp: { data: { id: string } }
  Returned: { data: { id: string } }
input: { id: string }
steps:
  - wait: way_out
    service: depot
    first:
      - event: PickedUp
        match: event.id == input.id
        steps: []
      - event: Returned
        match: event.id == input.id
        steps: [{ fail: came_back }]
      - after: 7d
        steps: [{ fail: never_fetched }]
""",
    of_absence=True,
)


def check_saga(saga: Saga) -> Iterator[Diagnostic]:
    """Yields a finding for each event of ``events:`` that no wait, start or cancel names."""
    if not saga.events:
        return
    for name in unused(saga.events, used_events(saga)):
        yield diagnostic(
            "ST007",
            saga.events[name].name.span,
            f"Nothing waits for the event {name!r}: when it comes, the saga does nothing.",
            help="Remove it, or name it in the `wait`, the race (`first`), the `start` or the"
            " `cancel` that should take it.",
        )
