"""Codes chosen by prefix: the most exact selector counts, and no broken file looks clean."""

from __future__ import annotations

import pytest

from sagac.dsl.codes import CODES, diagnostic
from sagac.dsl.diagnostics import Severity
from sagac.dsl.selection import Selection, always_shown, known
from sagac.dsl.span import NOWHERE

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO  # noqa: E741


@pytest.mark.parametrize(
    ("select", "ignore", "code", "shown"),
    [
        (("ALL",), (), "CO001", True),
        (("CO",), (), "CO001", True),
        (("CO",), (), "PI001", False),
        (("CO",), ("CO001",), "CO001", False),
        (("CO001",), ("CO",), "CO001", True),
        (("CO001",), ("CO",), "CO002", False),
        (("ALL",), ("ALL",), "CO001", False),
        (("CO001",), ("CO001",), "CO001", False),
        (("CO00",), ("CO",), "CO007", True),
        ((), (), "CO001", False),
        ((), ("ALL",), "SY001", True),
        (("CO",), ("NA",), "NA001", True),
        (("CO",), (), "IN001", True),
        (("ALL",), ("SY",), "SY021", False),
    ],
)
def test_what_is_shown(
    select: tuple[str, ...], ignore: tuple[str, ...], code: str, shown: bool
) -> None:
    assert Selection(select, ignore).shows(code) is shown


@pytest.mark.parametrize(
    ("severity", "code", "expected"),
    [
        ({}, "CO001", E),
        ({"CO": W}, "CO001", W),
        ({"CO": W, "CO001": I}, "CO001", I),
        ({"ALL": I}, "CO001", I),
        ({"ALL": E}, "PI006", E),
        ({"ALL": I}, "SY001", E),  # what stops the compiler stays an error
        ({"SY": E}, "SY021", E),
        ({"PI": W}, "CO001", E),
    ],
)
def test_what_it_weighs(severity: dict[str, Severity], code: str, expected: Severity) -> None:
    weighed = Selection(severity=severity).weighed(diagnostic(code, NOWHERE, ""))
    assert weighed.severity is expected


def test_every_finding_without_which_a_file_has_no_meaning_is_always_shown() -> None:
    assert {code for code in CODES if always_shown(code)} >= {"SY001", "NA001", "TY001", "IN001"}
    assert not {"CO001", "SY020", "SY021", "SY022", "GE002"} & {
        code for code in CODES if always_shown(code)
    }


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("CO", True),
        ("C", True),
        ("ALL", True),
        ("CO001", True),
        ("", False),
        ("CO0010", False),
        ("X", False),
    ],
)
def test_selectors(text: str, right: bool) -> None:
    assert known(text) is right
