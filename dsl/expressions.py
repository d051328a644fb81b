"""Expressions and the values that hold them: text of the file in, trees of ``syntax`` out.

The language is a small part of Python's expression syntax. The text is parsed with ``ast`` and
only what is known to be safe is taken over; nothing is ever evaluated from text. A number with a
point is an exact decimal: ``Constant.value`` is a float whose ``repr`` is that number, and one
with more digits than a float keeps is refused. ``$${`` stands for the two characters ``${``.
"""

from __future__ import annotations

import re
from keyword import iskeyword

from .codes import diagnostic
from .diagnostics import Diagnostics
from .expression_tree import FUNCTIONS, NAME, WORDS, is_exact, parse_tree
from .field_names import field_problem
from .nodes import Mapping, Node, Scalar, Sequence, describe
from .places import Place
from .reader_text import short
from .syntax import Array, Attribute, Expr, Literal, Record, Reference, Template, Value

_PATH = re.compile(rf"{NAME.pattern}(?:\.{NAME.pattern})*", re.ASCII)
_LONGEST_PATH = 80  # characters: far below every limit of expressions
_NO_REFERENCES = {*FUNCTIONS, *WORDS}


def parse_expression(node: Node, found: Diagnostics) -> Expr | None:
    """Parses a bare expression, as in ``if:`` and ``until:``; a whole ``${...}`` is taken too.

    Returns None after adding TY001 (SY004 if the node is no scalar) at the exact place.
    """
    if not isinstance(node, Scalar):
        found.add(
            diagnostic(
                "SY004",
                node.span,
                f"An expression is expected here, not {describe(node)}.",
                help="Write it as text, such as `input.amount > 100`.",
            )
        )
        return None
    text, place = node.text, Place(node)
    start = len(text) - len(text.lstrip())
    if text.startswith("${", start):
        end = _closing(text, start + 2)
        if end is None:
            _unclosed(place, text, start, found)
            return None
        if not text[end + 1 :].strip():
            return _expression(text[start + 2 : end], place.inside(start + 2), found)
        _mixed(place, start, end + 1, found)
        return None
    return _expression(text, place, found)


def parse_value(node: Node, found: Diagnostics) -> Value | None:
    """Parses a value: a literal, ``${...}`` alone or in text, or a mapping or list of values.

    Returns None after adding a finding; then all findings of a mapping or list are reported.
    """
    if isinstance(node, Mapping):
        return None if _braces_only(node, found) else _record(node, found)
    if isinstance(node, Sequence):
        items = [parse_value(item, found) for item in node.items]
        known = tuple(item for item in items if item is not None)
        return Array(known, node.span) if len(known) == len(items) else None
    if isinstance(node.value, str):
        return _text(node, node.value, found)
    if isinstance(node.value, float) and not is_exact(node.text, node.value):
        found.add(
            diagnostic(
                "SY009",
                node.span,
                f"The number {node.text} cannot be kept exactly.",
                help="Write it in quotes, as a decimal in text, or with fewer digits.",
            )
        )
        return None
    return Literal(node.value, node.span)


def _braces_only(node: Mapping, found: Diagnostics) -> bool:
    """Reports ``{input.amount}``, which is a mapping, where ``${input.amount}`` was meant."""
    only = next(iter(node)) if len(node.entries) == 1 else None
    if only is None or not isinstance(only.value, Scalar) or only.value.value is not None:
        return False
    parts = only.key.text.split(".")
    if len(parts) == 1 or not all(NAME.fullmatch(part) for part in parts):
        return False
    message = "This is a mapping with one key, not an expression."
    help = f"Write `${{{only.key.text}}}`."
    found.add(diagnostic("TY001", node.span, message, help=help))
    return True


