"""The command line as a whole: wrong words, streams that are closed or no longer read, interrupts."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.builder import TIMEOUT, Repository
from tests.gate.shield import ROOT, call

QUICK = ("log", "rules list", "allow --list", "scan", "rules show github-pat-classic", "--help", "scan --help")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["scna"], "did you mean 'scan'?"),
        (["xyzzy"], "gitshield --help"),
        (["scan", "--nosuch"], "gitshield scan --help"),
        (["scan", "--jobs", "0"], "gitshield scan --help"),
        (["rules", "lst"], "gitshield rules --help"),
        (["--nosuch"], "gitshield --help"),
    ],
    ids=str,
)
def test_wrong_words_end_with_2_an_error_and_a_hint(tmp_path: Path, words: list[str], hint: str) -> None:
    done = call(tmp_path, *words, code=2)
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 2 and lines[0].startswith("error: ") and lines[1] == f"hint: {hint}"


def test_no_words_at_all_show_the_commands(tmp_path: Path) -> None:
    done = call(tmp_path, code=2)
    assert "protect" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("words", QUICK)
def test_nobody_reading_on_is_not_taken_for_findings(protected: Repository, words: str) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(["gitshield", *words.split()], cwd=protected.path, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr if words != "rules list" else b"") == (3, b"")


@pytest.mark.parametrize("words", QUICK)
def test_a_full_disk_behind_standard_output_is_told(protected: Repository, words: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(["gitshield", *words.split()], cwd=protected.path, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3
    assert done.stderr == b"error: the output cannot be written: No space left on device\n"


LOOK = """\
import contextlib, os, sys
from gitshield.cli.main import run
with contextlib.suppress(SystemExit):
    run(["--version"])
try:
    os._exit(0 if os.fstat(int(sys.argv[1])).st_rdev == os.stat(os.devnull).st_rdev else 98)
except OSError:
    os._exit(99)
"""


@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_file_of_ours_comes_to_lie_where_a_stream_was_closed(tmp_path: Path, number: int) -> None:
    words = ["sh", "-c", f'exec "$0" -c "$1" {number} {number}>&-', sys.executable, LOOK]
    done = subprocess.run(words, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("words", ["scan --stdin", "doctor"])
def test_an_interrupt_ends_with_130_and_no_traceback(protected: Repository, words: str) -> None:
    process = subprocess.Popen(
        ["gitshield", *words.split()],
        cwd=protected.path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, said.strip()) == (130, b"")
