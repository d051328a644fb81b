"""Writes the pages of the rules: ``python -m sagac.dsl.rules.docs`` fills ``docs/rules``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sagac.dsl.codes import CODES

from . import registry
from .rule import Fix, Rule, files_of

FOLDER = Path("docs/rules")
FIXES = {
    Fix.NONE: "",
    Fix.SAFE: "Where it is clear what to write, `sagac fix` puts it right; the meaning stays the"
    " same.",
    Fix.UNSAFE: "Where there is a likely answer, `sagac fix --unsafe` puts it right; look whether"
    " it is what was meant.",
}
INTRODUCTION = """\
# Rules

Every finding of `sagac lint` has a code. `sagac explain CODE` shows its page in the terminal.
`# sagac: ignore[CODE] reason` at the end of a line silences a rule there; the codes that begin with
IN, SY or TY, DA001 and NA001 to NA004 cannot be silenced: with them the file has no meaning.

| code | name | severity | what it finds |
|---|---|---|---|
"""


def pages() -> dict[str, str]:
    """The text of every page by its file name."""
    rules = [registry.find(code) for code in sorted(CODES)]
    index = INTRODUCTION + "".join(
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity.value} | {rule.summary}"
        " |\n"
        for rule in rules
    )
    return {"README.md": index} | {f"{rule.code}.md": page(rule) for rule in rules}


def page(rule: Rule) -> str:
    """The page of one rule, as Markdown."""
    parts = [f"# {rule.code} {rule.name}", f"Severity: {rule.severity.value}.", rule.summary]
    parts += ["## Why", rule.why]
    if rule.example:
        parts += ["## Example", *_blocks(rule.example)]
        parts += ["Use instead:", *_blocks(rule.use_instead)]
    if FIXES[rule.fix]:
        parts += ["## Fix", FIXES[rule.fix]]
    return "\n\n".join(parts) + "\n"


def _blocks(text: str) -> Iterator[str]:
    """The files of an example, each as a block of code under its name if it has one."""
    for name, part in files_of(text).items():
        if name:
            yield f"`{name}`:"
        language = "python" if name.endswith(".py") else "yaml"
        yield f"```{language}\n{part}```"


def main() -> int:
    """Writes the pages below the current folder and removes those of codes that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
