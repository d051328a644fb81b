"""The user's handlers as the rules see them: Python that is parsed and never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from sagac.dsl.model import Suppression
from sagac.dsl.records import dataclass, field
from sagac.dsl.span import Span

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"

LONGEST = 60  # characters of a call that are shown in a message
_BREAK = re.compile(r"\r\n|\r|\n")
_SILENCE = re.compile(r"#\s*sagac:\s*ignore\[([A-Z0-9, ]*)\]\s*(.*)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A method that the saga calls: ``stub`` is its text; ``at`` is the item that needs it."""

    path: str
    class_name: str
    method: str
    stub: str
    item: str
    at: Span

    @property
    def signature(self) -> str:
        """The head of the method, on one line."""
        parts: list[str] = []
        for line in self.stub.strip().splitlines():
            parts.append(line.strip())
            if line.endswith(":"):
                break
        return " ".join(parts).replace("( ", "(").replace(", )", ")") or self.method


@dataclass(frozen=True)
class Code:
    """A file of handlers; ``problem`` says why it cannot be read as Python, then it has no tree."""

    path: str
    lines: tuple[str, ...]
    problem: str | None = None
    problem_at: Span | None = None
    classes: Mapping[str, ast.ClassDef] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()  # imported or assigned: what they have is not seen here
    modules: Mapping[str, str] = field(default_factory=dict)  # how imported names are written out

    def span(self, node: ast.expr | ast.stmt | ast.excepthandler) -> Span:
        """Where a node stands: of a definition its name, of a block its first line."""
        line = self._line(node.lineno)
        start = _characters(line, node.col_offset)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            start = max(start, line.find(node.name, start))
            return Span(node.lineno, start + 1, node.lineno, start + 1 + len(node.name), self.path)
        if isinstance(node, ast.expr) and node.end_lineno and node.end_col_offset is not None:
            end = _characters(self._line(node.end_lineno), node.end_col_offset)
            return Span(node.lineno, start + 1, node.end_lineno, end + 1, self.path)
        end = len(line.split("#")[0].rstrip())
        return Span(node.lineno, start + 1, node.lineno, max(end, start + 1) + 1, self.path)

    def first_line(self, node: ast.Call | ast.ExceptHandler) -> str:
        """The text of a node as far as it stands on one line, shortened if it is long."""
        span = self.span(node)
        end = span.end_column - 1 if span.end_line == span.line else None
        text = self._line(span.line)[span.column - 1 : end].strip().removesuffix(":")
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."

    def _line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def called(self, node: ast.expr) -> str:
        """The full name of what is called: ``uuid.uuid4``, however it was imported."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        first = self.modules.get(node.id)
        return ".".join([first, *reversed(names)]) if first is not None else ""


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the sagas want, and the files that there are, by path."""

    wanted: tuple[Wanted, ...]
    files: Mapping[str, Code]
    sources: Mapping[str, str]

    def by_file(self) -> Iterator[tuple[str, list[Wanted]]]:
        """What is wanted of each file."""
        found: dict[str, list[Wanted]] = {}
        for each in self.wanted:
            found.setdefault(each.path, []).append(each)
        yield from found.items()

    def classes(self) -> Iterator[tuple[Code, ast.ClassDef, frozenset[str]]]:
        """The handler classes that are there, each with the methods that are wanted of it."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for each in self.wanted:
            wanted.setdefault((each.path, each.class_name), set()).add(each.method)
        for (path, name), methods in wanted.items():
            code = self.files.get(path)
            if code is not None and name in code.classes:
                yield code, code.classes[name], frozenset(methods)

    def methods(self) -> Iterator[tuple[Code, Function]]:
        """All methods of the handler classes."""
        for code, owner, _ in self.classes():
            for each in owner.body:
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield code, each


def read_code(wanted: Iterable[Wanted], sources: Mapping[str, str]) -> Handlers:
    """The handlers that are wanted, each once, beside the files as Python trees."""
    once = {(each.path, each.class_name, each.method): each for each in reversed(list(wanted))}
    files = {path: _code(path, text) for path, text in sources.items()}
    return Handlers(tuple(reversed(once.values())), files, sources)


def suppressions(handlers: Handlers) -> Iterator[Suppression]:
    """``# sagac: ignore[CODE] reason`` in the Python files; it silences its line."""
    for code in handlers.files.values():
        for number, line in enumerate(code.lines, start=1):
            match = _SILENCE.search(line) if "sagac:" in line else None
            if match is not None:
                codes = tuple(each.strip() for each in match[1].split(","))
                place = Span(number, match.start() + 1, number, match.end() + 1, code.path)
                yield Suppression(codes, match[2].strip(), place)


def _code(path: str, text: str) -> Code:
    lines = tuple(_BREAK.split(text))
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), len(lines))
        column = min(max(error.offset or 1, 1), len(lines[line - 1]) + 1)
        return Code(path, lines, error.msg, Span(line, column, line, column + 1, path))
    except (ValueError, RecursionError, MemoryError):
        return Code(path, lines, "it cannot be parsed", Span(1, 1, 1, 1, path))
    top = tree.body
    return Code(
        path,
        lines,
        classes={each.name: each for each in top if isinstance(each, ast.ClassDef)},
        functions={
            each.name: each
            for each in top
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        },
        bound=frozenset(_bound(top)),
        modules=dict(_imports(tree)),
    )


def _bound(statements: list[ast.stmt]) -> Iterator[str]:
    for each in statements:
        if isinstance(each, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in each.names)
        elif isinstance(each, ast.Assign):
            yield from (target.id for target in each.targets if isinstance(target, ast.Name))
        elif isinstance(each, ast.If | ast.Try):
            inner = [one for one in ast.walk(each) if isinstance(one, ast.ClassDef)]
            yield from (one.name for one in inner)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for each in ast.walk(tree):
        if isinstance(each, ast.Import):
            for alias in each.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or name, name
        elif isinstance(each, ast.ImportFrom) and each.module and not each.level:
            for alias in each.names:
                yield alias.asname or alias.name, f"{each.module}.{alias.name}"


def _characters(line: str, offset: int) -> int:
    """How many characters the first ``offset`` bytes of a line are."""
    return len(line.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore"))
