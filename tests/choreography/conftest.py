"""What holds for each test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .postgres import let_go


@pytest.fixture(autouse=True)
def connections_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """A crash of the server leaves connections that nobody could close."""
    yield
    if "server" in request.fixturenames:
        let_go()
