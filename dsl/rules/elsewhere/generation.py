"""GE: what `sagac generate` finds when it compares the saga with what it wrote before."""

from sagac.dsl.rules.rule import Rule

RULES = (
    Rule(
        code="GE001",
        summary="The user's handlers lack a method that the saga calls.",
        why="Handler files belong to the user and are written only once; an action that came later"
        " has to be added by hand, or its step fails when it is reached.",
        example="",
        use_instead="",
    ),
    Rule(
        code="GE002",
        summary="The saga has changed its meaning under the same version, or gone back to an old"
        " one.",
        why="A running saga keeps the version that it started with. Were its code to change"
        " underneath, it would be repeated and undone by other steps than it has taken.",
        example="",
        use_instead="",
    ),
    Rule(
        code="GE003",
        summary="An action has changed so that an older version, which may still run, cannot call"
        " it.",
        why="The handlers are shared by all versions that are kept: what an older one sends and"
        " expects has to stay valid until no saga of it runs any more.",
        example="",
        use_instead="",
    ),
)
