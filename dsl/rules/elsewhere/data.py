"""DA: what a step reads may not be there."""

from sagac.dsl.rules.rule import Rule

RULES = (
    Rule(
        code="DA001",
        summary="A value that may be absent is used as if it were always there.",
        why="Optional fields, what an optional or skipped step gives, and a step's own output in"
        " its compensation may be missing when they are read.",
        example="""\
- step: find_coupon
  service: shop
  role: optional
  input: [id]
  output: { percent: integer }
  effect: none
- step: price
  service: shop
  input: { rebate: "${find_coupon.percent + 1}" }
  effect: none
""",
        use_instead="""\
- step: find_coupon
  service: shop
  role: optional
  input: [id]
  output: { percent: integer }
  effect: none
- step: price
  service: shop
  input:
    rebate: "${find_coupon.percent + 1 if find_coupon.percent is not None else 0}"
  effect: none
""",
    ),
)
