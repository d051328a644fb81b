"""Evaluates values over plain data; the same meaning as the Python that ``translate`` writes.

Data are dicts, lists, str, int, float, Decimal, bool and None; dates, times and ids may be objects
of Python. A literal with a point is a Decimal, and becomes a float where it meets one. Here the
kinds of numbers are those of the data: values of the types ``number`` and ``decimal`` are given as
float and Decimal. Where a condition chooses a literal of another kind (``x if c else 1``) or a sum
is empty, the last digit of what is computed from it may be another than in the translation. What is
absent is None. Evaluation is bounded: by the size of expressions, by what operators take (no text
is multiplied or formatted), by digits of numbers and by a number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, DecimalException

from .syntax import (
    Array,
    Attribute,
    Binary,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Index,
    ListOf,
    Literal,
    Logic,
    Record,
    Reference,
    Template,
    Unary,
    Value,
)

MAX_STEPS = 1_000_000
MAX_DIGITS = 4000  # of an integer, and before the point of a decimal that becomes one
MAX_SIZE = 10_000_000  # characters of a text, elements of a list


class EvaluationError(Exception):
    """A value cannot be computed from these data; the message says why."""


def evaluate(value: Value, scope: Mapping[str, object]) -> object:
    """The value of ``value`` where ``scope`` holds the roots (``input``, steps, variables ...).

    Raises EvaluationError, and nothing else, whatever the data are.
    """
    with _as_evaluation_error():
        return _Evaluation().value(value, scope)


@contextmanager
def _as_evaluation_error() -> Iterator[None]:
    try:
        yield
    except EvaluationError:
        raise
    except DecimalException as error:
        raise EvaluationError("a decimal cannot hold the result") from error
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise EvaluationError(str(error)[:200] or type(error).__name__) from error
    except (RecursionError, MemoryError) as error:
        raise EvaluationError("the value is too large") from error


class _Evaluation:
    """One evaluation with its count of steps."""

    def __init__(self) -> None:
        self.steps = 0

    def value(self, node: Value, scope: Mapping[str, object]) -> object:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise EvaluationError("the expression takes too many steps")
        match node:
            case Literal() | Constant():
                return Decimal(repr(node.value)) if isinstance(node.value, float) else node.value
            case Reference():
                if node.name not in scope:
                    raise EvaluationError(f"there is no `{node.name}`")
                return scope[node.name]
            case Attribute():
                return _member(self.value(node.base, scope), node.name)
            case Index():
                return _element(self.value(node.base, scope), self.value(node.index, scope))
            case Template():
                return self._template(node, scope)
            case Record():
                return {name: self.value(item, scope) for name, item in node.fields.items()}
            case Array() | ListOf():
                return [self.value(item, scope) for item in node.items]
        return self._operation(node, scope)

    def _operation(self, node: Value, scope: Mapping[str, object]) -> object:
        match node:
            case Unary(operator="not"):
                return not self.value(node.operand, scope)
            case Unary():
                number = _number(self.value(node.operand, scope))
                return -number if node.operator == "-" else +number
            case Binary():
                left, right = self.value(node.left, scope), self.value(node.right, scope)
                return self._bounded(binary(node.operator, left, right))
            case Compare():
                return self._compare(node, scope)
            case Logic():
                return self._logic(node, scope)
            case Conditional():
                chosen = node.then if self.value(node.test, scope) else node.otherwise
                return self.value(chosen, scope)
            case Call():
                arguments = [self.value(each, scope) for each in node.arguments]
                return self._bounded(FUNCTIONS[node.function](*arguments))
            case Comprehension():
                return self._comprehension(node, scope)
        raise EvaluationError("this is no expression")

    def _bounded(self, value: object) -> object:
        """Counts the size of a new value as steps, so that sizes cannot multiply."""
        if isinstance(value, str | list):
            self.steps += len(value) // 16
            if len(value) > MAX_SIZE:
                raise EvaluationError("the value is too large")
        elif isinstance(value, int) and value.bit_length() > MAX_DIGITS * 3:
            raise EvaluationError("the number is too large")
        return value

    def _template(self, node: Template, scope: Mapping[str, object]) -> str:
        parts = (p if isinstance(p, str) else in_text(self.value(p, scope)) for p in node.parts)
        text = "".join(parts)
        self._bounded(text)
        return text

    def _logic(self, node: Logic, scope: Mapping[str, object]) -> object:
        result: object = None
        for operand in node.operands:
            result = self.value(operand, scope)
            if bool(result) == (node.operator == "or"):
                break
        return result

    def _compare(self, node: Compare, scope: Mapping[str, object]) -> bool:
        left = self.value(node.left, scope)
        for operator, operand in node.rest:
            right = self.value(operand, scope)
            if isinstance(right, list | str):
                self.steps += len(right) // 16
            if not compare(operator, left, right):
                return False
            left = right
        return True

    def _comprehension(self, node: Comprehension, scope: Mapping[str, object]) -> list[object]:
        source = self.value(node.source, scope)
        if not isinstance(source, list | tuple):
            raise EvaluationError("a comprehension goes over a list")
        result = []
        for element in source:
            inner = {**scope, node.variable: element}
            if node.condition is None or self.value(node.condition, inner):
                result.append(self.value(node.element, inner))
        return result


def _member(base: object, name: str) -> object:
    if isinstance(base, Mapping):
        return base.get(name)
    raise EvaluationError(f"there is no `{name}` in {_kind(base)}")


def _element(base: object, index: object) -> object:
    if isinstance(base, Mapping):
        return base.get(index)
    if isinstance(base, list | tuple | str) and isinstance(index, int):
        return base[index]
    raise EvaluationError(f"{_kind(base)} has no element {index!r:.50}")


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a value of the kind `{type(value).__name__}`"


def _number(value: object) -> int | float | Decimal:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return value
    raise EvaluationError(f"a number is needed, not {_kind(value)}")


def _same_kind(left: object, right: object) -> tuple[object, object]:
    """The operands with a decimal made a float where it meets one."""
    if isinstance(left, float) and isinstance(right, Decimal):
        return left, float(right)
    if isinstance(left, Decimal) and isinstance(right, float):
        return float(left), right
    return left, right


def binary(operator: str, left: object, right: object) -> object:
    """``left operator right`` for two numbers; ``+`` also for two texts or two lists."""
    if operator == "+":
        if isinstance(left, str) and isinstance(right, str):
            return left + right
        if isinstance(left, list) and isinstance(right, list):
            return left + right
    one, other = _same_kind(_number(left), _number(right))
    return OPERATORS[operator](one, other)


def compare(operator: str, left: object, right: object) -> bool:
    """Whether the comparison holds. Raises TypeError if the two have no order."""
    match operator:
        case "is" | "is not":
            return (left is right) == (operator == "is")
        case "in" | "not in":
            return _contains(right, left) == (operator == "in")
    one, other = _same_kind(left, right)
    return bool(OPERATORS[operator](one, other))


def _contains(container: object, item: object) -> bool:
    if isinstance(container, str):
        if not isinstance(item, str):
            raise EvaluationError(f"a text is looked for in a text, not {_kind(item)}")
        return item in container
    if isinstance(container, list | tuple):
        return any(compare("==", item, each) for each in container)
    raise EvaluationError(f"`in` looks into a list or a text, not {_kind(container)}")


def in_text(value: object) -> str:
    """``value`` in a template: nothing is empty text, a moment is in ISO 8601."""
    return "" if value is None else text_of(value)


def text_of(value: object) -> str:
    """``value`` as text; raises EvaluationError for what has no one way to be written."""
    if isinstance(value, str):
        return value
    isoformat: Callable[[], str] | None = getattr(value, "isoformat", None)
    if isoformat is not None:
        return isoformat()
    if value is None or isinstance(value, bool | bytes | Mapping | list | tuple):
        raise EvaluationError(f"{_kind(value)} cannot stand in text")
    return str(value)


def _integer(value: object) -> int:
    if isinstance(value, Decimal) and value.is_finite() and value.adjusted() > MAX_DIGITS:
        raise EvaluationError("the number is too large")
    return int(value if isinstance(value, str) else _number(value))


def _float(value: object) -> float:
    return float(value if isinstance(value, str) else _number(value))


def _round(value: object, digits: int | None = None) -> object:
    number = _number(value)
    if digits is None:
        _integer(number)  # refuses what would have too many digits
        return round(number)
    if not 0 <= digits <= 20:
        raise EvaluationError("`round` takes 0 to 20 digits")
    return round(number, digits)


def _list(value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    raise EvaluationError(f"a list is needed, not {_kind(value)}")


def _sized(value: object) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise EvaluationError(f"{_kind(value)} has no length")


def _sum(value: object) -> object:
    total: object = 0
    for each in _list(value):
        total = binary("+", total, _number(each))
    return total


def _extreme(operator: str, values: tuple[object, ...]) -> object:
    candidates = _one_kind(_list(values[0]) if len(values) == 1 else list(values))
    if not candidates:
        raise EvaluationError("the list is empty")
    best = candidates[0]
    for each in candidates[1:]:
        if compare(operator, each, best):
            best = each
    return best


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise EvaluationError(f"a text is needed, not {_kind(value)}")


def _sorted(value: object) -> list[object]:
    return sorted(_one_kind(_list(value)))  # type: ignore[type-var]


def _one_kind(values: list[object]) -> list[object]:
    """Numbers as one kind: decimals as floats among floats, integers as decimals among those."""
    if any(isinstance(each, float) for each in values):
        return [float(each) if isinstance(each, Decimal) else each for each in values]
    if any(isinstance(each, Decimal) for each in values):
        return [Decimal(each) if type(each) is int else each for each in values]
    return values


OPERATORS: dict[str, Callable[..., object]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
FUNCTIONS: dict[str, Callable[..., object]] = {
    "len": _sized,
    "min": lambda *values: _extreme("<", values),
    "max": lambda *values: _extreme(">", values),
    "sum": _sum,
    "any": lambda value: any(_list(value)),
    "all": lambda value: all(_list(value)),
    "round": _round,
    "abs": lambda value: abs(_number(value)),
    "str": text_of,
    "int": _integer,
    "float": _float,
    "lower": lambda value: _text(value).lower(),
    "upper": lambda value: _text(value).upper(),
    "sorted": _sorted,
}
