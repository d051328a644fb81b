"""All keys by the mapping that holds them, under the names of ``parser_vocabulary``."""

from __future__ import annotations

from sagac.dsl.parser_vocabulary import (
    COMMON,
    KINDS,
    PART_REQUIRED,
    PARTS,
    REQUIRED,
    TOP,
    TOP_REQUIRED,
)

from . import keys_file, keys_items, keys_parts
from .key import Key

FILE = "file"  # the whole file: a sub-saga item is called ``saga``, too

KEYS: dict[str, dict[str, Key]] = {
    FILE: keys_file.FILE,
    "start": keys_file.START,
    "cancel": keys_file.CANCEL,
    "service": keys_file.SERVICE,
    "action": keys_file.ACTION,
    "event": keys_file.EVENT,
    "lock": keys_file.LOCK,
    "defaults": keys_file.DEFAULTS,
    "retry": keys_parts.RETRY,
    "compensate": keys_parts.COMPENSATE,
    "events": keys_parts.EVENTS,
    "case": keys_parts.CASE,
    "race": keys_parts.RACE,
    "common": keys_items.COMMON,
    "step": keys_items.STEP,
    "undo": keys_items.UNDO,
    "parallel": keys_items.PARALLEL,
    "choose": keys_items.CHOOSE,
    "foreach": keys_items.FOREACH,
    "repeat": keys_items.REPEAT,
    "wait": keys_items.WAIT,
    "saga": keys_items.SAGA,
    "group": keys_items.GROUP,
    "fail": keys_items.FAIL,
}


def names(mapping: str) -> tuple[str, ...]:
    """The keys that the parser knows in a mapping, without the one that names an item."""
    if mapping == FILE:
        return TOP
    if mapping == "common":
        return COMMON
    return KINDS[mapping] if mapping in KINDS else PARTS[mapping]


def required(mapping: str) -> tuple[str, ...]:
    """The keys that the parser asks for."""
    if mapping == FILE:
        return TOP_REQUIRED
    return REQUIRED.get(mapping, ()) if mapping in KINDS else PART_REQUIRED.get(mapping, ())
