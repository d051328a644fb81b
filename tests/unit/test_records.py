"""Records behave as the stdlib's dataclasses do: the same classes, defined by both."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar

import pytest

from sagac.dsl import records
from sagac.dsl.types import Primitive


def _shapes(by: ModuleType) -> SimpleNamespace:
    """The classes under test, made by the ``dataclass`` and ``field`` of ``by``."""
    dataclass, field = by.dataclass, by.field

    @dataclass(frozen=True, slots=True)
    class Point:
        """Where."""

        kind: ClassVar[str] = "point"

        x: int
        y: int = 0
        note: str = field(default="", compare=False)
        tags: list[str] = field(default_factory=list, kw_only=True)

        def far(self) -> bool:
            return self.x > 9

    @dataclass(frozen=True, slots=True)
    class Named(Point):
        kind: ClassVar[str] = "named"

        name: str = "?"

    @dataclass(slots=True)
    class Tally:
        count: int = 0

    @dataclass(eq=False, slots=True)
    class Place:
        at: int

    @dataclass(frozen=True)
    class Open:
        at: int

    return SimpleNamespace(**{each.__name__: each for each in (Point, Named, Tally, Place, Open)})


STDLIB, OURS = _shapes(dataclasses), _shapes(records)

SAME: dict[str, Callable[[Any], object]] = {
    "defaults": lambda s: [s.Point(1).y, s.Point(1).tags, s.Named(1).name, s.Tally().count],
    "a list of its own": lambda s: s.Point(1).tags is s.Point(1).tags,
    "repr": lambda s: repr(s.Named(1, 2, "n", "me", tags=["t"])).split(".")[-1],
    "equal": lambda s: s.Point(1, 2, tags=["t"]) == s.Point(1, 2, "other note", tags=["t"]),
    "unequal": lambda s: s.Point(1, 2) == s.Point(1, 3),
    "of another class": lambda s: s.Point(1) == s.Named(1),
    "not compared": lambda s: s.Place(1) == s.Place(1),
    "hash": lambda s: hash(s.Open(1)) == hash(s.Open(1)),
    "without hash": lambda s: s.Tally.__hash__,
    "match": lambda s: s.Named.__match_args__,
    "class variable": lambda s: (s.Named.kind, s.Named(1).kind, s.Point(10).far()),
    "doc": lambda s: s.Point.__doc__,
    "slots": lambda s: [hasattr(s.Named(1), "__dict__"), hasattr(s.Open(1), "__dict__")],
    "is a dataclass": lambda s: [dataclasses.is_dataclass(each) for each in (s.Point, s.Open(1))],
    "fields": lambda s: [
        (each.name, each.type, each.kw_only, each.compare) for each in dataclasses.fields(s.Named)
    ],
    "asdict": lambda s: dataclasses.asdict(s.Named(1, tags=["t"])),
    "copy": lambda s: copy.copy(s.Named(1, 2, "n", "me", tags=["t"])) == s.Named(1, 2, "n", "me", tags=["t"]),
}  # fmt: skip


@pytest.mark.parametrize("case", SAME)
def test_as_the_stdlib(case: str) -> None:
    assert SAME[case](OURS) == SAME[case](STDLIB)


def test_not_frozen() -> None:
    tally = OURS.Tally()
    tally.count = 3
    assert tally == OURS.Tally(3)


def test_replace() -> None:
    point = OURS.Named(1, 2, "n", "me", tags=["t"])
    for library in (records, dataclasses):
        changed = library.replace(point, y=5)
        assert (changed.x, changed.y, changed.name, changed.tags) == (1, 5, "me", ["t"])
        assert library.replace(STDLIB.Tally(1), count=2) == STDLIB.Tally(2)
        assert library.is_dataclass(point)
        assert not library.is_dataclass(3)


def test_fields() -> None:
    names = [each.name for each in records.fields(OURS.Named)]
    assert names == ["x", "y", "note", "tags", "name"]
    assert [each.name for each in records.fields(STDLIB.Tally)] == ["count"]


@pytest.mark.parametrize("shapes", [OURS, STDLIB], ids=["ours", "stdlib"])
def test_frozen(shapes: Any) -> None:
    point = shapes.Named(1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x


@pytest.mark.parametrize("made_before", [False, True])
@pytest.mark.parametrize(
    "call", [lambda point: point(), lambda point: point(1, z=2), lambda point: point(1, 2, "", [])]
)
def test_wrong_arguments(call: Any, made_before: bool) -> None:
    point = _shapes(records).Point
    if made_before:
        point(1)
    with pytest.raises(TypeError, match=r"__init__\(\)"):
        call(point)


@records.dataclass(frozen=True, slots=True)
class Sent:
    """Importable, so that it can be pickled."""

    text: str
    number: int = 1


def test_pickle() -> None:
    assert pickle.loads(pickle.dumps(Sent("a", 2))) == Sent("a", 2)


def test_one_object_of_each() -> None:
    text = Primitive("string")
    assert text is Primitive(name="string")
    assert text is not Primitive("integer")
    for same in (pickle.loads(pickle.dumps(text)), copy.copy(text), copy.deepcopy(text)):
        assert same is text
    assert repr(text) == "Primitive(name='string')"
    with pytest.raises(dataclasses.FrozenInstanceError):
        text.name = "other"  # type: ignore[misc]
