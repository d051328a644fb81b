"""Makes a whole saga file of the items that an example or a case shows."""

from __future__ import annotations

HEADER = """\
saga: example
version: 1
key: ${input.id}
services: { shop: {}, stock: {}, payment: {}, shipping: {}, mail: {} }
input: { id: string, count: integer, skus: [string], remote: boolean }
steps:
"""
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
    "hasty.saga.yaml": UNDOABLE.replace("key:", "deadline: 1h\nkey:"),
    "keyed.saga.yaml": UNDOABLE.replace("[id]", '{ id: "${saga.key}" }', 1),
    "payment.saga.yaml": CHILD,
    "undoable.saga.yaml": UNDOABLE,
    "broken.saga.yaml": CHILD.replace("service: payment", "service: payments"),
}


def complete(text: str) -> tuple[str, int]:
    """The whole file, and how many lines were put before ``text``."""
    if text.startswith("saga:"):
        return text, 0
    return HEADER + text, HEADER.count("\n")


def load(path: str) -> str:
    """The other files that examples and cases may use."""
    name = path.rpartition("/")[2]
    if name not in FILES:
        raise FileNotFoundError("there is no such file")
    return FILES[name]
