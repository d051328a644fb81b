"""Types, Protocols and handler stubs: what the sagas of a package and its services share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sagac.generators import naming
from sagac.generators.base import GeneratedFile, Handler, Ownership, Source
from sagac.generators.layout import Group, lines
from sagac.generators.naming import Names
from sagac.generators.signatures import Action

from .catalogue import Catalogue
from .records import Attribute, Class, Records, quoted
from .render import STANDARD, contract, header, imports, template, tidy

_WIDTH = 96  # of a line inside a class


class Participants:
    """The services of a package by their Python names, and the classes that their methods use."""

    def __init__(self, catalogue: Catalogue, records: Records, package: str) -> None:
        self.catalogue = catalogue
        self.records = records
        self.package = package
        self._names = Names()
        self._methods: dict[str, Names] = {}
        for service, actions in catalogue.services.items():
            self.attribute(service)
            for action in actions:
                self._define(action)
        for actions in catalogue.services.values():
            for action in actions:
                if action.query:
                    self.query(action)
        self.shared = tuple(records.classes)

    def attribute(self, service: str) -> str:
        """The name of a service: of its attribute in ``Services`` and of its modules."""
        return self._names.of(service, naming.snake(service))

    def action(self, service: str, name: str) -> Action:
        """The signature of an action."""
        return self.catalogue.all.actions[f"{service}.{name}"]

    def method(self, action: Action) -> str:
        """The method of an action."""
        names = self._methods.setdefault(action.service, Names({"database"}))
        return names.of(action.name, naming.method(action.name))

    def query(self, action: Action) -> str:
        """The method that says what became of an action."""
        names = self._methods.setdefault(action.service, Names({"database"}))
        return names.of(("query", action.name), f"query_{naming.snake(action.name)}")

    def handlers(self, service: str) -> str:
        """The class of the user's handlers."""
        return self.records.reserved(("handlers", service), f"{naming.camel(service)}Handlers")

    def protocol(self, service: str) -> str:
        """The Protocol of a service."""
        return self.records.reserved(("protocol", service), f"{naming.camel(service)}Service")

    def answer(self, action: Action) -> str:
        """What a method may return: the output or one of the refusals."""
        output = self.records.output(action) or "None"
        refusals = (self.records.refusal(action, *each) for each in action.refusals)
        return " | ".join([*refusals, output] if output == "None" else [output, *refusals])

    def query_answer(self, action: Action) -> str:
        """What a query method may return."""
        return f"Done[{self.records.output(action) or 'None'}] | Never | NotYet"

    def _define(self, action: Action) -> None:
        self.method(action)
        self.records.request(action)
        self.records.output(action)
        for refusal in action.refusals:
            self.records.refusal(action, *refusal)

    def class_table(self, module: str) -> dict[str, str]:
        """Import table of the shared classes."""
        return dict.fromkeys([*self.shared, *self.records.aliases], module)


def type_files(here: Participants, folder: str, source: Source) -> Iterator[GeneratedFile]:
    """``types.py``: the shared dataclasses."""
    records = here.records
    text = types_module(
        (records.classes[name] for name in here.shared),
        records.aliases,
        "What the services are called with, what they give, and how they refuse.",
        source,
        contract(".contract"),
    )
    yield GeneratedFile(f"{folder}/types.py", text)


def types_module(
    classes: Iterable[Class],
    aliases: dict[str, str],
    doc: str,
    source: Source,
    *tables: dict[str, str],
) -> str:
    """A module of dataclasses."""
    rows = tuple(map(class_rows, classes))
    body = template("python/types.body", classes=rows, aliases=aliases.items())
    return module(source, doc, body, STANDARD, *tables)


def module(source: Source, doc: str, body: str, *tables: dict[str, str]) -> str:
    """A whole generated module: header, docstring, the imports that ``body`` needs, ``body``."""
    needed = imports(body, *tables)
    text = template(
        "python/module", header=header(source), doc=naming.docstring(doc), imports=needed, body=body
    )
    return tidy(text)


