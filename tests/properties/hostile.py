"""Sagas with hostile text and awkward names, and what generated files must look like all the same."""

from __future__ import annotations

import ast
import io
import json
import re
import string
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from sagac.generators.base import Generated

from .sagas import sagas

SPECS = Path(__file__).parents[2] / "specs"
CANARY = "zqcanary"  # no name of a spec holds it: it must never be a name of the code

TEXTS = (
    f'"""; import {CANARY}; {CANARY}.system("x") #',
    f"'''; {CANARY}() #",
    f'\n"""\nimport {CANARY}\n"""',
    f"\r{CANARY}()\x0b{CANARY}()\x0c{CANARY}()\x85{CANARY}()\u2028{CANARY}()\u2029{CANARY}()",
    f"{{{{ {CANARY} }}}} {{% include {CANARY} %}} {{# {CANARY} #}}",
    f"{{{CANARY}}} {{0.__class__}} {{}} %s %({CANARY})s",
    f'" + {CANARY}() + "',
    f"' + {CANARY}() + '",
    f'\\" + {CANARY}() #',
    f"type: {CANARY}",
    "type: ignore",
    "mypy: ignore-errors",
    "ruff: noqa",
    f"coding: utf-7 +ACIAIgAi-{CANARY}()",
    "ends in a backslash \\",
    'ends in quotes ""',
    '"begins with one, odd: \\\\\\',
    f"\u202e{CANARY}()\u2066 right to left \u200b\ufeff",
    f"null \0 {CANARY}",
    f"</svg><script>{CANARY}</script> &amp; <b>",
    f'"]; {CANARY} [label="x\\',
    f"end\n  click a {CANARY} ; %%{{init: {{}}}}%% --> x",
    "${",
    "${input.id} and ${",
    "# x",
    " ",
    "",
    "long " * 400,
    f"{CANARY}" * 100,
    "\U0001f600 \u0130 \u00df \ud7ff",
    "../../outside",
    "/etc/passwd",
)

# Names that Python, the generated modules, their imports or each other have a use for.
_NAMES = """
engine services types type match case list dict str int len print sum min max any all cls super
object property init cls2 call done nan inf field_names policy retry failure refusal lock never
not_yet nothing answer definition definitions compensation field dataclass dt decimal uuid
literal protocol class_var decode elements own each request handlers tests dbos worker workflow
json asyncio os sys re time path pytest caller record cases player play outputs refusals version
store main work send cancel random make_engine forever standard standard_policy database
query_a a a1 a_1 a_b ab reason metadata key name default won race scope attempt a_scope con nul
typing collections calendar queue signal code test scopes format f n1 order_input order_output
"""
_TYPE_NAMES = (
    "Saga Call Done Event Engine Services Policy Retry Lock list dict str Decimal UUID Any Literal"
    " Refusal Nothing Answer dt A AB ABC a_b Protocol TypeAlias ORDER FOREVER print x Input Player"
)
NAMES, TYPE_NAMES = tuple(_NAMES.split()), tuple(_TYPE_NAMES.split())

# Names that the modules and tests of a package, or Python, need for something else.
AWKWARD = """\
saga: queue
version: 1
key: "${input.id}-'${saga.version}'"
cancel: { event: X, match: "event.id == saga.key and saga.key + 'x' != input.id" }
services: { services: {}, player: {}, json: {}, asyncio: {}, path: {} }
input: { id: string, list: [string], Case: string }
steps:
  - step: calls
    service: services
    description: "type: ignore"
    input: [id, list]
    output: { str: string }
    fails: { case: { Case: string }, path: {}, path_handlers: {} }
    compensate: answer
  - { step: services, service: player, input: [id, Case], fails: [player], compensate: database }
  - { step: case_a, service: json, action: case, input: [calls.str], compensate: decode }
  - step: json
    service: asyncio
    action: play
    input: [calls.str]
    output: { dict: string }
    compensate: init
  - step: field
    service: path
    input: [json.dict]
    output: { field: string }
    compensate: undo_field
  - { step: decode_a, service: path, input: [field.field], effect: none }
"""
WAITING = """\
saga: uuid
version: 1
key: ${input.id}
services: { s: {} }
input: { id: uuid }
steps:
  - { wait: pause, for: 1h }
  - { step: do_it, service: s, input: [id], effect: none }
"""

_WORD = re.compile(r"\b[A-Za-z]\w*\b")
_ITEMS = (
    "step",
    "undo",
    "parallel",
    "choose",
    "foreach",
    "repeat",
    "wait",
    "saga",
    "group",
    "fail",
)
_HEADS = (*_ITEMS, "as", "action", "service")
_NAMED = ("services", "types", "input", "output", "fails", "events", "data", "actions", "locks")
_FREE = ("description", "key", "if", "until", "match", "use", "$ref")


