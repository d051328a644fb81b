"""Sub-sagas: the files that ``use`` names, read, parsed and resolved once each."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from .codes import diagnostic
from .diagnostics import Diagnostic, Diagnostics, Label, Severity
from .graph import SagaGraph
from .model import Name, Saga, SubSaga
from .parser import parse
from .reader import read
from .records import dataclass, field
from .structure import Structure

Load = Callable[[str], str | bytes]
Resolve = Callable[[Saga, Diagnostics, str, "Family"], SagaGraph | None]
DEEPEST = 16  # sagas inside each other


class FileProblem(Exception):
    """A file that cannot be had; the text says why."""


@dataclass(slots=True)
class Family:
    """The files of one compilation: ``open`` are those being read, outermost first."""

    load: Load
    open: list[str] = field(default_factory=list)
    known: dict[str, SagaGraph | Diagnostic | None] = field(default_factory=dict)

    def text(self, file: str, written: str) -> tuple[str, str | bytes]:
        """The path and the text of a file named in ``file``. Raises FileProblem."""
        path = beside(file, written)
        return path, self.read(path)

    def read(self, path: str) -> str | bytes:
        """The text of ``path``. Raises FileProblem."""
        try:
            return self.load(path)
        except FileNotFoundError:
            raise FileProblem("there is no such file") from None
        except PermissionError as error:
            why = error.strerror or str(error)
            raise FileProblem(why or "it may not be read") from None
        except ValueError as error:
            raise FileProblem(str(error) or "it cannot be read") from None
        except OSError:
            raise FileProblem("it cannot be read") from None


def beside(file: str, written: str) -> str:
    """The path of ``written``, a path that stands in ``file``. Raises FileProblem if it is none."""
    if not written or written.startswith("/") or "\\" in written or "\0" in written:
        raise FileProblem("a path is relative, with `/`")
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), written))


def find_children(
    structure: Structure, family: Family, resolve: Resolve, found: Diagnostics, file: str
) -> dict[str, SagaGraph]:
    """The graphs of sub-sagas by the item's name; what cannot be used is reported at ``use``."""
    children: dict[str, SagaGraph] = {}
    for place in structure.in_order():
        if isinstance(place.item, SubSaga) and place.item.use is not None:
            child = _child(place.item.use, family, resolve, found, file)
            if child is not None:
                children[place.name] = child
    return children


def _child(
    use: Name, family: Family, resolve: Resolve, found: Diagnostics, file: str
) -> SagaGraph | None:
    try:
        path = beside(file, use.text)
        cycle = _cycle(path, family)
        if cycle is not None:
            found.add(diagnostic("SY013", use.span, f"This saga uses itself: {cycle}."))
            return None
        if len(family.open) > DEEPEST:
            raise FileProblem(f"more than {DEEPEST} sagas stand inside each other")
        if path not in family.known:
            family.known[path] = _compiled(path, family, resolve)
    except FileProblem as problem:
        message = f"The file {use.text!r} cannot be used: {problem}."
        found.add(diagnostic("SY011", use.span, message))
        return None
    known = family.known[path]
    if isinstance(known, SagaGraph):
        return known
    labels = (Label(known.message, known.span),) if known is not None else ()
    message = f"The saga in {use.text!r} has an error of its own."
    help = f"Run `sagac lint {path}`."
    found.add(diagnostic("SY012", use.span, message, help=help, labels=labels))
    return None


def _cycle(path: str, family: Family) -> str | None:
    if path not in family.open:
        return None
    around = family.open[family.open.index(path) :]
    return " -> ".join(posixpath.basename(each) for each in (*around, path))


def _compiled(path: str, family: Family, resolve: Resolve) -> SagaGraph | Diagnostic | None:
    """The graph of the saga in ``path``, or the first of its errors."""
    text = family.read(path)
    found = Diagnostics()
    tree, suppressions = read(text, path, found)
    saga = parse(tree, path, found, suppressions) if tree is not None else None
    graph = resolve(saga, found, path, family) if saga is not None else None
    first = next((each for each in found if each.severity is Severity.ERROR), None)
    return first if first is not None else graph
