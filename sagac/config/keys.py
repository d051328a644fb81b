"""The keys of the configuration: what each takes, what it is without it, and what it is for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from sagac.dsl.codes import CODES
from sagac.dsl.diagnostics import Severity
from sagac.dsl.selection import always_shown, code_of, known, selectors, weighs_less
from sagac.dsl.suggest import did_you_mean, nearest

FORMATS = ("text", "concise", "json", "sarif", "github", "junit")
FAIL_ON = ("error", "warning", "info", "never")
EXTENDS = "extends"

Path = tuple[str, ...]


class Wrong(ValueError):
    """A value is not as its key wants it; ``path`` leads from the key to what is wrong in it."""

    def __init__(self, message: str, *path: str) -> None:
        super().__init__(message if message.endswith((".", "?")) else f"{message}.")
        self.path = path


class Key(NamedTuple):
    """A key of ``[lint]``: ``read`` takes what TOML gives and returns the value, or raises Wrong.

    ``adds`` says that what a file writes comes to what the files it extends write, instead of
    taking its place; a table is added to entry by entry.
    """

    read: Callable[[Any], Any]
    default: Any
    adds: bool = False


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Wrong(f"expected a list of texts, found {described(value)}")
    return tuple(value)


def _selectors(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Wrong(f'expected a list of codes such as ["CO", "TI001"], found {described(value)}')
    return tuple(selector(each) for each in value)


def _ignored(value: Any) -> tuple[str, ...]:
    return tuple(ignorable(each) for each in _selectors(value))


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
    return {_within(selector, key): _severity(key, each) for key, each in value.items()}


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
    found = {}
    for pattern, each in value.items():
        try:
            found[pattern] = _ignored(each)
        except Wrong as wrong:
            raise Wrong(str(wrong), pattern) from None
    return found


def _choice(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if isinstance(value, str) and value in words:
            return value
        hint = did_you_mean(value, words) if isinstance(value, str) else ""
        expected = hint or f"expected one of: {', '.join(words)}"
        raise Wrong(f"{described(value)} is not known here. {expected}")

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise Wrong(f"expected a text, found {described(value)}")
    return value


def _within(read: Callable[[str], str], key: str) -> str:
    try:
        return read(key)
    except Wrong as wrong:
        raise Wrong(str(wrong), key) from None


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
