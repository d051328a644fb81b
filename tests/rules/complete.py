"""Makes a whole saga file of the items that an example or a case shows."""

from __future__ import annotations

import re

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
UNDOABLE = CHILD.replace("role: pivot", "compensate: refund")
FILES = {
    "payment.saga.yaml": CHILD,
    "undoable.saga.yaml": UNDOABLE,
    "broken.saga.yaml": CHILD.replace("service: payment", "service: payments"),
}


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
