"""TY: types and expressions that do not fit."""

from sagac.dsl.rules.rule import Rule

RULES = (
    Rule(
        code="TY001",
        summary="An expression cannot be read.",
        why="Expressions are a small, safe part of Python's: names, attributes, indexes, literals,"
        " arithmetic, comparisons, `and or not in`, conditional expressions, a comprehension over"
        " one list and a few functions.",
        example="""\
- step: price
  service: shop
  input: { total: "${input.count +}" }
  effect: none
""",
        use_instead="""\
- step: price
  service: shop
  input: { total: "${input.count + 1}" }
  effect: none
""",
    ),
    Rule(
        code="TY002",
        summary="A value has another type than the place where it is used.",
        why="The handlers are generated with these types, so that the mistake would otherwise"
        " show in the middle of a running saga.",
        example="""\
- step: price
  service: shop
  input: { total: "${input.id + 1}" }
  effect: none
""",
        use_instead="""\
- step: price
  service: shop
  input: { total: "${input.count + 1}" }
  effect: none
""",
    ),
    Rule(
        code="TY003",
        summary="A type cannot be read.",
        why="Types are the primitive ones (`string integer number boolean decimal datetime date"
        " duration uuid bytes any`), lists `[T]`, records `{name: T}`, `{enum: [...]}`,"
        " `{schema: ...}` and the names of `types:`.",
        example="""\
- step: weigh
  service: stock
  input: [id]
  output: { grams: int }
  effect: none
""",
        use_instead="""\
- step: weigh
  service: stock
  input: [id]
  output: { grams: integer }
  effect: none
""",
    ),
    Rule(
        code="TY004",
        summary="Two uses of one action do not agree on what it takes or gives.",
        why="An action is one method of its service. All uses of it have to fit one signature.",
        example="""\
- step: weigh_order
  service: stock
  action: weigh
  input: { id: "${input.id}" }
  output: { grams: integer }
  effect: none
- step: weigh_again
  service: stock
  action: weigh
  input: { id: "${input.id}" }
  output: { grams: string }
  effect: none
""",
        use_instead="""\
- step: weigh_order
  service: stock
  action: weigh
  input: { id: "${input.id}" }
  output: { grams: integer }
  effect: none
- step: weigh_again
  service: stock
  action: weigh
  input: { id: "${input.id}" }
  output: { grams: integer }
  effect: none
""",
    ),
)
