"""What a SARIF 2.1.0 log of sagac looks like, as JSON Schema: stricter than the one of the standard,
which allows much that sagac never writes. Written from the text of the standard, section 3."""

from __future__ import annotations

from typing import Any

URI_REFERENCE = r"^[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*$"


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": of, **more}


_TEXT = {"type": "string", "minLength": 1}
_NUMBER = {"type": "integer", "minimum": 1}
_INDEX = {"type": "integer", "minimum": 0}
_LEVEL = {"enum": ["error", "warning", "note"]}
_MESSAGE = _object({"text": {"type": "string"}})
_REGION = _object(dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), _NUMBER))
_ARTIFACT = _object({"uri": {"type": "string", "pattern": URI_REFERENCE}})
_LOCATION = _object({"artifactLocation": _ARTIFACT, "region": _REGION})
_RULE = _object(
    {
        "id": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{3}$"},
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]+$"},
        "shortDescription": _MESSAGE,
        "fullDescription": _MESSAGE,
        "help": _object({"text": _TEXT, "markdown": _TEXT}),
        "defaultConfiguration": _object({"level": _LEVEL}),
    }
)
_REPLACEMENT = _object({"deletedRegion": _REGION, "insertedContent": _MESSAGE})
_CHANGE = _object({"artifactLocation": _ARTIFACT, "replacements": _list(_REPLACEMENT, minItems=1)})
_RELATED = _object({"id": _INDEX, "message": _MESSAGE, "physicalLocation": _LOCATION})
_RESULT = _object(
    {
        "ruleId": _TEXT,
        "ruleIndex": _INDEX,
        "level": _LEVEL,
        "message": _MESSAGE,
        "locations": _list(_object({"physicalLocation": _LOCATION}), minItems=1, maxItems=1),
        "partialFingerprints": _object(
            {"message/v1": {"type": "string", "pattern": "^[0-9a-f]{32}$"}}
        ),
    },
    {
        "relatedLocations": _list(_RELATED, minItems=1, uniqueItems=True),
        "fixes": _list(
            _object({"description": _MESSAGE, "artifactChanges": _list(_CHANGE, minItems=1)}),
            minItems=1,
            uniqueItems=True,
        ),
    },
)
_DRIVER = _object(
    {"name": {"const": "sagac"}, "version": _TEXT, "rules": _list(_RULE, uniqueItems=True)}
)
_RUN = _object(
    {
        "tool": _object({"driver": _DRIVER}),
        "columnKind": {"const": "unicodeCodePoints"},
        "results": _list(_RESULT),
    }
)
LOG = _object(
    {
        "$schema": {"type": "string", "pattern": "^https://.*sarif-schema-2\\.1\\.0\\.json$"},
        "version": {"const": "2.1.0"},
        "runs": _list(_RUN, minItems=1, maxItems=1),
    }
)
