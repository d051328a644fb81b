"""The keys of the configuration: what each takes, what it is without it, and what it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

from sagac.dsl.codes import CODES
from sagac.dsl.diagnostics import Severity
from sagac.dsl.selection import always_shown, code_of, known, selectors, weighs_less
from sagac.dsl.suggest import did_you_mean, nearest

FORMATS = ("text", "concise", "json", "sarif", "github", "junit")
FAIL_ON = ("error", "warning", "info", "never")
EXTENDS = "extends"

Path = tuple[str, ...]
_Part = TypeVar("_Part")
_Read = TypeVar("_Read")


class Wrong(ValueError):
    """A value is not as its key wants it; ``path`` leads from the key to what is wrong in it.

    ``every`` has this and all else that is wrong with the value.
    """

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message if message.endswith((".", "?")) else f"{message}.")
        self.path = path
        self.every: list[Wrong] = [self]

    def below(self, *path: str) -> list[Wrong]:
        """``every`` as it is seen from further out: ``path`` leads to this value."""
        return [Wrong(str(each), *path, *each.path) for each in self.every]


class Key(NamedTuple):
    """A key of ``[lint]``: ``read`` takes what TOML gives and returns the value, or raises Wrong.

    ``adds`` says that what a file writes comes to what the files it extends write, instead of
    taking its place; a table is added to entry by entry.
    """

    read: Callable[[Any], Any]
    default: Any
    adds: bool = False


def _each(values: Iterable[_Part], read: Callable[[_Part], _Read]) -> list[_Read]:
    """What ``read`` returns of each value. Raises Wrong with all that is wrong with any of them."""
    found, wrong = list[_Read](), list[Wrong]()
    for value in values:
        try:
            found.append(read(value))
        except Wrong as problem:
            wrong += problem.every
    if wrong:
        wrong[0].every = wrong
        raise wrong[0]
    return found


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Wrong(f"expected a list of texts, found {described(value)}")
    return tuple(value)


def _selectors(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Wrong(f'expected a list of codes such as ["CO", "TI001"], found {described(value)}')
    return tuple(_each(value, selector))


def _ignored(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return _selectors(value)
    return tuple(_each(value, ignorable))


def ignorable(text: str) -> str:
    """``text`` if it is a selector that can be ignored. Raises Wrong."""
    chosen = selector(text)
    if chosen in CODES and always_shown(chosen):
        raise Wrong(f"{chosen} cannot be ignored: it stops the compiler")
    return chosen


def selector(text: str) -> str:
    """``text`` if it is a code, the beginning of one, or ``ALL``. Raises Wrong."""
    if known(text.upper()):
        return text.upper()
    near = code_of(text.lower()) or nearest(text.upper(), selectors())
    hint = f"did you mean {near}?" if near else "`sagac explain` lists them all"
    raise Wrong(f"there is no rule {text!r}; {hint}")


def _severities(value: Any) -> dict[str, Severity]:
    if not isinstance(value, dict):
        raise Wrong(f'expected a table such as {{ CO007 = "error" }}, found {described(value)}')
    return dict(_each(value.items(), _one_severity))


def _one_severity(entry: tuple[str, Any]) -> tuple[str, Severity]:
    key, value = entry
    try:
        return selector(key), _severity(key, value)
    except Wrong as wrong:
        raise wrong if wrong.path else Wrong(str(wrong), key) from None


def _severity(code: str, value: Any) -> Severity:
    words = tuple(Severity)
    if value not in words:
        raise Wrong(f"expected one of {', '.join(words)}, found {described(value)}", code)
    wanted = Severity(value)
    if code in CODES and always_shown(code) and weighs_less(wanted, CODES[code].severity):
        raise Wrong(f"{code} stops the compiler, so it cannot weigh less than an error", code)
    return wanted


def _by_path(value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise Wrong(f'expected a table such as {{ "old/**" = ["CO"] }}, found {described(value)}')
    return dict(_each(value.items(), _one_pattern))


def _one_pattern(entry: tuple[str, Any]) -> tuple[str, tuple[str, ...]]:
    pattern, value = entry
    try:
        return pattern, _ignored(value)
    except Wrong as wrong:
        wrong.every = wrong.below(pattern)
        raise


def _choice(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, str) and value in words:
            return value
        hint = did_you_mean(value, words) if isinstance(value, str) else ""
        expected = hint or f"Expected one of: {', '.join(words)}"
        raise Wrong(f"{described(value)} is not known here. {expected}")

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong(f"expected a text, found {described(value)}")
    return value


KEYS: dict[str, Key] = {
    "select": Key(_selectors, ("ALL",)),
    "extend-select": Key(_selectors, (), adds=True),
    "ignore": Key(_ignored, ()),
    "extend-ignore": Key(_ignored, (), adds=True),
    "severity": Key(_severities, {}),
    "per-path-ignores": Key(_by_path, {}),
    "exclude": Key(_texts, ()),
    "fail-on": Key(_choice(*FAIL_ON), "error"),
    "format": Key(_choice(*FORMATS), "text"),
    "baseline": Key(_text, None),
}


def described(value: Any) -> str:
    """What a person would call a value of TOML."""
    match value:
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {value!r}"
        case list():
            wrong = [each for each in value if not isinstance(each, str)]
            return f"a list with {described(wrong[0])} in it" if wrong else "a list"
        case dict():
            return "a table"
    return f"the time {value}"
