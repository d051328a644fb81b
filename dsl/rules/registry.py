"""Which rules there are and where: names only, so that nothing is imported before it is used.

A rule is the module ``<family>/<code>.py`` with a ``RULE`` and one check: ``check(graph)``, which
needs the saga graph, ``check_saga(saga)``, which runs even where there is no graph,
``check_change(graph, earlier, revision)``, which compares two states of a saga,
``check_project(project)``, which looks at several sagas together, or ``check_handlers(handlers)``,
which looks at the user's Python. Codes that come from reading and resolving have their
documentation in ``elsewhere/<family>.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sagac.dsl.codes import CODES, diagnostic
from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Saga
from sagac.dsl.span import Span

from .concern import concerns, traits
from .rule import Rule

if TYPE_CHECKING:
    from sagac.dsl.project import Project

    from .handlers.code import Handlers

FAMILIES = {
    "CO": "compensation",
    "DA": "data",
    "HA": "handlers",
    "IS": "isolation",
    "NA": "names",
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
# Of the families that are in both: what comes from resolving, and stops the compiler.
RESOLVED = frozenset({"DA001", "NA001", "NA002", "NA003", "NA004"})
PROJECT = frozenset({"IS002", "IS003", "NA005", "NA006", "NA007", "NA008"})
CHANGES = ("ST014",)

Check: TypeAlias = Callable[[], Iterator[Diagnostic]]


class Checking(NamedTuple):
    """A rule with its check, bound to what it is to look at."""

    rule: Rule
    check: Check


def find(code: str) -> Rule:
    """The rule of ``code``. Raises LookupError if there is no such code."""
    if code not in CODES:
        raise LookupError(code)
    if _is_elsewhere(code):
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
    there = traits(saga)
    for code in checked_codes():
        if needs_more(code) or not concerns(code, there):
            continue
        module = _module(code)
        if hasattr(module, "check_saga"):
            yield Checking(_rule(module), partial(module.check_saga, saga))
        elif graph is not None and hasattr(module, "check"):
            yield Checking(_rule(module), partial(module.check, graph))


def project_checks(project: Project) -> Iterator[Checking]:
    """The rules that look at several sagas together; of one alone only what it does to itself."""
    for code in sorted(PROJECT):
        if code.startswith("NA") and len(project.sagas) == 1:
            continue
        module = _module(code)
        yield Checking(_rule(module), partial(module.check_project, project))


def handler_checks(handlers: Handlers) -> Iterator[Checking]:
    """The rules that look at the user's handlers."""
    for module in (_module(code) for code in checked_codes() if code.startswith("HA")):
        yield Checking(_rule(module), partial(module.check_handlers, handlers))


def change_checks(graph: SagaGraph, earlier: SagaGraph, revision: str) -> Iterator[Checking]:
    """The rules that compare a saga with what it was at an earlier ``revision``."""
    for module in map(_module, CHANGES):
        yield Checking(_rule(module), partial(module.check_change, graph, earlier, revision))


def checked_codes() -> tuple[str, ...]:
    """The codes that rules of their own look for, sorted."""
    return tuple(c for c in sorted(CODES) if c[:2] in FAMILIES and not _is_elsewhere(c))


def needs_more(code: str) -> bool:
    """Whether a rule needs more than one saga file: other sagas, an earlier state, or handlers."""
    return code in PROJECT or code in CHANGES or code.startswith("HA")


def stops_the_compiler(code: str) -> bool:
    """Whether a file with a finding of ``code`` has no meaning, so that it cannot be silenced."""
    return _is_elsewhere(code) and not code.startswith("GE")


def run(checkings: Iterable[Checking], where: Span) -> Iterator[Diagnostic]:
    """The findings of all rules; one that crashes becomes a finding at ``where`` that names it."""
    for rule, check in checkings:
        try:
            yield from list(check())
        except Exception as error:  # whatever it is, the other rules are still of use
            yield _crashed(rule, error, where)


def _crashed(rule: Rule, error: Exception, where: Span) -> Diagnostic:
    return diagnostic(
        "IN001",
        where,
        f"The rule {rule.code} ({rule.name}) failed with {type(error).__name__}: {error}.",
        help="This is a mistake of sagac, not of the file; please report it. Other rules have run.",
    )


def _is_elsewhere(code: str) -> bool:
    return code[:2] not in FAMILIES or code in RESOLVED


def _module(code: str) -> ModuleType:
    return import_module(f".{FAMILIES[code[:2]]}.{code.lower()}", __package__)


def _rule(module: ModuleType) -> Rule:
    rule: Rule = module.RULE
    return rule
