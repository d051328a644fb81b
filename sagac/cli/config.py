"""``sagac config``: the settings that hold somewhere, and who says so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sagac.cli.support import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sagac.config.lint import Settings


@click.group(name="config", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Settings: the nearest sagac.toml, or [tool.sagac] of pyproject.toml.

    \b
    Example:
      sagac config show
    """


@command.command(name="show")
@click.argument("path", default=".")
@click.option("--config", metavar="FILE", help="The configuration, instead of the nearest one.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the settings are written.",
)
def show(path: str, config: str | None, format_: str) -> None:
    """Print every setting that holds for PATH (default: this folder), with its origin.

    \b
    Example:
      sagac config show
      sagac config show --format json orders/new.saga.yaml
    """
    from sagac.config.lint import Options, Project

    if not Path(path).exists():
        raise UsageProblem(f"{path}: there is no such file or folder.")
    if config is not None and not Path(config).is_file():
        raise UsageProblem(f"{config}: there is no such file.")
    project = Project(Options(config=Path(config) if config is not None else None))
    inside = Path(path).is_dir()
    settings = project.in_folder(Path(os.path.realpath(path))) if inside else project.at(path)
    click.echo(_as_json(settings) if format_ == "json" else _as_text(settings), nl=False)


def _entries(settings: Settings) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Every setting: the path of its key, its value, its origin. Tables come entry by entry."""
    from sagac.config.keys import KEYS
    from sagac.config.lint import DEFAULT

    for name, key in KEYS.items():
        given = [(path, each) for path, each in settings.values.items() if path[0] == name]
        if not given:
            yield (name,), key.default, DEFAULT
        for path, several in given:
            if key.adds:
                yield path, settings.value(name), ", ".join(each.origin for each in several)
            else:
                yield path, several[-1].value, several[-1].origin


def _as_text(settings: Settings) -> str:
    """Lines of TOML; the origin stands in a comment, and what is not set is one itself."""
    lines = []
    for path, value, origin in _entries(settings):
        written = f"{'.'.join(map(_key, ('lint', *path)))} = {_toml(value)}"
        lines.append(f"# {'.'.join(('lint', *path))} is not set" if value is None else written)
        lines[-1] += f"  # {origin}"
    return "".join(f"{line}\n" for line in lines)


def _as_json(settings: Settings) -> str:
    import json

    rows = [
        {"key": ["lint", *path], "value": value, "origin": origin}
        for path, value, origin in _entries(settings)
    ]
    return json.dumps({"version": 1, "settings": rows}, indent=2, ensure_ascii=False) + "\n"


def _key(part: str) -> str:
    bare = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
    return part if bare else _toml(part)


def _toml(value: Any) -> str:
    """A value as TOML writes it; texts are JSON texts, which TOML reads alike."""
    import json

    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return "{}" if value == {} else json.dumps(value, ensure_ascii=False)
