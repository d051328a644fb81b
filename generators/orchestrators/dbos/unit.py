"""What the writers of one saga's workflow share: its graph, reads, names and calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sagac.dsl.facts import Position, Role
from sagac.dsl.model import Foreach, Item, Join, Parallel, Step, SubSaga, Wait
from sagac.dsl.types import RecordType, Type
from sagac.generators import naming
from sagac.generators.naming import Names
from sagac.generators.python.catalogue import Scope
from sagac.generators.python.events import EventTypes
from sagac.generators.python.participants import Participants
from sagac.generators.python.policies import Policies, policies_of
from sagac.generators.python.reading import Reading
from sagac.generators.python.records import optional
from sagac.generators.python.values import Values

from .calls import Calls

Lists = Callable[[Values, str, bool], Values]  # names, variable of the loop, whether it may be None

# What the module of a workflow imports, and what its functions are given.
_IMPORTED = frozenset(["asyncio", "dataclass", "decode", "dt", "field", "json"])
_LOCALS = _IMPORTED | {"saga", "input", "services", "own", "failure", "event"}


class Unit:
    """One saga of the package."""

    def __init__(
        self, scope: Scope, here: Participants, definitions: Mapping[str, tuple[str, str]]
    ) -> None:
        self.scope = scope
        self.graph = scope.graph
        self.here = here
        self.records = here.records
        self.definitions = definitions  # saga -> (constant, input class) of the sub-sagas
        self.reading = Reading(scope.graph)
        self.constant = definitions[scope.graph.saga.name.text][0]
        taken = {*here.records.given, *(constant for constant, _ in definitions.values())}
        self.policies = Policies(policies_of(self.graph.facts.values()), Names(taken))
        self.calls = Calls(scope, here, self.policies)
        self.events = EventTypes(scope, here.records)
        self.names = Names(_LOCALS | naming.BUILTINS)
        for name, facts in self.graph.facts.items():
            if isinstance(facts.item, Step | SubSaga | Wait | Foreach | Parallel):
                self.variable(name)
        self.function = Names(_IMPORTED | naming.BUILTINS).fresh(
            naming.method(self.scope.graph.saga.name.text)
        )
        self._elements: dict[str, str] = {}
        self._lists: dict[str, Lists] = {}
        self._waiting: dict[str, list[list[str]]] = {}  # lines with a loop that is not yet written
        self.apart: set[str] = set()  # names that code outside their block knows by another one

    def variable(self, name: str) -> str:
        """The variable of what an item gives."""
        return self.names.of(("item", name), naming.snake(name))

    def part(self, name: str, kind: str) -> str:
        """The variable of the saga's part inside a group (``scope``) or ``attempt``."""
        return self.names.of((kind, name), f"{naming.snake(name)}_{kind}")

    def type(self, name: str) -> Type:
        """The type of what an item gives."""
        return self.scope.record(self.graph.facts[name].output_type)

    def output(self, name: str) -> str:
        """The class of what an item gives, as an annotation."""
        facts = self.graph.facts[name]
        item = facts.item
        if isinstance(item, Foreach):
            return f"Elements[{self._elements.get(name) or _unwritten(name)}]"
        if isinstance(item, Wait):
            return "Race" if item.first else self.events.of_wait(item)
        if isinstance(item, SubSaga):
            return self.child_output(item)
        return self.calls.output(facts) or "None"

    def child_output(self, item: SubSaga) -> str:
        """The class of what a sub-saga gives."""
        child = self.graph.children[item.name.text]
        record = self.type(item.name.text)
        assert isinstance(record, RecordType)
        return output_class(self, child.saga.name.text, record)

    def remember_loop(self, loop: str, annotation: str, lists: Lists) -> None:
        """Notes what the body of a foreach returns, and how the lists of its steps are read."""
        self._elements[loop] = annotation
        self._lists[loop] = lists
        for out in self._waiting.pop(loop, ()):
            out[:] = [line.replace(_unwritten(loop), annotation) for line in out]

    def announce(self, name: str, out: list[str]) -> None:
        """Notes that ``out`` declares what an item gives, maybe before a loop is written."""
        if isinstance(self.graph.facts[name].item, Foreach) and name not in self._elements:
            self._waiting.setdefault(name, []).append(out)

    def bound(self, values: Values, name: str, variable: str, *, maybe: bool) -> Values:
        """``values`` with what an item gave, which is in ``variable`` here."""
        values = values.bind(name, variable, self.type(name), maybe=maybe)
        return self._lists[name](values, variable, maybe) if name in self._lists else values

    def after_pivot(self, item: Item) -> bool:
        """Whether an item's failure is STUCK because the saga can only go forward."""
        return self.graph.facts[item.name.text].position is Position.AFTER

    def sticks(self, item: Foreach | Parallel) -> bool:
        """Whether its join may ask for more than there are, after the pivot."""
        if item.join in ("all", "settled") or not self.after_pivot(item):
            return False
        if isinstance(item, Foreach):
            return True
        return item.join != "any" and not _within(item.join, len(item.branches))

    def is_gate(self, item: Item) -> bool:
        """Whether cancel and deadline are decided right before an item that does not do it."""
        facts = self.graph.facts[item.name.text]
        decides = facts.role is Role.PIVOT and bool(facts.action) and item.condition is None
        return self.graph.judge == item.name.text and not decides

    def outer(self, name: str) -> str:
        """The variable by which code after a block knows what was made inside it.

        It is another one than inside if closures in there need to know that it is not None.
        """
        variable = self.variable(name)
        if name not in self.apart:
            return variable
        return self.names.of(("outer", name), f"{variable}_or_none")


def _within(join: Join, number: int) -> bool:
    return isinstance(join, int) and join <= number


def _unwritten(loop: str) -> str:
    """Stands for what the elements of a loop give until its body is written; no line holds it."""
    return f"\0{loop}\0"


def output_class(unit: Unit, saga: str, record: RecordType) -> str:
    """The class of a saga's output, ``Nothing`` if it has none."""
    if not record.fields:
        return "Nothing"
    doc = naming.docstring(f"What the saga {saga} gives")
    return unit.records.owned(f"{naming.camel(saga)}Output", record, doc)


def result_annotation(names: list[str], annotations: list[str]) -> str:
    """The annotation of what a body function returns."""
    if not names:
        return "None"
    if len(names) == 1:
        return annotations[0]
    return f"tuple[{', '.join(annotations)}]"


def maybe_annotation(annotation: str, maybe: bool) -> str:
    """``annotation``, or with None."""
    return optional(annotation) if maybe else annotation
