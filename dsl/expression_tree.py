"""The text of one expression to its tree: Python's parser, a list of what is allowed, limits."""

from __future__ import annotations

import ast
import re
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from .codes import diagnostic
from .diagnostics import Diagnostics
from .expression_python import python_tree
from .places import Place
from .span import Span
from .syntax import (
    Attribute,
    Binary,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Constant,
    Expr,
    Index,
    ListOf,
    Logic,
    Reference,
    Unary,
)

MAX_LENGTH = 2000  # characters of one expression
MAX_DEPTH = 40  # of its tree
MAX_DIGITS = 20  # decimal places that ``round`` may be asked for
MAX_INTEGER = 10**40

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)

# Name -> the least and the greatest number of arguments.
FUNCTIONS: dict[str, tuple[int, int]] = {
    "len": (1, 1),
    "min": (1, 20),
    "max": (1, 20),
    "sum": (1, 1),
    "any": (1, 1),
    "all": (1, 1),
    "round": (1, 2),
    "abs": (1, 1),
    "str": (1, 1),
    "int": (1, 1),
    "float": (1, 1),
    "lower": (1, 1),
    "upper": (1, 1),
    "sorted": (1, 1),
}
WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
RESERVED = frozenset({"input", "saga", "event", "self", *FUNCTIONS, *WORDS})

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.UAdd: "+",
    ast.USub: "-",
    ast.Not: "not",
    ast.And: "and",
    ast.Or: "or",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
# What people try, and what to call it.
REFUSED: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "an f-string",
    ast.Dict: "a mapping",
    ast.Set: "a set",
    ast.Tuple: "a tuple",
    ast.DictComp: "a comprehension of a mapping",
    ast.SetComp: "a comprehension of a set",
    ast.GeneratorExp: "a comprehension without brackets",
    ast.Slice: "a slice",
    ast.Starred: "a star",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.Pow: "a power (**)",
    ast.MatMult: "the operator @",
    ast.BitAnd: "the operator &",
    ast.BitOr: "the operator |",
    ast.BitXor: "the operator ^",
    ast.LShift: "the operator <<",
    ast.RShift: "the operator >>",
    ast.Invert: "the operator ~",
}
INSTEAD: dict[type[ast.AST], str] = {
    ast.JoinedStr: "Write text with `${...}` in it, outside of the expression.",
    ast.Tuple: "Write a list, `[a, b]`.",
    ast.Set: "Write a list, `[a, b]`; an expression needs no braces of its own.",
    ast.Dict: "Write the mapping in YAML and an expression for each of its values.",
    ast.GeneratorExp: "Write it in brackets, `[x for x in list]`.",
    ast.NamedExpr: "To compare write `==`.",
    ast.BitAnd: "Write `and`.",
    ast.BitOr: "Write `or`.",
    ast.Invert: "Write `not`.",
}
# Habits from other languages that end as a syntax error.
HABITS = (
    ("&&", "Write `and`."),
    ("||", "Write `or`."),
    ("===", "Write `==`."),
    ("?", "Write `a if condition else b`."),
    ("!", "Write `not`, or `!=` to compare."),
    ("${", "Inside an expression there is no `${`."),
    ("=", "To compare write `==`."),
)


def parse_tree(text: str, place: Place, found: Diagnostics) -> Expr | None:
    """Parses the text of an expression; ``place`` knows where it stands.

    Returns None after adding one TY001.
    """
    try:
        return _Reader(text, place).expression()
    except _RefusedError as refused:
        found.add(diagnostic("TY001", refused.span, refused.message, help=refused.help))
        return None


def is_exact(text: str, value: float) -> bool:
    """Whether the float ``value`` written as ``text`` shows all its digits; false for infinity."""
    try:
        return Decimal(text.replace("_", "")) == Decimal(repr(value))
    except InvalidOperation:
        return False


