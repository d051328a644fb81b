"""What the reference says about functions, types, limits and unknown outcomes."""

from __future__ import annotations

from typing import NamedTuple

from sagac.dsl import (
    children,
    durations,
    evaluate,
    expression_tree,
    reader,
    reader_scalars,
    schemas,
)
from sagac.dsl.defaults import unknown_leads_to
from sagac.dsl.facts import Role
from sagac.dsl.model import Name, Step
from sagac.dsl.parser_names import LONGEST
from sagac.dsl.span import NOWHERE


class Function(NamedTuple):
    """A function of expressions; ``example`` gives ``result``."""

    takes: str
    doc: str
    example: str
    result: str


FUNCTIONS = {
    "len": Function("a list or a text", "How many elements or characters.", "len([1, 2])", "2"),
    "min": Function(
        "a list, or 2 to 20 values, of what has an order", "The smallest.", "min(3, 1, 2)", "1"
    ),
    "max": Function(
        "a list, or 2 to 20 values, of what has an order", "The greatest.", "max([3, 1, 2])", "3"
    ),
    "sum": Function(
        "a list of numbers", "Their sum; of none 0.", "sum([x * 2 for x in [1, 2]])", "6"
    ),
    "any": Function(
        "a list of booleans", "Whether one holds.", "any([x > 1 for x in [1, 2]])", "true"
    ),
    "all": Function(
        "a list of booleans", "Whether all hold.", "all([x > 1 for x in [1, 2]])", "false"
    ),
    "round": Function(
        "a number, and perhaps a written number of digits, 0 to 20",
        "The nearest whole number, or with so many digits; halves go to the even neighbour.",
        "round(2.5)",
        "2",
    ),
    "abs": Function("a number", "Without its sign.", "abs(-3)", "3"),
    "str": Function(
        "a text, a number, a date, a time or an id", "It as text.", "str(3) + 'x'", '"3x"'
    ),
    "int": Function(
        "a number or a text", "The whole number, cut off towards zero.", "int('12') + 1", "13"
    ),
    "float": Function("a number or a text", "It as `number`.", "float('0.5') * 2", "1.0"),
    "lower": Function("a text", "In small letters.", "lower('Ab')", '"ab"'),
    "upper": Function("a text", "In capital letters.", "upper('Ab')", '"AB"'),
    "sorted": Function("a list of what has an order", "In order.", "sorted([3, 1])", "[1, 3]"),
}

# Type -> what it holds, and a literal of it in YAML.
TYPES = {
    "string": ("text", "Berlin"),
    "integer": ("a whole number", "3"),
    "number": ("a floating-point number, not exact", "0.5"),
    "boolean": ("`true` or `false`", "true"),
    "decimal": ("an exact number, for money; in JSON a string or an exact number", "12.50"),
    "datetime": ("a moment, ISO 8601", "2026-03-01T09:30:00+00:00"),
    "date": ("a day, ISO 8601", "2026-03-01"),
    "duration": ("a length of time", "30s"),
    "uuid": ("a UUID", "6f1c9d0e-3c7b-4c59-9d3e-0c5f5b0a7a11"),
    "bytes": ("bytes; in YAML and JSON as base64", "aGVsbG8="),
    "any": ("anything that JSON holds; nothing is known of it", "[1, two]"),
}


def limits() -> list[tuple[str, str]]:
    """What is limited, and how far."""
    days = durations.LONGEST // 86400
    return [
        ("characters of a file", _number(reader.LARGEST)),
        ("values in a file", _number(reader.MOST_NODES)),
        ("lists and mappings inside each other", _number(reader.DEEPEST)),
        ("values that aliases repeat", _number(reader.MOST_REPEATED)),
        ("characters of a name", _number(LONGEST)),
        ("characters of a number; what is longer is text", _number(reader_scalars.LONGEST_NUMBER)),
        ("a duration", f"{days}d"),
        ("characters of an expression", _number(expression_tree.MAX_LENGTH)),
        ("depth of an expression", _number(expression_tree.MAX_DEPTH)),
        ("digits of a whole number in an expression", _number(_digits())),
        ("characters or elements of a value that is computed", _number(evaluate.MAX_SIZE)),
        ("sagas inside each other", _number(children.DEEPEST)),
        ("files inside each other that a `$ref` leads to", _number(schemas.DEEPEST)),
        ("characters of the files that one `schema` refers to", _number(schemas.LARGEST)),
    ]


def _number(value: int) -> str:
    return f"{value:,}"


def _digits() -> int:
    return len(str(expression_tree.MAX_INTEGER - 1))


# A step, in words -> role, effect, idempotent, whether it has a compensation.
_STEPS: dict[str, tuple[Role | None, bool, bool, bool]] = {
    "compensatable, with its own compensation or a group's": (Role.COMPENSATABLE, True, True, True),
    "optional, with a compensation": (Role.OPTIONAL, True, True, True),
    "optional, without one": (Role.OPTIONAL, True, True, False),
    "pivot": (Role.PIVOT, True, True, False),
    "retriable": (Role.RETRIABLE, True, True, False),
    "`effect: none`, before the pivot": (None, False, True, False),
    "`effect: none`, after the pivot": (Role.RETRIABLE, False, True, False),
    "`idempotent: false`, with an effect, whatever its role": (
        Role.COMPENSATABLE,
        True,
        False,
        True,
    ),
    "`idempotent: false` and `effect: none`": (None, False, False, False),
}


def unknown_outcomes() -> list[tuple[str, str]]:
    """Steps in words, and what an unknown outcome leads to if they do not say it."""
    found = []
    for said, (role, effect, idempotent, compensated) in _STEPS.items():
        step = Step(Name("step", NOWHERE), NOWHERE, effect=effect)
        found.append((said, unknown_leads_to(step, role, idempotent, compensated).value))
    return found
