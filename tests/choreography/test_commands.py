"""``sagac generate``, ``graph`` and ``diagram`` of choreographed sagas, as a user types them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sagac.cli import diagram, generate, graph
from sagac.dsl.compile import compile
from sagac.dsl.rules import registry
from sagac.generators.choreography.checks import check
from sagac.generators.choreography.events import Events
from sagac.generators.choreography.project import project
from sagac.generators.diagrams.conversation import conversation
from sagac.generators.diagrams.story import Message
from sagac.verify.scenario import one_failure
from tests.rules.complete import complete, load

from .answers import failures
from .test_generated import spec
from .test_machine import SPECS

ORDER = next(each for each in SPECS if each.name == "order-fulfilment.saga.yaml")
STYLE = ("--style", "choreography")


def run(command: click.Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def write(file: Path, out: Path, *options: str) -> Result:
    return run(generate.command, str(file), "-o", str(out), *options)


def tree(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in files}


# Generating


def test_both_styles_share_a_folder_and_its_handlers(tmp_path: Path) -> None:
    out = tmp_path / "out"
    file = tmp_path / "order.saga.yaml"
    file.write_bytes(ORDER.read_bytes())
    assert write(file, out).exit_code == 0
    handlers = {path: text for path, text in tree(out).items() if path.startswith("handlers/")}
    assert write(file, out, *STYLE).exit_code == 0
    assert {path: text for path, text in tree(out).items() if path in handlers} == handlers
    assert write(file, out, "--check").exit_code == 0
    newer = ORDER.read_text().replace("version: 3", "version: 4")
    file.write_text(newer.replace("[card_declined]", "[card_declined, too_slow]"))
    assert write(file, out, *STYLE).exit_code == 0
    assert b"TooSlow" in tree(out)["order_fulfilment/generated/types.py"]
    assert write(file, out).exit_code == 0
    assert write(file, out, *STYLE, "--check").exit_code == 0
    versions = tree(out)["order_fulfilment/generated/choreography/__init__.py"]
    assert b"VERSIONS = (3, 4)" in versions


def test_what_one_style_keeps_the_other_does_not_take_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    file = tmp_path / "order.saga.yaml"
    file.write_bytes(ORDER.read_bytes())
    assert write(file, out).exit_code == 0
    newer = ORDER.read_text().replace("version: 3", "version: 4")
    file.write_text(newer.replace("action: refund_payment", "action: pay_back"))
    assert write(file, out, *STYLE).exit_code == 0  # sagas of version 3 may run orchestrated
    assert b"class RefundPaymentInput" in tree(out)["order_fulfilment/generated/types.py"]


def test_a_shared_file_that_was_edited_stays(tmp_path: Path) -> None:
    assert write(ORDER, tmp_path).exit_code == 0
    types = tmp_path / "order_fulfilment/generated/types.py"
    types.write_text(types.read_text() + "# mine\n")
    done = write(ORDER, tmp_path, *STYLE)
    assert done.exit_code == 1
    assert "edited" in done.stderr
    assert types.read_text().endswith("# mine\n")


def test_what_services_cannot_do_is_refused_and_nothing_is_touched(tmp_path: Path) -> None:
    file, out = tmp_path / "example.saga.yaml", tmp_path / "out"
    rule = registry.find("CH001")
    file.write_text(complete(rule.use_instead)[0])
    assert write(file, out, *STYLE, "--target", "local").exit_code == 0
    before = tree(out)
    file.write_text(complete(rule.example)[0])
    for options in ((), ("--force",)):
        done = write(file, out, *STYLE, "--target", "local", *options)
        assert done.exit_code == 1
        assert "CH001" in done.stderr
    assert tree(out) == before
    assert run(graph.command, str(file), *STYLE).exit_code == 1
    assert run(diagram.command, str(file), "--kind", "events").exit_code == 1


@pytest.mark.parametrize("target", ["nats", "rabbitmq", "redis", "kafka"])
def test_targets_differ_in_the_entries_only(tmp_path: Path, target: str) -> None:
    assert write(ORDER, tmp_path / "local", *STYLE, "--target", "local").exit_code == 0
    assert write(ORDER, tmp_path / target, *STYLE, "--target", target).exit_code == 0
    one, other = tree(tmp_path / "local"), tree(tmp_path / target)
    differ = {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
    entries = {each for each in differ if each.count("/") in (1, 2) and "generated" not in each}
    modules = ("nats", "rabbit", "redis", "kafka")
    transports = {f"{kind}{name}.py" for kind in ("", "observer_") for name in modules}
    transports |= {"sagac.lock", "asyncapi.yaml"}  # the document names the server
    assert {each.rpartition("/")[2] for each in differ - entries} <= transports
    assert ("order_fulfilment/payment/__main__.py" in other) == bool(entries)


# Printing and drawing


def test_the_table_says_who_hears_what() -> None:
    done = run(graph.command, str(ORDER), *STYLE)
    assert done.exit_code == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["PaymentFailed", "payment", "calls", "release_inventory"] in rows
    data = json.loads(run(graph.command, str(ORDER), *STYLE, "--format", "json").stdout)
    charged = next(each for each in data["events"] if each["event"] == "PaymentCharged")
    assert (charged["from"], charged["to"]) == (["payment"], ["shipping"])
    assert charged["values"]["reserve_inventory.reservation_id"] == "string"


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_names_of_events_are_unique_and_of_what_is_told(path: Path) -> None:
    events = Events(project(spec(path)))
    names = list(events.names.values())
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)
    assert {each.told for each in events.reactions} <= events.names.keys()


def test_the_picture_has_all_events_that_somebody_hears(tmp_path: Path) -> None:
    drawn = run(diagram.command, str(ORDER), "--kind", "events", "--format", "mermaid").stdout
    events = Events(project(spec(ORDER)))
    assert all(events.names[each.told] in drawn for each in events.reactions)
    picture = tmp_path / "listens.png"
    assert run(diagram.command, str(ORDER), "--kind", "events", "-o", str(picture)).exit_code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_conversation_of_a_declined_card() -> None:
    told = conversation(spec(ORDER), "charge_payment", "card_declined", "it is declined")
    said = [each.text for each in told.beats if isinstance(each, Message)]
    wanted = ["charge_payment", "PaymentFailed", "release_inventory", "InventoryReleased"]
    assert [each for each in said if each in wanted] == wanted
    assert told.state == "COMPENSATED"
    again = conversation(spec(ORDER), "charge_payment", "card_declined", "it is declined")
    assert again == told


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_conversations_end_as_the_simulator_says(path: Path) -> None:
    found = spec(path)
    for fault in failures(replace(found, children={})):
        if fault is None or found.facts[fault[0]].item.kind not in ("step", "wait", "fail"):
            continue
        wanted = one_failure(found, *fault).state
        told = conversation(found, *fault)
        assert told.state == wanted or wanted == "STUCK", (fault, told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*STYLE, "--fail", "charge_paymnt"), "charge_payment"),
        ((*STYLE, "--fail", "charge_payment:no_such"), "card_declined"),
        ((*STYLE, "--kind", "flow"), "the same in every style"),
        (("--kind", "events", "--fail", "charge_payment"), "sequence"),
    ],
)
def test_wrong_use_is_said(arguments: tuple[str, ...], message: str) -> None:
    done = run(diagram.command, str(ORDER), *arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_findings_stand_in_the_file_of_a_used_saga() -> None:
    found = compile(complete(registry.find("CH007").example)[0], "a.saga.yaml", load).graph
    assert found is not None
    assert [each.span.file.rpartition("/")[2] for each in check(found)] == ["keyed.saga.yaml"]
