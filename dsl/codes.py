"""The one table of codes: code -> name and severity. Codes are stable; a retired one is not reused.

Families: SY reading and shape, NA names, TY types and expressions, CO compensation, PI pivot and
roles, DA data, TI time, ST structure, RE repetition, IS isolation, HA handlers, GE generation,
CH choreography,
IN a mistake of sagac itself.
"""

from __future__ import annotations

from typing import NamedTuple

from .diagnostics import Diagnostic, Label, Repair, Severity
from .span import Span

LONGEST = 1_000  # characters of a message: a name, or a path of names, may be of any length

E, W, I = Severity.ERROR, Severity.WARNING, Severity.INFO


class Code(NamedTuple):
    """An entry of the table."""

    name: str
    severity: Severity


CODES: dict[str, Code] = {
    "CH001": Code("lock-of-several-services", E),
    "CH004": Code("child-fails-after-pivot", E),
    "CH005": Code("group-undo-reads-members", E),
    "CH006": Code("record-read-whole", E),
    "CH007": Code("key-of-used-saga", E),
    "CH008": Code("optional-undone-elsewhere", E),
    "CO001": Code("effect-without-compensation", E),
    "CO002": Code("compensation-without-effect", E),
    "CO003": Code("compensation-reads-missing", E),
    "CO004": Code("loop-without-undo", E),
    "CO005": Code("loser-without-compensation", E),
    "CO006": Code("child-cannot-be-undone", E),
    "CO007": Code("optional-effect-stays", W),
    "CO008": Code("undo-needs-own-output", W),
    "CO009": Code("compensation-gives-up", W),
    "CO010": Code("compensation-without-timeout", I),
    "CO011": Code("compensation-is-forward-action", W),
    "CO012": Code("one-undo-for-two", W),
    "CO013": Code("group-undo-leaves-member", W),
    "CO014": Code("recovered-effect-stays", W),
    "CO015": Code("undo-order-breaks-dependency", W),
    "CO016": Code("optional-effect-relied-on", W),
    "DA001": Code("optional-used-as-present", E),
    "DA002": Code("duplicate-event-name", E),
    "DA003": Code("refusal-never-handled", W),
    "DA004": Code("refusal-never-declared", E),
    "DA005": Code("sensitive-data-in-event", W),
    "DA006": Code("key-not-stable-or-unique", W),
    "DA007": Code("text-that-names-a-value", W),
    "GE001": Code("handler-missing", W),
    "GE002": Code("meaning-changed", E),
    "GE003": Code("kept-version-broken", E),
    "HA001": Code("handler-not-found", E),
    "HA002": Code("handler-extra", W),
    "HA003": Code("handler-signature", E),
    "HA004": Code("swallows-exceptions", W),
    "HA005": Code("non-deterministic-call", W),
    "IN001": Code("internal-error", E),
    "IS001": Code("branches-under-one-lock", W),
    "IS002": Code("lock-order-deadlock", W),
    "IS003": Code("dirty-read", I),
    "IS004": Code("lost-update", W),
    "NA001": Code("unknown-name", E),
    "NA002": Code("duplicate-name", E),
    "NA003": Code("reference-out-of-reach", E),
    "NA004": Code("unknown-field", E),
    "NA005": Code("event-name-clash", W),
    "NA006": Code("service-team-differs", W),
    "NA007": Code("duplicate-saga-name", E),
    "NA008": Code("signature-differs-across-sagas", W),
    "PI001": Code("pivot-with-compensation", E),
    "PI002": Code("compensatable-after-pivot", E),
    "PI003": Code("second-pivot", E),
    "PI004": Code("failure-after-pivot", E),
    "PI005": Code("retriable-that-fails", E),
    "PI006": Code("retriable-before-pivot", W),
    "PI007": Code("pivot-in-loop", E),
    "PI008": Code("query-not-declared", E),
    "RE002": Code("retry-without-idempotence", E),
    "RE003": Code("compensate-without-fence", E),
    "RE004": Code("unknown-without-query", E),
    "RE005": Code("unknown-taken-for-never", W),
    "ST001": Code("cycle-in-needs", E),
    "ST002": Code("names-differ-in-case", W),
    "ST003": Code("unreachable-item", W),
    "ST005": Code("unused-service", W),
    "ST006": Code("unused-type", W),
    "ST007": Code("unused-event", W),
    "ST008": Code("unused-output", I),
    "ST009": Code("choose-may-match-nothing", W),
    "ST010": Code("case-never-matches", W),
    "ST011": Code("case-always-matches", W),
    "ST012": Code("shadowed-name", W),
    "ST013": Code("one-branch-parallel", W),
    "ST014": Code("version-not-raised", E),
    "ST015": Code("unused-lock", I),
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
    "SY022": Code("stale-baseline-entry", W),
    "TI001": Code("wait-without-end", E),
    "TI002": Code("call-without-timeout", I),
    "TI003": Code("budget-beyond-deadline", W),
    "TI004": Code("heartbeat-longer-than-timeout", E),
    "TI005": Code("deadline-cannot-be-met", E),
    "TI006": Code("wait-longer-than-deadline", W),
    "TI007": Code("backoff-overflows", W),
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
    fix: Repair | None = None,
) -> Diagnostic:
    """A finding of ``code`` with the name and severity of the table. Raises KeyError if unknown.

    What the file put into ``message`` is kept to one line of bounded length.
    """
    entry = CODES[code]
    if len(message) > LONGEST or not message.isprintable():
        message = _one_line(message)
    return Diagnostic(code, entry.name, entry.severity, message, span, labels, help, fix)


def _one_line(message: str) -> str:
    """``message`` with control characters written out, and cut off where nobody reads on."""
    cut = message if len(message) <= LONGEST else f"{message[:LONGEST]} ..."
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in cut)
