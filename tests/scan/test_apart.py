"""Tasks apart: each in a process of its own, so that one that dies takes nothing with it."""

import os
import signal
import time
from pathlib import Path

import pytest

from gitshield.model.secret import Secret
from gitshield.scan.parallel import Lost, apart, packed, unpacked

VALUE = b"plum" + b"-orchard-" + b"9317"


def test_every_task_gives_one_outcome_and_secrets_come_through() -> None:
    outcomes = list(apart(list(range(20)), lambda number: (number * number, Secret(VALUE)), jobs=3, attempts=1))
    assert len(outcomes) == 20
    assert dict(outcomes) == {number: (number * number, Secret(VALUE)) for number in range(20)}


def test_large_outcomes_come_through() -> None:
    content = b"x" * (5 << 20)
    assert sorted(apart([1, 2], lambda _: content, jobs=2, attempts=1)) == [(0, content), (1, content)]


def test_a_task_whose_process_dies_is_tried_again(tmp_path: Path) -> None:
    def work(number: int) -> int:
        if number == 1 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    assert sorted(apart([0, 1, 2], work, jobs=2, attempts=2)) == [(0, 0), (1, 1), (2, 2)]


def test_a_task_that_always_dies_or_raises_is_lost() -> None:
    def work(number: int) -> int:
        if number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 1:
            os._exit(7)
        raise KeyError(VALUE)

    outcomes = dict(apart([0, 1, 2], work, jobs=2, attempts=2))
    reasons = ["its process was ended by signal 9", "its process ended with status 7", "internal error: KeyError"]
    assert outcomes == {number: Lost(reason) for number, reason in enumerate(reasons)}


def test_an_outcome_is_not_lost_when_its_process_dies_afterwards(tmp_path: Path) -> None:
    tries = tmp_path / "tries"
    tries.touch()

    def work(number: int) -> int:
        with tries.open("a") as file:
            file.write("x")
        return number

    assert list(apart([0], work, jobs=1, attempts=3)) == [(0, 0)]
    assert tries.read_text() == "x"


def test_nobody_goes_on_when_the_caller_stops() -> None:
    pids: list[int] = []
    running = apart([0, 1, 2], lambda number: os.getpid() if number == 0 else time.sleep(60), jobs=2, attempts=1)
    for _, pid in running:
        pids.append(pid if isinstance(pid, int) else 0)
        running.close()
    assert len(pids) == 1
    with pytest.raises(ChildProcessError):  # no child of ours is left
        os.waitpid(-1, os.WNOHANG)


def test_packed_values_are_whole_and_nothing_else_pickles_a_secret() -> None:
    import pickle

    assert unpacked(packed([Secret(VALUE)])) == [Secret(VALUE)]
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(VALUE))
