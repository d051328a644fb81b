"""The files of the project, as the guards look at them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINKED = ("dsl", "generators", "templates", "verify")
_NOT_OURS = {"build", "dist", "node_modules", "__pycache__", ".git", ".venv", ".sagac"}


def files(*suffixes: str) -> Iterator[Path]:
    """All files of the tree with one of ``suffixes`` (all of them without), caches left out."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if _is_ours(Path(folder) / name))
        for name in sorted(names):
            path = Path(folder) / name
            not_ours = name == ".git" or name.startswith(".coverage")  # of a worktree; of a run
            if not path.is_symlink() and not not_ours and (not suffixes or path.suffix in suffixes):
                yield path


def _is_ours(folder: Path) -> bool:
    name = folder.name
    hidden_cache = name.startswith(".") and name != ".ci"
    return name not in _NOT_OURS and not hidden_cache and not name.endswith(".egg-info")


def sources() -> dict[str, Path]:
    """Module name -> file, of everything that is installed."""
    found = {}
    for top in ("sagac", *LINKED):
        for path in files(".py"):
            if path.relative_to(ROOT).parts[0] == top:
                found[_module(path)] = path
    return found


def _module(path: Path) -> str:
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] != "sagac":
        parts.insert(0, "sagac")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(module: str, path: Path) -> set[str]:
    """The modules that ``module`` names in imports, those for the type checker left out."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in _running(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, package)
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def _base(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    kept = parents[: len(parents) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes, except what stands under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield node
        yield from _running(node)
