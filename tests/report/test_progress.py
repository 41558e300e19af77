"""The progress display, on a real terminal and without one."""

import io
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gitshield.model.progress import Progress, Silence
from gitshield.report.progress import progress
from tests.conftest import ROOT

TERM = {"TERM": "xterm-256color"}
WORK = """
import os, sys, time
from gitshield.report.progress import progress
with progress(sys.stderr, environment=os.environ, is_quiet="--quiet" in sys.argv) as told:
    told.phase("reading blobs", 1000)
    for _number in range(20):
        told.advance(50, 1_000_000)
        time.sleep(0.02)
    told.phase("following commits")
    told.advance(7)
    if "--fail" in sys.argv:
        raise KeyboardInterrupt
    time.sleep(0.15)
    told.advance(1)
print("rich" in sys.modules)
"""


def on_terminal(*words: str, **environment: str) -> tuple[str, str]:
    """What a long work writes to its standard output, and to the terminal that is its standard error."""
    main, other = pty.openpty()
    env = {**{name: value for name, value in os.environ.items() if name != "NO_COLOR"}, **TERM, **environment, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", WORK, *words], env=env, stdout=subprocess.PIPE, stderr=other) as started:
        os.close(other)
        seen = bytearray()
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # Linux: the last one has closed it
                break
            if not piece:
                break
            seen += piece
        said = started.stdout.read() if started.stdout is not None else b""
    os.close(main)
    return said.decode(), seen.decode()


def test_a_terminal_sees_phases_counts_and_sizes() -> None:
    said, seen = on_terminal()
    assert said == "True\n"
    assert "reading blobs" in seen
    assert "/1000" in seen
    assert " MB" in seen
    assert "following commits" in seen
    assert "\x1b[3" in seen  # colour


def test_it_is_gone_when_the_work_is_over() -> None:
    _said, seen = on_terminal()
    assert seen.rstrip().endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A"))
    assert seen.count("\x1b[?25l") == seen.count("\x1b[?25h") == 1


def test_the_cursor_comes_back_when_the_work_is_broken_off() -> None:
    _said, seen = on_terminal("--fail")
    assert "\x1b[?25h" in seen


def test_without_colour_when_asked() -> None:
    _said, seen = on_terminal(NO_COLOR="1")
    assert "reading blobs" in seen
    assert "\x1b[3" not in seen
    assert "\x1b[1;3" not in seen


@pytest.mark.parametrize(("words", "environment"), [(("--quiet",), {}), ((), {"TERM": "dumb"}), ((), {"TERM": ""})])
def test_nothing_is_drawn_and_rich_is_not_imported(words: tuple[str, ...], environment: dict[str, str]) -> None:
    assert on_terminal(*words, **environment) == ("False\n", "")


def test_nothing_is_drawn_where_no_terminal_is(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as file, progress(file, environment=TERM) as told:
        told.phase("reading", 3)
        told.advance(3, 100)
        assert isinstance(told, Silence)
    assert (tmp_path / "log").read_text() == ""


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_a_closed_standard_error_is_no_terminal(stream: io.StringIO | None) -> None:
    if stream is not None:
        stream.close()
    with progress(stream, environment=TERM) as told:
        assert isinstance(told, Silence)


def test_counting_in_silence_costs_next_to_nothing() -> None:
    told: Progress = Silence()
    began = time.process_time()
    for _number in range(200_000):
        told.advance(1, 100)
    assert time.process_time() - began < 1
