"""How places are written in one line: ``orders/a.saga.yaml:7:11``."""

from __future__ import annotations

from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.span import Span

from .paint import visible


def place(span: Span, file: str = "") -> str:
    """``file:line:column``; without the file if it is ``file``, which was named already."""
    where = f"{span.line}:{span.column}"
    return where if span.file == file else f"{visible(span.file)}:{where}"


def second_places(found: Diagnostic) -> list[str]:
    """The labels with their places, for formats that can point at one place only."""
    return [
        f"{place(label.span, found.span.file)}: {visible(label.message)}"
        for label in found.labels
        if label.span != found.span
    ]


def whole_message(found: Diagnostic) -> str:
    """The message, its second places and the help, a line each."""
    lines = [visible(found.message), *second_places(found)]
    own = [visible(label.message) for label in found.labels if label.span == found.span]
    if own:
        lines[0] += f" ({', '.join(own)})"
    if found.help:
        lines += [f"help: {visible(line)}" for line in found.help.splitlines()]
    return "\n".join(lines)
