"""The one table of codes: code -> name and severity. Codes are stable; a retired one is not reused.

Families: SY reading and shape, NA names, TY types and expressions, CO compensation, PI pivot and
roles, DA data, TI time, ST structure, RE repetition, IS isolation, HA handlers, GE generation,
CH choreography,
IN a mistake of sagac itself.
"""

from __future__ import annotations

from typing import NamedTuple

from .diagnostics import Diagnostic, Label, Severity
from .span import Span

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO


class Code(NamedTuple):
    """An entry of the table."""

    name: str
    severity: Severity


CODES: dict[str, Code] = {
    "CH001": Code("lock-of-several-services", E),
    "CH002": Code("undone-in-order-of-finishing", E),
    "CH003": Code("child-with-own-end", E),
    "CH004": Code("child-fails-after-pivot", E),
    "CH005": Code("group-undo-reads-members", E),
    "CH006": Code("record-read-whole", E),
    "CH007": Code("key-of-used-saga", E),
    "CO001": Code("effect-without-compensation", E),
    "CO002": Code("compensation-without-effect", E),
    "CO003": Code("compensation-reads-missing", E),
    "CO004": Code("loop-without-undo", E),
    "CO005": Code("loser-without-compensation", E),
    "CO006": Code("child-cannot-be-undone", E),
    "CO007": Code("optional-effect-stays", W),
    "DA001": Code("optional-used-as-present", E),
    "GE001": Code("handler-missing", W),
    "GE002": Code("meaning-changed", E),
    "GE003": Code("kept-version-broken", E),
    "IN001": Code("internal-error", E),
    "NA001": Code("unknown-name", E),
    "NA002": Code("duplicate-name", E),
    "NA003": Code("reference-out-of-reach", E),
    "NA004": Code("unknown-field", E),
    "PI001": Code("pivot-with-compensation", E),
    "PI002": Code("compensatable-after-pivot", E),
    "PI003": Code("second-pivot", E),
    "PI004": Code("failure-after-pivot", E),
    "PI005": Code("retriable-that-fails", E),
    "PI006": Code("retriable-before-pivot", W),
    "PI007": Code("pivot-in-loop", E),
    "RE002": Code("retry-without-idempotence", E),
    "RE003": Code("compensate-without-fence", E),
    "ST001": Code("cycle-in-needs", E),
    "SY001": Code("invalid-yaml", E),
    "SY002": Code("unknown-key", E),
    "SY003": Code("missing-key", E),
    "SY004": Code("wrong-shape", E),
    "SY005": Code("duplicate-key", E),
    "SY006": Code("too-large", E),
    "SY007": Code("yaml-tag", E),
    "SY008": Code("invalid-name", E),
    "SY009": Code("invalid-value", E),
    "SY010": Code("yaml-1-1-boolean", E),
    "SY011": Code("file-not-found", E),
    "SY012": Code("broken-sub-saga", E),
    "SY013": Code("cycle-in-use", E),
    "SY020": Code("suppression-without-reason", W),
    "SY021": Code("unused-suppression", W),
    "TI001": Code("wait-without-end", E),
    "TY001": Code("invalid-expression", E),
    "TY002": Code("type-mismatch", E),
    "TY003": Code("invalid-type", E),
    "TY004": Code("signature-mismatch", E),
}


def diagnostic(
    code: str,
    span: Span,
    message: str,
    *,
    help: str | None = None,
    labels: tuple[Label, ...] = (),
) -> Diagnostic:
    """A finding of ``code`` with the name and severity of the table. Raises KeyError if unknown."""
    entry = CODES[code]
    return Diagnostic(code, entry.name, entry.severity, message, span, labels, help)
