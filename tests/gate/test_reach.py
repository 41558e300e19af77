"""The gates hold however git finds its hooks here: other folders, links, moved and shared repositories, another git beside."""

import os
import shutil
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, attempt, call, git_files, git_version, protect, said, staged
from tests.gate.test_commit import stage_unseen

HAS_CONFIGURED_HOOKS = git_version() >= (2, 54)
NOTED = '#!/bin/sh\ntouch "${GIT_DIR:-.git}/noted-${0##*/}"\n'


@pytest.fixture
def plain(repository: Repository) -> Repository:
    """An unprotected repository with one commit."""
    repository.commit("first", files={"app.py": CLEAN})
    return repository


def assert_gates_hold(repository: Repository) -> None:
    """A token is refused at commit, with and without --no-verify, and taken out of the index after `git add`."""
    stage_unseen(repository, "app.py", SECRET)
    attempt(repository, "commit", "-m", "leak")
    attempt(repository, "commit", "--no-verify", "-m", "leak")
    repository.git("reset", "-q")  # what is staged already as it is, git does not write again
    repository.git("add", "app.py")
    assert staged(repository, "app.py") == CLEAN.encode()
    repository.git("checkout", "-q", "-f", "HEAD", "--", "app.py")
    repository.write("fine.txt", "fine\n")
    repository.git("add", "fine.txt")
    repository.git("commit", "-q", "-m", "fine")


# --- a hooks folder that was set ---


def test_pushes_into_a_work_tree_go_on_behind_a_foreign_hooks_folder(plain: Repository, tmp_path: Path) -> None:
    plain.git("config", "core.hooksPath", ".husky")
    plain.git("config", "receive.denyCurrentBranch", "updateInstead")
    protect(plain)
    plain.git("clone", "-q", plain.path, tmp_path / "clone")
    clone = Repository(tmp_path / "clone", clock=plain.clock)
    clone.commit("pushed", files={"new.txt": "new\n"})
    clone.git("push", "-q", "origin", "HEAD")
    assert (plain.path / "new.txt").read_text() == "new\n"


@pytest.mark.parametrize("name", ["pre-receive", "update", "post-receive", "post-update", "push-to-checkout"])
def test_hooks_of_a_server_in_a_foreign_hooks_folder_go_on(plain: Repository, tmp_path: Path, name: str) -> None:
    plain.write(f".husky/{name}", NOTED, is_executable=True)
    plain.git("config", "core.hooksPath", str(plain.path / ".husky"))
    plain.git("config", "receive.denyCurrentBranch", "updateInstead")
    plain.write(".gitignore", ".husky\n")
    plain.git("add", ".gitignore")
    plain.git("commit", "-q", "-m", "ignore")
    protect(plain)
    plain.git("clone", "-q", plain.path, tmp_path / "clone")
    clone = Repository(tmp_path / "clone", clock=plain.clock)
    clone.commit("pushed", files={"new.txt": "new\n"})
    clone.git("push", "-q", "origin", "HEAD")
    assert (plain.path / ".git" / f"noted-{name}").exists()


def test_a_hooks_folder_set_after_protect_is_gone_before_by_protect_again(plain: Repository) -> None:
    protect(plain)
    plain.write(".husky/_/pre-commit", NOTED, is_executable=True)
    plain.git("config", "core.hooksPath", ".husky/_")
    protect(plain)
    assert_gates_hold(plain)
    assert (plain.path / ".git" / "noted-pre-commit").exists()


def test_undo_leaves_a_hooks_folder_set_after_protect_in_force(plain: Repository) -> None:
    protect(plain)
    plain.git("config", "core.hooksPath", ".husky/_")
    protect(plain)
    protect(plain, "--undo")
    assert plain.line("config", "--local", "core.hooksPath") == ".husky/_"
    assert b"gitshield" not in (plain.path / ".git" / "config").read_bytes()
    assert [name for name in git_files(plain) if "gitshield" in name] == []


def test_a_foreign_hooks_folder_set_again_is_gone_before_again(plain: Repository) -> None:
    plain.git("config", "core.hooksPath", ".husky/_")
    protect(plain)
    plain.git("config", "core.hooksPath", ".husky/_")  # as husky does at each `npm install`
    protect(plain)
    assert_gates_hold(plain)
    protect(plain, "--undo")
    assert plain.line("config", "--local", "core.hooksPath") == ".husky/_"


def test_the_default_folder_set_by_name_is_the_default_folder(plain: Repository) -> None:
    plain.git("config", "core.hooksPath", ".git/hooks")
    before = git_files(plain)
    protect(plain)
    assert (plain.path / ".git" / "hooks" / "pre-commit").exists()
    assert_gates_hold(plain)
    plain.git("reset", "-q", "--hard", "HEAD~1")
    protect(plain, "--undo")
    assert {n: s for n, s in git_files(plain).items() if n in ("config", "hooks/pre-commit")} == {
        n: s for n, s in before.items() if n in ("config", "hooks/pre-commit")
    }


@pytest.mark.skipif(HAS_CONFIGURED_HOOKS, reason="git 2.54 and newer does not look into the hooks folder only")
def test_a_setting_that_wins_over_the_repositorys_is_named(plain: Repository) -> None:
    plain.git("config", "extensions.worktreeConfig", "true")
    plain.git("config", "--worktree", "core.hooksPath", "elsewhere")
    done = call(plain, "protect", code=4)
    assert "config.worktree" in done.stderr and "hint:" in done.stderr


# --- links ---


