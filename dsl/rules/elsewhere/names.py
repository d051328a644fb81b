"""NA: names that are not there, not unique, or out of reach."""

from sagac.dsl.rules.rule import Fix, Rule

RULES = (
    Rule(
        code="NA001",
        summary="A name is used that nothing in the file has.",
        why="Most often it is a slip of the pen; the nearest known name is shown.",
        example="""\
- step: pay_out
  service: payments
  input: [id]
  compensate: collect_back
""",
        use_instead="""\
- step: pay_out
  service: payment
  input: [id]
  compensate: collect_back
""",
        fix=Fix.UNSAFE,
    ),
    Rule(
        code="NA002",
        summary="Two items have the same name.",
        why="Names are how steps refer to each other's results, and how events, handlers and the"
        " status of a running saga are named, so that each may stand for one item only.",
        example="""\
- step: tell_customer
  service: mail
  input: [id]
  effect: none
- step: tell_customer
  service: shop
  input: [id]
  effect: none
""",
        use_instead="""\
- step: mail_customer
  service: mail
  input: [id]
  effect: none
- step: tell_customer
  service: shop
  input: [id]
  effect: none
""",
    ),
    Rule(
        code="NA003",
        summary="A name is used where what it means is not known.",
        why="A result can be read only where its step has run on every path: not before it, not in"
        " another branch beside it, not from outside the case that holds it.",
        example="""\
- step: price
  service: shop
  input: [weigh.grams]
  effect: none
- step: weigh
  service: stock
  input: [id]
  output: { grams: integer }
  effect: none
""",
        use_instead="""\
- step: weigh
  service: stock
  input: [id]
  output: { grams: integer }
  effect: none
- step: price
  service: shop
  input: [weigh.grams]
  effect: none
""",
    ),
    Rule(
        code="NA004",
        summary="A field is read that the value does not have.",
        why="The type of the input, or the `output` of the step, says which fields there are.",
        example="""\
- step: weigh
  service: stock
  input: [id]
  output: { grams: integer }
  effect: none
- step: price
  service: shop
  input: [weigh.gramms]
  effect: none
""",
        use_instead="""\
- step: weigh
  service: stock
  input: [id]
  output: { grams: integer }
  effect: none
- step: price
  service: shop
  input: [weigh.grams]
  effect: none
""",
        fix=Fix.UNSAFE,
    ),
)