def service_files(here: Participants, folder: str, source: Source) -> Iterator[GeneratedFile]:
    """``services/``: a Protocol per service, and all of them as one class."""
    rows = []
    for service, actions in here.catalogue.services.items():
        methods = [line for each in actions for line in _protocol_methods(here, each)]
        protocol = here.protocol(service)
        doc = naming.docstring(f"What the service {service} has to do")
        body = template("python/service.body", name=protocol, doc=doc, methods=methods)
        text = module(
            source,
            f"The service {service}",
            body,
            STANDARD,
            contract("..contract"),
            here.class_table("..types"),
        )
        attribute = here.attribute(service)
        rows.append((attribute, protocol))
        yield GeneratedFile(f"{folder}/services/{attribute}.py", text)
    body = template("python/services.body", services=rows)
    table = {protocol: f".{attribute}" for attribute, protocol in rows}
    text = module(source, "All services that take part", body, STANDARD, table)
    yield GeneratedFile(f"{folder}/services/__init__.py", text)


def handler_files(here: Participants) -> Iterator[GeneratedFile]:
    """``handlers/``: stubs that are the user's from then on."""
    for service, actions in here.catalogue.services.items():
        stubs = [stub for each in actions for _, stub in _stubs(here, each)]
        body = template(
            "python/handlers.body",
            name=here.handlers(service),
            doc=naming.docstring(f"The service {service}"),
            stubs=stubs,
        )
        generated = f"{here.package}.generated"
        types = here.class_table(f"{generated}.types")
        needed = imports(body, STANDARD, contract(f"{generated}.contract"), types)
        text = template(
            "python/module",
            header="",
            doc=naming.docstring(f"The service {service}: written once by sagac, yours to fill in"),
            imports=needed,
            body=body,
        )
        yield GeneratedFile(_handler_path(here, service), tidy(text), Ownership.SCAFFOLD)
    empty = '"""What the services do: these files are yours."""\n'
    yield GeneratedFile("handlers/__init__.py", empty, Ownership.SCAFFOLD)


def handlers(here: Participants) -> Iterator[Handler]:
    """The methods that the user's files must have."""
    for service, actions in here.catalogue.services.items():
        for action in actions:
            for name, stub in _stubs(here, action):
                path = _handler_path(here, service)
                yield Handler(path, here.handlers(service), name, stub, action.item)


def _handler_path(here: Participants, service: str) -> str:
    return f"handlers/{here.attribute(service)}.py"


def class_rows(each: Class) -> dict[str, object]:
    """A dataclass as templates get it."""
    rows = [_row(attribute) for attribute in each.attributes]
    reason = None if each.reason is None else quoted(each.reason)
    return {"name": each.name, "doc": each.doc, "rows": rows, "reason": reason}


def _row(attribute: Attribute) -> str:
    """A field as it is written, on three lines if it is too long for one."""
    head = f"{attribute.name}: {attribute.annotation}"
    if attribute.default is None:
        return head
    line = f"{head} = {attribute.default}"
    if len(line) <= _WIDTH or not attribute.default.startswith("field("):
        return line
    inside = attribute.default.removeprefix("field(").removesuffix(")")
    return f"{head} = field(\n        {inside}\n    )"


def _protocol_methods(here: Participants, action: Action) -> Iterator[dict[str, object]]:
    request = here.records.request(action)
    doc = naming.docstring(action.description or f"The action {action.name}")
    yield {
        "lines": _signature(here.method(action), request, f"Answer[{here.answer(action)}]", "def"),
        "doc": doc,
    }
    if action.query:
        answer = f"Answer[{here.query_answer(action)}]"
        yield {
            "lines": _signature(here.query(action), request, answer, "def"),
            "doc": f"What became of {here.method(action)}, called with the same request.",
        }


def _stubs(here: Participants, action: Action) -> Iterator[tuple[str, str]]:
    request = here.records.request(action)
    path = _handler_path(here, action.service)
    methods = [(here.method(action), here.answer(action), action.description)]
    if action.query:
        asked = f"Says what became of {here.method(action)} under the same key"
        methods.append((here.query(action), here.query_answer(action), asked))
    for name, answer, description in methods:
        stub = template(
            "python/stub",
            lines=_signature(name, request, answer, "async def"),
            doc=naming.docstring(description or f"The action {action.name}"),
            message=quoted(f"write me: {name} in {path}"),
        )
        yield name, stub


def _signature(name: str, request: str, answer: str, keyword: str) -> list[str]:
    head = Group(f"{keyword} {name}(", ("self", f"request: {request}", "call: Call"))
    return lines(head, 4, f" -> {answer}:")
