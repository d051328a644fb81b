"""What stands above the steps: services, types, events, locks, defaults, start and cancel."""

from __future__ import annotations

from typing import Literal, cast

from .model import (
    ActionDeclaration,
    Cancel,
    Event,
    Lock,
    Name,
    Retry,
    Seconds,
    Service,
    Start,
)
from .nodes import Entry, Mapping, Node, Scalar
from .parser_items import Items
from .parser_shapes import is_word
from .parser_vocabulary import PART_REQUIRED, PARTS, WORDS
from .reader import OpenMapping
from .span import Span
from .type_parser import parse_type
from .types import ANY, Type


class Declarations(Items):
    """Reads the declarations of a file."""

    def services(self, node: Node | None) -> dict[str, Service]:
        """The participants by name."""
        found: dict[str, Service] = {}
        for entry in self.entries(node, "services (a mapping of names to their teams)", "{}"):
            name = self.snake(entry.key, "a service")
            if name is not None:
                found[name.text] = self._service(name, entry)
        return found

    def _service(self, name: Name, entry: Entry) -> Service:
        if _is_empty(entry.value):
            return Service(name)
        help = "Write `{ team: NAME }`."
        keys = self.keys(entry.value, "a service", PARTS["service"], help=help)
        if keys is None:
            return Service(name)
        team = keys.get("team")
        fence = self.boolean(keys.get("fence"))
        return Service(
            name,
            team=None if team is None else self.team(team),
            description=self.text(keys.get("description")),
            fence=fence is not False,
            actions=self._actions(keys.get("actions")),
        )

    def _actions(self, node: Node | None) -> dict[str, ActionDeclaration] | None:
        if node is None:
            return None
        found: dict[str, ActionDeclaration] = {}
        for entry in self.entries(node, "actions (a mapping of names to signatures)"):
            name = self.snake(entry.key, "an action")
            if name is not None:
                found[name.text] = self._action(name, entry.value)
        return found

    def _action(self, name: Name, node: Node) -> ActionDeclaration:
        keys = None if _is_empty(node) else self.keys(node, "an action", PARTS["action"])
        if keys is None:
            return ActionDeclaration(name)
        fails = keys.get("fails")
        return ActionDeclaration(
            name,
            input=self.record_type(keys.get("input")),
            output=self.record_type(keys.get("output")),
            fails=None if fails is None else self.fails(fails),
            idempotent=self.boolean(keys.get("idempotent")),
        )

    def own_types(self, node: Node | None) -> tuple[dict[str, Type], dict[str, Span]]:
        """The types of the file by name, and where each name stands."""
        found: dict[str, Type] = {}
        where: dict[str, Span] = {}
        entries = list(self.entries(node, "types (a mapping of names to types)"))
        self.types = frozenset(entry.key.text for entry in entries)
        for entry in entries:
            name = self.type_name(entry.key)
            if name is not None:
                found[name.text] = parse_type(entry.value, self.found, self.types) or ANY
                where[name.text] = name.span
        return found, where

    def events(self, node: Node | None) -> dict[str, Event]:
        """Events from outside by name."""
        found: dict[str, Event] = {}
        for entry in self.entries(node, "events (a mapping of names to what they carry)"):
            name = self.event_name(entry.key)
            keys = None
            if not _is_empty(entry.value):
                keys = self.keys(entry.value, "an event", PARTS["event"])
            if name is None:
                continue
            source = None if keys is None else keys.get("from")
            found[name.text] = Event(
                name,
                source=None if source is None else self.team(source),
                data=None if keys is None else self.record_type(keys.get("data")),
            )
        return found

    def own_locks(self, node: Node | None) -> dict[str, Lock]:
        """Semantic locks by name."""
        found: dict[str, Lock] = {}
        for entry in self.entries(node, "locks (a mapping of names to keys)"):
            name = self.snake(entry.key, "a lock")
            written = entry.value.text if isinstance(entry.value, Scalar) else ""
            short = written if written and len(written) <= 40 else "EXPRESSION"
            help = f"Write `{{ key: {short} }}`."
            keys = self.keys(entry.value, "a lock", PARTS["lock"], PART_REQUIRED["lock"], help=help)
            if keys is None:
                continue
            key = self.expression(keys.get("key"))
            conflict = self.choice(keys.get("conflict"), WORDS["conflict"], "'conflict'")
            if name is not None and key is not None:
                policy = cast("Literal['refuse', 'wait']", conflict or "refuse")
                found[name.text] = Lock(name, key, policy)
        return found

    def defaults(self, node: Node | None) -> tuple[Retry | None, Seconds | None]:
        """The retry and the timeout of what has none of its own."""
        keys = None if node is None else self.keys(node, "defaults", PARTS["defaults"])
        if keys is None:
            return None, None
        retry = self.retry(keys.get("retry"))
        return retry, self.duration(keys.get("timeout"), "A timeout")

    def start(self, node: Node | None) -> Start | None:
        """Who starts the saga, or which event."""
        if node is None:
            return None
        written = node.text if is_word(node) else "NAME"
        help = f"Write `{{ service: {written} }}`."
        keys = self.keys(node, "a start", PARTS["start"], help=help)
        if keys is None:
            return None
        if not keys.entries and not isinstance(node, OpenMapping):
            self.report("SY003", node.span, "A start needs 'service', 'event' or both.", help)
        event = keys.get("event")
        return Start(
            node.span,
            service=self.service(keys.get("service")),
            event=None if event is None else self.event_name(event),
        )

    def cancel(self, node: Node | None) -> Cancel | None:
        """The event that cancels."""
        if node is None:
            return None
        written = node.text if is_word(node) else "NAME"
        help = f"Write `{{ event: {written} }}`."
        keys = self.keys(node, "a cancel", PARTS["cancel"], PART_REQUIRED["cancel"], help=help)
        if keys is None:
            return None
        event = keys.get("event")
        match = self.expression(keys.get("match"))
        name = None if event is None else self.event_name(event)
        return Cancel(name, match, node.span) if name else None


def _is_empty(node: Node) -> bool:
    if isinstance(node, Mapping):
        return not node.entries
    return isinstance(node, Scalar) and node.value is None
