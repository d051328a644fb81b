"""Conditions, compared: what can never hold, what always holds. In doubt the answer is no.

A condition becomes a formula over tests of *subjects* (``input.method``, ``len(input.items)``). The
few values of a subject that its tests can tell apart stand for all of them, so that trying every
combination decides; where that would be too many, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise, product
from operator import ge, gt, le, lt
from typing import Any, NamedTuple, TypeAlias

from sagac.dsl.reach import reads
from sagac.dsl.records import fields, is_dataclass
from sagac.dsl.scope import known
from sagac.dsl.syntax import (
    Attribute,
    Binary,
    Call,
    Compare,
    Conditional,
    Constant,
    Expr,
    ListOf,
    Logic,
    Reference,
    Unary,
)

MOST_COMBINATIONS = 4096
ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
OTHER = object()  # a value that no test names
TRUE = "holds"  # the test of a subject that is itself a condition


class Kind(NamedTuple):
    """What is known of a subject: all its values, whether it is whole, absent or never below 0."""

    values: tuple[object, ...] | None = None
    whole: bool = False
    optional: bool | None = None  # None: not known
    counted: bool = False


class Test(NamedTuple):
    """``subject operator value``."""

    subject: str
    operator: str
    value: object

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it holds where the subjects have these values."""
        actual = values[self.subject]
        if self.operator == TRUE:
            return actual is True
        if self.operator in ("==", "!="):
            same = actual is None if self.value is None else actual == self.value
            return same == (self.operator == "==")
        known = actual is not None and actual is not OTHER
        return known and ORDERS[self.operator](actual, self.value)