def parse_reference(node: Node, found: Diagnostics) -> Expr | None:
    """Parses an entry of a list of names; ``order_id`` means ``input.order_id``.

    Dotted names stand for themselves: ``STEP.FIELD``, ``saga.failure.reason``. Returns None after
    adding TY001.
    """
    if isinstance(node, Scalar) and isinstance(node.value, str):
        text = node.value.strip()
        if node.plain and len(text) == len(node.text) and NAME.fullmatch(text):
            return Attribute(Reference("input", node.span), text, node.span)
        parts = text.split(".")
        if all(NAME.fullmatch(part) for part in parts):
            place, start = Place(node), node.text.index(text)
            if len(parts) > 1:
                return _chain(parts, place, start)
            span = place.span(start, start + len(text))
            return Attribute(Reference("input", span), text, span)
    found.add(
        diagnostic(
            "TY001",
            node.span,
            f"A list of names holds `order_id` or `STEP.FIELD`, not {describe(node)}.",
            help="For anything else write a mapping, `field: ${...}`.",
        )
    )
    return None


def _expression(text: str, place: Place, found: Diagnostics) -> Expr | None:
    """As ``parse_tree``; what only names something, as most do, is read without Python's parser."""
    if len(text) <= _LONGEST_PATH and _PATH.fullmatch(text):
        parts = text.split(".")
        if not any(map(iskeyword, parts)) and parts[0] not in _NO_REFERENCES:
            return _chain(parts, place, 0)
    return parse_tree(text, place, found)


def _chain(parts: list[str], place: Place, start: int) -> Expr:
    end = start + len(parts[0])
    chain: Expr = Reference(parts[0], place.span(start, end))
    for part in parts[1:]:
        end += 1 + len(part)
        chain = Attribute(chain, part, place.span(start, end))
    return chain


def _record(node: Mapping, found: Diagnostics) -> Record | None:
    fields: dict[str, Value] = {}
    names = {}
    for entry in node:
        problem = field_problem(entry.key.text)
        if problem is not None:
            message = (
                f"{short(entry.key.text)} cannot be the name of a field: such a name {problem}."
            )
            found.add(diagnostic("SY008", entry.key.span, message))
        value = parse_value(entry.value, found)
        names[entry.key.text] = entry.key.span
        if value is not None:
            fields[entry.key.text] = value
    return Record(fields, names, node.span) if len(fields) == len(names) else None


def _text(node: Scalar, text: str, found: Diagnostics) -> Value | None:
    """Splits text at its expressions."""
    place = Place(node)
    parts: list[str | Expr] = []
    plain = ""
    position = 0
    while (start := text.find("${", position)) >= 0:
        if start > position and text[start - 1] == "$":
            plain += text[position : start - 1] + "${"
            position = start + 2
            continue
        end = _closing(text, start + 2)
        if end is None:
            _unclosed(place, text, start, found)
            return None
        tree = _expression(text[start + 2 : end], place.inside(start + 2), found)
        if tree is None:
            return None
        plain += text[position:start]
        parts += [plain, tree] if plain else [tree]
        plain, position = "", end + 1
    plain += text[position:]
    if not parts:
        return Literal(plain, node.span)
    if len(parts) == 1 and not plain and not isinstance(parts[0], str):
        return parts[0]
    return Template((*parts, plain) if plain else tuple(parts), node.span)


def _closing(text: str, start: int) -> int | None:
    """Where the ``}`` stands that closes the ``${`` before ``start``; braces in quotes are text."""
    quote = ""
    depth = 0
    position = start
    while position < len(text):
        char = text[position]
        if quote:
            if char == "\\":
                position += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "{":
            depth += 1
        elif char == "}":
            if not depth:
                return position
            depth -= 1
        position += 1
    return None


def _unclosed(place: Place, text: str, start: int, found: Diagnostics) -> None:
    hint = "Close it with `}`; for the characters `${` themselves write `$${`."
    if "}" in text[start:]:
        hint = "A quote or a brace inside the expression is not closed either."
    found.add(
        diagnostic(
            "TY001", place.span(start, start + 2), "This `${` is never closed by a `}`.", help=hint
        )
    )


def _mixed(place: Place, start: int, end: int, found: Diagnostics) -> None:
    found.add(
        diagnostic(
            "TY001",
            place.span(start, end),
            "An expression is expected here, and `${...}` is only a part of the text.",
            help="Write the whole as an expression, without `${` and `}`.",
        )
    )
