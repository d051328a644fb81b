"""What all tests share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def _cache_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch, _cache_folder: str) -> None:
    """The settings of the person who runs the tests have no say in their outcome."""
    monkeypatch.setenv("SAGAC_CACHE_DIR", _cache_folder)
    for name in ("NO_COLOR", "FORCE_COLOR", "SAGAC_TRACEBACK", "SAGAC_STORE", "SAGAC_DOT"):
        monkeypatch.delenv(name, raising=False)
