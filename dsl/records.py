"""Dataclasses that cost little to define.

``dataclasses`` writes and compiles six methods for every class as soon as it is defined, and it
imports ``inspect``: with some eighty records that was most of a cold ``sagac lint``. Here methods
are shared, and what makes an instance is compiled when the first one is made. To a type checker a
record is a dataclass, and also to ``dataclasses.fields``, ``replace`` and the like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import field as field
    from dataclasses import fields as fields
    from dataclasses import is_dataclass as is_dataclass
    from dataclasses import replace as replace

_MISSING = object()
_set = object.__setattr__
_Record = TypeVar("_Record")


class Field:
    """A field of a record: its default, and how it takes part."""

    __slots__ = ("compare", "default", "default_factory", "kw_only", "name", "type")

    def __init__(
        self,
        default: Any = _MISSING,
        default_factory: Callable[[], Any] | None = None,
        compare: bool = True,
        kw_only: bool = False,
    ) -> None:
        self.default = default
        self.default_factory = default_factory
        self.compare = compare
        self.kw_only = kw_only
        self.name = self.type = ""


def _field(**given: Any) -> Any:
    """As ``dataclasses.field``, with the arguments that Field has."""
    return Field(**given)


def _dataclass(*, frozen: bool = False, slots: bool = False, eq: bool = True) -> Any:
    """As ``dataclasses.dataclass``."""

    def decorate(cls: type) -> type:
        return _record(cls, frozen=frozen, slots=slots, eq=eq)

    return decorate


def _fields(record: Any) -> tuple[Any, ...]:
    """As ``dataclasses.fields``."""
    own = getattr(record, "__record_fields__", None)
    if own is not None:
        return tuple(own.values())
    import dataclasses

    return dataclasses.fields(record)


def _is_dataclass(thing: Any) -> bool:
    """As ``dataclasses.is_dataclass``."""
    cls = thing if isinstance(thing, type) else type(thing)
    return hasattr(cls, "__record_fields__") or hasattr(cls, "__dataclass_fields__")


def _replace(record: Any, /, **changes: Any) -> Any:
    """As ``dataclasses.replace``."""
    changed = getattr(record, "__record_changed__", None)
    if changed is not None:
        return changed(changes)
    return record.__class__(**{f.name: getattr(record, f.name) for f in _fields(record)} | changes)


def fill(record: _Record, **values: Any) -> _Record:
    """Sets fields of a frozen record, which must be so new that nobody else has seen it."""
    for name, value in values.items():
        _set(record, name, value)
    return record


if not TYPE_CHECKING:
    dataclass, field, fields = _dataclass, _field, _fields
    is_dataclass, replace = _is_dataclass, _replace


def _record(cls: type, *, frozen: bool, slots: bool, eq: bool) -> type:
    every, own = _described(cls)
    members: dict[str, Any] = {
        "__record_fields__": every,
        "__record_values__": staticmethod(_values(list(every))),
        "__dataclass_fields__": _StdlibFields(),
        "__match_args__": tuple(name for name, each in every.items() if not each.kw_only),
        "__repr__": _repr,
    }
    if frozen:
        members |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    if eq:
        members |= _comparison(every, frozen)
    members = {name: value for name, value in members.items() if name not in cls.__dict__}
    if slots:
        made = _with_slots(cls, own, members)
    else:
        made = cls
        for name, value in members.items():
            setattr(cls, name, value)
    if "__new__" in cls.__dict__:
        return made  # it makes its instances itself
    if frozen and slots:
        _Making(made, own, every).begin()
    else:
        made.__init__ = _late_init(made, every, frozen)  # type: ignore[misc]
    return made


def _described(cls: type) -> tuple[dict[str, Field], list[str]]:
    """All fields of ``cls``, those of its bases first, and the names of its own."""
    every: dict[str, Field] = {}
    for base in reversed(cls.__mro__[1:]):
        every.update(base.__dict__.get("__record_fields__", {}))
    own = [name for name, type_ in cls.__annotations__.items() if type_[:8] != "ClassVar"]
    for name in own:
        default = cls.__dict__.get(name, _MISSING)
        each = every[name] = default if isinstance(default, Field) else Field(default)
        each.name, each.type = name, cls.__annotations__[name]
    return every, own


def _with_slots(cls: type, own: list[str], members: Mapping[str, Any]) -> type:
    namespace = {**cls.__dict__, **members, "__slots__": tuple(own)}
    for name in (*own, "__dict__", "__weakref__"):
        namespace.pop(name, None)
    made = type(cls)(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    return made


def _late_init(cls: type, every: Mapping[str, Field], frozen: bool) -> Callable[..., None]:
    """An ``__init__`` that writes the real one and takes its place when it is first called."""

    def init(self: Any, *arguments: Any, **named: Any) -> None:
        cls.__init__ = written = _written_init(cls, every, frozen)  # type: ignore[misc]
        written(self, *arguments, **named)

    return init


def _written_init(cls: type, every: Mapping[str, Field], frozen: bool) -> Any:
    arguments, values, known = _arguments(every)
    body = [
        f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}"
        for name, value in values.items()
    ]
    return _function(cls, f"__init__(self, {arguments})", body, known)


class _Making:
    """Makes the instances of a frozen class: filled while they are open, then closed.

    ``object.__setattr__``, which the stdlib fills them by, takes four times as long. The open
    class has the same slots and refuses nothing; nobody sees an instance of it.
    """

    def __init__(self, cls: Any, own: list[str], every: Mapping[str, Field]) -> None:
        self.cls = cls
        self.every = every
        # Both of them, or a base that refuses would make either go through Python.
        members = {"__slots__": tuple(own), "__setattr__": _set, "__delattr__": object.__delattr__}
        self.open = type(cls)(cls.__name__, cls.__bases__, members)

    def begin(self) -> None:
        """Until the first call there are stand-ins, which write the real functions."""

        def new(cls: type, *arguments: Any, **named: Any) -> Any:
            self.cls.__new__ = written = self._new()
            return written(cls, *arguments, **named)

        def changed(record: Any, changes: dict[str, Any]) -> Any:
            self.cls.__record_changed__ = written = self._changed()
            return written(record, changes)

        self.cls.__new__ = new
        self.cls.__record_changed__ = changed
        self.cls.__getnewargs_ex__ = _for_new
        self.cls.__getstate__ = _nothing

    def _new(self) -> Any:
        arguments, values, known = _arguments(self.every)
        body = [f"self.{name} = {value}" for name, value in values.items()]
        return self._function(f"__new__(cls, {arguments})", body, ["self.__class__ = cls"], known)

    def _changed(self) -> Any:
        body = [f"self.{name} = record.{name}" for name in self.every]
        rest = ["for name in changes: setattr(self, name, changes[name])"]
        rest.append("self.__class__ = record.__class__")
        return self._function("changed(record, changes)", body, rest, {})

    def _function(self, head: str, body: list[str], rest: list[str], known: dict[str, Any]) -> Any:
        known |= {"_make": object.__new__, "_open": self.open}
        lines = ["self = _make(_open)", *body, *rest, "return self"]
        return _function(self.cls, head, lines, known)


def _arguments(every: Mapping[str, Field]) -> tuple[str, dict[str, str], dict[str, Any]]:
    """The parameters for all fields, the value that each field gets, and the names used."""
    known: dict[str, Any] = {"_set": _set, "_missing": _MISSING}
    positional, named, values = list[str](), list[str](), dict[str, str]()
    for name, each in every.items():
        argument = values[name] = name
        if each.default_factory is not None:
            known[f"_made_{name}"] = each.default_factory
            argument = f"{name}=_missing"
            values[name] = f"_made_{name}() if {name} is _missing else {name}"
        elif each.default is not _MISSING:
            known[f"_default_{name}"] = each.default
            argument = f"{name}=_default_{name}"
        (named if each.kw_only else positional).append(argument)
    return ", ".join([*positional, *(["*", *named] if named else [])]), values, known


def _function(cls: type, head: str, body: list[str], known: dict[str, Any]) -> Any:
    exec(f"def {head}:\n " + "\n ".join(body or ["pass"]), known)
    function = known[head.partition("(")[0]]
    function.__qualname__ = f"{cls.__qualname__}.__init__"  # what a wrong call is told
    function.__module__ = cls.__module__
    return function


def _values(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that returns the values of these fields."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _comparison(every: Mapping[str, Field], frozen: bool) -> dict[str, Any]:
    names = [name for name, each in every.items() if each.compare]
    compared: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: None

    def equal(self: Any, other: object) -> Any:
        if other is self:
            return True
        if other.__class__ is self.__class__:
            return compared(self) == compared(other)
        return NotImplemented

    def hashed(self: Any) -> int:
        return hash(compared(self))

    return {"__eq__": equal, "__hash__": hashed if frozen else None}


@recursive_repr()
def _repr(self: Any) -> str:
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__record_fields__)
    return f"{type(self).__qualname__}({shown})"


def _refuse_to_set(self: Any, name: str, value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _for_new(self: Any) -> tuple[tuple[()], dict[str, Any]]:
    """How pickle and copy make the record again."""
    return (), dict(zip(self.__record_fields__, self.__record_values__(self), strict=True))


def _nothing(self: Any) -> None:
    """No state besides."""


class _StdlibFields:
    """The fields as ``dataclasses`` describes them, made when it asks for them."""

    def __get__(self, record: object, cls: Any) -> dict[str, Any]:
        import dataclasses

        described = [(each.name, each.type, _twin(each)) for each in _fields(cls)]
        twin: Any = dataclasses.make_dataclass(cls.__name__, described)
        cls.__dataclass_fields__ = kept = dict(twin.__dataclass_fields__)
        return kept


def _twin(of: Field) -> Any:
    import dataclasses

    given: dict[str, Any] = {"compare": of.compare, "kw_only": of.kw_only}
    if of.default_factory is not None:
        given["default_factory"] = of.default_factory
    elif of.default is not _MISSING:
        given["default"] = of.default
    return dataclasses.field(**given)
