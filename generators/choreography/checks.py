"""x"""

from collections.abc import Iterator

from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.graph import SagaGraph


def check(graph: SagaGraph) -> Iterator[Diagnostic]:
    yield from ()
