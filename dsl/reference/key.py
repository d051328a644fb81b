"""One key of the language, as the schema and the reference show it."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """``form`` names what may be written (see ``forms``), ``doc`` is Markdown, ``example`` YAML.

    ``default`` is what could be written with the same meaning as leaving the key out; ``without``
    says in words what holds without it, where no writing says the same. Of a key that has neither,
    nothing happens without it.
    """

    form: str
    doc: str
    example: str
    default: str = ""
    without: str = ""
