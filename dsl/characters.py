"""What a character is called."""

from __future__ import annotations


def name_of(character: str) -> str:
    """The code point and the Unicode name of ``character``."""
    import unicodedata

    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")
