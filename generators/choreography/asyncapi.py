"""AsyncAPI 3.0 documents: one per service, one for the saga; the schemas of messages beside them.

Channels are the subjects; their keys are those that the broker knows. All documents name the same
schemas, so that a service and its neighbours cannot disagree about an event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import yaml

from sagac.generators import naming
from sagac.generators.base import GeneratedFile, Source
from sagac.generators.naming import Names
from sagac.generators.python.catalogue import Catalogue
from sagac.generators.python.render import header

from .entries import BROKERS
from .envelope import Envelopes
from .events import Events
from .payloads import Payloads

Plain: TypeAlias = "dict[str, Any]"

_PROTOCOLS = {"rabbitmq": "amqp"}
_TAKEN = ("handlers", "schemas", "asyncapi")
_TEXT: Plain = {"type": "string"}
_HEADERS: Plain = {
    "type": "object",
    "properties": {
        "ce-specversion": {"const": "1.0"},
        "ce-id": {**_TEXT, "description": "The same for every copy of an event."},
        "ce-source": {**_TEXT, "format": "uri-reference", "description": "The saga and the node."},
        "ce-type": {**_TEXT, "description": "The subject."},
        "ce-subject": {**_TEXT, "description": "The key of the saga."},
        "ce-time": {**_TEXT, "format": "date-time"},
        "content-type": {"const": "application/json"},
        "correlation-id": {**_TEXT, "description": "The saga and its key."},
        "causation-id": {**_TEXT, "description": "The id of the event that led to this one."},
        "traceparent": {**_TEXT, "description": "W3C trace context."},
        "tracestate": _TEXT,
    },
    "required": [
        "ce-specversion",
        "ce-id",
        "ce-source",
        "ce-type",
        "ce-subject",
        "ce-time",
        "content-type",
        "correlation-id",
    ],
}
_OUTSIDE_HEADERS: Plain = {
    "type": "object",
    "properties": {
        "ce-id": {**_TEXT, "description": "Copies with one id count once."},
        "saga-key": {**_TEXT, "description": "The saga that is meant; else `match` decides."},
    },
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its channel: who sends it, who receives it and does what about it."""

    subject: str
    name: str
    summary: str
    schema: Plain
    senders: tuple[str, ...]
    receivers: dict[str, str]
    outside: bool = False


def document_files(
    events: Events, catalogue: Catalogue, target: str, source: Source, package: str, folder: str
) -> Iterator[GeneratedFile]:
    """The documents and schemas, in ``folder`` of the output."""
    above = f"{folder}/" if folder else ""
    messages = list(_messages(events, catalogue))
    files = _Files()
    for each in messages:
        text = json.dumps({"$comment": _mark(source), **each.schema}, indent=2, ensure_ascii=False)
        yield GeneratedFile(f"{above}schemas/{files.of(each.name)}", f"{text}\n")
    writer = _Documents(events, target, source, files)
    yield GeneratedFile(f"{above}asyncapi.yaml", writer.whole(messages))
    folders = Names({*_TAKEN, package})
    for service in events.projection.services:
        own = folders.of(service, naming.method(service))
        yield GeneratedFile(f"{above}{own}/asyncapi.yaml", writer.service(service, messages))


def _messages(events: Events, catalogue: Catalogue) -> Iterator[Sent]:
    payloads = Payloads(events, catalogue)
    envelopes, saga = Envelopes(payloads), events.projection.graph.saga.name.text
    starts = events.projection.nodes["start"].owner
    begins = {starts: f"starts {saga}; a key that runs or has ended is not started again"}
    yield Sent(
        f"{saga}.start", "start", f"Starts {saga}", envelopes.input(), (), begins, outside=True
    )
    for name, told in payloads.named.items():
        does: dict[str, list[str]] = {}
        for each in events.reactions:
            if each.told == told:
                does.setdefault(each.service, []).append(each.text)
        yield Sent(
            f"{saga}.{name}",
            name,
            f"{told.node}: {told.outcome}",
            envelopes.event(name, told),
            events.tellers[told],
            {service: "; ".join(texts) for service, texts in does.items()},
        )
    for event in payloads.outside:
        listens = dict.fromkeys(event.services, f"hears {event.name} from outside")
        schema = envelopes.outside(event)
        subject = f"outside.{event.name}"
        yield Sent(subject, subject, f"{event.name}, from outside", schema, (), listens, True)


