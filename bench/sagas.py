"""Saga files of any length: what the linter is measured on."""

from __future__ import annotations

from collections.abc import Iterator

SERVICES = 20

HEAD = """\
saga: {name}
version: 1
key: ${{input.order_id}}
input:
  order_id: string
  amount: decimal
  urgent: boolean
  items: [string]
services:
{services}
steps:
"""

PLAIN = """\
  - step: reserve_{n}
    service: service_{s}
    input: [order_id, amount]
    output: {{ reservation_{n}: string }}
    fails: [refused]
    compensate: release_{n}
"""
READING = """\
  - step: charge_{n}
    service: service_{s}
    input: {{ order_id: "${{input.order_id}}", reserved: "${{reserve_{m}.reservation_{m}}}" }}
    compensate: {{ action: refund_{n}, input: [order_id, amount], timeout: 1m }}
"""
CHECK = """\
  - step: check_{n}
    service: service_{s}
    effect: none
    if: input.amount > {n} and not input.urgent
    input: [order_id]
"""
CHOICE = """\
  - choose: way_{n}
    when:
      - if: input.urgent
        steps:
          - {{ step: express_{n}, service: service_{s}, input: [order_id], compensate: recall_{n} }}
    otherwise:
      - {{ step: standard_{n}, service: service_{s}, input: [order_id], compensate: stop_{n} }}
"""
FORK = """\
  - parallel: both_{n}
    branches:
      left: [{{ step: book_{n}, service: service_{s}, input: [order_id], compensate: unbook_{n} }}]
      right: [{{ step: hold_{n}, service: service_{t}, input: [order_id], compensate: free_{n} }}]
"""
LOOP = """\
  - foreach: each_{n}
    in: input.items
    as: item_{n}
    steps:
      - step: pick_{n}
        service: service_{s}
        input: {{ item: "${{item_{n}}}" }}
        compensate: put_back_{n}
"""
# what the file is made of, over and over, with the number of steps that each holds
PIECES = ((PLAIN, 1), (READING, 1), (PLAIN, 1), (CHECK, 1), (CHOICE, 2), (FORK, 2), (LOOP, 1))


def saga(steps: int, name: str = "long-saga") -> str:
    """A saga of so many steps about which there is nothing to say."""
    services = "\n".join(f"  service_{number}: {{}}" for number in range(SERVICES))
    return HEAD.format(name=name, services=services) + "".join(_items(steps))


def _items(steps: int) -> Iterator[str]:
    number = reserved = made = 0
    while made < steps:
        piece, count = PIECES[number % len(PIECES)]
        if made + count > steps:
            piece, count = PLAIN, 1
        service = number % SERVICES
        yield piece.format(n=number, m=reserved, s=service, t=(service + 1) % SERVICES)
        if piece is PLAIN:
            reserved = number
        made += count
        number += 1
