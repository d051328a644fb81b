"""``sagac explain``: what a rule finds, why that is bad, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sagac.cli.support import UsageProblem, colour

if TYPE_CHECKING:
    from sagac.dsl.rules.rule import Rule


@click.command(name="explain")
@click.argument("rule", metavar="[CODE|NAME]", required=False)
@click.option("--all", "every", is_flag=True, help="Explain every rule.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How rules are written.",
)
def command(rule: str | None, every: bool, format_: str) -> None:
    """Explain a rule by its code or name; without one, list all of them.

    \b
    Example:
      sagac explain CO001
      sagac explain effect-without-compensation
      sagac explain --all --format json
    """
    if every and rule is not None:
        raise UsageProblem("name a rule, or write --all.")
    if format_ == "json":
        click.echo(_as_json(_every() if rule is None else [_find(rule)]))
    elif every:
        click.echo(f"\n\n{'-' * 80}\n\n".join(map(_explained, _every())), color=colour())
    else:
        click.echo(_listed() if rule is None else _explained(_find(rule)), color=colour())


def _every() -> list[Rule]:
    from sagac.dsl.codes import CODES
    from sagac.dsl.rules import registry

    return [registry.find(code) for code in sorted(CODES)]


def _as_json(rules: list[Rule]) -> str:
    import json

    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "severity": rule.severity.value,
            "summary": rule.summary,
            "why": rule.why,
            "example": rule.example,
            "use_instead": rule.use_instead,
            "fix": rule.fix.value,
        }
        for rule in rules
    ]
    return json.dumps({"version": 1, "rules": rows}, indent=2, ensure_ascii=False)


def _find(word: str) -> Rule:
    from sagac.dsl.codes import CODES
    from sagac.dsl.rules import registry
    from sagac.dsl.suggest import nearest

    try:
        return registry.find_by_name(word)
    except LookupError:
        near = nearest(word, [*CODES, *(entry.name for entry in CODES.values())])
        hint = f" Did you mean {near}?" if near else " `sagac explain` lists all rules."
        raise UsageProblem(f"there is no rule {word!r}.{hint}") from None


def _listed() -> str:
    from sagac.dsl.codes import CODES

    width = max(len(entry.name) for entry in CODES.values())
    return "\n".join(
        f"{code}  {entry.name:<{width}}  {entry.severity.value}"
        for code, entry in sorted(CODES.items())
    )


def _explained(rule: Rule) -> str:
    from textwrap import fill, indent

    title = click.style(f"{rule.code} {rule.name}", bold=True)
    parts = [f"{title} ({rule.severity.value})", fill(rule.summary, 80), fill(rule.why, 80)]
    if rule.example:
        parts += ["Example:", indent(rule.example.rstrip(), "    ")]
        parts += ["Use instead:", indent(rule.use_instead.rstrip(), "    ")]
    if rule.fix.value != "none":
        from sagac.dsl.rules.docs import FIXES

        parts.append(fill(f"Fix: {FIXES[rule.fix]}", 80))
    return "\n\n".join(parts)
