"""CH: what `sagac generate --style choreography` finds that services cannot do alone."""

from sagac.dsl.rules.rule import Rule

RULES = (
    Rule(
        code="CH001",
        summary="A lock is taken by steps of several services, in a choreography.",
        why="A lock is a row in the database of the service that takes it. Two services would each"
        " grant it without knowing of the other, and it would lock nothing.",
        example="""\
saga: example
version: 1
key: ${input.id}
services: { shop: {}, stock: {} }
input: { id: string }
locks: { order: { key: input.id } }
steps:
  - step: open_order
    service: shop
    input: [id]
    locks: [order]
    compensate: close_order
  - step: take_goods
    service: stock
    input: [id]
    locks: [order]
    compensate: return_goods
""",
        use_instead="""\
saga: example
version: 1
key: ${input.id}
services: { shop: {}, stock: {} }
input: { id: string }
locks: { order: { key: input.id } }
steps:
  - step: open_order
    service: shop
    input: [id]
    locks: [order]
    compensate: close_order
  - step: take_goods
    service: stock
    input: [id]
    compensate: return_goods
""",
    ),
    Rule(
        code="CH004",
        summary="A saga that may fail is used after the point of no return, in a choreography.",
        why="After the pivot a failure waits for a person. The services of the saga that is used"
        " know only that file: they would undo its steps and tell the others to go back.",
        example="""\
- step: ship
  service: shipping
  role: pivot
  input: [id]
- saga: pay
  use: undoable.saga.yaml
  input: [id]
""",
        use_instead="""\
- saga: pay
  use: undoable.saga.yaml
  input: [id]
- step: ship
  service: shipping
  role: pivot
  input: [id]
""",
    ),
    Rule(
        code="CH005",
        summary="The compensation of a group reads what its members gave, in a choreography.",
        why="The service at which a group begins also ends it on the way back. What a member at"
        " another service gave went on to the steps after it, and not back to there.",
        example="""\
- group: booking
  steps:
    - step: take_goods
      service: stock
      input: [id]
      output: { place: string }
    - step: take_money
      service: payment
      input: [id]
  compensate:
    action: undo_booking
    service: shop
    input:
      id: ${input.id}
      place: "${take_goods.place if take_goods.place is not None else ''}"
- step: ship
  service: shipping
  input: [id]
  compensate: call_back
""",
        use_instead="""\
- group: booking
  steps:
    - step: take_goods
      service: stock
      input: [id]
      output: { place: string }
    - step: take_money
      service: payment
      input: [id]
  compensate:
    action: undo_booking
    service: shop
    input: [id]
- step: ship
  service: shipping
  input: [id]
  compensate: call_back
""",
    ),
    Rule(
        code="CH006",
        summary="All that an item gave is read at once, in a choreography.",
        why="An event carries exactly the values that later steps name, so that services depend on"
        " no more than that. A whole record names nothing.",
        example="""\
- step: count_goods
  service: stock
  input: [id]
  output: { left: integer }
  effect: none
- step: report
  service: mail
  input: { all: "${count_goods}" }
  effect: none
""",
        use_instead="""\
- step: count_goods
  service: stock
  input: [id]
  output: { left: integer }
  effect: none
- step: report
  service: mail
  input: { left: "${count_goods.left}" }
  effect: none
""",
    ),
    Rule(
        code="CH007",
        summary="A saga that is used reads its own key, in a choreography.",
        why="Its services play it as part of the whole, under the key of the whole: there is no"
        " second saga with a key.",
        example="""\
- saga: pay
  use: keyed.saga.yaml
  input: [id]
""",
        use_instead="""\
- saga: pay
  use: undoable.saga.yaml
  input: [id]
""",
    ),
    Rule(
        code="CH008",
        summary="An optional step is undone by another service, in a choreography.",
        why="If nobody knows whether an optional step was done, it is undone first and then passed"
        " over. The service that plays it would have to wait for the other in the middle of the"
        " way forward, where events only lead on or back.",
        example="""\
- step: reserve_gift
  service: stock
  role: optional
  input: [id]
  compensate: { action: return_gift, service: shop, input: [id] }
- step: ship
  service: shipping
  role: pivot
  input: [id]
""",
        use_instead="""\
- step: reserve_gift
  service: stock
  role: optional
  input: [id]
  compensate: return_gift
- step: ship
  service: shipping
  role: pivot
  input: [id]
""",
    ),
)
