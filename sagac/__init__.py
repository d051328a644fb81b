"""sagac, the saga compiler: one YAML file in; checks, pictures and running sagas out.

The names below are the public API; each is imported when it is first used, so that
``import sagac`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sagac.dsl.compile import Compilation as Compilation
    from sagac.dsl.compile import compile as compile
    from sagac.dsl.diagnostics import Diagnostic as Diagnostic
    from sagac.dsl.diagnostics import Severity as Severity
    from sagac.dsl.graph import SagaGraph as SagaGraph
    from sagac.dsl.span import Span as Span

__version__ = "0.1.0"

_HOMES = {
    "Compilation": "sagac.dsl.compile",
    "Diagnostic": "sagac.dsl.diagnostics",
    "SagaGraph": "sagac.dsl.graph",
    "Severity": "sagac.dsl.diagnostics",
    "Span": "sagac.dsl.span",
    "compile": "sagac.dsl.compile",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
