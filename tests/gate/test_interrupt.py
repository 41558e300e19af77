"""No terminal, an interrupted commit, and many commands at once: nothing hangs, nothing is left locked, nothing is lost."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builder import GIT, TIMEOUT, Repository
from tests.gate.shield import SECRET, attempt, locks, staged
from tests.gate.test_commit import stage_unseen


def start(repository: Repository, *words: str, **streams: object) -> "subprocess.Popen[bytes]":
    """Start git in a session of its own, as from a terminal's foreground, but without one."""
    environment = {**os.environ, **repository.clock.environment()}
    return subprocess.Popen([GIT, *words], cwd=repository.path, env=environment, start_new_session=True, **streams)  # type: ignore[call-overload]


def test_without_terminal_and_streams_a_token_is_refused(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    nothing = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    assert start(protected, "commit", "-m", "leak", **nothing).wait(TIMEOUT) != 0
    assert start(protected, "commit", "--no-verify", "-m", "leak", **nothing).wait(TIMEOUT) != 0
    assert protected.line("rev-list", "--count", "HEAD") == "1"


def test_a_closed_standard_error_does_not_open_the_gate(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    words = f"exec '{GIT}' commit -m leak <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", words], cwd=protected.path, check=False, timeout=TIMEOUT).returncode != 0
    assert protected.line("rev-list", "--count", "HEAD") == "1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_an_interrupted_commit_leaves_no_locks(protected: Repository, number: signal.Signals, moment: float) -> None:
    protected.write("app.py", "fine = 1\n" + "x = 1\n" * 200_000)
    process = start(protected, "commit", "-q", "-a", "-m", "fine", stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    time.sleep(moment)
    os.killpg(process.pid, number)
    _, words = process.communicate(timeout=TIMEOUT)
    assert locks(protected) == []
    assert b"Traceback" not in words
    protected.git("commit", "-q", "-a", "-m", "again", "--allow-empty")
    assert (protected.path / "app.py").read_text().startswith("fine = 1\n")


@pytest.mark.parametrize("moment", [0.02, 0.1, 0.2])
def test_an_interrupted_add_keeps_the_file(protected: Repository, moment: float) -> None:
    protected.write("app.py", SECRET)
    process = start(protected, "add", "app.py", stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(TIMEOUT)
    assert locks(protected) == []
    assert (protected.path / "app.py").read_text() == SECRET
    attempt(protected, "commit", "-a", "-m", "leak")


def test_adds_at_the_same_time_are_all_judged(protected: Repository) -> None:
    for number in range(6):
        protected.write(f"leak{number}.py", SECRET)

    def add(number: int) -> None:
        for _ in range(50):
            if protected.git("add", f"leak{number}.py", check=False).returncode == 0:
                return
            time.sleep(0.05)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))
    assert locks(protected) == []
    left = [number for number in range(6) if staged(protected, f"leak{number}.py") is not None]
    if left:  # another add held the index: the next one, or the commit, puts it right
        attempt(protected, "commit", "-m", "leak")
    protected.write("fine.txt", "fine\n")
    protected.git("add", "fine.txt")
    assert [number for number in range(6) if staged(protected, f"leak{number}.py") is not None] == []


def test_commits_in_worktrees_at_the_same_time_all_go_through(protected: Repository) -> None:
    linked = [protected.linked_worktree(protected.path.parent / f"linked{n}", "-b", f"branch{n}") for n in range(4)]

    def commit(one: Repository) -> int:
        one.write("app.py", f"fine = {one.path.name!r}\n")
        return one.git("commit", "-q", "-a", "-m", "fine", check=False).returncode

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(commit, linked)) == [0, 0, 0, 0]
    assert protected.line("rev-list", "--count", "--all") == "5"
    assert locks(protected) == []


def test_a_folder_of_ours_that_cannot_be_written_does_not_open_the_gate(protected: Repository) -> None:
    folder = protected.path / ".git" / "gitshield"
    for name in ("passes", "passed", "staged", "clean", "stamp"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).mkdir()
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "-m", "leak")
    attempt(protected, "commit", "--no-verify", "-m", "leak")
    protected.write("app.py", "fine = 1\n")
    protected.git("add", "app.py")
    protected.git("commit", "-q", "-m", "fine")
