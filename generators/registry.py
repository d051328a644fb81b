"""Which generators there are: the built-in ones and those that other distributions announce.

A distribution announces one by an entry point of the group ``sagac.generators`` that names a
Generator (an object or a class without arguments).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, cast

from .base import Generator

GROUP = "sagac.generators"

# (style, target) -> module:object; a name only, so that nothing is imported before it is used
BUILT_IN: dict[tuple[str, str], str] = {
    ("orchestration", "dbos"): "sagac.generators.orchestrators.dbos:DbosGenerator",
    ("choreography", "local"): "sagac.generators.choreography.package:ChoreographyGenerator",
    ("choreography", "nats"): "sagac.generators.choreography.package:NatsGenerator",
    ("choreography", "rabbitmq"): "sagac.generators.choreography.package:RabbitmqGenerator",
    ("choreography", "redis"): "sagac.generators.choreography.package:RedisGenerator",
    ("choreography", "kafka"): "sagac.generators.choreography.package:KafkaGenerator",
}

# The target of a style if none is named: what needs no server.
DEFAULTS = {"orchestration": "dbos", "choreography": "local"}


class UnknownTarget(LookupError):
    """There is no generator of that style and target."""


def targets() -> tuple[tuple[str, str], ...]:
    """All (style, target) pairs, sorted."""
    return tuple(sorted({*BUILT_IN, *((each.style, each.target) for each in _announced())}))


def default_target(style: str) -> str:
    """The target that is meant if none is named. Raises UnknownTarget with the choices."""
    found = DEFAULTS.get(style) or next((t for each, t in targets() if each == style), None)
    if found is None:
        styles = ", ".join(dict.fromkeys(each for each, _ in targets()))
        raise UnknownTarget(f"no style {style!r}; there is: {styles}")
    return found


def find(style: str, target: str) -> Generator[Any]:
    """The generator of ``style`` for ``target``; built-in ones come first.

    Raises UnknownTarget with the choices.
    """
    place = BUILT_IN.get((style, target))
    if place is not None:
        module, _, name = place.partition(":")
        return cast("Generator[Any]", getattr(import_module(module), name)())
    for generator in _announced():
        if (generator.style, generator.target) == (style, target):
            return generator
    choices = ", ".join(f"{style} {target}" for style, target in targets())
    raise UnknownTarget(f"no target {target!r} for style {style!r}; there is: {choices}")


def _announced() -> Iterator[Generator[Any]]:
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        loaded = point.load()
        yield loaded() if isinstance(loaded, type) else loaded