class Not(NamedTuple):
    """The opposite of a formula."""

    formula: Formula

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it holds where the subjects have these values."""
        return not self.formula.holds(values)


class Joined(NamedTuple):
    """``every`` one of the formulas, or any of them; of none, every one holds and any does not."""

    every: bool
    formulas: tuple[Formula, ...]

    def holds(self, values: Mapping[str, object]) -> bool:
        """Whether it holds where the subjects have these values."""
        for each in self.formulas:
            if each.holds(values) is not self.every:
                return not self.every
        return self.every


Formula: TypeAlias = "Test | Not | Joined"
KindOf: TypeAlias = Callable[[str, Expr], Kind]
YES, NO = Joined(True, ()), Joined(False, ())


class Statement(NamedTuple):
    """A condition that holds, or does not: its formula, what it asks, what is surely there.

    ``free``: each of its subjects is asked once, and no part of it is decided by itself.
    """

    formula: Formula
    tests: tuple[Test, ...]
    subjects: frozenset[str]
    present: frozenset[tuple[str, ...]]
    free: bool


class Conditions:
    """Makes formulas of expressions and compares them; equal expressions are equal subjects."""

    def __init__(self) -> None:
        self._subjects: dict[str, Expr] = {}
        self._answers: dict[object, bool] = {}
        self._statements: dict[tuple[int, bool], tuple[Expr, Statement]] = {}

    def statement(self, expr: Expr, holds: bool) -> Statement:
        """The statement that a condition holds, or does not."""
        found = self._statements.get((id(expr), holds))
        if found is None:
            made = self._made(expr)
            tests = tuple(_tests(made))
            subjects = frozenset(test.subject for test in tests)
            free = len(subjects) == len(tests) and _asks(made)
            for way, formula in ((True, made), (False, Not(made))):
                statement = Statement(formula, tests, subjects, known(expr, way), free)
                self._statements[id(expr), way] = (expr, statement)
            found = self._statements[id(expr), holds]
        return found[1]

    def undecided(self, statement: Statement, kind_of: KindOf) -> bool:
        """Whether a condition may come out either way, all by itself; in doubt the answer is no."""
        return statement.free and all(
            _is_open(test, kind_of(test.subject, self._subjects[test.subject]))
            for test in statement.tests
        )

    def impossible(self, statements: Sequence[Statement], kind_of: KindOf) -> bool:
        """Whether these surely never hold together."""
        tests: dict[str, list[Test]] = {}
        for statement in statements:
            for test in statement.tests:
                tests.setdefault(test.subject, []).append(test)
        kinds = {subject: kind_of(subject, self._subjects[subject]) for subject in tests}
        if all(each.free for each in statements) and all(
            len(asked) == 1 and _is_open(asked[0], kinds[subject])
            for subject, asked in tests.items()
        ):
            return False  # each test may come out either way, whatever the others say
        key = (tuple(each.formula for each in statements), tuple(kinds.values()))
        if key not in self._answers:
            domains = [_domain(asked, kinds[subject]) for subject, asked in tests.items()]
            self._answers[key] = _exclude(statements, list(tests), domains)
        return self._answers[key]

    def _made(self, expr: Expr) -> Formula:
        match expr:
            case Constant():
                return YES if expr.value is True else NO
            case Unary(operator="not"):
                return Not(self._made(expr.operand))
            case Logic():
                return Joined(expr.operator == "and", tuple(map(self._made, expr.operands)))
            case Conditional():
                test = self._made(expr.test)
                then, otherwise = self._made(expr.then), self._made(expr.otherwise)
                chosen = (Joined(True, (test, then)), Joined(True, (Not(test), otherwise)))
                return Joined(False, chosen)
            case Compare():
                if isinstance(expr.left, Constant | Call | Binary | Unary) and not reads(expr):
                    return self._constant(expr)
                lefts = (expr.left, *(right for _, right in expr.rest))
                parts = zip(lefts, expr.rest, strict=False)
                compared = tuple(self._compared(a, op, b) for a, (op, b) in parts)
                return compared[0] if len(compared) == 1 else Joined(True, compared)
        return self._test(expr, TRUE, True) if reads(expr) else self._constant(expr)

    def _constant(self, expr: Expr) -> Formula:
        from sagac.dsl.evaluate import EvaluationError, evaluate  # rarely needed

        try:
            return YES if evaluate(expr, {}) is True else NO
        except EvaluationError:
            return self._test(expr, TRUE, True)  # it is wrong, not decided

    def _compared(self, left: Expr, operator: str, right: Expr) -> Formula:
        operator = {"is": "==", "is not": "!="}.get(operator, operator)
        if isinstance(left, Constant) and not isinstance(right, Constant) and "in" not in operator:
            left, right = right, left
            operator = operator.translate({ord("<"): ">", ord(">"): "<"})
        if operator in ("in", "not in"):
            return self._among(left, operator, right)
        if isinstance(right, Constant):
            return self._against(left, operator, right)
        return self._ordered(left, operator, right)

    def _against(self, left: Expr, operator: str, right: Constant) -> Formula:
        value: object = right.value
        if isinstance(value, float):
            value = Decimal(str(value))
        if operator in ORDERS and (isinstance(value, str | bool) or value is None):
            return self._opaque(left, operator, right)
        return self._test(left, operator, value)

    def _among(self, left: Expr, operator: str, right: Expr) -> Formula:
        if not isinstance(right, ListOf) or not all(isinstance(e, Constant) for e in right.items):
            return self._opaque(left, operator, right)
        found = Joined(False, tuple(self._compared(left, "==", each) for each in right.items))
        return found if operator == "in" else Not(found)

    def _ordered(self, left: Expr, operator: str, right: Expr) -> Formula:
        """Two subjects: one is less than the other, equal to it or greater: -1, 0 or 1."""
        if canonical(left) > canonical(right):
            left, right = right, left
            operator = operator.translate({ord("<"): ">", ord(">"): "<"})
        pair = Compare(left, (("<", right),), left.span)
        subject = f"order of {canonical(pair)}"
        self._subjects[subject] = pair
        return Test(subject, operator, 0)

    def _opaque(self, left: Expr, operator: str, right: Expr) -> Formula:
        """A comparison that is only known to be what it is."""
        negative = operator == "not in"
        whole = Compare(left, (("in" if negative else operator, right),), left.span)
        test = self._test(whole, TRUE, True)
        return Not(test) if negative else test

    def _test(self, expr: Expr, operator: str, value: object) -> Test:
        subject = canonical(expr)
        self._subjects[subject] = expr
        return Test(subject, operator, value)


def _exclude(
    statements: Sequence[Statement], subjects: Sequence[str], domains: Sequence[Sequence[object]]
) -> bool:
    """Whether no choice of a value for each subject makes all hold; too many may: no."""
    combinations = 1
    for domain in domains:
        combinations *= len(domain)
    if not 0 < combinations <= MOST_COMBINATIONS:
        return False
    for chosen in product(*domains):
        values = dict(zip(subjects, chosen, strict=True))
        if all(each.formula.holds(values) for each in statements):
            return False
    return True


def canonical(value: object) -> str:
    """What an expression says, without where it stands: equal for equal expressions."""
    match value:
        case Reference():
            return value.name
        case Attribute():
            return f"{canonical(value.base)}.{value.name}"
        case Constant():
            return repr(value.value)
        case tuple():
            return f"({','.join(map(canonical, value))})"
    if not is_dataclass(value):
        return repr(value)
    parts = (getattr(value, each.name) for each in fields(value) if each.name != "span")
    return f"{type(value).__name__}({','.join(map(canonical, parts))})"


def _tests(formula: Formula) -> Iterator[Test]:
    todo = [formula]
    while todo:
        match todo.pop():
            case Test() as test:
                yield test
            case Not(inner):
                todo.append(inner)
            case Joined(_, inner_ones):
                todo.extend(inner_ones)


def _asks(formula: Formula) -> bool:
    """Whether every part of a formula asks something."""
    match formula:
        case Test():
            return True
        case Not(inner):
            return _asks(inner)
    return bool(formula.formulas) and all(map(_asks, formula.formulas))


def _is_open(test: Test, kind: Kind) -> bool:
    """Whether a test, the only one of its subject, may hold and may not; in doubt the answer is no.

    It says yes only where ``_domain`` has values for both.
    """
    if test.operator == TRUE:
        return True
    if test.value is None or kind.counted or isinstance(test.value, bool):
        return False
    if isinstance(test.value, int | Decimal):
        whole = not kind.whole or test.value == int(test.value)
        return kind.values is None and whole
    if test.operator not in ("==", "!="):
        return False
    return kind.values is None or (test.value in kind.values and len(kind.values) > 1)


def _domain(tests: Sequence[Test], kind: Kind) -> list[object]:
    """Values that stand for all that the subject may have; none if they cannot be told."""
    if tests[0].subject.startswith("order of "):
        return [-1, 0, 1]
    named = list(dict.fromkeys(test.value for test in tests))
    values = [each for each in named if each is not None]
    ordered = any(test.operator in ORDERS for test in tests)
    if any(isinstance(each, bool) for each in values):
        domain: list[object] = [True, False]
        if not all(isinstance(each, bool) for each in values):
            return []
    elif kind.values is not None:
        domain = list(kind.values)
    elif values and all(isinstance(each, int | Decimal) for each in values):
        domain = list(_numbers(sorted(Decimal(each) for each in values), kind))  # type: ignore[arg-type]
    else:
        domain = [] if ordered else [*values, OTHER]
    if domain and (kind.optional or (kind.optional is None and None in named)):
        domain.append(None)
    return domain


def _numbers(named: list[Decimal], kind: Kind) -> Iterator[object]:
    """The numbers that are named, and one below, between and above them."""
    samples = [_below(named[0], kind), named[0]]
    for before, each in pairwise(named):
        gap = _floor(before) + 1 if kind.whole else (before + each) / 2
        samples += [gap, each] if gap < each else [each]
    samples.append(_floor(named[-1]) + 1)
    for number in samples:
        whole = not kind.whole or number == _floor(number)
        if whole and (number >= 0 or not kind.counted):
            yield number


def _below(number: Decimal, kind: Kind) -> Decimal:
    """A number below; of what is counted the least, so that there always is one."""
    return Decimal(0) if kind.counted and number >= 0 else _floor(number) - 1


def _floor(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_FLOOR)
