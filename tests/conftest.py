"""What all tests share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the person who runs the tests have no say in their outcome."""
    for name in ("NO_COLOR", "FORCE_COLOR", "SAGAC_TRACEBACK", "SAGAC_STORE", "SAGAC_DOT"):
        monkeypatch.delenv(name, raising=False)
