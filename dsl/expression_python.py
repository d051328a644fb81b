"""Python's own parser, for the text of one expression."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

# What Python may warn of: escapes that are none, and names that touch a number. Nothing else is
# worth the watching, which takes as long as the parsing.
_DOUBTFUL = re.compile(r"\\|[0-9]\.?[A-Za-z_]")


def python_tree(text: str) -> ast.expr:
    """The tree of ``text``, which is never run.

    Raises SyntaxError, ValueError, RecursionError, MemoryError, and what Python warns of.
    """
    if not _DOUBTFUL.search(text):
        return _parsed(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return _parsed(text)


def _parsed(text: str) -> ast.expr:
    tree: Any = compile(text, "<unknown>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    expression: ast.expr = tree.body
    return expression
