"""What fuzzing has found stays mended, and a short run finds nothing new."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from . import found
from .found import CASES, Finds, problem, smaller
from .mutate import mutated
from .target import run, seeds

ROUNDS = 400


@pytest.mark.parametrize("case", sorted(each.name for each in CASES.glob("*.case")))
def test_what_was_found_does_not_break_it_again(case: str) -> None:
    run((CASES / case).read_bytes())


def test_a_short_run_finds_nothing() -> None:
    random, pool = Random(1), list(seeds())
    for count in range(ROUNDS):
        data = mutated(random.choice(pool), random)
        assert problem(data, deep=count % 16 == 0) is None, data.decode("utf-8", "replace")


def test_bytes_at_random_break_nothing() -> None:
    random = Random(2)
    for _ in range(ROUNDS):
        run(random.randbytes(random.randint(0, 60)))


def test_changes_are_the_same_for_the_same_seed() -> None:
    data = next(seeds())
    assert mutated(data, Random(7)) == mutated(data, Random(7))
    assert len({mutated(data, Random(seed)) for seed in range(20)}) > 10


def test_a_find_is_made_small_and_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(data: bytes, *, deep: bool = True) -> None:
        if b"boom" in data:
            raise ZeroDivisionError

    monkeypatch.setattr(found, "run", breaks)
    text = b"line\n" * 40 + b"a boom b\n" + b"line\n" * 40
    assert smaller(text, str(problem(text))) == b"boom"
    finds = Finds(tmp_path)
    for data in (text, b"fine", b"boom boom"):
        finds.look(data)
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"boom"]
