"""Sagas that use others with a deadline and a cancel of their own, in all places."""

from __future__ import annotations

from sagac.dsl.compile import compile
from sagac.dsl.graph import SagaGraph

_HEAD = """\
version: 1
key: ${input.id}
services: { shop: , stock: , bank: , mail: }
input: { id: string }
defaults: { retry: { attempts: 2, backoff: constant, initial: 10ms }, timeout: 5s }
"""
HASTY = f"""\
saga: hasty
deadline: 1s
cancel: {{ event: Enough, match: event.id == input.id }}
events: {{ Enough: {{ data: {{ id: string }} }}, Packed: {{ data: {{ id: string }} }} }}
start: {{ service: stock }}
{_HEAD}steps:
  - step: take
    service: stock
    input: [id]
    fails: [none_left]
    compensate: put_back
  - wait: packed
    event: Packed
    match: event.id == input.id
    service: stock
  - step: bill
    service: bank
    input: [id]
    fails: [no_money]
    compensate: unbill
"""
DECIDED = (
    HASTY.replace("saga: hasty", "saga: decided").replace("compensate: unbill", "effect: none")
    + """\
  - step: decide
    service: shop
    role: pivot
    effect: none
    input: [id]
    fails: [no]
  - step: note
    service: mail
    effect: none
    input: [id]
"""
)
LAYERS = f"""\
saga: layers
deadline: 2s
start: {{ service: mail }}
{_HEAD}steps:
  - step: wrap
    service: mail
    input: [id]
    fails: [no_paper]
    compensate: unwrap
  - saga: inner
    use: hasty.saga.yaml
    input: [id]
"""
PATIENT = HASTY.replace("saga: hasty", "saga: patient").replace("deadline: 1s", "deadline: 1h")
FILES = {
    "patient.saga.yaml": PATIENT,
    "hasty.saga.yaml": HASTY,
    "decided.saga.yaml": DECIDED,
    "layers.saga.yaml": LAYERS,
}

_USE = "saga: pack\nuse: hasty.saga.yaml\ninput: [id]\n"
_SHIP = """\
  - step: ship
    service: mail
    input: [id]
    fails: [no_carrier]
    compensate: unship
"""


def _outer(middle: str, end: str = _SHIP, head: str = "") -> str:
    return f"""\
saga: outer
{head}start: {{ service: shop }}
{_HEAD}steps:
  - step: open
    service: shop
    input: [id]
    fails: [closed]
    compensate: close
{middle}{end}"""


def _item(indent: int, use: str = "hasty") -> str:
    lines = _USE.replace("hasty", use).splitlines()
    pad = " " * indent
    return f"{pad}- {lines[0]}\n" + "".join(f"{pad}  {each}\n" for each in lines[1:])


_BESIDE = """\
      other:
        - step: beside
          service: bank
          input: [id]
          fails: [not_beside]
          compensate: unbeside
"""
PLAIN = _outer(_item(2))
CANCELLABLE = _outer(_item(2), head="cancel: { event: Stop }\n")
CAUGHT = _outer(
    f"""\
  - group: attempt
    steps:
{_item(6)}    recover:
      any:
        - step: apologize
          service: mail
          input: [id]
          effect: none
"""
)
AS_PIVOT = _outer(_item(2, "decided") + "    role: pivot\n", "")
OUTERS = {
    "plain": PLAIN,
    "cancellable": CANCELLABLE,
    "caught": CAUGHT,
    "two layers": _outer(_item(2, "layers")),
    "before a pivot": _outer(_item(2), _SHIP.replace("compensate: unship", "role: pivot")),
    "beside": _outer(f"  - parallel: both\n    branches:\n      one:\n{_item(8)}{_BESIDE}"),
    "the first of two": _outer(
        f"  - parallel: both\n    join: any\n    branches:\n      one:\n{_item(8)}{_BESIDE}"
    ),
    "in order": _outer(
        "  - parallel: both\n    undo_order: sequence\n    branches:\n      one:\n"
        f"{_item(8)}{_BESIDE}"
    ),
    "in a loop": _outer(
        f"  - foreach: each\n    in: '[1, 2]'\n    as: n\n    mode: parallel\n    steps:\n{_item(6)}"
    ),
}


def graph_with(text: str) -> SagaGraph:
    """The graph of a saga that uses some of these."""
    graph = compile(text, "outer.saga.yaml", FILES.__getitem__).graph
    assert graph is not None
    return graph


def used_by_another(text: str) -> SagaGraph | None:
    """A saga that uses the one that stands in a text, with a deadline; None if it may not."""
    limited = text.replace("key:", "deadline: 1h\ncancel: { event: Enough }\nkey:", 1)
    item = _item(2).replace("hasty", "random").replace("[id]", "[id, flag, amount, lines]")
    fields = "input: { id: string, flag: boolean, amount: integer, lines: [string] }"
    outer = _outer(item).replace("input: { id: string }", fields)
    return compile(outer, "outer.saga.yaml", {"random.saga.yaml": limited}.__getitem__).graph
