"""SY: reading the file and its shape."""

from sagac.dsl.rules.rule import Fix, Rule

_GOOD = """\
- step: pay_out
  service: payment
  input: [id]
  compensate: collect_back
"""

RULES = (
    Rule(
        code="SY001",
        summary="The file is not YAML.",
        why="What could be read up to there is still looked at, but nothing is generated from it.",
        example=_GOOD.replace("[id]", "[id"),
        use_instead=_GOOD,
    ),
    Rule(
        code="SY002",
        summary="A key is not part of the language.",
        why="A misspelt key would otherwise be ignored, and with it what was meant. The nearest"
        " known key is shown.",
        example=_GOOD.replace("compensate:", "compensat:"),
        use_instead=_GOOD,
        fix=Fix.SAFE,
    ),
    Rule(
        code="SY003",
        summary="A key that is needed is missing.",
        why="Without it the file, or this part of it, has no meaning. A `repeat` needs `max`, for"
        " example: a condition that never holds would keep the saga going for ever.",
        example="""\
- repeat: polling
  until: ask.done
  steps:
    - step: ask
      service: shop
      input: [id]
      output: { done: boolean }
      effect: none
""",
        use_instead="""\
- repeat: polling
  until: ask.done
  max: 200
  steps:
    - step: ask
      service: shop
      input: [id]
      output: { done: boolean }
      effect: none
""",
    ),
    Rule(
        code="SY004",
        summary="A value has another shape than this key takes: a list, a mapping, a text.",
        why="Each key of the language takes one or two shapes; the message says which.",
        example=_GOOD.replace("service: payment", "service: [payment]"),
        use_instead=_GOOD,
    ),
    Rule(
        code="SY005",
        summary="A key is written twice in one mapping.",
        why="Only one of the two could count, and YAML readers differ on which.",
        example=_GOOD.replace("  input: [id]\n", "  input: [id]\n  input: [count]\n"),
        use_instead=_GOOD,
    ),
    Rule(
        code="SY006",
        summary="The file is larger, deeper or more repetitive than is allowed.",
        why="A saga is written by people. Bounds keep a hostile file from using up the machine.",
        example="",
        use_instead="",
    ),
    Rule(
        code="SY007",
        summary="The file uses a YAML tag.",
        why="Tags (`!name`) make a YAML reader build objects; the language has no use for them,"
        " and a file may come from somewhere that nobody trusts.",
        example=_GOOD.replace("payment", "!!str payment"),
        use_instead=_GOOD,
    ),
    Rule(
        code="SY008",
        summary="A name is not written as names of its kind are, or is reserved.",
        why="Names become names of functions, classes, topics and files. Items and services are"
        " snake_case, the saga is kebab-case; Python's keywords and `input saga event self` are"
        " taken.",
        example=_GOOD.replace("pay_out", "Pay-Out"),
        use_instead=_GOOD,
    ),
    Rule(
        code="SY009",
        summary="A value is not one of those that this key takes.",
        why="The message lists them, or says how such a value is written.",
        example=_GOOD.replace("  input: [id]\n", "  input: [id]\n  timeout: soon\n"),
        use_instead=_GOOD.replace("  input: [id]\n", "  input: [id]\n  timeout: 30s\n"),
        fix=Fix.UNSAFE,
    ),
    Rule(
        code="SY010",
        summary="A word stands where a boolean is needed: `yes`, `no`, `on`, `off`.",
        why="Old YAML read these as booleans, YAML 1.2 reads them as text. Write `true` or"
        " `false`.",
        example=_GOOD.replace("  input: [id]\n", "  input: [id]\n  idempotent: yes\n"),
        use_instead=_GOOD.replace("  input: [id]\n", "  input: [id]\n  idempotent: true\n"),
        fix=Fix.SAFE,
    ),
    Rule(
        code="SY011",
        summary="A file that this one names cannot be read.",
        why="`use` and `$ref` name files relative to this one; they stay inside the project's"
        " folder.",
        example="""\
- saga: pack
  use: no-such-file.saga.yaml
  input: { id: "${input.id}" }
""",
        use_instead=_GOOD,
    ),
    Rule(
        code="SY012",
        summary="A sub-saga has errors of its own.",
        why="It cannot be part of this one before it makes sense by itself. `sagac lint` of its"
        " file says what is wrong.",
        example="""\
- saga: pay
  use: broken.saga.yaml
  input: { id: "${input.id}" }
""",
        use_instead=_GOOD,
    ),
    Rule(
        code="SY013",
        summary="A saga uses itself, directly or through others.",
        why="It would start another one of itself without end.",
        example="""\
- saga: again
  use: example.saga.yaml
  input: { id: "${input.id}" }
""",
        use_instead=_GOOD,
    ),
    Rule(
        code="SY020",
        summary="A comment that silences a rule gives no reason, or is not understood.",
        why="Whoever reads the file later has to know whether the reason still holds.",
        example="""\
- step: greet  # sagac: ignore[CO007]
  service: mail
  role: optional
  input: [id]
- step: pay_out
  service: payment
  input: [id]
  compensate: collect_back
""",
        use_instead="""\
- step: greet  # sagac: ignore[CO007] a greeting too many does no harm
  service: mail
  role: optional
  input: [id]
- step: pay_out
  service: payment
  input: [id]
  compensate: collect_back
""",
    ),
    Rule(
        code="SY021",
        summary="A comment silences a rule that has nothing to say on its line.",
        why="What it was for has been put right or has moved; left standing, it would hide the next"
        " finding.",
        example=_GOOD.replace("pay_out", "pay_out  # sagac: ignore[CO001] undone by hand"),
        use_instead=_GOOD,
        fix=Fix.SAFE,
    ),
    Rule(
        code="SY022",
        summary="An entry of the baseline stands for a finding that is no longer there.",
        why="What it was for has been put right. Left standing, it would hide the same mistake when"
        " somebody makes it again. `sagac lint --baseline FILE --write-baseline` writes the file"
        " anew.",
        example="",
        use_instead="",
    ),
)
