"""`gitshield log`: what was refused, passed and installed, in its order, without a value."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.cli.schemas import checked
from tests.cli.test_allow import code_of
from tests.gate.shield import SECRET, TOKEN, attempt, call, protect
from tests.gate.test_commit import stage_unseen


def a_busy_day(repository: Repository) -> None:
    """Let everything that is recorded happen once."""
    stage_unseen(repository, "app.py", SECRET)
    code = code_of(attempt(repository, "commit", "-m", "leak"))
    call(repository, "allow", code, "--reason", "test account")
    repository.git("commit", "-q", "-m", "leak")
    repository.write("other.py", SECRET)
    call(repository, "allow", "--add", "other.py", "--reason", "a sample")
    repository.write(".gitshield.toml", "[gates]\npass_minutes = 1\n")
    call(repository, "allow", "--config")


def events(text: str) -> list[str]:
    """The events of the lines, each valid after the schema."""
    return [checked("log-line", line)["event"] for line in text.splitlines()]


def test_everything_is_there_oldest_first(protected: Repository) -> None:
    a_busy_day(protected)
    assert events(call(protected, "log", "--json").stdout) == ["protected", "refused", "granted", "passed", "allowed", "approved"]


def test_people_read_a_line_an_event_with_who_and_why(protected: Repository) -> None:
    a_busy_day(protected)
    lines = call(protected, "log").stdout.splitlines()
    assert len(lines) == 6
    assert "granted" in lines[2] and "reason=test account" in lines[2] and "github-pat-classic" in lines[2]


def test_no_value_is_in_it(protected: Repository) -> None:
    a_busy_day(protected)
    assert TOKEN not in call(protected, "log").stdout + call(protected, "log", "--json").stdout


def test_before_anything_happened_it_says_so(repository: Repository) -> None:
    done = call(repository, "log")
    assert (done.stdout, done.stderr) == ("", "nothing is recorded for this repository yet\n")


def test_a_linked_worktree_has_the_same_log(protected: Repository) -> None:
    linked = protected.linked_worktree(protected.path.parent / "linked", "-b", "other")
    assert call(linked, "log").stdout == call(protected, "log").stdout != ""


@pytest.mark.usefixtures("protected")
def test_another_repository_has_its_own(new_repository: Callable[..., Repository]) -> None:
    other = new_repository("other")
    protect(other)
    places = {json.loads(line)["repository"] for line in call(other, "log", "--json").stdout.splitlines()}
    assert places == {str(other.path / ".git")}


def test_a_torn_last_line_is_passed_over(protected: Repository, home: Path) -> None:
    (journal,) = home.glob(".local/share/gitshield/journal/*.jsonl")
    with journal.open("a") as file:
        file.write('{"v": 1, "at": 17')
    assert events(call(protected, "log", "--json").stdout) == ["protected"]


def test_outside_of_a_repository_it_says_so(tmp_path: Path) -> None:
    assert "not inside a git repository" in call(tmp_path, "log", code=10).stderr
