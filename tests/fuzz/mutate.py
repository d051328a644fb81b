"""Changes of a saga file as a slip of the hand, a merge or an enemy would make them.

Bytes alone rarely get past the YAML reader; these keep most of the file's shape, so that the
parser, the types, the graph and the rules are reached as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from sagac.dsl.parser_vocabulary import COMMON, KINDS, TOP

_MORE_WORDS = """
compensatable pivot retriable optional query manual continue settled any all sequence parallel
reverse forever exponential constant linear none true false null refuse wait unknown locked done
string integer number boolean decimal datetime date duration uuid bytes enum schema
input event self saga item lambda None True class def import
"""
WORDS = (
    *TOP,
    *COMMON,
    *KINDS,
    *dict.fromkeys(key for keys in KINDS.values() for key in keys),
    *_MORE_WORDS.split(),
)
VALUES = (
    *("", "~", "0", "-1", "1e999", ".nan", ".inf", "9" * 400, "0x10", "0o7", "2024-02-30", "''"),
    *("[]", "{}", "[[]]", "[{}]", "{a: b}", "[a, a]", "? x", "- x", "&a x", "*a", "!!int x", "<<"),
    *(
        "1s",
        "0s",
        "99999999999d",
        "1.5h",
        "5 m",
        "${input}",
        "${input.id}",
        "${saga.failure.reason}",
    ),
    *("'${'", "'${}'", "'${{}}'", "'${x for x in y}'", "'${1/0}'", "'${9**9**9}'", "'${not}'"),
    *("\"${'a' * 9999999}\"", "'${len(input)}'", "'${input.id[0]}'", "'${[x for x in input.id]}'"),
    *(
        '"\\u0000"',
        '"\\x1b[2J"',
        '"\\u202e"',
        '"\\ud800"',
        "\u0430dd",
        "\u200b",
        "\U0001f600",
        "\u0130",
    ),
    *(
        "{{ x }}",
        "{% raw %}",
        "__class__",
        "../..",
        "/etc/passwd",
        "a/b",
        "a.b.c",
        "a b",
        "#",
        "|",
        ">",
    ),
)
_WORD = re.compile(r"[A-Za-z_][\w.-]*")
_VALUE = re.compile(r"(?<=: )[^\n]+|(?<=- )[^\n:]+(?=\n)")

Change = Callable[[str, Random], str]


def mutated(data: bytes, random: Random) -> bytes:
    """``data`` after one to four changes; the same for the same state of ``random``."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        change = random.choice(CHANGES)
        text = change(text, random)
    return text.encode("utf-8", "surrogateescape")


def _replace(text: str, pattern: re.Pattern[str], random: Random, by: str) -> str:
    places = [each.span() for each in pattern.finditer(text)]
    if not places:
        return text + by
    start, end = random.choice(places)
    return text[:start] + by + text[end:]


def _word(text: str, random: Random) -> str:
    return _replace(text, _WORD, random, random.choice(WORDS))


def _own_word(text: str, random: Random) -> str:
    words = _WORD.findall(text) or ["x"]
    return _replace(text, _WORD, random, random.choice(words))


def _value(text: str, random: Random) -> str:
    return _replace(text, _VALUE, random, random.choice(VALUES))


def _own_value(text: str, random: Random) -> str:
    values = _VALUE.findall(text) or ["x"]
    return _replace(text, _VALUE, random, random.choice(values))


def _lines(text: str, random: Random) -> tuple[list[str], int, int]:
    """The lines, and a block of them: often one item with all that is indented below it."""
    lines = text.splitlines(keepends=True) or ["\n"]
    start = random.randrange(len(lines))
    end = start + 1
    if random.random() < 0.6:
        indent = _indent(lines[start])
        while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
            end += 1
    return lines, start, end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _drop(text: str, random: Random) -> str:
    lines, start, end = _lines(text, random)
    return "".join(lines[:start] + lines[end:])


def _twice(text: str, random: Random) -> str:
    lines, start, end = _lines(text, random)
    return "".join(lines[:end] + lines[start:end] * random.choice((1, 1, 2, 30)) + lines[end:])


def _move(text: str, random: Random) -> str:
    lines, start, end = _lines(text, random)
    block, rest = lines[start:end], lines[:start] + lines[end:]
    at = random.randint(0, len(rest))
    shift = " " * random.choice((0, 0, 2, 4, 6))
    return "".join(rest[:at] + [shift + line for line in block] + rest[at:])


def _nest(text: str, random: Random) -> str:
    """Puts a block below a new key or kind of item."""
    lines, start, end = _lines(text, random)
    shift = " " * _indent(lines[start])
    head = f"{shift}{random.choice(('- ', ''))}{random.choice(WORDS)}: {random.choice(('', 'x'))}\n"
    inner = f"{shift}  {random.choice(('steps', 'branches', 'when', 'input', 'recover'))}:\n"
    block = [head, inner, *("    " + line for line in lines[start:end])]
    return "".join(lines[:start] + block + lines[end:])


def _insert(text: str, random: Random) -> str:
    lines, start, _ = _lines(text, random)
    shift = " " * _indent(lines[start])
    line = f"{shift}{random.choice(WORDS)}: {random.choice((*VALUES, *WORDS))}\n"
    return "".join([*lines[:start], line, *lines[start:]])


def _characters(text: str, random: Random) -> str:
    at = random.randint(0, len(text))
    put: str = random.choice(
        (*"{}[],:#&*!|>'\"%@`?-\\\t\r\0$", "\u2028", "\x85", "\udcff", "\ufeff", "\x1b")
    )
    return text[:at] + put + text[at + random.randint(0, 2) :]


CHANGES: tuple[Change, ...] = (
    _word,
    _own_word,
    _own_word,
    _value,
    _value,
    _own_value,
    _drop,
    _twice,
    _move,
    _nest,
    _insert,
    _characters,
)
