"""What resolving finds out about each item: every default filled in, every name bound. Data only.

The model says what was written; the facts say what it means. Generators, diagrams, rules and the
checker read these two and the graph, so that none of them knows a default of its own.
"""

from __future__ import annotations

from enum import StrEnum

from .model import Item, Refusal, Retry
from .records import dataclass, field
from .span import Span
from .syntax import Expr, Value
from .types import EMPTY, RecordType

DEFAULT_RETRY = Retry()  # 3 attempts, exponential from 1 s
DEFAULT_TIMEOUT = 30.0  # seconds


class Position(StrEnum):
    """Where an item stands to the point of no return on the paths through it."""

    BEFORE = "before"
    PIVOT = "pivot"
    AFTER = "after"


class Role(StrEnum):
    """The role of an item, declared or by position. NONE: nothing to undo and no claim made."""

    COMPENSATABLE = "compensatable"
    PIVOT = "pivot"
    RETRIABLE = "retriable"
    OPTIONAL = "optional"


class OnUnknown(StrEnum):
    """What an outcome that nobody knows leads to."""

    COMPENSATE = "compensate"
    QUERY = "query"
    MANUAL = "manual"
    FAIL = "fail"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Compensation:
    """How an item is undone, complete: ``input`` holds an expression per field of the request."""

    action: str
    service: str
    input: dict[str, Value]
    input_type: RecordType
    retry: Retry
    timeout: float  # seconds, of one attempt
    when: Expr | None
    on_failure: str  # stop, continue
    span: Span
    short: bool  # written as a name only: input is the step's input and its output if known


@dataclass(frozen=True, slots=True)
class Reach:
    """A value that an expression reads; ``root``: an item, ``input``, a loop variable, ``saga``."""

    root: str
    path: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """One item, resolved. ``parents`` are the composites around it, outermost first."""

    item: Item
    parents: tuple[str, ...]
    loops: tuple[str, ...]  # foreach and repeat among the parents
    service: str  # the owner: its own, or the one before it, or the start's
    position: Position
    role: Role | None  # of what can have one
    cancellable: bool  # stands at or before the judge of cancel and deadline
    predecessors: tuple[str, ...]  # items of the same list before it: ``needs`` or the one before
    reads: tuple[Reach, ...]  # what its forward input, condition, source ... read
    # of a step, an undo item, a wait, a sub-saga:
    action: str = ""
    input: dict[str, Value] = field(default_factory=dict)
    input_type: RecordType = EMPTY
    output_type: RecordType = EMPTY
    refusals: tuple[Refusal, ...] = ()  # declared and implicit (``locked``)
    effect: bool = False
    idempotent: bool = True
    fence: bool = True
    retry: Retry = DEFAULT_RETRY
    timeout: float = DEFAULT_TIMEOUT  # seconds, of one attempt
    heartbeat: float | None = None
    on_unknown: OnUnknown = OnUnknown.FAIL
    compensation: Compensation | None = None  # of an undo item: its own action
    may_fail: tuple[str, ...] = ()  # reasons for which the item as a whole may fail for good
    own_failures: tuple[str, ...] = ()  # its own reasons, whether or not something catches them
    undo_reads: tuple[Reach, ...] = ()  # what its compensation (or the undo item) reads
    maybe: bool = False  # from outside its output may be missing: ``if``, optional, recovered


@dataclass(frozen=True, slots=True)
class Signature:
    """An action as all its uses together see it. ``output`` is empty if it gives nothing."""

    service: str
    action: str
    input: RecordType
    output: RecordType
    refusals: tuple[Refusal, ...]
    idempotent: bool
    query: bool  # ``query_<action>`` is asked after an unknown outcome
    compensation: bool  # it takes something back
    uses: tuple[str, ...]  # the items, in the order of the file
