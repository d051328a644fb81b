"""The text of a file as findings show it."""

from __future__ import annotations


def decoded(text: str | bytes) -> str:
    """``text`` without a byte order mark; bytes that are no UTF-8 are replaced."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return decoded.removeprefix("\ufeff")
