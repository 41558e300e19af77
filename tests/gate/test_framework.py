"""Our hooks for the pre-commit framework: staged content and messages are judged without `gitshield protect`."""

import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, LOCAL_VALUE, ROOT, SECRET, TOKEN, said
from tests.gate.test_commit import stage_unseen

HOOKS = ROOT / ".pre-commit-hooks.yaml"


def framework(repository: Repository, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run the pre-commit framework, whatever comes of it."""
    words = (sys.executable, "-m", "pre_commit", *map(str, words))
    return subprocess.run(words, cwd=repository.path, capture_output=True, text=True, check=False)


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    """A repository with our hooks as they are, but for their language: `gitshield` is taken from PATH, nothing is installed."""
    repository = Repository.create(tmp_path / "source")
    text = HOOKS.read_text()
    assert text.count("language: python") == 2
    repository.commit("hooks", files={".pre-commit-hooks.yaml": text.replace("language: python", "language: system")})
    return repository


@pytest.fixture
def user(tmp_path: Path, source: Repository) -> Repository:
    """A repository that uses both hooks, installed."""
    repository = Repository.create(tmp_path / "user")
    hooks = "  hooks:\n  - id: gitshield\n  - id: gitshield-commit-msg\n"
    text = f"repos:\n- repo: {source.path}\n  rev: {source.line('rev-parse', 'HEAD')}\n{hooks}"
    repository.commit("first", files={".pre-commit-config.yaml": text, "app.py": CLEAN})
    done = framework(repository, "install", "--hook-type", "pre-commit", "--hook-type", "commit-msg")
    assert done.returncode == 0, done.stdout + done.stderr
    return repository


def refused(repository: Repository, *words: str) -> str:
    """A commit that must be refused by our hook; what was said."""
    done = repository.git(*words, check=False)
    shown = said(done) + done.stdout.decode("utf-8", "replace")
    assert done.returncode != 0, shown
    assert "refused" in shown
    assert TOKEN not in shown
    return shown


def test_an_ordinary_commit_goes_through(user: Repository) -> None:
    user.write("app.py", "fine = 1\n")
    user.git("commit", "-q", "-a", "-m", "fine")
    assert user.line("log", "-1", "--format=%s") == "fine"


def test_a_token_is_refused(user: Repository) -> None:
    user.write("app.py", SECRET)
    assert "app.py:1" in refused(user, "commit", "-a", "-m", "leak")


def test_a_partial_commit_is_judged(user: Repository) -> None:
    user.write("app.py", SECRET)
    refused(user, "commit", "-m", "leak", "app.py")


def test_a_dotenv_file_is_refused(user: Repository) -> None:
    user.write(".env", f"KEY={LOCAL_VALUE}\n")
    user.git("add", ".env")
    refused(user, "commit", "-m", "leak")


def test_the_index_is_judged_and_not_the_work_tree(user: Repository) -> None:
    stage_unseen(user, "app.py", SECRET)
    user.write("app.py", CLEAN)
    refused(user, "commit", "-m", "leak")


def test_a_message_is_judged(user: Repository) -> None:
    refused(user, "commit", "-q", "--allow-empty", "-m", f"use {TOKEN}")


def test_a_token_that_was_tracked_before_does_not_stop_work(user: Repository) -> None:
    user.commit("leak before", files={"app.py": SECRET})
    user.write("app.py", SECRET + "more = 1\n")
    user.git("commit", "-q", "-a", "-m", "more")


def test_all_files_are_judged_when_nothing_is_staged(user: Repository) -> None:
    assert framework(user, "run", "--all-files").returncode == 0
    user.commit("leak before", files={"deep/old.py": SECRET})
    done = framework(user, "run", "--all-files")
    assert done.returncode == 1
    assert "deep/old.py" in done.stdout
    assert TOKEN not in done.stdout


def test_named_files_are_judged(user: Repository) -> None:
    user.commit("leak before", files={"old.py": SECRET})
    assert framework(user, "run", "--files", "app.py").returncode == 0
    assert framework(user, "run", "--files", "old.py").returncode == 1


def test_a_range_of_commits_is_judged_by_its_files(user: Repository) -> None:
    user.commit("leak before", files={"old.py": SECRET})
    assert framework(user, "run", "--from-ref", "HEAD~1", "--to-ref", "HEAD").returncode == 1


def test_try_repo_runs_them(user: Repository, source: Repository) -> None:
    assert framework(user, "try-repo", source.path, "gitshield", "--all-files").returncode == 0
    user.commit("leak before", files={"old.py": SECRET})
    assert framework(user, "try-repo", source.path, "gitshield", "--all-files").returncode == 1


def test_many_files_are_judged(user: Repository) -> None:
    for number in range(300):
        user.write(f"many/{'n' * 100}{number}.txt", f"{number}\n")
    user.write("many/last.py", SECRET)
    user.git("add", "-A")
    assert "last.py" in refused(user, "commit", "-m", "leak")


def test_the_file_is_one_that_the_framework_accepts() -> None:
    done = subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", HOOKS], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _has_network() -> bool:
    try:
        urllib.request.urlopen("https://pypi.org/simple/click/", timeout=5).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif("GITSHIELD_TEST_NETWORK" not in os.environ, reason="installs from the package index: GITSHIELD_TEST_NETWORK=1")
def test_installed_by_the_framework_they_work(user: Repository, tmp_path: Path) -> None:
    """The real thing, `language: python`: needs the network for the installation of our dependencies only."""
    assert _has_network()
    source = Repository.create(tmp_path / "real")
    for name in ("gitshield", "hooks"):
        shutil.copytree(ROOT / name, source.path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, source.path / name)
    source.commit("all of it")
    done = framework(user, "try-repo", source.path, "gitshield", "--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    user.commit("leak before", files={"old.py": SECRET})
    assert framework(user, "try-repo", source.path, "gitshield", "--all-files").returncode == 1
