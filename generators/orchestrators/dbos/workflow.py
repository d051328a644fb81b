"""The module of one saga's workflow: a function that reads like the spec, and its definition."""

from __future__ import annotations

from sagac.dsl.types import RecordType
from sagac.generators import naming
from sagac.generators.base import Source
from sagac.generators.layout import Code, call, lines, prefixed, text
from sagac.generators.python.participants import module
from sagac.generators.python.render import STANDARD, contract, engine, template
from sagac.generators.python.values import SAGA, Values, WorkflowNames, number

from .blocks import Blocks
from .unit import Unit, output_class
from .writing import Place


def workflow_body(unit: Unit) -> str:
    """The policies, the function and the definition of a saga, without imports."""
    function = unit.function
    values = _values(unit)
    written = _function(unit, values)
    return template(
        "dbos/workflow.body",
        policies=text(unit.policies.code()),
        head=_head(unit, function),
        doc=naming.docstring(_description(unit)),
        lines="\n".join(written),
        definition=text([prefixed(f"{unit.constant} = ", _definition(unit, function, values))]),
    )


def workflow_module(unit: Unit, body: str, source: Source, *tables: dict[str, str]) -> str:
    """The text of the module; ``tables`` import the classes of the version and its sub-sagas."""
    saga = unit.graph.saga
    title = f"{saga.name}, version {saga.version}: {_lower(_description(unit))}"
    own = {**engine("..engine"), "Services": "..services", **unit.here.class_table("..types")}
    more = {"Elements": "..engine.join"}
    return module(source, title, body, STANDARD, contract("..contract"), own, more, *tables)


def _head(unit: Unit, function: str) -> list[str]:
    output = _output(unit)
    start = unit.definitions[unit.graph.saga.name.text][1]
    head = call(f"async def {function}", "saga: Saga", f"input: {start}", "services: Services")
    return lines(head, 0, f" -> {'None' if output == 'Nothing' else output}:")


def _description(unit: Unit) -> str:
    saga = unit.graph.saga
    return saga.description or f"The saga {saga.name}"


def _function(unit: Unit, values: Values) -> list[str]:
    place = Place(values)
    after = Blocks(unit).items(unit.graph.saga.items, place)
    output = unit.graph.saga.output
    record = _output_record(unit)
    if output is not None and record.fields:
        place.add(prefixed("return ", after.request(_output(unit), record, output.fields)))
    return place.out


def _values(unit: Unit) -> Values:
    names = WorkflowNames(unit.records)
    return (
        Values(names)
        .bind("input", "input", unit.scope.record(unit.graph.saga.input))
        .bind("saga", "saga", SAGA)
    )


def _definition(unit: Unit, function: str, values: Values) -> Code:
    saga = unit.graph.saga
    early = values.at(("saga", "version"), str(saga.version))  # where there is no saga yet
    key = early.text(saga.key)
    cancel = None
    if saga.cancel is not None:
        cancel = prefixed(
            "lambda input: ", unit.events.cancel(saga.cancel, early.at(("saga", "key"), _held(key)))
        )
    return call(
        "Definition",
        name=f'"{saga.name}"',
        version=str(saga.version),
        run=function,
        input=unit.definitions[saga.name.text][1],
        output=_output(unit),
        key=f"lambda input: {key}",
        deadline=number(saga.deadline.value) if saga.deadline else None,
        cancel=cancel,
    )


def _held(source: str) -> str:
    """``source`` so that it may stand inside any expression."""
    return source if source.replace(".", "_").isidentifier() else f"({source})"


def _output(unit: Unit) -> str:
    return output_class(unit, unit.graph.saga.name.text, _output_record(unit))


def _output_record(unit: Unit) -> RecordType:
    return unit.scope.record(unit.graph.output_type)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
