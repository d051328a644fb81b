"""Python's own parser, for the text of one expression."""

from __future__ import annotations

import ast
import re
import warnings

# What Python may warn of: escapes that are none, and names that touch a number. Nothing else is
# worth the watching, which takes as long as the parsing.
_DOUBTFUL = re.compile(r"\\|[0-9]\.?[A-Za-z_]")


def python_tree(text: str) -> ast.expr:
    """The tree of ``text``, which is never run.

    Raises SyntaxError, ValueError, RecursionError, MemoryError, and what Python warns of.
    """
    if not _DOUBTFUL.search(text):
        return ast.parse(text, mode="eval").body
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return ast.parse(text, mode="eval").body
