"""What a generator is: a saga graph in, files in memory out. Only the writer touches the disk.

The boundary is that of sqlc's code generators: intermediate form in, ``path -> text`` out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from sagac.dsl.diagnostics import Diagnostic
from sagac.dsl.graph import SagaGraph


class Ownership(StrEnum):
    """Whose a file is: OWNED is rewritten each time, SCAFFOLD is written once, then the user's."""

    OWNED = "owned"
    SCAFFOLD = "scaffold"


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """A file to be written. ``path`` is relative to the output folder, with ``/``."""

    path: str
    text: str
    ownership: Ownership = Ownership.OWNED


@dataclass(frozen=True, slots=True)
class Source:
    """The spec that the files come from: its ``name`` as headers show it, and its sha256."""

    name: str
    sha256: str

    @property
    def short(self) -> str:
        """The beginning of the hash, as headers show it."""
        return self.sha256[:16]


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """An older version whose sagas may still run; ``actions`` are its signatures as JSON data.

    One that is ``elsewhere`` is kept by another style: only its actions are of interest.
    """

    version: int
    actions: Mapping[str, Any]
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class PlayedCase:
    """One way through a saga: what fails and how, and the calls and the end that follow.

    ``fails`` has the path of each call that fails and its refusal; None is an outcome that nobody
    knows. ``calls`` are all that may be made, in one of their orders; ``cut`` are those that a
    failure beside them may prevent. ``events`` are sent from outside: the wait, name and JSON data.
    ``changed`` are the fields of the input that differ from the sample.

    ``passing`` calls fail twice, then work. ``answers`` are a person's or a query's, with an output
    or None, by the path of what asks. ``late`` waits end by time; the repeat ``endless`` does not
    end by itself. ``marks`` are the calls given up. ``during``: the saga is ``cancelled`` or its
    ``deadline`` passes while this call or wait is under way; ``taken``: a lock of another saga.
    """

    name: str
    fails: Mapping[str, str | None]
    state: str
    step: str | None
    reason: str | None
    calls: tuple[str, ...]
    cut: tuple[str, ...] = ()
    events: tuple[tuple[str, str, Any], ...] = ()
    changed: Mapping[str, Any] = field(default_factory=dict)
    passing: tuple[str, ...] = ()
    answers: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    endless: str | None = None
    marks: tuple[str, ...] = ()
    during: tuple[str, str] | None = None
    taken: str | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """What the simulator foresees, for generated tests; all data are JSON data.

    ``outputs`` are by the path of an item, those that keep a repeat going by ``PATH: REPEAT goes
    on``; ``refusals`` by the path and the refusal. ``lanes`` say which calls run beside others
    (``verify.lanes``).
    """

    input: Any
    outputs: Mapping[str, Any]
    refusals: Mapping[tuple[str, str], Any]
    cases: tuple[PlayedCase, ...]
    lanes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """What the user may choose; each generator has its own subclass."""


@dataclass(frozen=True, slots=True)
class Handler:
    """A method that the user has to write: ``stub`` is its text, ready to paste into ``path``."""

    path: str
    class_name: str
    method: str
    stub: str
    item: str  # the item of the saga that needs it first


@dataclass(frozen=True, slots=True)
class Generated:
    """What a generator hands back."""

    files: tuple[GeneratedFile, ...]
    handlers: tuple[Handler, ...] = ()
    actions: Mapping[str, Any] = field(default_factory=dict)  # signatures, kept in the manifest
    version_folder: str | None = (
        None  # ``order_fulfilment/generated/v{}``: stays when version rises
    )
    template: str = "1"  # raised when the templates change
    findings: tuple[Diagnostic, ...] = ()  # why this saga cannot be generated; then no files


OptionsT_contra = TypeVar("OptionsT_contra", bound=Options, contravariant=True)


class Generator(Protocol[OptionsT_contra]):
    """One target of one style. ``generate`` is pure: the same arguments give the same bytes."""

    style: str
    target: str

    @property
    def options(self) -> type[Options]:
        """The class of this generator's options."""

    def generate(
        self,
        graph: SagaGraph,
        source: Source,
        kept: tuple[KeptVersion, ...],
        options: OptionsT_contra,
        played: Played | None = None,
    ) -> Generated:
        """The files of ``graph``; ``kept`` are older versions whose workflows stay registered.

        ``played`` are the cases of generated tests; without them there are no tests.
        """


class OptionError(ValueError):
    """An option that the generator does not have, or a value it cannot take."""


def read_options(kind: type[Options], written: Mapping[str, str]) -> Options:
    """Options from ``name=value`` texts. Raises OptionError that names what there is."""
    known = {each.name: each for each in fields(kind)}
    for name in written:
        if name not in known:
            choices = ", ".join(sorted(known)) or "none"
            raise OptionError(f"no option {name!r} here; there is: {choices}")
    return kind(**{name: _value(name, known[name].type, text) for name, text in written.items()})


def _value(name: str, kind: object, text: str) -> object:
    if kind in ("bool", bool):
        if text not in ("true", "false"):
            raise OptionError(f"option {name!r} is true or false, not {text!r}")
        return text == "true"
    if kind in ("int", int):
        try:
            return int(text)
        except ValueError:
            raise OptionError(f"option {name!r} is a whole number, not {text!r}") from None
    return text