def test_a_hooks_folder_that_is_a_link_runs_nothing_of_the_work_tree(plain: Repository) -> None:
    plain.write("githooks/pre-commit", NOTED, is_executable=True)
    for name in ("settings", "lib.sh", "filter"):
        plain.write(f"gitshield/{name}", 'touch "$PWD/hostile"\n', is_executable=True)
    shutil.rmtree(plain.path / ".git" / "hooks", ignore_errors=True)
    (plain.path / ".git" / "hooks").symlink_to("../githooks")
    protect(plain)
    assert_gates_hold(plain)
    assert (plain.path / ".git" / "noted-pre-commit").exists()
    assert not (plain.path / "hostile").exists()
    assert sorted(path.name for path in (plain.path / "githooks").iterdir()) == ["pre-commit"]


def test_a_hook_that_is_a_link_goes_on_as_one(plain: Repository) -> None:
    plain.write("scripts/check", NOTED.replace("${0##*/}", "pre-commit") + 'cat "${0%/*}/../../scripts/words" >/dev/null || exit 1\n')
    (plain.path / "scripts" / "check").chmod(0o755)
    plain.write("scripts/words", "words\n")
    (plain.path / ".git" / "hooks").mkdir(exist_ok=True)
    link = plain.path / ".git" / "hooks" / "pre-commit"
    link.symlink_to("../../scripts/check")
    protect(plain)
    assert_gates_hold(plain)
    assert (plain.path / ".git" / "noted-pre-commit").exists()
    protect(plain, "--undo")
    assert os.readlink(link) == "../../scripts/check"


def test_a_configuration_that_is_a_link_stays_one(plain: Repository, tmp_path: Path) -> None:
    place = plain.path / ".git" / "config"
    before = place.read_bytes()
    place.rename(tmp_path / "config")
    place.symlink_to(tmp_path / "config")
    protect(plain)
    assert place.is_symlink()
    assert_gates_hold(plain)
    protect(plain, "--undo")
    assert place.is_symlink()
    assert (tmp_path / "config").read_bytes() == before


# --- moved, copied, shared ---


@pytest.mark.parametrize("husky", [False, pytest.param(True, marks=pytest.mark.skipif(not HAS_CONFIGURED_HOOKS, reason="README"))])
def test_a_repository_that_was_moved_stays_protected(plain: Repository, tmp_path: Path, husky: bool) -> None:
    if husky:
        plain.git("config", "core.hooksPath", ".husky/_")
    protect(plain)
    plain.path.rename(tmp_path / "elsewhere")
    moved = Repository(tmp_path / "elsewhere", clock=plain.clock)
    assert_gates_hold(moved)
    moved.write(".env", "PORT=1\n")
    attempt(moved, "add", ".env")


def test_a_repository_in_a_folder_of_our_name_is_protected(new_repository) -> None:
    repository = new_repository("gitshield/hooks/gitshield")
    repository.commit("first", files={"app.py": CLEAN})
    protect(repository)
    assert_gates_hold(repository)


def test_a_linked_worktree_of_a_moved_hook_is_protected(plain: Repository, tmp_path: Path) -> None:
    linked = plain.linked_worktree(tmp_path / "linked", "-b", "other")
    protect(linked)
    assert_gates_hold(linked)


@pytest.mark.parametrize(("whose", "bits"), [("false", 0o700), ("group", 0o2770), ("0660", 0o2770)])
def test_who_shares_the_repository_shares_the_gates(plain: Repository, whose: str, bits: int) -> None:
    plain.git("config", "core.sharedRepository", whose)
    (plain.path / ".git").chmod(0o2775 if whose != "false" else 0o755)
    protect(plain)
    assert (plain.path / ".git" / "gitshield").stat().st_mode & 0o7770 == bits
    assert (plain.path / ".git" / "gitshield" / "install.json").stat().st_mode & 0o077 == 0


# --- another git beside the one that was there at `protect` ---


def test_an_older_git_beside_a_newer_one_runs_the_hooks_of_the_folder(plain: Repository) -> None:
    protect(plain)
    place = plain.path / ".git" / "gitshield" / "settings"
    place.write_text(place.read_text().replace("GITSHIELD_GIT=''", "GITSHIELD_GIT=/opt/newer/git"))
    if not HAS_CONFIGURED_HOOKS:
        assert_gates_hold(plain)


def test_a_judgement_is_given_once(plain: Repository) -> None:
    protect(plain)
    stage_unseen(plain, "app.py", SECRET)
    assert said(plain.git("commit", "-m", "leak", check=False)).count("commit refused") == 1


# --- attributes that ask for another filter ---


@pytest.mark.parametrize("place", ["info", "person", "macro", "macro of the person"])
def test_another_filter_for_a_sensitive_file_stays_in_force(plain: Repository, home: Path, place: str) -> None:
    (plain.path / ".git" / "info").mkdir(exist_ok=True)
    if place == "info":
        (plain.path / ".git" / "info" / "attributes").write_text(".env filter=other\n")
    elif place == "person":
        (home / "attributes").write_text(".env filter=other\n")
        plain.git("config", "--global", "core.attributesFile", "~/attributes")
    elif place == "macro":
        plain.write(".gitattributes", "[attr]hidden filter=other diff=other\n.env hidden\n")
    else:
        (home / ".config" / "git").mkdir(parents=True, exist_ok=True)
        (home / ".config" / "git" / "attributes").write_text("[attr]hidden filter=other\n")
        plain.write(".gitattributes", ".env hidden\n")
    protect(plain)
    assert plain.line("check-attr", "filter", ".env") == ".env: filter: other"
    assert plain.line("check-attr", "filter", "sub/id_rsa") == "sub/id_rsa: filter: gitshield"
