"""One run, from what the user asked for to the state at its end."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from sagac.cli.support import Spec, UsageProblem, print_findings
from sagac.dsl.compile import Compilation, compile
from sagac.dsl.evaluate import EvaluationError, evaluate
from sagac.dsl.facts import OnUnknown, Role
from sagac.dsl.graph import SagaGraph
from sagac.dsl.model import Step, Undo
from sagac.verify.asked import asked_failure, is_fail
from sagac.verify.paths import find, item_path, located
from sagac.verify.scenario import Scenario, reaching, sample_input
from sagac.verify.values import record_from_json, to_json

from .build import ORCHESTRATED, Style, find_output, simulated, users
from .follow import Follower
from .participants import Fault
from .place import Place, find_place
from .state import ENDED, SagaState, saga_state
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
    wish = _with_paths(wish, graph)
    _warn_of_endless(wish.faults, graph)
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


def _with_paths(wish: Wish, graph: SagaGraph) -> Wish:
    """The wish with the paths of what is to fail. Raises UsageProblem: a misspelt step would let
    the run succeed where a failure was asked for."""
    try:
        faults = tuple(_canonical(graph, each) for each in wish.faults)
        crash = _called(graph, wish.crash) if wish.crash else None
    except LookupError as problem:
        raise UsageProblem(str(problem.args[0])) from None
    leading = dict.fromkeys(each for fault in faults for each in _leading(graph, fault))
    for fault in faults:
        step = item_path(Fault.parse(fault).step)
        if wish.input is not None and not leading and is_fail(graph, step):
            raise UsageProblem(
                f"{step} happens when the conditions of the file lead there: give it an input"
                " that does, or none, and one is looked for"
            )
    return replace(wish, faults=(*faults, *leading), crash=crash)


def _leading(graph: SagaGraph, fault: str) -> Iterator[str]:
    """The refusals that must come first: what fails in a handler is reached through them."""
    step = Fault.parse(fault).step
    if step.endswith("~undo"):
        return
    for path, refusal in Scenario(graph, item_path(step)).handlers.items():
        facts = located(graph, path)[1]
        reason = facts.refusals[0].name.text if refusal == "any" and facts.refusals else refusal
        if path != item_path(step):
            yield path if reason in ("any", "unknown") else f"{path}:{reason}"


def _canonical(graph: SagaGraph, text: str) -> str:
    """``reserve_box:sold_out`` -> ``pack/reserve_box:sold_out``; iterations stay."""
    name, _, refusal = text.partition(":")
    forward = name.strip().removesuffix("~undo")
    plain = find(graph, item_path(forward))
    facts = located(graph, plain)[1]
    if "~undo" in name or isinstance(facts.item, Undo):
        if facts.compensation is None or refusal:
            why = "is not compensated" if not refusal else "cannot refuse to be undone"
            raise LookupError(f"{plain} {why}.")
        return f"{forward if '[' in forward else plain}~undo"
    path, reason = asked_failure(graph, f"{plain}:{refusal}" if refusal else plain)
    return f"{forward if '[' in forward else path}{f':{reason}' if reason else ''}"


def _called(graph: SagaGraph, text: str) -> str:
    """The path of a call that a user names: ``reserve_box`` -> ``pack/reserve_box``."""
    forward = text.strip().removesuffix("~undo")
    plain = find(graph, item_path(forward))
    facts = located(graph, plain)[1]
    path = forward if "[" in forward else plain
    if "~undo" in text or isinstance(facts.item, Undo):
        if facts.compensation is None:
            raise LookupError(f"{plain} is not compensated.")
        return f"{path}~undo"
    if not isinstance(facts.item, Step):
        raise LookupError(f"{plain} is a {facts.item.kind} and calls nothing itself: name a step.")
    return path


def _warn_of_endless(faults: tuple[str, ...], graph: SagaGraph) -> None:
    """A call that is repeated until it is done makes a run without end: better said before."""
    for fault in map(Fault.parse, faults):
        facts = located(graph, item_path(fault.step))[1]
        undone = fault.step.endswith("~undo") and facts.compensation is not None
        retry = facts.compensation.retry if undone and facts.compensation else facts.retry
        retried = facts.role is Role.RETRIABLE or facts.on_unknown is OnUnknown.RETRY
        if fault.refusal is None and (retried or undone) and retry.attempts is None:
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
    forward = fault is not None and not fault.step.endswith("~undo")
    step = item_path(fault.step) if fault and forward else None
    found = reaching(graph, step, fault.refusal if fault else None)
    if found is None and step is not None and is_fail(graph, step):
        raise UsageProblem(f"no sample input leads to {step}: give one with --input")
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
        participants=place.participants,
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
    participants = place.participants
    job = Job(place.store, participants, program, (start,), crash=crash)
    follower = Follower(place, id, graph, wish.patient)
    if program.simulate and not (wish.simulate or (wish.faults and wish.folder)):
        follower.hello = "no handlers/ here or beside the file: simulated participants answer"

    kills = 0

    def killed() -> None:
        nonlocal kills
        kills += 1
        click.echo("killed (SIGKILL); starting again", err=True)

    try:
        supervise(job, follower.look, killed)
    except WorkerFailed as problem:
        raise click.ClickException(str(problem)) from None
    assert follower.state is not None
    if crash and not kills and follower.state.state in ENDED:
        click.echo(f"{crash.path} was not called, so nothing was killed", err=True)
    return follower.state
