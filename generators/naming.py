"""All names that appear in generated code. A spec's name reaches the output only through here.

Names of the spec may be Python keywords, builtins, equal after a change of case, or equal to a name
that the generated module needs itself; here they become identifiers that are none of these.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from .modules import TAKEN_PACKAGES

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")

# In a comment of the first line this says how the whole file is to be read.
_ENCODING = re.compile(r"(coding)([:=])")
# What type checkers, linters and formatters obey in a comment.
_DIRECTIVE = re.compile(
    r"(?:type|mypy|pyright|ruff|flake8|pylint|isort|fmt|yapf|pragma)\s*:|no(?:qa|sec)\b", re.I
)

KEYWORDS = frozenset(keyword.kwlist) | {"match", "case", "type", "_"}
BUILTINS = frozenset(dir(builtins))

# What an annotation of a generated dataclass mentions: a field of this name would hide it.
IN_ANNOTATIONS = frozenset(
    [
        "str",
        "int",
        "float",
        "bool",
        "bytes",
        "list",
        "dict",
        "dt",
        "field",
        "dataclass",
        "Decimal",
        "UUID",
        "Any",
        "Literal",
        "ClassVar",
        "TypeAlias",
        "Refusal",
    ]
)


def words(text: str) -> list[str]:
    """The words of a name in any case: ``order-fulfilment``, ``order_placed``, ``OrderPlaced``."""
    return _WORD.findall(text.encode("ascii", "ignore").decode()) or ["x"]


def snake(text: str) -> str:
    """``order-fulfilment`` -> ``order_fulfilment``; an identifier, though perhaps a keyword."""
    return _no_digit("_".join(words(text)).lower(), "n")


def camel(text: str) -> str:
    """``reserve_inventory`` -> ``ReserveInventory``."""
    return _no_digit("".join(word[0].upper() + word[1:] for word in words(text)), "N")


def event(*parts: str) -> str:
    """The name of an event: ``reserve_inventory``, ``done`` -> ``ReserveInventoryDone``."""
    return camel("".join(map(camel, parts)))


def constant(text: str) -> str:
    """``order-fulfilment`` -> ``ORDER_FULFILMENT``."""
    return snake(text).upper()


def method(text: str) -> str:
    """The method of an action; keywords and dunder names get out of the way."""
    name = snake(text)
    return f"{name}_" if name in KEYWORDS else name


def package(saga: str) -> str:
    """The package of a saga: its name, unless Python or the layout has a use for it."""
    name = snake(saga)
    return f"{name}_saga" if name in KEYWORDS or name in TAKEN_PACKAGES else name


def _no_digit(name: str, prefix: str) -> str:
    return f"{prefix}{name}" if name[0].isdigit() else name


class Names:
    """The names of one scope, given out once each: the first to come has the plain one.

    ``reserved`` are names that the scope needs itself.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = set(reserved)
        self._given: dict[object, str] = {}

    def of(self, key: object, wanted: str) -> str:
        """The name of ``key``, from now on the same: ``wanted`` or the next that is free."""
        if key not in self._given:
            self._given[key] = self.fresh(wanted)
        return self._given[key]

    def fresh(self, wanted: str) -> str:
        """A name that nobody has: ``wanted``, ``wanted_`` for what is taken, then with a number."""
        name = wanted
        if name in KEYWORDS or name in self._taken:
            name = f"{wanted}_" if wanted[0].islower() else f"{wanted}2"
        number = 2
        while name in self._taken:
            number += 1
            name = f"{wanted}{number}" if wanted[0].isupper() else f"{wanted}_{number}"
        self._taken.add(name)
        return name

    def taken(self, name: str) -> bool:
        """Whether somebody has ``name``, or it is reserved."""
        return name in self._taken

    def get(self, key: object) -> str | None:
        """The name that ``key`` has, or None."""
        return self._given.get(key)


def field_names(fields: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """The attribute of each field of a record; differs from the field where Python needs it."""
    names = Names({*IN_ANNOTATIONS, *reserved})
    return {each: names.of(each, _attribute(each)) for each in fields}


def _attribute(text: str) -> str:
    name = re.sub(r"\W", "_", text, flags=re.ASCII).strip("_") or "field_"
    # a capital would hide a class of the same name from the annotations beside it
    return f"{_no_digit(name, 'n')}_" if name[0].isupper() else _no_digit(name, "n")


def one_line(text: str) -> str:
    """``text`` as one line that may stand in a comment or docstring: it cannot end either."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _ENCODING.sub(r"\1 \2", line)
    return line.replace("\\", "\\\\").replace('"""', "'''")


def comment(text: str, width: int = 96) -> str:
    """``text`` as a comment of one line, cut at ``width``, in which no tool sees an order."""
    line = one_line(text)
    line = f"- {line}" if _DIRECTIVE.match(line) else line
    return f"# {line[: max(width, 1)]}".rstrip()


def docstring(text: str, width: int = 96) -> str:
    """``text`` as the body of a one-line docstring, cut at a word; never ends in a quote."""
    line = one_line(text)
    if len(line) > width:
        line = line[: width - 4].rsplit(" ", 1)[0].rstrip("\\") + " ..."
    if line.endswith('"'):
        line = f"{line[:-1]}'"
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."
