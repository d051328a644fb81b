"""Lines of a function, and the place in it where the next one goes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sagac.generators import layout
from sagac.generators.layout import Code
from sagac.generators.python.values import Values


@dataclass(frozen=True)
class Place:
    """Where a statement is written: its indentation, the saga's variable there, the names."""

    values: Values
    saga: str = "saga"
    indent: int = 4
    out: list[str] = field(default_factory=list)

    def add(self, code: Code, after: str = "") -> None:
        """Writes one statement."""
        self.out.extend(layout.lines(code, self.indent, after))

    def gap(self) -> None:
        """One empty line, unless a function has just begun; after a docstring too."""
        last = self.out[-1] if self.out else ""
        block = last.lstrip().startswith(("if ", "elif ", "else:", "async with "))
        if not self.out or (last and (block or not last.endswith(":"))):
            self.out.append("")

    def inner(self) -> Place:
        """The same place one level in."""
        return replace(self, indent=self.indent + 4)

    def using(self, values: Values, saga: str | None = None) -> Place:
        """The same place with other names."""
        return replace(self, values=values, saga=saga or self.saga)
