"""Commits and repositories that are not every day's, and nothing odd: hooks that stage, partial clones, a repository kept elsewhere."""

from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, TOKEN, attempt, call, protect
from tests.gate.test_commit import _code_of, stage_unseen


@pytest.fixture
def tracked(repository: Repository) -> Repository:
    """A protected repository that has tracked a .env since before `protect`."""
    repository.commit("first", files={"app.py": CLEAN, ".env": f"API_TOKEN={TOKEN}\n"})
    protect(repository)
    return repository


def test_a_pass_holds_for_the_files_it_was_given_for(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", "leak")), "--reason", "a test")
    stage_unseen(protected, "public.html", SECRET)
    assert "public.html" in attempt(protected, "commit", "-m", "leak")


def test_what_a_hook_of_a_commit_adds_refuses_the_commit(protected: Repository) -> None:
    protected.write("gen.py", SECRET)
    protected.hook("pre-commit.gitshield-chained", "#!/bin/sh\ngit add gen.py\n")
    protected.write("new.txt", "new\n")
    protected.git("add", "new.txt")
    attempt(protected, "commit", "-m", "leak")
    assert protected.line("rev-list", "--count", "HEAD") == "1"


def test_a_new_dotenv_file_is_none_that_was_moved_though_another_is_no_longer_tracked(tracked: Repository) -> None:
    tracked.git("rm", "-q", "--cached", ".env")
    tracked.write(".gitignore", "/.env\n")
    tracked.write("api/.env", "DB_HOST=10.0.0.4\nADMIN_PIN=4711\n")
    attempt(tracked, "add", "-A")
    stage_unseen(tracked, "api/.env", "DB_HOST=10.0.0.4\nADMIN_PIN=4711\n")
    attempt(tracked, "commit", "-m", "leak")


def test_a_partial_clone_goes_on_with_what_it_has_not_fetched(protected: Repository, tmp_path: Path) -> None:
    protected.commit("two folders", files={"in/a": "1\n", "out/b": "1\n"})
    protected.git("switch", "-q", "-c", "topic")
    protected.commit("outside", files={"out/b": "2\n", "out/new": "3\n"})
    protected.git("switch", "-q", "main")
    protected.git("config", "uploadpack.allowFilter", "true")
    protected.git("clone", "-q", "--filter=blob:none", "--sparse", f"file://{protected.path}", tmp_path / "clone")
    clone = Repository(tmp_path / "clone", clock=protected.clock)
    clone.git("sparse-checkout", "set", "in")
    protect(clone)
    clone.git("cherry-pick", "origin/topic")
    stage_unseen(clone, "in/a", SECRET)
    attempt(clone, "commit", "-m", "leak")


def test_hashing_a_dotenv_file_stores_nothing_and_goes_on(protected: Repository) -> None:
    protected.write(".env", "PORT=1\n")
    protected.git("hash-object", ".env")
    attempt(protected, "hash-object", "-w", ".env")


def test_a_repository_whose_folder_lies_elsewhere_is_protected(new_repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dotfiles = new_repository("home.git", is_bare=True)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("GIT_DIR", str(dotfiles.path))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "home"))
    home = Repository(tmp_path / "home", clock=dotfiles.clock)
    protect(home)
    home.write(".env", "PORT=1\n")
    attempt(home, "add", ".env")
    stage_unseen(home, "app.py", SECRET)
    attempt(home, "commit", "--no-verify", "-m", "leak")
