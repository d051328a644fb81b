"""The import arrows of the architecture."""

from __future__ import annotations

import ast
import sys

import pytest

from tests.guards.tree import imports, parsed, sources

MODULES = sources()
USED = {module: imports(module, path) for module, path in MODULES.items()}

# A module of dsl imports from its own floor and those below it. A name stands for itself, for
# `name_*` and for `name.*`, the longest one counts. The model is data and holds parsed
# expressions, so it stands low; what is named nowhere is only kept out of cycles.
FLOORS = (
    ("span",),
    ("diagnostics",),
    ("codes", "nodes", "suggest", "habits", "parser_vocabulary"),
    ("syntax", "types"),
    ("model",),
    ("reader",),
    ("expression_tree", "expressions", "durations", "type_parser"),
    ("parser",),
    ("facts", "graph", "order"),
    ("typecheck", "build", "live", "worst_case"),
    ("resolve", "graph_text"),
    ("rules",),
    ("compile",),
)

FORBIDDEN = [
    (
        "sagac.dsl",
        ("sagac.generators", "sagac.verify", "sagac.cli", "sagac.templates", "sagac.runner"),
    ),
    ("sagac.generators", ("sagac.dsl.parser", "sagac.dsl.reader", "sagac.dsl.nodes")),
    ("sagac.generators", ("sagac.cli", "sagac.runner")),
    ("sagac.generators.orchestrators", ("sagac.verify",)),  # only pictures tell a simulated story
    ("sagac.verify", ("sagac.dsl.parser", "sagac.dsl.reader", "sagac.dsl.nodes")),
    ("sagac.verify", ("sagac.generators", "sagac.cli", "sagac.templates", "sagac.runner")),
    ("sagac", ("dsl", "generators", "verify", "templates", "tests", "demo", "bench")),
]


def _below(module: str, package: str) -> bool:
    return module == package or module.startswith((f"{package}.", f"{package}_"))


def _floor(module: str) -> int | None:
    name = module.removeprefix("sagac.dsl.")
    fitting = [
        (len(each), floor)
        for floor, names in enumerate(FLOORS)
        for each in names
        if _below(name, each)
    ]
    return max(fitting)[1] if fitting else None


@pytest.mark.parametrize(("package", "targets"), FORBIDDEN)
def test_no_forbidden_arrow(package: str, targets: tuple[str, ...]) -> None:
    wrong = [
        f"{module} -> {used}"
        for module in MODULES
        if _below(module, package)
        for used in USED[module]
        if any(_below(used, target) for target in targets)
    ]
    assert not wrong


def test_dsl_imports_downwards() -> None:
    wrong = []
    for module in MODULES:
        here = _floor(module) if module.startswith("sagac.dsl.") else None
        for used in USED[module] & MODULES.keys() if here is not None else ():
            there = _floor(used) if used.startswith("sagac.dsl.") else None
            if there is not None and here is not None and there > here:
                wrong.append(f"{module} -> {used}")
    assert not wrong


def test_no_import_cycles() -> None:
    done: set[str] = set()
    for module in MODULES:
        _visit(module, [], done)


def _visit(module: str, path: list[str], done: set[str]) -> None:
    assert module not in path, " -> ".join([*path[path.index(module) :], module])
    if module in done:
        return
    for used in sorted(USED[module] & MODULES.keys()):
        if not module.startswith(f"{used}."):  # a package stands above its modules
            _visit(used, [*path, module], done)
    done.add(module)


def test_dsl_touches_no_disk() -> None:
    writers = {"sagac.dsl.rules.docs", "sagac.dsl.reference.docs"}  # tools that write pages
    wrong = []
    for module, path in MODULES.items():
        if not module.startswith("sagac.dsl") or module in writers:
            continue
        wrong += [f"{module} -> {each}" for each in USED[module] & {"os", "pathlib", "io"}]
        wrong += [
            f"{module}:{node.lineno} open()"
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "open"
        ]
    assert not wrong


def test_generated_code_needs_nothing_of_ours() -> None:
    """What is copied to the user imports the standard library, the engine and its neighbours."""
    brokers = {"faststream", "nats", "aio_pika", "redis", "aiokafka"}
    allowed = sys.stdlib_module_names | {"dbos", "sqlalchemy", "asyncpg", "psycopg", *brokers}
    copied = {name for name in MODULES if name.startswith("sagac.templates.")}
    wrong = [
        f"{module} -> {used}"
        for module in copied
        for used in USED[module]
        if used
        and used.partition(".")[0] not in allowed
        and not _below(used, _folder(module))
        and not _below(used, "sagac.templates.contract")
    ]
    assert not wrong


def _folder(module: str) -> str:
    return ".".join(module.split(".")[:3])


def test_inside_a_folder_imports_are_relative() -> None:
    wrong = []
    for module, path in MODULES.items():
        home = module if path.name == "__init__.py" else module.rpartition(".")[0]
        if home in ("sagac", "sagac.cli", "sagac.runner"):
            continue
        wrong += [
            f"{path.name}:{node.lineno} from {node.module}"
            for node in ast.walk(parsed(path))
            if isinstance(node, ast.ImportFrom) and not node.level
            if _below(node.module or "", home)
        ]
    assert not wrong
