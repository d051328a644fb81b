"""Makes whole files of what an example or a case shows, and looks at them as ``lint`` does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sagac.cli.together import handlers_of
from sagac.dsl.compile import check_handlers, check_together
from sagac.dsl.compile import compile as compile_saga
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.project import outline

HEADER = """\
saga: example
version: 1
key: ${input.id}
services: { SERVICES }
start: { service: FIRST }
defaults: { timeout: 10s }
input: { id: string, count: integer, skus: [string], remote: boolean }
steps:
"""
SERVICES = ("shop", "stock", "payment", "shipping", "mail")
CHILD = """\
saga: payment
version: 1
key: ${input.id}
services: { payment: {} }
input: { id: string }
steps:
  - step: hold
    service: payment
    input: [id]
    compensate: release
  - step: capture
    service: payment
    role: pivot
    input: [id]
"""
LOCKED = """\
saga: locked
version: 1
key: ${input.id}
services: { till: {} }
input: { id: string }
locks: { till: { key: input.id, conflict: wait } }
steps:
  - step: take
    service: till
    input: [id]
    locks: [till]
    compensate: give_back
"""
UNDOABLE = CHILD.replace("role: pivot", "compensate: refund")
FILES = {
    "keyed.saga.yaml": UNDOABLE.replace("[id]", '{ id: "${saga.key}" }', 1),
    "payment.saga.yaml": CHILD,
    "undoable.saga.yaml": UNDOABLE,
    "locked.saga.yaml": LOCKED,
    "broken.saga.yaml": CHILD.replace("service: payment", "service: payments"),
}


SAGA, PYTHON = ".saga.yaml", ".py"


@dataclass(frozen=True)
class Looked:
    """The findings, and the whole text of each file with the lines that were put before it."""

    findings: list[Diagnostic]
    texts: Mapping[str, tuple[str, int]]


def look_at(files: Mapping[str, str]) -> Looked:
    """What ``lint`` finds in these files: in each, in all together, in the handlers."""
    texts = {n: (text, 0) if n.endswith(PYTHON) else complete(text) for n, text in files.items()}
    sagas = {name: text for name, (text, _) in texts.items() if name.endswith(SAGA)}
    code = {name: text for name, (text, _) in texts.items() if name.endswith(PYTHON)}
    compilations = [compile_saga(text, name, load) for name, text in sagas.items()]
    found = [finding for each in compilations for finding in each.diagnostics]
    graphs = [each.resolved for each in compilations if each.resolved is not None]
    found += check_together(map(outline, graphs), whole=True)
    if code:
        found += check_handlers(handlers_of(graphs, "handlers", code.get), graphs)
    return Looked(found, {name: (text, 0) for name, text in FILES.items()} | texts)


def complete(text: str) -> tuple[str, int]:
    """The whole file, and how many lines were put before ``text``."""
    if text.startswith("saga:"):
        return text, 0
    used = [each for each in re.findall(r"\w+\b(?!\.saga)", text) if each in SERVICES]
    if not set(re.findall(r"\bservice: (\w+)", text)) <= set(SERVICES):
        used = list(SERVICES)  # a misspelt one is to be near to what is there
    used = used or ["shop"]
    services = ", ".join(f"{name}: {{}}" for name in SERVICES if name in used)
    header = HEADER.replace("SERVICES", services).replace("FIRST", used[0])
    return header + text, header.count("\n")


def load(path: str) -> str:
    """The other files that examples and cases may use."""
    name = path.rpartition("/")[2]
    if name not in FILES:
        raise FileNotFoundError("there is no such file")
    return FILES[name]