class _RefusedError(Exception):
    def __init__(self, span: Span, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.span = span
        self.message = message
        self.help = help


class _Reader:
    """Takes over one tree of ``ast``, as far as it is allowed."""

    def __init__(self, text: str, place: Place) -> None:
        # Line breaks of the file are blanks to an expression; every character keeps its place.
        self.source = re.sub(r"[\r\n\t\f]", " ", text)
        self.start = len(self.source) - len(self.source.lstrip(" "))
        self.body = self.source.strip(" ")
        self.place = place
        self.bytes = self.body.encode("utf-8", "surrogatepass")
        self.ascii = self.body.isascii()

    def expression(self) -> Expr:
        if not self.body:
            self._refuse(0, max(len(self.source), 1), "The expression is empty.")
        if len(self.body) > MAX_LENGTH:
            message = f"The expression is longer than {MAX_LENGTH} characters."
            self._refuse(self.start, self.start + len(self.body), message)
        self._no_comment()
        return self._convert(self._parse(), 0)

    def _parse(self) -> ast.expr:
        try:
            return python_tree(self.body)
        except SyntaxError as error:
            start = self.start + max((error.offset or 1) - 1, 0)
            start = min(start, self.start + len(self.body) - 1)
            message = f"This is not an expression: {_first_line(error)}."
            self._refuse(start, self._word_end(start), message, self._habit())
        except (RecursionError, MemoryError):
            self._refuse_all("The expression is nested too deeply.")
        except (ValueError, Warning):
            self._refuse_all("The expression holds characters that it cannot hold.")

    def _habit(self) -> str | None:
        text = re.sub(r"""'[^']*'|"[^"]*"|[=!<>]=(?!=)""", "", self.body)
        if re.search(r"\b[0-9]+(?:ms|[smhd])\b", text):
            return "Durations are not computed here: a service can, and its answer be read."
        return next((hint for habit, hint in HABITS if habit in text), None)

    def _no_comment(self) -> None:
        if "#" not in self.body:
            return
        outside = re.sub(
            r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""", lambda m: " " * len(m[0]), self.body
        )
        at = outside.find("#")
        if at >= 0:
            message = "An expression holds no comment."
            self._refuse(self.start + at, self.start + len(self.body), message)

    def _word_end(self, start: int) -> int:
        word = re.compile(r"\w+").match(self.source, start)
        return word.end() if word else start + 1

    def _refuse(self, start: int, end: int, message: str, help: str | None = None) -> NoReturn:
        raise _RefusedError(self.place.span(start, end), message, help)

    def _refuse_all(self, message: str) -> NoReturn:
        self._refuse(self.start, self.start + len(self.body), message)

    def _refuse_node(self, node: ast.AST, message: str, help: str | None = None) -> NoReturn:
        raise _RefusedError(self._span(node), message, help)

    def _range(self, node: ast.AST) -> tuple[int, int]:
        """Where ``node`` stands in ``body``, in characters; ``ast`` counts bytes."""
        first: int = getattr(node, "col_offset", 0)
        last: int = getattr(node, "end_col_offset", len(self.bytes))
        if self.ascii:
            return first, last
        start = len(self.bytes[:first].decode("utf-8", "replace"))
        return start, start + len(self.bytes[first:last].decode("utf-8", "replace"))

    def _span(self, node: ast.AST) -> Span:
        start, end = self._range(node)
        return self.place.span(self.start + start, self.start + end)

    def _convert(self, node: ast.expr, depth: int) -> Expr:
        if depth > MAX_DEPTH:
            self._refuse_all("The expression is nested too deeply.")
        span = self._span(node)
        below = depth + 1
        match node:
            case ast.Name():
                return self._name(node, span)
            case ast.Attribute():
                self._check_name(node, node.attr)
                return Attribute(self._convert(node.value, below), node.attr, span)
            case ast.Constant():
                return self._constant(node, span)
            case ast.Compare():
                return self._compare(node, span, below)
            case ast.BoolOp():
                return Logic(self._operator(node, node.op), self._all(node.values, below), span)
            case ast.UnaryOp():
                operator = self._operator(node, node.op)
                return Unary(operator, self._convert(node.operand, below), span)
            case ast.Subscript():
                return self._index(node, span, below)
            case ast.List():
                return ListOf(self._all(node.elts, below), span)
            case ast.BinOp():
                operator = self._operator(node, node.op)
                left, right = self._all([node.left, node.right], below)
                return Binary(left, operator, right, span)
            case ast.IfExp():
                then, test, other = self._all([node.body, node.test, node.orelse], below)
                return Conditional(then, test, other, span)
            case ast.Call():
                return self._call(node, span, below)
            case ast.ListComp():
                return self._comprehension(node, span, below)
        what = REFUSED.get(type(node), "this")
        return self._refuse_node(
            node, f"An expression cannot hold {what}.", INSTEAD.get(type(node))
        )

    def _all(self, nodes: list[ast.expr], depth: int) -> tuple[Expr, ...]:
        return tuple([self._convert(node, depth) for node in nodes])

    def _operator(self, node: ast.AST, operator: ast.AST) -> str:
        if type(operator) not in OPERATORS:
            what = REFUSED.get(type(operator), "this operator")
            message = f"An expression cannot hold {what}."
            self._refuse_node(node, message, INSTEAD.get(type(operator)))
        return OPERATORS[type(operator)]

    def _constant(self, node: ast.Constant, span: Span) -> Constant:
        value = node.value
        if value is None or isinstance(value, bool | str):
            if isinstance(value, str) and not _is_text(value):
                self._refuse_node(node, "The text holds half of a character pair.")
            return Constant(value, span)
        if isinstance(value, int):
            if abs(value) >= MAX_INTEGER:
                self._refuse_node(node, "The number is too large.")
            return Constant(value, span)
        if isinstance(value, float):
            start, end = self._range(node)
            if not is_exact(self.body[start:end], value):
                self._refuse_node(node, "The number cannot be kept exactly.", "Use fewer digits.")
            return Constant(value, span)
        kind = type(value).__name__
        return self._refuse_node(node, f"An expression cannot hold a literal of the kind `{kind}`.")

    def _name(self, node: ast.Name, span: Span) -> Expr:
        self._check_name(node, node.id)
        if node.id in WORDS:
            return Constant(WORDS[node.id], span)
        if node.id in FUNCTIONS:
            self._refuse_node(node, f"`{node.id}` is a function.", f"Call it: `{node.id}(...)`.")
        return Reference(node.id, span)

    def _check_name(self, node: ast.AST, name: str) -> None:
        start, end = self._range(node)
        written = self.body[max(end - len(name), start) : end]
        if name.startswith("_"):
            self._refuse_node(node, f"`{name}` starts with an underscore; no name here does.")
        # Python folds look-alike letters into one name; here a name is what is written.
        if not NAME.fullmatch(name) or written != name:
            self._refuse_node(node, "A name is made of the letters a to z, digits and underscores.")

    def _index(self, node: ast.Subscript, span: Span, depth: int) -> Expr:
        base = self._convert(node.value, depth)
        index = self._convert(node.slice, depth)
        text = index.value if isinstance(index, Constant) else None
        if isinstance(text, str) and NAME.fullmatch(text):
            return Attribute(base, text, span)
        return Index(base, index, span)

    def _compare(self, node: ast.Compare, span: Span, depth: int) -> Compare:
        left = self._convert(node.left, depth)
        rest: list[tuple[str, Expr]] = []
        for operator, right in zip(node.ops, node.comparators, strict=True):
            value = self._convert(right, depth)
            sign = self._operator(node, operator)
            nothing = isinstance(value, Constant) and value.value is None
            if nothing and len(node.ops) == 1:
                sign = {"==": "is", "!=": "is not"}.get(sign, sign)
            if sign in ("is", "is not") and not nothing:
                help = f"Write `{'==' if sign == 'is' else '!='}`."
                self._refuse_node(node, f"`{sign}` is only for None.", help)
            rest.append((sign, value))
        return Compare(left, tuple(rest), span)

    def _call(self, node: ast.Call, span: Span, depth: int) -> Call:
        if not isinstance(node.func, ast.Name):
            self._refuse_node(node, "Only functions can be called.", _known_functions())
        name = node.func.id
        if name not in FUNCTIONS:
            self._refuse_node(node.func, f"There is no function `{name}`.", _known_functions())
        if node.keywords:
            self._refuse_node(node, f"The arguments of `{name}` have no names.")
        least, most = FUNCTIONS[name]
        if not least <= len(node.args) <= most:
            amount = str(least) if least == most else f"{least} to {most}"
            message = f"`{name}` takes {amount} argument{'s' if most > 1 else ''}"
            self._refuse_node(node, f"{message}, not {len(node.args)}.")
        arguments = tuple(self._argument(each, depth) for each in node.args)
        if name == "round" and len(arguments) == 2 and not _is_digits(arguments[1]):
            message = f"`round` takes a written number of digits, 0 to {MAX_DIGITS}."
            self._refuse_node(node.args[1], message)
        return Call(name, arguments, span)

    def _argument(self, node: ast.expr, depth: int) -> Expr:
        if isinstance(node, ast.GeneratorExp):
            return self._comprehension(node, self._span(node), depth)
        return self._convert(node, depth)

    def _comprehension(
        self, node: ast.ListComp | ast.GeneratorExp, span: Span, depth: int
    ) -> Comprehension:
        loop = node.generators[0]
        if len(node.generators) > 1 or len(loop.ifs) > 1 or loop.is_async:
            self._refuse_node(node, "A comprehension has one `for` and at most one `if`.")
        if not isinstance(loop.target, ast.Name):
            self._refuse_node(loop.target, "A comprehension has one name after `for`.")
        name = loop.target.id
        self._check_name(loop.target, name)
        if name in RESERVED:
            self._refuse_node(loop.target, f"`{name}` means something else.", "Rename it.")
        condition = self._convert(loop.ifs[0], depth) if loop.ifs else None
        source = self._convert(loop.iter, depth)
        return Comprehension(self._convert(node.elt, depth), name, source, condition, span)


def _is_digits(node: Expr) -> bool:
    value = node.value if isinstance(node, Constant) else None
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_DIGITS


def _known_functions() -> str:
    return f"The functions are {', '.join(FUNCTIONS)}."


def _first_line(error: SyntaxError) -> str:
    text = (error.msg or "invalid syntax").split("\n")[0].rstrip(".")
    # Python's own hints name constructs that are refused here.
    return re.sub(r"\. (Perhaps|Maybe|Did).*$", "", text)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
