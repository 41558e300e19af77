"""Hooks that are there already go on running, before ours, and their failure counts; ours hold whatever else is installed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, attempt, git_files, git_version, protect, said, staged
from tests.gate.test_commit import stage_unseen

HAS_CONFIGURED_HOOKS = git_version() >= (2, 54)
HUSKY = ".husky/_"
NOTED = '#!/bin/sh\necho "${0##*/} $*" >>"$(git rev-parse --show-toplevel)/../noted"\n'


@pytest.fixture
def plain(repository: Repository) -> Repository:
    """An unprotected repository with one commit."""
    repository.commit("first", files={"app.py": CLEAN})
    return repository


def noted(repository: Repository) -> list[str]:
    """What the hooks of a test noted: a line each, name and arguments."""
    place = repository.path.parent / "noted"
    return place.read_text().splitlines() if place.exists() else []


def commit(repository: Repository, text: str = "fine = 1\n") -> None:
    """Commit an ordinary change."""
    repository.write("app.py", text)
    repository.git("commit", "-q", "-a", "-m", "fine")


def test_a_hook_that_was_there_goes_on_running(plain: Repository) -> None:
    plain.hook("pre-commit", NOTED)
    plain.hook("commit-msg", NOTED)
    protect(plain)
    commit(plain)
    assert [line.split()[0].removesuffix(".gitshield-chained") for line in noted(plain)] == ["pre-commit", "commit-msg"]
    assert noted(plain)[1].endswith("COMMIT_EDITMSG")


def test_a_hook_that_fails_stops_the_commit(plain: Repository) -> None:
    plain.hook("pre-commit", "#!/bin/sh\necho no way >&2\nexit 7\n")
    protect(plain)
    plain.write("app.py", "fine = 1\n")
    done = plain.git("commit", "-q", "-a", "-m", "fine", check=False)
    assert done.returncode != 0
    assert "no way" in said(done)
    assert plain.line("rev-list", "--count", "HEAD") == "1"


def test_a_hook_that_passes_does_not_let_a_token_pass(plain: Repository) -> None:
    plain.hook("pre-commit", "#!/bin/sh\nexit 0\n")
    protect(plain)
    stage_unseen(plain, "app.py", SECRET)
    attempt(plain, "commit", "-m", "leak")


def test_a_hook_that_cannot_be_run_is_not_run(plain: Repository) -> None:
    plain.hook("pre-commit", "#!/bin/sh\nexit 1\n").chmod(0o644)
    protect(plain)
    commit(plain)


def test_what_a_hook_stages_is_judged(plain: Repository) -> None:
    plain.write("leak.txt", SECRET)
    plain.hook("pre-commit", "#!/bin/sh\ngit add leak.txt\n")
    protect(plain)
    plain.write("app.py", "fine = 1\n")
    attempt(plain, "commit", "-a", "-m", "leak")
    assert plain.line("rev-list", "--count", "HEAD") == "1"


def test_a_message_that_a_hook_writes_is_judged(plain: Repository) -> None:
    plain.hook("prepare-commit-msg", f"#!/bin/sh\necho '{SECRET.strip()}' >>\"$1\"\n")
    protect(plain)
    plain.write("app.py", "fine = 1\n")
    attempt(plain, "commit", "-a", "-m", "leak")


def test_a_reference_hook_gets_its_lines_and_may_refuse(plain: Repository) -> None:
    plain.hook("reference-transaction", '#!/bin/sh\n[ "$1" = prepared ] || exit 0\ngrep -q refs/heads/no && exit 1\nexit 0\n')
    protect(plain)
    commit(plain)
    assert plain.git("branch", "yes", check=False).returncode == 0
    assert plain.git("branch", "no", check=False).returncode != 0


def test_a_post_index_change_hook_goes_on_running(plain: Repository) -> None:
    plain.hook("post-index-change", NOTED)
    protect(plain)
    plain.write("app.py", "fine = 1\n")
    plain.git("add", "app.py")
    assert [line.split()[0].removesuffix(".gitshield-chained") for line in noted(plain)] == ["post-index-change"]


def test_a_hooks_folder_as_husky_sets_it_goes_on_working(plain: Repository, bare: Repository) -> None:
    names = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-checkout", "pre-rebase", "post-merge", "post-rewrite"]
    for name in names:
        plain.write(f"{HUSKY}/{name}", NOTED, is_executable=True)
    plain.write(f"{HUSKY}/pre-push", NOTED + 'cat >>"$(git rev-parse --show-toplevel)/../noted"\n', is_executable=True)
    plain.write(".husky/.gitignore", "_\n")
    plain.git("config", "core.hooksPath", HUSKY)
    protect(plain)
    commit(plain)
    plain.git("commit", "-q", "--amend", "--no-edit")
    plain.git("switch", "-q", "-c", "side")
    commit(plain, "side = 1\n")
    plain.git("switch", "-q", "main")
    plain.git("merge", "-q", "side")
    plain.git("rebase", "-q", "--force-rebase", "HEAD~1")
    plain.git("push", "-q", bare.path, "main")
    seen = noted(plain)
    assert {line.split()[0] for line in seen if not line.startswith("refs/")} == {*names, "pre-push"}
    assert [line.split()[0] for line in seen[:4]] == ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"]
    assert seen[-1].startswith("refs/heads/main ")


def test_a_hooks_folder_as_husky_sets_it_is_protected(plain: Repository) -> None:
    plain.write(f"{HUSKY}/pre-commit", "#!/bin/sh\nexit 0\n", is_executable=True)
    plain.git("config", "core.hooksPath", HUSKY)
    protect(plain)
    stage_unseen(plain, "app.py", SECRET)
    attempt(plain, "commit", "-m", "leak")
    attempt(plain, "commit", "--no-verify", "-m", "leak")
    plain.git("add", "app.py")
    assert staged(plain, "app.py") == CLEAN.encode()


def test_a_failing_hook_of_husky_counts(plain: Repository, bare: Repository) -> None:
    plain.write(f"{HUSKY}/pre-push", "#!/bin/sh\nexit 1\n", is_executable=True)
    plain.git("config", "core.hooksPath", HUSKY)
    protect(plain)
    assert plain.git("push", "-q", bare.path, "main", check=False).returncode != 0


def test_a_hook_that_husky_gets_later_runs(plain: Repository) -> None:
    plain.write(f"{HUSKY}/pre-commit", NOTED, is_executable=True)
    plain.git("config", "core.hooksPath", HUSKY)
    protect(plain)
    plain.write(f"{HUSKY}/post-commit", NOTED, is_executable=True)
    commit(plain)
    assert [line.split()[0] for line in noted(plain)] == ["pre-commit", "post-commit"]


def test_the_hooks_folder_works_from_sub_folders_and_worktrees(plain: Repository) -> None:
    plain.write(f"{HUSKY}/pre-commit", NOTED, is_executable=True)
    plain.git("config", "core.hooksPath", HUSKY)
    plain.commit("hooks", files={"sub/a.py": CLEAN})
    protect(plain)
    linked = plain.linked_worktree(plain.path.parent / "linked", "-b", "other")
    plain.write("sub/a.py", "fine = 1\n")
    plain.git("-C", "sub", "commit", "-q", "-a", "-m", "fine")
    commit(linked)
    assert [line.split()[0] for line in noted(plain)] == ["pre-commit", "pre-commit"]


def test_a_hooks_folder_in_the_home_goes_on_working(plain: Repository, home: Path) -> None:
    place = home / "hooks" / "pre-commit"
    place.parent.mkdir()
    place.write_text(NOTED)
    place.chmod(0o755)
    plain.git("config", "--global", "core.hooksPath", "~/hooks")
    protect(plain)
    commit(plain)
    assert [line.split()[0] for line in noted(plain)] == ["pre-commit"]
    stage_unseen(plain, "app.py", SECRET)
    attempt(plain, "commit", "-m", "leak")


@pytest.mark.skipif(not HAS_CONFIGURED_HOOKS, reason="configured hooks are git 2.54's")
def test_a_hooks_folder_set_after_protect_takes_nothing_away(plain: Repository) -> None:
    protect(plain)
    plain.git("config", "core.hooksPath", HUSKY)
    stage_unseen(plain, "app.py", SECRET)
    attempt(plain, "commit", "-m", "leak")
    attempt(plain, "commit", "--no-verify", "-m", "leak")


# --- the pre-commit framework's own hook ---

FRAMEWORK = """\
repos:
- repo: local
  hooks:
  - id: note
    name: note
    entry: sh -c 'echo ran >>"$(git rev-parse --show-toplevel)/../noted"'
    language: system
    always_run: true
    pass_filenames: false
