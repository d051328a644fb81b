"""What the user has to call differently."""

from __future__ import annotations

from typing import TextIO

import click


class UsageProblem(click.ClickException):
    """The user has to call sagac differently: one line on stderr, exit code 2."""

    exit_code = 2

    def __init__(self, message: str, *more: str) -> None:
        """``more`` are further messages: what else is wrong, each a line of its own."""
        super().__init__(message)
        self.more = more

    def show(self, file: TextIO | None = None) -> None:  # type: ignore[override]
        """Writes the messages as all other messages of sagac are written."""
        for each in (self.format_message(), *self.more):
            click.echo(f"sagac: {each}", file=file, err=file is None)
