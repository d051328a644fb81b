"""What the sagas of one package ask of the services: its own, its sub-sagas', the kept ones'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sagac.dsl.facts import ItemFacts, OnUnknown
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Group, Step, SubSaga
from sagac.dsl.types import ListType, NamedType, OptionalType, RecordType, Type
from sagac.generators import naming
from sagac.generators.base import KeptVersion
from sagac.generators.signatures import Action, Signatures, read_signatures


@dataclass(frozen=True, slots=True)
class Scope:
    """One saga file of the package; ``renamed`` are its types whose plain name another one has."""

    graph: SagaGraph
    renamed: Mapping[str, str]

    def type(self, type: Type) -> Type:
        """``type`` with the names that it has in the package."""
        return _rename(type, self.renamed) if self.renamed else type

    def record(self, record: RecordType) -> RecordType:
        """The same for a record."""
        found = self.type(record)
        assert isinstance(found, RecordType)
        return found


@dataclass(frozen=True, slots=True)
class Catalogue:
    """``current`` is what this version asks for, ``all`` has the kept versions' actions too."""

    scopes: tuple[Scope, ...]  # the saga itself, then its sub-sagas
    current: Signatures
    all: Signatures

    @property
    def services(self) -> Mapping[str, tuple[Action, ...]]:
        """The actions by service, in the order of their first use."""
        found: dict[str, list[Action]] = {}
        for action in self.all.actions.values():
            found.setdefault(action.service, []).append(action)
        return {service: tuple(actions) for service, actions in found.items()}


def make_catalogue(graph: SagaGraph, kept: tuple[KeptVersion, ...]) -> Catalogue:
    """The catalogue of a saga with its sub-sagas and the versions that are kept beside it."""
    types: dict[str, Type] = {}
    actions: dict[str, Action] = {}
    scopes: list[Scope] = []
    for each in family(graph):
        scope = _scope(each, types)
        scopes.append(scope)
        for action in _actions(scope):
            known = actions.get(action.key)
            actions[action.key] = action if known is None else _merged(known, action)
    current = Signatures(actions, types)
    everything: dict[str, Action] = {}
    all_types: dict[str, Type] = {}
    for version in sorted(kept, key=lambda each: each.version):  # names stay as they were given
        old = read_signatures(version.actions)
        all_types.update(old.types)
        everything.update(old.actions)
    all_types.update(types)
    for key, action in actions.items():
        known = everything.get(key)
        everything[key] = action if known is None else _merged(action, known)
    return Catalogue(tuple(scopes), current, Signatures(everything, all_types))


def family(graph: SagaGraph) -> tuple[SagaGraph, ...]:
    """A saga and all its sub-sagas, each once by name, in the order of their first use."""
    found: dict[str, SagaGraph] = {}
    waiting = [graph]
    while waiting:
        each = waiting.pop(0)
        if each.saga.name.text not in found:
            found[each.saga.name.text] = each
            items = (facts.item for facts in each.facts.values())
            names = (item.name.text for item in items if isinstance(item, SubSaga))
            waiting += [each.children[name] for name in names if name in each.children]
    return tuple(found.values())


def _scope(graph: SagaGraph, types: dict[str, Type]) -> Scope:
    """Puts the types of a saga into ``types``; a name that is another type there is lengthened."""
    saga = graph.saga
    renamed = {
        name: naming.camel(saga.name.text) + naming.camel(name)
        for name, type in saga.types.items()
        if name in types and types[name] != type
    }
    scope = Scope(graph, renamed)
    for name, type in saga.types.items():
        types.setdefault(renamed.get(name, name), scope.type(type))
    return scope


def _rename(type: Type, renamed: Mapping[str, str]) -> Type:
    match type:
        case NamedType(name):
            return NamedType(renamed.get(name, name))
        case ListType(item):
            return ListType(_rename(item, renamed))
        case OptionalType(inner):
            return OptionalType(_rename(inner, renamed))
        case RecordType(fields, name):
            found = tuple(replace(each, type=_rename(each.type, renamed)) for each in fields)
            return RecordType(found, renamed.get(name, name) if name else None)
    return type


def _actions(scope: Scope) -> Iterator[Action]:
    for facts in scope.graph.facts.values():
        if facts.action and not isinstance(facts.item, SubSaga):
            yield _forward(scope, facts)
        done = facts.compensation
        if done is not None and isinstance(facts.item, Step | Group):
            name = facts.item.name.text
            yield Action(
                done.service,
                done.action,
                scope.record(done.input_type),
                RecordType(()),
                item=name,
                description=f"Undoes {name}; must be right for an action that never happened",
            )


def _forward(scope: Scope, facts: ItemFacts) -> Action:
    item = facts.item
    declared = item.fails if isinstance(item, Step) else ()
    return Action(
        facts.service,
        facts.action,
        scope.record(facts.input_type),
        scope.record(facts.output_type),
        tuple((each.name.text, each.data and scope.record(each.data)) for each in declared),
        facts.on_unknown is OnUnknown.QUERY and isinstance(item, Step),
        item.name.text,
        item.description or "",
    )


def _merged(one: Action, other: Action) -> Action:
    """Two uses of one action: they agree on input and output; the refusals are united."""
    return replace(
        one,
        refusals=_united(one.refusals, other.refusals),
        query=one.query or other.query,
    )


def _united(
    one: Iterable[tuple[str, RecordType | None]], other: Iterable[tuple[str, RecordType | None]]
) -> tuple[tuple[str, RecordType | None], ...]:
    return tuple({**dict(other), **dict(one)}.items())