"""


def framework(repository: Repository, *words: str) -> None:
    """Run the pre-commit framework."""
    done = subprocess.run([sys.executable, "-m", "pre_commit", *words], cwd=repository.path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def with_framework(plain: Repository) -> Repository:
    """A repository with a configuration of the pre-commit framework, not installed yet."""
    plain.commit("framework", files={".pre-commit-config.yaml": FRAMEWORK})
    return plain


@pytest.mark.parametrize("order", ["install, protect", "protect, install", "install, protect, install", "protect, install, protect"])
def test_the_pre_commit_framework_and_we_both_run(with_framework: Repository, order: str) -> None:
    steps = {"install": lambda: framework(with_framework, "install"), "protect": lambda: protect(with_framework)}
    for step in order.split(", "):
        steps[step]()
    commit(with_framework)
    assert noted(with_framework) == ["ran"]
    stage_unseen(with_framework, "app.py", SECRET)
    attempt(with_framework, "commit", "-m", "leak")
    attempt(with_framework, "commit", "--no-verify", "-m", "leak")


def test_the_framework_installed_later_stays_when_we_go(with_framework: Repository) -> None:
    protect(with_framework)
    framework(with_framework, "install")
    protect(with_framework, "--undo")
    commit(with_framework)
    assert noted(with_framework) == ["ran"]
    assert [name for name in git_files(with_framework) if "gitshield" in name or "legacy" in name] == []


def test_the_framework_installed_before_is_back_when_we_go(with_framework: Repository) -> None:
    framework(with_framework, "install")
    before = git_files(with_framework)
    protect(with_framework)
    protect(with_framework, "--undo")
    assert git_files(with_framework) == before
    commit(with_framework)
    assert noted(with_framework) == ["ran"]


def test_undo_keeps_a_first_hook_that_a_second_program_replaced(plain: Repository) -> None:
    plain.hook("pre-commit", NOTED)
    protect(plain)
    plain.hook("pre-commit", "#!/bin/sh\n# another program\n")
    protect(plain, "--undo")
    kept = [seen for name, seen in git_files(plain).items() if name.startswith("hooks/pre-commit")]
    assert b"#!/bin/sh\n# another program\n" in [content for _mode, content in kept]
    if not HAS_CONFIGURED_HOOKS:
        assert NOTED.encode() in [content for _mode, content in kept]
