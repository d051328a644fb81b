"""What the user has to call differently."""

from __future__ import annotations

from typing import TextIO

import click


class UsageProblem(click.ClickException):
    """The user has to call sagac differently: one line on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: TextIO | None = None) -> None:  # type: ignore[override]
        """Writes the message as all other messages of sagac are written."""
        click.echo(f"sagac: {self.format_message()}", file=file, err=file is None)
