"""Positioned nodes in, the saga as it is written out.

The parser goes on after a mistake, so that one run shows them all, and a mistake is reported once:
a misspelt key counts as the one that was meant, an invalid name as a name.
"""

from __future__ import annotations

from .diagnostics import Diagnostics
from .expressions import parse_value
from .model import Name, Saga, Service, Suppression
from .nodes import Mapping, Node, Scalar
from .parser_declarations import Declarations
from .parser_lift import lifted, slipped
from .parser_shapes import Keys
from .parser_vocabulary import TOP, TOP_REQUIRED
from .reader import OpenMapping
from .syntax import Literal, Value
from .types import EMPTY


def parse(
    node: Node, file: str, found: Diagnostics, suppressions: tuple[Suppression, ...] = ()
) -> Saga | None:
    """The saga that ``node``, the tree of ``file``, describes.

    What is wrong goes to ``found``. A saga with mistakes is still returned if what is left of it
    can be judged; None if the file could not be read to its end or has no ``input`` or ``steps``.
    """
    return _Parser(found).saga(node, suppressions)


class _Parser(Declarations):
    """Reads one file."""

    def saga(self, node: Node, suppressions: tuple[Suppression, ...]) -> Saga | None:
        """The whole file."""
        node = self._in_place(node)
        start = node.span._replace(end_line=node.span.line, end_column=node.span.column + 1)
        keys = self.keys(node, "a saga", TOP, TOP_REQUIRED, at=start)
        if keys is None:
            return None
        types, type_names = self.own_types(keys.get("types"))
        name = self.kebab(value, "a saga") if (value := keys.get("saga")) is not None else None
        retry, timeout = self.defaults(keys.get("defaults"))
        services = self.services(keys.get("services"))
        input = self.record_type(keys.get("input"))
        saga = Saga(
            name=name or Name("saga", keys.where("saga")),
            version=self.whole(keys.get("version"), "'version'") or 1,
            key=self._key(keys),
            services=services,
            input=input or EMPTY,
            items=self.items(keys.get("steps")),
            span=node.span,
            description=self.text(keys.get("description")),
            deadline=self.duration(keys.get("deadline"), "A deadline"),
            start=self.start(keys.get("start")),
            cancel=self.cancel(keys.get("cancel")),
            types=types,
            type_names=type_names,
            retry=retry,
            timeout=timeout,
            events=self.events(keys.get("events")),
            locks=self.own_locks(keys.get("locks")),
            output=self.record(keys.get("output"), "an output"),
            keys=keys.spans,
            suppressions=suppressions,
        )
        self._check_services(keys, services)
        unread = isinstance(node, OpenMapping) or input is None or not saga.items
        return None if unread else saga

    def _in_place(self, node: Node) -> Node:
        """The file with its top-level keys where they belong."""
        while isinstance(node, Mapping) and (first := next(slipped(node), None)) is not None:
            entry, holder = first
            message = f"{entry.key.text!r} is indented, so it stands inside {holder!r}."
            self.report(
                "SY002", entry.key.span, message, "Begin it in column 1, as the saga's own."
            )
            node = lifted(node, entry, holder)
        return node

    def _key(self, keys: Keys) -> Value:
        node = keys.get("key")
        if node is None:
            return Literal(None, keys.span)
        if not isinstance(node, Scalar) or node.value is None:
            self.wrong_shape(node, "a value for 'key', such as `${input.order_id}`")
            return Literal(None, node.span)
        return parse_value(node, self.found) or Literal(None, node.span)

    def _check_services(self, keys: Keys, services: dict[str, Service]) -> None:
        """Without readable services those that are used count as declared: no follow-ups."""
        if not services:
            self._some(keys, "services")
            for name in self.services_used.values():
                services[name.text] = Service(name)
