"""`gitshield hook`: the gates by name, for the pre-commit framework and for scripts."""

import subprocess
from pathlib import Path

import pytest

from gitshield.cli.called import called_by_path
from tests.builder import Repository
from tests.gate.shield import CLEAN, ROOT, SECRET, TOKEN, call
from tests.gate.test_commit import stage_unseen


@pytest.fixture
def plain(repository: Repository) -> Repository:
    """A repository without gates that has one commit."""
    repository.commit("first", files={"app.py": CLEAN})
    return repository


def test_a_clean_index_passes_without_a_word(plain: Repository) -> None:
    plain.write("app.py", CLEAN * 2)
    plain.git("add", "app.py")
    done = call(plain, "hook", "pre-commit")
    assert done.stdout + done.stderr == ""


def test_a_staged_token_is_refused_without_its_value(plain: Repository) -> None:
    stage_unseen(plain, "app.py", SECRET)
    done = call(plain, "hook", "pre-commit", code=1)
    assert "commit refused: 1 finding" in done.stderr
    assert TOKEN not in done.stderr + done.stdout


def test_the_way_out_can_be_typed_where_the_framework_alone_knows_the_program(plain: Repository) -> None:
    stage_unseen(plain, "app.py", SECRET)
    words = call(plain, "hook", "pre-commit", env={"PRE_COMMIT": "1"}, code=1).stderr
    assert f"`{called_by_path()} allow " in words
    done = subprocess.run(["sh", "-c", f"{called_by_path()} --version"], env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert done.returncode == 0


def test_file_names_after_pre_commit_are_judged_too(plain: Repository) -> None:
    plain.write("other.py", SECRET)
    call(plain, "hook", "pre-commit")
    assert "other.py:1:10" in call(plain, "hook", "pre-commit", "app.py", "other.py", code=1).stderr


def test_a_staged_file_is_judged_as_it_is_staged(plain: Repository) -> None:
    plain.write("app.py", CLEAN * 2)
    plain.git("add", "app.py")
    plain.write("app.py", SECRET)
    call(plain, "hook", "pre-commit", "app.py")
    call(plain, "hook", "files", "app.py", code=1)


def test_a_file_that_cannot_be_read_is_never_a_pass(plain: Repository) -> None:
    assert "nosuch" in call(plain, "hook", "files", "nosuch", code=3).stderr


def test_a_message_with_a_token_is_refused(plain: Repository) -> None:
    plain.write("message", f"the token is {TOKEN}\n")
    assert "commit message refused" in call(plain, "hook", "commit-msg", "message", code=1).stderr
    plain.write("message", "nothing to see\n")
    call(plain, "hook", "commit-msg", "message")


@pytest.mark.parametrize("words", [("commit-msg",), ("commit-msg", "a", "b"), ("nosuch",), ()], ids=" ".join)
def test_wrong_words_are_wrong_usage_with_a_hint(plain: Repository, words: tuple[str, ...]) -> None:
    assert "hint:" in call(plain, "hook", *words, code=2).stderr


def test_a_message_that_is_not_there_is_never_a_pass(plain: Repository) -> None:
    assert "nosuch: No such file" in call(plain, "hook", "commit-msg", "nosuch", code=3).stderr


@pytest.mark.parametrize("words", [("pre-commit",), ("files", "x")], ids=" ".join)
def test_outside_of_a_repository_it_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "not inside a git repository" in call(tmp_path, "hook", *words, code=10).stderr
