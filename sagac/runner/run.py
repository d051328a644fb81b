"""One run, from what the user asked for to the state at its end."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from sagac.cli.support import Spec, UsageProblem, print_findings
from sagac.dsl.compile import Compilation, compile
from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import SubSaga
from sagac.dsl.suggest import did_you_mean
from sagac.verify.scenario import reaching, sample_input
from sagac.verify.values import record_from_json, to_json

from .build import ORCHESTRATED, Style, find_output, simulated, users
from .follow import Follower
from .participants import Fault, items_of
from .place import Place, find_place
from .state import ENDED, SagaState, item_name, saga_state
from .store import open_store
from .supervise import WorkerFailed, supervise
from .worker import Crash, Job, Program, Start


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    spec: Spec
    input: Mapping[str, Any] | None
    faults: tuple[str, ...] = ()
    crash: str | None = None
    signals: tuple[tuple[str, Any], ...] = ()
    again: bool = False
    patient: bool = True
    folder: Path | None = None
    simulate: bool = False
    store: str | None = None
    style: str = "orchestration"
    target: str | None = None
    duplicate: bool = False
    reorder: bool = False


def run(wish: Wish) -> SagaState:
    """Runs the saga; raises UsageProblem for a wish that cannot be."""
    compilation = _compiled(wish.spec)
    graph = compilation.graph
    assert graph is not None
    _check_names(wish, graph)
    _warn_of_endless(wish, graph)
    place = find_place(wish.store)
    data = _input(wish, graph)
    key = _key(graph, data)
    with place.worker() as alone:
        if not alone:
            raise UsageProblem(
                "another sagac run is at work on this store; end it, or give this one a --store"
            )
        if wish.style == "choreography":
            return _choreographed(wish, compilation, place, data, key)
        if wish.again:
            key = _fresh(place, graph, key)
        elif (ended := _ended(place, graph, key, data)) is not None:
            return ended
        program = _program(wish, compilation, place)
        _remember(place, graph, program, key, wish.faults)
        return _supervised(wish, graph, place, program, data, key)


def _compiled(spec: Spec) -> Compilation:
    compilation = compile(spec.text, spec.path, spec.load)
    print_findings(compilation)
    if compilation.graph is None:
        raise SystemExit(1)
    return compilation


def _check_names(wish: Wish, graph: SagaGraph) -> None:
    """A misspelt step would let the run succeed where a failure was asked for."""
    items = items_of(graph)
    for path in [Fault.parse(each).step for each in wish.faults] + [wish.crash or ""]:
        name = item_name(path)
        if name and name not in items:
            raise UsageProblem(f"there is no step {name!r}. {did_you_mean(name, items)}")
    for fault in map(Fault.parse, wish.faults):
        owner, item = items[item_name(fault.step)]
        known = [each.name.text for each in owner.facts[item.name.text].refusals]
        if fault.refusal is not None and fault.refusal not in known:
            hint = did_you_mean(fault.refusal, known) if known else "It has none."
            if isinstance(item, SubSaga):
                hint = "It is a saga: name the step that fails in it, as in --fail STEP:REFUSAL."
            raise UsageProblem(f"{fault.step} has no refusal {fault.refusal!r}. {hint}")


def _warn_of_endless(wish: Wish, graph: SagaGraph) -> None:
    """A call that is repeated until it is done makes a run without end: better said before."""
    for fault in map(Fault.parse, wish.faults):
        owner, item = items_of(graph)[item_name(fault.step)]
        facts = owner.facts[item.name.text]
        retried = facts.role is Role.RETRIABLE or facts.on_unknown is OnUnknown.RETRY
        if fault.refusal is None and retried and facts.retry.attempts is None:
            click.echo(
                f"{fault.step} is called again until it is done, so this run does not end by"
                " itself: Ctrl-C leaves it, sagac status says where it is",
                err=True,
            )


def _input(wish: Wish, graph: SagaGraph) -> Mapping[str, Any]:
    if wish.input is not None:
        return wish.input
    click.echo("no --input: running with sample values", err=True)
    fault = Fault.parse(wish.faults[0]) if wish.faults else None
    step = item_name(fault.step) if fault and item_name(fault.step) in graph.facts else None
    found = reaching(graph, step, fault.refusal if fault else None)
    sample: dict[str, Any] = to_json(found[0] if found else sample_input(graph))
    return sample


def _key(graph: SagaGraph, data: Mapping[str, Any]) -> str:
    saga = graph.saga
    values = _values(graph, data)
    try:
        key = evaluate(saga.key, {"input": values, "saga": {"version": saga.version}})
    except EvaluationError as problem:
        raise UsageProblem(f"the input gives no key: {problem}") from None
    if key in (None, ""):
        raise UsageProblem("the input gives no key: it is empty")
    return str(key)


def _values(graph: SagaGraph, data: Mapping[str, Any]) -> dict[str, Any]:
    return record_from_json(data, graph.saga.input, graph.saga.types)


def _fresh(place: Place, graph: SagaGraph, key: str) -> str:
    return fresh_key(graph.saga.name.text, key, _taken(place))


def fresh_key(saga: str, key: str, taken: Container[str]) -> str:
    """``key``, or the first of ``key-2``, ``key-3`` … that is not ``taken`` (``saga/key``)."""
    fresh, number = key, 1
    while f"{saga}/{fresh}" in taken:
        number += 1
        fresh = f"{key}-{number}"
    return fresh


def _taken(place: Place) -> set[str]:
    try:
        with open_store(place.store) as store:
            return {row.id for row in store.sagas()}
    except UsageProblem:
        return set()  # there is no store yet


def _ended(place: Place, graph: SagaGraph, key: str, data: Mapping[str, Any]) -> SagaState | None:
    """The state of a saga of this key that has ended. Raises UsageProblem for another input."""
    id = f"{graph.saga.name.text}/{key}"
    if id not in _taken(place):
        return None
    with open_store(place.store) as store:
        row = store.saga(id)
        assert row is not None
        if _values(graph, store.input(id)) != _values(graph, data):
            raise UsageProblem(f"{id} exists and was started with another input; --again helps")
        state = saga_state(store, row, graph if row.version == graph.saga.version else None)
    if state.state not in ENDED:
        click.echo(f"{id} was started before: going on with it", err=True)
        return None
    click.echo(f"{id} has ended and is not run again; --again runs it under a fresh key", err=True)
    return state


def _choreographed(
    wish: Wish, compilation: Compilation, place: Place, data: Mapping[str, Any], key: str
) -> SagaState:
    from .choreograph import known, run_choreographed
    from .troupe import Play

    graph = compilation.graph
    assert graph is not None
    saga, target = graph.saga.name.text, wish.target or "local"
    if wish.again:
        key = fresh_key(saga, key, known(place))
    elif (state := known(place).get(f"{saga}/{key}")) is not None and state.state in ENDED:
        click.echo(f"{saga}/{key} has ended and is not run again; --again helps", err=True)
        return state
    play = Play(
        program=_program(wish, compilation, place, ("choreography", target)),
        folder=str(place.folder),
        participants=str(place.folder / "participants.sqlite"),
        services=(),
        broker=None,
        input=data,
        key=key,
        faults=wish.faults,
        signals=wish.signals,
        crash=Crash(f"{saga}/{key}", wish.crash) if wish.crash else None,
        duplicate=wish.duplicate,
        reorder=wish.reorder,
    )
    return run_choreographed(play, place, graph, key, target, wish.patient)


def _program(
    wish: Wish, compilation: Compilation, place: Place, style: Style = ORCHESTRATED
) -> Program:
    place.prepare()
    folder = wish.folder or find_output(wish.spec, compilation)
    if not wish.simulate and folder is None:
        click.echo("no handlers/ here or beside the file: simulated participants answer", err=True)
    if wish.simulate or folder is None:
        return simulated(wish.spec, compilation, place, style)
    if wish.faults:
        click.echo("--fail goes with simulated participants: the handlers are not called", err=True)
        return simulated(wish.spec, compilation, place, style)
    return users(wish.spec, compilation, folder, style)


def _remember(
    place: Place, graph: SagaGraph, program: Program, key: str, faults: tuple[str, ...]
) -> None:
    saga = graph.saga
    known = place.kept(saga.name.text, saga.version) or {}
    asked = dict(known.get("faults", {}))
    if faults:
        asked[f"{saga.name.text}/{key}"] = list(faults)
    place.keep(saga.name.text, saga.version, {**asdict(program), "faults": asked})


def _supervised(
    wish: Wish,
    graph: SagaGraph,
    place: Place,
    program: Program,
    data: Mapping[str, Any],
    key: str,
) -> SagaState:
    saga = graph.saga
    id = f"{saga.name.text}/{key}"
    start = Start(saga.name.text, saga.version, data, key, wish.faults, wish.signals)
    crash = Crash(id, wish.crash) if wish.crash else None
    participants = str(place.folder / "participants.sqlite")
    job = Job(place.store, participants, program, (start,), crash=crash)
    follower = Follower(place, id, graph, wish.patient)

    def killed() -> None:
        click.echo("killed (SIGKILL); starting again", err=True)

    try:
        supervise(job, follower.look, killed)
    except WorkerFailed as problem:
        raise click.ClickException(str(problem)) from None
    assert follower.state is not None
    return follower.state
