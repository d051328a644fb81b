"""The options of a command as a table: read here where a call is plain, else made into click's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Option(NamedTuple):
    """An option with a value (one of ``choices``, or any text), or a ``flag`` without."""

    name: str  # --fail-on
    help: str
    choices: tuple[str, ...] = ()
    default: str | None = None
    metavar: str | None = None
    flag: bool = False
    multiple: bool = False

    @property
    def key(self) -> str:
        """The name of the parameter that takes the value."""
        return self.name.removeprefix("--").replace("-", "_")


def read(
    arguments: Sequence[str], argument: str, options: Sequence[Option]
) -> dict[str, Any] | None:
    """The parameters of a call; None if click has to read it: help, short forms, mistakes.

    ``argument`` is the parameter that takes what is no option, at least one.
    """
    known = {option.name: option for option in options}
    found: dict[str, Any] = {each.key: _absent(each) for each in options}
    names: list[str] = []
    rest = iter(arguments)
    for each in rest:
        if each == "-" or not each.startswith("-"):
            names.append(each)
            continue
        name, equals, value = each.partition("=")
        option = known.get(name)
        if option is None or (option.flag and equals):
            return None
        given = True if option.flag else value if equals else next(rest, None)
        if given is None or (option.choices and given not in option.choices):
            return None
        found[option.key] = (*found[option.key], given) if option.multiple else given
    return {argument: tuple(names), **found} if names else None


def as_click(options: Sequence[Option]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds ``options`` to a function, as click's decorators would."""
    import click

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for each in reversed(options):
            function = click.option(each.name, **_for_click(each))(function)
        return function

    return decorate


STORES = Option(
    "--store",
    "Where the sagas are: a folder, an SQLite file, a Postgres database. Repeat it for services"
    " that have a database each. Else SAGAC_STORE, else .sagac/.",
    metavar="URL|DIR",
    multiple=True,
)


def stores(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--store``, which may be given several times."""
    return as_click((STORES,))(function)


def _absent(option: Option) -> Any:
    return False if option.flag else () if option.multiple else option.default


def _for_click(option: Option) -> dict[str, Any]:
    import click

    given: dict[str, Any] = {"help": option.help, "multiple": option.multiple}
    if option.flag:
        return given | {"is_flag": True}
    if option.choices:
        given["type"] = click.Choice(option.choices)
    if not option.multiple:
        given |= {"default": option.default, "show_default": option.default is not None}
    return given | {"metavar": option.metavar}
