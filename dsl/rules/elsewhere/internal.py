"""IN: mistakes of sagac itself."""

from sagac.dsl.rules.rule import Rule

RULES = (
    Rule(
        code="IN001",
        summary="A rule of sagac has crashed.",
        why="This is a mistake of sagac, not of the file. All other rules have run, and what they"
        " found holds.",
        example="",
        use_instead="",
    ),
)
