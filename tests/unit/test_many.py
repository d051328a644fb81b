"""Many files: the same answers from other processes and from the cache as from one after another."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagac.cli import cache, many, workers
from sagac.cli.cache import Cache
from sagac.cli.many import Looked, look_at_many
from sagac.cli.support import UsageProblem
from sagac.cli.workers import in_processes
from sagac.dsl.compile import Compilation

SAGA = """\
saga: order-{n}
version: 1
key: ${{input.order_id}}
services: {{ stock: {{}}, payment: {{}} }}
input: {{ order_id: string }}
defaults: {{ timeout: 10s }}
steps:
  - step: reserve
    service: stock
    input: [order_id]
    {undo}
  - saga: pay
    use: pay.saga.yaml
    input: [order_id]
"""
CHILD = """\
saga: pay
version: 1
key: ${input.order_id}
services: { payment: {} }
input: { order_id: string }
defaults: { timeout: 10s }
steps:
  - step: charge
    service: payment
    input: [order_id]
    compensate: refund
"""
FILES = 12


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sagas that use one more; every third lacks an undo, so that there is something to find."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAGAC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "sagac.toml").touch()
    (tmp_path / "pay.saga.yaml").write_text(CHILD)
    found = [f"{n:02}.saga.yaml" for n in range(FILES)]
    for n, name in enumerate(found):
        undo = "description: no way back" if n % 3 == 0 else "compensate: release"
        (tmp_path / name).write_text(SAGA.format(n=n, undo=undo))
    return found


def _version(compilation: Compilation) -> int:
    return compilation.saga.version if compilation.saga is not None else 0


def _shown(looked: list[Looked]) -> list[Any]:
    """What a user sees of it."""
    return [
        (each.path, each.diagnostics, each.also, dict(each.sources) if each.diagnostics else None)
        for each in looked
    ]


def _one_by_one(names: list[str]) -> list[Any]:
    return _shown([look_at_many([name], also=_version)[0] for name in names])


def _never(*given: Any, **named: Any) -> bytes:
    raise AssertionError("it was known")


def test_the_same_as_one_by_one(names: list[str]) -> None:
    expected = _one_by_one(names)
    assert [len(found) for _, found, _, _ in expected] == [2, 1, 1] * 4
    assert _shown(look_at_many(names, also=_version)) == expected
    assert _shown(look_at_many(names, also=_version)) == expected
    assert _shown(look_at_many(names, also=_version, cached=False)) == expected


def test_in_other_processes(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "FEWEST", 4)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    assert _shown(look_at_many(names, also=_version)) == _one_by_one(names)


def test_what_is_as_it_was_is_not_compiled(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _shown(look_at_many(names, also=_version))
    monkeypatch.setattr(many, "_packed", _never)
    assert _shown(look_at_many(names, also=_version)) == before
    assert _shown(look_at_many(names[::-1], also=_version)) == before[::-1]
    with pytest.raises(AssertionError, match="it was known"):
        look_at_many(names)  # of these it was not kept what else was asked for
    with pytest.raises(AssertionError, match="it was known"):
        look_at_many(names, also=_version, cached=False)


def _folder_instead(root: Path) -> None:
    (root / "pay.saga.yaml").unlink()
    (root / "pay.saga.yaml").mkdir()


CHANGES: dict[str, Callable[[Path], object]] = {
    "a saga": lambda root: (root / "01.saga.yaml").write_text("saga: order-1\n"),
    "the saga that all use": lambda root: (root / "pay.saga.yaml").write_text(
        CHILD.replace("    compensate: refund\n", "    role: pivot\n")
    ),
    "without the saga that all use": lambda root: (root / "pay.saga.yaml").unlink(),
    "a folder in its place": _folder_instead,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(names: list[str], change: str) -> None:
    before = _shown(look_at_many(names, also=_version))
    CHANGES[change](Path())
    after = _shown(look_at_many(names, also=_version))
    assert after == _one_by_one(names)
    assert after != before
    shutil.rmtree("pay.saga.yaml", ignore_errors=True)
    Path("pay.saga.yaml").write_text(CHILD)
    assert _shown(look_at_many(names, also=_version)) == _one_by_one(names)


def test_another_version_begins_anew(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    look_at_many(names)
    monkeypatch.setattr(cache, "fingerprint", lambda: b"2" * 32)
    monkeypatch.setattr(many, "_packed", _never)
    with pytest.raises(AssertionError, match="it was known"):
        look_at_many(names)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda text: text[:-3],
    "empty": lambda text: b"",
    "a bit": lambda text: text[:99] + bytes([text[99] ^ 1]) + text[100:],
    "something else": lambda text: b"x" * 999,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_counts_as_none(names: list[str], damage: str) -> None:
    before = _shown(look_at_many(names))
    (file,) = Path("cache").iterdir()
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    assert _shown(look_at_many(names)) == before


def test_a_cache_that_cannot_be_kept(names: list[str]) -> None:
    Path("cache").write_text("a file where the folder should be")
    assert _shown(look_at_many(names, also=_version)) == _one_by_one(names)


@pytest.mark.parametrize(
    "content", [pickle.dumps(os.system), pickle.dumps(Path("x")), b"csagac.dsl.compile\ncompile\n."]
)
def test_only_records_are_made(content: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError, match="is no record of the language"):
        cache.unpickled(content)


def test_two_runs_at_the_same_time_keep_both(names: list[str]) -> None:
    one, other = Cache(Path()), Cache(Path())
    one.put("a", b"1")
    other.put("b", b"2")
    one.save()
    other.save()
    again = Cache(Path())
    assert (again.get("a"), again.get("b"), again.get("c")) == (b"1", b"2", None)


def test_a_cache_is_bounded(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LARGEST", 100)
    old = Cache(Path())
    old.put("old", b"x" * 60)
    old.save()
    new = Cache(Path())
    new.put("new", b"y" * 60)
    new.save()
    again = Cache(Path())
    assert again.get("new") == b"y" * 60
    assert again.get("old") is None


def test_only_so_many_projects(names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST_PROJECTS", 3)
    for number in range(5):
        each = Cache(Path(str(number)))
        each.put("a", b"1")
        each.save()
    assert len(list(Path("cache").iterdir())) == 3


def _lost(name: str) -> str:
    """Kills every process but the first."""
    if multiprocessing.parent_process() is not None and name == "5":
        os._exit(1)
    return name * 2


def _refused(name: str) -> str:
    raise UsageProblem(f"{name}: there is no such file.")


def test_a_lost_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "FEWEST", 3)
    monkeypatch.setattr(workers, "CHUNK", 1)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    asked = [str(number) for number in range(9)]
    assert list(in_processes(_lost, asked)) == [name * 2 for name in asked]


def test_what_another_process_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "FEWEST", 1)
    monkeypatch.setattr(workers, "cores", lambda: 2)
    with pytest.raises(UsageProblem, match=r"^a: there is no such file\.$"):
        list(in_processes(_refused, ["a", "b"]))


def test_cores() -> None:
    assert 1 <= workers.cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("system", "names", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/sagac"),
        ("linux", {"XDG_CACHE_HOME": "c", "HOME": "/h"}, "/h/.cache/sagac"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/sagac"),
        ("linux", {"SAGAC_CACHE_DIR": "here", "HOME": "/h"}, "here"),
        ("win32", {}, None),
    ],
)
def test_where_caches_lie(
    monkeypatch: pytest.MonkeyPatch, system: str, names: dict[str, str], expected: str | None
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    for name in ("XDG_CACHE_HOME", "HOME", "SAGAC_CACHE_DIR", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    folder = cache.cache_folder()
    assert folder == (None if expected is None else Path(expected))
