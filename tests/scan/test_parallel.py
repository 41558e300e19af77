"""Parallel scans: the same result as alone, and no worker that outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitshield.scan.parallel import WORTH_IT, spread
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files
from tests.conftest import ROOT
from tests.scan.rulesets import terms_of

SLOW = """
import os, sys, time
from gitshield.scan.parallel import scan_files
from gitshield.scan.sources import Files
from gitshield.scan.tally import Tally

def judge(item, tally):
    with open(sys.argv[2] + str(os.getpid()), "a") as file:
        file.write("x")
    time.sleep(0.01)

scan_files(Files((sys.argv[1],), sys.argv[1], os.environ), Tally(), jobs=2, judge=judge)
"""


def many_files(folder: Path) -> Path:
    folder.mkdir()
    for number in range(2 * WORTH_IT):
        (folder / f"{number:05}").write_text("tok_" + f"abcdef{number:05}\n" if number % 500 == 7 else "nothing\n")
    return folder


def test_several_processes_find_what_one_finds_in_the_same_order(tmp_path: Path) -> None:
    source = Files((str(many_files(tmp_path / "many")),), str(tmp_path), os.environ)
    alone, together = (scan([source], terms_of(), jobs=jobs) for jobs in (1, 2))
    assert len(alone.findings) == 4
    assert together.findings == alone.findings
    assert together.receipt.read == alone.receipt.read == 2 * WORTH_IT


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return True  # no /proc here
    except ProcessLookupError:
        return False


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    folder, marks = many_files(tmp_path / "many"), tmp_path / "marks"
    marks.mkdir()
    words = [sys.executable, "-c", SLOW, str(folder), f"{marks}/"]
    parent = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    end = time.monotonic() + 60
    while len(list(marks.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    workers = [int(mark.name) for mark in marks.iterdir()]
    assert len(workers) == 2
    parent.send_signal(signal.SIGTERM)
    assert parent.wait(30) == -signal.SIGTERM
    end = time.monotonic() + 7  # alone, each would go on for ten seconds
    while any(map(is_alive, workers)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_alive, workers))


def test_workers_end_when_their_parent_is_interrupted(tmp_path: Path) -> None:
    folder, marks = many_files(tmp_path / "many"), tmp_path / "marks"
    marks.mkdir()
    words = [sys.executable, "-c", SLOW, str(folder), f"{marks}/"]
    parent = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 60
    while len(list(marks.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    workers = [int(mark.name) for mark in marks.iterdir()]
    parent.send_signal(signal.SIGINT)
    assert parent.wait(8) != 0
    assert len(workers) == 2
    assert not any(map(is_alive, workers))


def test_without_fork_one_process_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    assert list(spread([1, 2, 3], lambda task: (task, os.getpid()), jobs=8)) == [(n, (n + 1, os.getpid())) for n in range(3)]
