"""Which rules there are and where: names only, so that nothing is imported before it is used.

A rule is the module ``<family>/<code>.py`` with a ``RULE`` and either ``check(graph)``, which needs
the saga graph, or ``check_saga(saga)``, which runs even where there is no graph. Codes that come
from reading and resolving have their documentation in ``elsewhere/<family>.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import NamedTuple, TypeAlias

from sagac.dsl.codes import CODES, diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Saga

from .rule import Rule

FAMILIES = {
    "CO": "compensation",
    "PI": "pivot",
    "RE": "repetition",
    "ST": "structure",
    "TI": "time",
}
ELSEWHERE = {
    "CH": "choreography",
    "DA": "data",
    "GE": "generation",
    "IN": "internal",
    "NA": "names",
    "SY": "syntax",
    "TY": "types",
}

Check: TypeAlias = Callable[[], Iterator[Diagnostic]]


class Checking(NamedTuple):
    """A rule with its check, bound to what it is to look at."""

    rule: Rule
    check: Check


def find(code: str) -> Rule:
    """The rule of ``code``. Raises LookupError if there is no such code."""
    if code not in CODES:
        raise LookupError(code)
    if code[:2] in ELSEWHERE:
        elsewhere = import_module(f".elsewhere.{ELSEWHERE[code[:2]]}", __package__)
        rules: tuple[Rule, ...] = elsewhere.RULES
        return next(rule for rule in rules if rule.code == code)
    return _rule(_module(code))


def find_by_name(word: str) -> Rule:
    """The rule whose code or name is ``word``, in any case. Raises LookupError if there is none."""
    for code, entry in CODES.items():
        if word.upper() == code or word.lower() == entry.name:
            return find(code)
    raise LookupError(word)


def checks(saga: Saga, graph: SagaGraph | None) -> Iterator[Checking]:
    """The rules that can run: all of them with a graph, without one those that read the saga."""
    for code in checked_codes():
        module = _module(code)
        if hasattr(module, "check_saga"):
            yield Checking(_rule(module), partial(module.check_saga, saga))
        elif graph is not None:
            yield Checking(_rule(module), partial(module.check, graph))


def checked_codes() -> tuple[str, ...]:
    """The codes that rules of their own look for, sorted."""
    return tuple(code for code in sorted(CODES) if code[:2] in FAMILIES)


def run(checkings: Iterable[Checking], saga: Saga) -> Iterator[Diagnostic]:
    """The findings of all rules; one that crashes becomes a finding that names it."""
    for rule, check in checkings:
        try:
            yield from list(check())
        except Exception as error:  # whatever it is, the other rules are still of use
            yield _crashed(rule, error, saga)


def _crashed(rule: Rule, error: Exception, saga: Saga) -> Diagnostic:
    return diagnostic(
        "IN001",
        saga.name.span,
        f"The rule {rule.code} ({rule.name}) failed with {type(error).__name__}: {error}.",
        help="This is a mistake of sagac, not of the file; please report it. Other rules have run.",
    )


def _module(code: str) -> ModuleType:
    return import_module(f".{FAMILIES[code[:2]]}.{code.lower()}", __package__)


def _rule(module: ModuleType) -> Rule:
    rule: Rule = module.RULE
    return rule