class _Files:
    """The file of each schema; no two that are one file on some systems."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    def of(self, message: str) -> str:
        if message not in self._names:
            name, number = message, 1
            while name.casefold() in self._taken:
                number += 1
                name = f"{message}_{number}"
            self._taken.add(name.casefold())
            self._names[message] = f"{name}.schema.json"
        return self._names[message]


class _Documents:
    """Writes the documents of one saga."""

    def __init__(self, events: Events, target: str, source: Source, files: _Files) -> None:
        self._saga = events.projection.graph.saga
        self._services = events.projection.services
        self._target = target
        self._source = source
        self._files = files

    def whole(self, messages: Iterable[Sent]) -> str:
        """The document of all services together."""
        operations: Plain = {}
        for each in messages:
            for service in self._services:
                operations |= _operations(each, service, f"{service}.")
        about = self._saga.description or f"The events of the saga {self._saga.name}"
        return self._document(self._saga.name.text, about, list(messages), operations, "")

    def service(self, service: str, messages: Iterable[Sent]) -> str:
        """The document of one service: what it sends and what it receives."""
        operations: Plain = {}
        mine = [each for each in messages if service in (*each.senders, *each.receivers)]
        for each in mine:
            operations |= _operations(each, service, "")
        about = f"What {service} tells and hears in the saga {self._saga.name}"
        title = f"{self._saga.name}: {service}"
        return self._document(title, about, mine, operations, "../")

    def _document(
        self, title: str, about: str, messages: list[Sent], operations: Plain, up: str
    ) -> str:
        channels = {each.subject: _channel(each) for each in messages}
        document: Plain = {
            "asyncapi": "3.0.0",
            "info": {
                "title": title,
                "version": f"{self._saga.version}.0.0",
                "description": about,
            },
            "defaultContentType": "application/json",
            **self._servers(),
            "channels": channels,
            "operations": operations,
            "components": {
                "messages": {each.name: self._message(each, up) for each in messages},
                "schemas": {"Headers": _HEADERS, "OutsideHeaders": _OUTSIDE_HEADERS},
                "correlationIds": {
                    "Saga": {
                        "description": "All messages of one saga have the same.",
                        "location": "$message.header#/correlation-id",
                    }
                },
            },
        }
        return header(self._source) + _yaml(document)

    def _servers(self) -> Plain:
        """The broker; services in one process have none."""
        broker = BROKERS.get(self._target)
        if broker is None:
            return {}
        server = {
            "host": urlsplit(broker.url).netloc.rpartition("@")[2],
            "protocol": _PROTOCOLS.get(self._target, self._target),
            "description": "Where it is if SAGA_BROKER names no other place.",
        }
        return {"servers": {self._target: server}}

    def _message(self, sent: Sent, up: str) -> Plain:
        found: Plain = {"name": sent.name, "title": sent.name, "summary": sent.summary}
        if sent.outside:
            found["headers"] = {"$ref": "#/components/schemas/OutsideHeaders"}
        else:
            kind = {"properties": {"ce-type": {"const": sent.subject}}}
            found["headers"] = {"allOf": [{"$ref": "#/components/schemas/Headers"}, kind]}
            found["correlationId"] = {"$ref": "#/components/correlationIds/Saga"}
        found["contentType"] = "application/json"
        found["payload"] = {"$ref": f"{up}schemas/{self._files.of(sent.name)}"}
        return found


def _channel(sent: Sent) -> Plain:
    said = [f"Told by {', '.join(sent.senders)}." if sent.senders else "Sent from outside."]
    if sent.receivers:
        said.append(f"Heard by {', '.join(sent.receivers)}.")
    message = {"$ref": f"#/components/messages/{sent.name}"}
    return {
        "address": sent.subject,
        "description": " ".join(said),
        "messages": {sent.name: message},
    }


def _operations(sent: Sent, service: str, before: str) -> Plain:
    """What a service does with a channel; ``before`` stands before the name of each operation."""
    found: Plain = {}
    channel = {"$ref": f"#/channels/{sent.subject}"}
    messages = [{"$ref": f"#/channels/{sent.subject}/messages/{sent.name}"}]
    if service in sent.senders:
        told = {"action": "send", "channel": channel, "summary": sent.summary}
        found[f"{before}send.{sent.name}"] = {**told, "messages": messages}
    if service in sent.receivers:
        does = {"action": "receive", "channel": channel, "summary": sent.receivers[service]}
        found[f"{before}receive.{sent.name}"] = {**does, "messages": messages}
    return found


def _mark(source: Source) -> str:
    return header(source).removeprefix("# ").rstrip("\n")


if TYPE_CHECKING:
    _Dump = yaml.SafeDumper
else:  # the same text from either: the one in C takes a tenth of the time
    _Dump = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Dump):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: Plain) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