def free_texts(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of the texts of a spec that may hold anything."""
    if isinstance(node, dict):
        for key, each in node.items():
            here = (*path, key)
            if key == "enum" and isinstance(each, list):
                yield from ((*here, index) for index in range(len(each)))
            elif key in _FREE or (isinstance(each, str) and "input" in here and here[0] != "input"):
                yield here
            else:
                yield from free_texts(each, here)
    elif isinstance(node, list):
        for index, each in enumerate(node):
            yield from free_texts(each, (*path, index))


def names_of(node: Any, inside: str = "") -> Iterator[str]:
    """The names that a spec declares."""
    if isinstance(node, dict):
        for key, each in node.items():
            if inside in _NAMED:
                yield str(key).removesuffix("?")
            if key in _HEADS and isinstance(each, str):
                yield each
            yield from names_of(each, str(key))
    elif isinstance(node, list):
        for each in node:
            yield from names_of(each)


def places(spec: Any) -> None:
    """Gives the spec and its items descriptions, literals and templates to be filled."""
    spec.setdefault("description", "x")
    spec["input"] = {**spec["input"], "pick?": {"enum": ["a", "b"]}, "raw?": {"schema": {}}}
    for item in _items(spec["steps"]):
        item.setdefault("description", "x")
        if "step" in item and isinstance(item.get("input"), list):
            given = {str(each).split(".")[-1]: f"${{{_path(each)}}}" for each in item["input"]}
            item["input"] = {**given, "literal": "x", "template": "x ${input.pick} y"}


def _path(written: Any) -> str:
    return str(written) if "." in str(written) else f"input.{written}"


def _items(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if any(head in node for head in _ITEMS):
            yield node
        for each in node.values():
            yield from _items(each)
    elif isinstance(node, list):
        for each in node:
            yield from _items(each)


def _put(node: Any, path: tuple[Any, ...], text: str) -> None:
    for step in path[:-1]:
        node = node[step]
    old = node[path[-1]]
    if path[-1] in ("if", "until", "match"):
        text = f"({old}) and saga.key != {text!r}"
    elif path[-1] == "key" or (isinstance(old, str) and "${" in old):
        text = f"{text.replace('${', '$')} {old}"
    node[path[-1]] = text


@st.composite
def hostile(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """The text of a spec, valid but for what was put in; some of them do compile."""
    texts = [each.read_text(encoding="utf-8") for each in sorted(SPECS.glob("*.saga.yaml"))]
    spec = yaml.safe_load(draw(st.one_of(st.sampled_from(texts), sagas())))
    if draw(st.booleans()):
        places(spec)
    spots = list(free_texts(spec))
    if spots:
        for path in draw(st.lists(st.sampled_from(spots), max_size=4)):
            if path[-1] not in ("use", "$ref") or draw(st.integers(1, 4)) == 1:
                _put(spec, path, draw(st.sampled_from(TEXTS)))
    return _renamed(spec, draw)


def _renamed(spec: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """The spec with some names replaced wherever they stand."""
    if draw(st.integers(1, 3)) == 1:
        spec["saga"] = draw(st.sampled_from(NAMES)).strip("_").replace("_", "-")
    known = sorted(set(names_of(spec)))
    changed = draw(st.lists(st.sampled_from(known), max_size=6, unique=True))
    given = {
        old: draw(st.sampled_from(TYPE_NAMES if old[0].isupper() else NAMES)) for old in changed
    }
    vocabulary = {*_HEADS, *_NAMED, "steps", "key", "version", "saga"}
    given = {old: new for old, new in given.items() if old not in vocabulary}
    text = yaml.safe_dump(spec, sort_keys=False, width=10**6)
    return _WORD.sub(lambda found: given.get(found[0], found[0]), text)


_DOCUMENTS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".yaml": lambda text: yaml.load(text, yaml.CSafeLoader),  # the one in Python takes a minute
}
COPIED = ("/engine/", "/contract/", "/choreography/runtime/", "/tests/player.py")


def check(made: Generated) -> None:
    """Fails if a file of ``made`` holds more than sagac wrote, or would lie elsewhere."""
    for file in made.files:
        assert not Path(file.path).is_absolute()
        read = _DOCUMENTS.get(Path(file.path).suffix)
        if read:  # text all through, if it can be read
            assert re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", file.path), file.path
            read(file.text)
            continue
        assert re.fullmatch(r"[a-z0-9_]+(/[a-z0-9_]+)*\.py", file.path), file.path
        if not any(part in file.path for part in COPIED):
            check_module(file.path, file.text)
        if file.path.endswith("/tests/player.py"):
            _check_player(file.text)


def check_module(path: str, text: str) -> None:
    """Fails if the Python in ``text`` is not valid, or the canary is anything but text in it."""
    content = text.encode("utf-8")  # bytes, so that a declared encoding would count
    assert tokenize.detect_encoding(io.BytesIO(content).readline)[0] == "utf-8", path
    compile(content, path, "exec", dont_inherit=True)
    tree = ast.parse(text, path, type_comments=True)
    assert not tree.type_ignores, path
    assert not re.search(r"(?m)^\s*#\s*(?:mypy|ruff|flake8|pyright|isort)\s*:", text), path
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant):
            named = [each for _, each in ast.iter_fields(node) if isinstance(each, str)]
            assert not [each for each in named if CANARY in each], (path, named)
        if isinstance(node, ast.Call):
            _check_format(path, node)
    _bound_once(path, tree)


def _check_player(text: str) -> None:
    """The class that plays all services has no name that an action may have."""
    classes = (each for each in ast.parse(text).body if isinstance(each, ast.ClassDef))
    player = next(each for each in classes if each.name == "Player")
    for node in ast.walk(player):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert node.value.id != "self" or node.attr.startswith("_"), node.attr
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.name.startswith("_"), node.name


def _check_format(path: str, node: ast.Call) -> None:
    """Text that is joined by ``format`` has as many empty fields as there are values."""
    shape = node.func
    if isinstance(shape, ast.Attribute) and shape.attr == "format":
        assert isinstance(shape.value, ast.Constant)
        fields = [each[1] for each in string.Formatter().parse(str(shape.value.value))]
        assert [each for each in fields if each is not None] == [""] * len(node.args), path


def _bound_once(path: str, tree: ast.Module) -> None:
    """No name of a module is bound twice: the second would hide the first."""
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names += [each.asname or each.name for each in node.names]
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    assert len(names) == len(set(names)), (path, sorted(n for n in names if names.count(n) > 1))
