"""What a careless hand makes of the runtime of a generated service: file, right, wrong.

Each breaks one of the situations that generated tests play; where two guards protect a service from
the same harm, both are taken away.
"""

from __future__ import annotations

from dataclasses import dataclass

TRIPS = "trips"  # of the trip booking, whose bookings stand side by side
HOTELS = "hotels"  # of the same; it hears of failures before and beside its own step
BOUNDED = "payment, bounded"  # the compensation of the payment is given up at some time


@dataclass(frozen=True)
class Slip:
    """``edits``: module of the runtime, what stands there, what is written instead."""

    edits: tuple[tuple[str, str, str], ...]
    tests: str = "calls_and_events"  # those that are to notice it
    service: str = "payment"


def slip(
    module: str, right: str, wrong: str, tests: str = "calls_and_events", service: str = "payment"
) -> Slip:
    """One edit."""
    return Slip(((module, right, wrong),), tests, service)


_TOKENS = ("machine", "        if slot in row.tokens:\n            return\n", "")
_STATES = ("rules", '        if row.state != "waiting":\n            return\n', "")
_INBOX = ("store", "    return bool(await tx.execute(sql, (message, now)))", "    return True")
_EARLY = """\
    if turn.rows.course is None and told.event.outcome != "done":
        return
    turn.machine.receive(told.event)
"""

SLIPS = {
    "forward: what it gave is lost": slip(
        "machine", "            row.own = output or {}\n", "            row.own = {}\n"
    ),
    "forward: the effect is forgotten": slip(
        "machine", "            row.ran = self._node(row).effect\n", ""
    ),
    "refuse: taken for an unknown outcome": slip(
        "calls",
        "machine.refused(row, answer.reason, encode(answer) or None)",
        "machine.unknown(row, answer.reason)",
    ),
    "refuse: its data are lost": slip(
        "calls", "encode(answer) or None)", "None)", service="inventory"
    ),
    "refuse: a refused call is done": slip(
        "calls", "elif isinstance(answer, Refusal):", "elif isinstance(answer, int):"
    ),
    "retry: never": slip(
        "calls",
        "            row.due = machine.now + pause(retry, row.attempts)\n",
        "            row.due = None\n",
        "each_call_fails_once",
    ),
    "retry: under another key": slip(
        "calls",
        '{self.path}{undo}"\n\n    @property\n    def path',
        '{self.path}{undo}{self.attempt}"\n\n    @property\n    def path',
        "each_call_fails_once",
    ),
    "retry: the first failure is the last": slip(
        "calls",
        "used_up = retry.attempts is not None and",
        "used_up = retry.attempts is not None or",
        "each_call_fails_once",
    ),
    "exhausted: once too often": slip(
        "calls", "row.attempts >= retry.attempts", "row.attempts > retry.attempts"
    ),
    "exhausted: once too few": slip(
        "calls", "row.attempts >= retry.attempts", "row.attempts + 1 >= retry.attempts"
    ),
    "exhausted: taken for a refusal": slip(
        "calls", "machine.unknown(row, trouble.reason)", "machine.refused(row, trouble.reason)"
    ),
    "exhausted: a compensation is given up": slip(
        "calls", 'if row.state == "undoing" or node', "if node", service=BOUNDED
    ),
    "exhausted: nobody is told": slip(
        "rules",
        '        self.tell(row, "stuck", failure=Failure(place, why), round=row.stuck_times)\n',
        "",
        service=BOUNDED,
    ),
    "duplicate: worked on again": Slip((_TOKENS, _STATES, _INBOX), "each_message_twice"),
    "duplicate: started again": slip(
        "machine",
        '        if row.state != "waiting":\n            return\n        self._cause = cause\n',
        "        self._cause = cause\n",
        "each_message_twice",
        service="order",
    ),
    "late: worked on again": Slip((_TOKENS, _STATES), "messages_come_late"),
    "late: undone again": Slip(
        (
            ("machine", "if slot not in row.sent or slot in row.back:", "if False:"),
            ("rules", 'elif row.state == "done":', "else:"),
        ),
        "messages_come_late",
    ),
    "early: dropped": slip(
        "service",
        "    turn.machine.receive(told.event)\n",
        _EARLY,
        service="notification",
    ),
    "early: a cancel is forgotten": slip(
        "rules", "        self.course.halt = failure\n", "", service="inventory"
    ),
    "compensate: not at all": slip("rules", "        if has_run and (", "        if False and ("),
    "compensate: nobody is told": slip(
        "rules", '        row.state = "undone"\n', '        row.state = "undone"\n        return\n'
    ),
    "compensate: an unknown outcome is left": slip(
        "machine", "        if node.undo or node.undoer:\n", "        if node.undoer:\n"
    ),
    "compensate: without what it gave": slip(
        "calls",
        "self.calling.request(self.row.values, own,",
        "self.calling.request(self.row.values, None,",
    ),
    "compensate: without the reason": slip(
        "calls", "own, about(self.row.failure))", "own, about(None))", service="notification"
    ),
    "compensate: too early": slip(
        "rules",
        "        if set(row.sent) - set(row.back):\n            return\n",
        "",
        service=TRIPS,
    ),
    "never ran: compensated": slip(
        "rules",
        "            self.abort(node, row)\n        elif found",
        "            row.ran = True\n            self.compensate(node, row)\n        elif found",
        service=HOTELS,
    ),
    "never ran: nobody is told": slip(
        "rules",
        '        self.tell(row, "aborted",',
        '        Event.cause  # self.tell(row, "aborted",',
        service=HOTELS,
    ),
    "never ran: undone with a made-up output": slip(
        "calls",
        "self.row.own if self.row.own or not self.row.unknown else None",
        "self.row.own or {}",
    ),
}
