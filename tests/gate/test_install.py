"""`protect` and its undoing: repeatable, shown before it is done, and gone without a trace."""

import os
import shutil

import pytest

from tests.builder import Repository
from tests.gate.shield import attempt, call, git_files, git_version, protect

HAS_CONFIGURED_HOOKS = git_version() >= (2, 54)


@pytest.fixture
def plain(repository: Repository) -> Repository:
    """An unprotected repository with one commit."""
    repository.commit("first", files={"app.py": "token = read_token()\n"})
    return repository


def test_a_second_run_changes_nothing(plain: Repository) -> None:
    protect(plain)
    before = git_files(plain)
    assert "already protected" in protect(plain)
    assert git_files(plain) == before


def test_a_dry_run_changes_nothing_and_names_every_file(plain: Repository) -> None:
    before = git_files(plain)
    shown = protect(plain, "--dry-run")
    assert git_files(plain) == before
    protect(plain)
    changed = {name for name, seen in git_files(plain).items() if before.get(name) != seen and seen[1] is not None}
    made_later = {"gitshield/install.json", "gitshield/stamp"}
    assert changed - made_later == {line.split(" .git/")[1].split(":")[0] for line in shown.splitlines() if line.startswith("would write")}


def test_a_dry_run_in_a_protected_repository_says_so(plain: Repository) -> None:
    protect(plain)
    assert "would write" not in protect(plain, "--dry-run")


def test_undo_leaves_not_a_byte_behind(plain: Repository) -> None:
    before = git_files(plain)
    protect(plain)
    assert git_files(plain) != before
    protect(plain, "--undo")
    assert git_files(plain) == before


def test_undo_leaves_not_a_byte_behind_in_a_new_repository(repository: Repository) -> None:
    before = git_files(repository)
    protect(repository)
    protect(repository)
    protect(repository, "--undo")
    assert git_files(repository) == before


def test_undo_brings_back_hooks_attributes_and_settings_that_were_there(plain: Repository) -> None:
    plain.hook("pre-commit", "#!/bin/sh\nexit 0\n")
    plain.hook("commit-msg", "#!/bin/sh\nexit 0\n").chmod(0o644)
    plain.hook("pre-push", "#!/bin/sh\nexit 0\n").chmod(0o700)
    (plain.path / ".git" / "info").mkdir(exist_ok=True)
    (plain.path / ".git" / "info" / "attributes").write_bytes(b"*.x text")
    (plain.path / ".git" / "config").chmod(0o600)
    plain.git("config", "core.hooksPath", ".husky/_")
    before = git_files(plain)
    protect(plain)
    protect(plain, "--undo")
    assert git_files(plain) == before


def test_undo_after_work_leaves_nothing_of_ours(plain: Repository) -> None:
    protect(plain)
    plain.write(".env", "PORT=1\n")
    attempt(plain, "add", ".env")
    plain.write("app.py", "fine = 1\n")
    plain.git("commit", "-q", "-a", "-m", "fine")
    protect(plain, "--undo")
    assert [name for name in git_files(plain) if "gitshield" in name] == []
    assert b"gitshield" not in (plain.path / ".git" / "config").read_bytes()
    plain.git("add", ".env")
    plain.git("commit", "-q", "-m", "unprotected")


def test_undo_twice_says_that_nothing_is_installed(plain: Repository) -> None:
    protect(plain)
    protect(plain, "--undo")
    assert "not installed" in call(plain, "protect", "--undo", code=4).stderr


def test_undo_keeps_what_the_user_added_to_the_configuration(plain: Repository) -> None:
    protect(plain)
    plain.git("config", "user.name", "Grace")
    plain.git("remote", "add", "origin", "https://example.org/x.git")
    protect(plain, "--undo")
    config = (plain.path / ".git" / "config").read_text()
    assert "Grace" in config and "example.org" in config
    assert "gitshield" not in config


def test_undo_keeps_what_the_user_added_to_the_attributes(plain: Repository) -> None:
    protect(plain)
    place = plain.path / ".git" / "info" / "attributes"
    place.write_bytes(b"*.a text\n" + place.read_bytes() + b"*.z binary\n")
    protect(plain, "--undo")
    assert place.read_bytes() == b"*.a text\n*.z binary\n"


def test_undo_keeps_a_hook_that_somebody_wrote_over_ours(plain: Repository) -> None:
    protect(plain)
    folder = plain.path / ".git" / ("gitshield/hooks" if HAS_CONFIGURED_HOOKS else "hooks")
    (folder / "pre-commit").write_text("#!/bin/sh\n# mine\n")
    shown = protect(plain, "--undo")
    if not HAS_CONFIGURED_HOOKS:
        assert (plain.path / ".git" / "hooks" / "pre-commit").read_text() == "#!/bin/sh\n# mine\n"
        assert "stays" in shown


def test_undo_keeps_a_hook_that_was_added_later(plain: Repository) -> None:
    protect(plain)
    plain.hook("post-commit", "#!/bin/sh\n# mine\n")
    protect(plain, "--undo")
    assert (plain.path / ".git" / "hooks" / "post-commit").read_text() == "#!/bin/sh\n# mine\n"
    plain.write("app.py", "fine = 1\n")
    plain.git("commit", "-q", "-a", "-m", "fine")


@pytest.mark.skipif(HAS_CONFIGURED_HOOKS, reason="git 2.54 and newer needs no core.hooksPath of ours")
def test_undo_keeps_a_hooks_folder_that_the_user_set_later(plain: Repository) -> None:
    plain.git("config", "core.hooksPath", ".husky/_")
    protect(plain)
    plain.git("config", "core.hooksPath", "elsewhere")
    protect(plain, "--undo")
    assert plain.line("config", "core.hooksPath") == "elsewhere"


def test_a_repair_brings_back_what_was_removed(plain: Repository) -> None:
    protect(plain)
    before = git_files(plain)
    (plain.path / ".git" / "info" / "attributes").unlink()
    folder = plain.path / ".git" / ("gitshield/hooks" if HAS_CONFIGURED_HOOKS else "hooks")
    (folder / "pre-commit").unlink()
    plain.git("config", "--unset", "filter.gitshield.process")
    protect(plain)
    after = git_files(plain)
    changing = {"gitshield/install.json", "gitshield/stamp", "config"}
    assert {name: seen for name, seen in after.items() if name not in changing} == {n: s for n, s in before.items() if n not in changing}
    plain.write(".env", "PORT=1\n")
    attempt(plain, "add", ".env")


def test_undo_after_a_repair_still_leaves_not_a_byte_behind(plain: Repository) -> None:
    plain.hook("pre-commit", "#!/bin/sh\nexit 0\n")
    before = git_files(plain)
    protect(plain)
    (plain.path / ".git" / "info" / "attributes").unlink()
    protect(plain)
    protect(plain, "--undo")
    assert git_files(plain) == before


def test_protect_in_a_linked_worktree_protects_all_of_them(plain: Repository) -> None:
    linked = plain.linked_worktree(plain.path.parent / "linked", "-b", "other")
    protect(linked)
    assert "already protected" in protect(plain)
    for place in (plain, linked):
        place.write(".env", "PORT=1\n")
        attempt(place, "add", ".env")


def test_protect_works_from_a_sub_folder(plain: Repository) -> None:
    (plain.path / "sub").mkdir()
    call(plain.path / "sub", "protect")
    plain.write("sub/.env", "PORT=1\n")
    attempt(plain, "-C", "sub", "add", ".env")


def test_protect_says_what_is_on_and_what_to_do_next(plain: Repository) -> None:
    shown = protect(plain)
    assert "on: staging by path" in shown and "gitshield doctor" in shown


def test_protect_tells_of_an_operation_under_way(plain: Repository) -> None:
    plain.git("switch", "-q", "-c", "side")
    plain.commit("side", files={"app.py": "side = 1\n"})
    plain.git("switch", "-q", "main")
    plain.commit("main", files={"app.py": "main = 1\n"})
    plain.git("merge", "side", check=False)
    assert "a merge is under way" in protect(plain)


def test_a_repository_with_sha256_ids_is_left_alone(new_repository) -> None:
    repository = new_repository("long", object_format="sha256")
    before = git_files(repository)
    done = call(repository, "protect", code=10)
    assert "SHA-256" in done.stderr
    assert git_files(repository) == before


def test_a_bare_repository_is_told_to_be_one(bare: Repository) -> None:
    before = sorted(path.name for path in bare.path.iterdir())
    done = call(bare, "protect", code=10)
    assert "bare" in done.stderr and "hint:" in done.stderr
    assert sorted(path.name for path in bare.path.iterdir()) == before


def test_outside_of_a_repository_it_says_so(tmp_path) -> None:
    assert "not inside a git repository" in call(tmp_path, "protect", code=10).stderr


def test_private_files_are_private(plain: Repository) -> None:
    protect(plain)
    plain.write(".env", "PORT=1\n")
    attempt(plain, "add", ".env")
    folder = plain.path / ".git" / "gitshield"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "passes").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_changes_nothing(plain: Repository) -> None:
    (plain.path / ".git" / "info").mkdir(exist_ok=True)
    (plain.path / ".git" / "info").chmod(0o500)
    before = git_files(plain)
    call(plain, "protect", code=4)
    assert git_files(plain) == before


def test_a_file_in_the_way_changes_nothing(plain: Repository) -> None:
    plain.write(".git/info", "a file where a folder should be\n")
    before = git_files(plain)
    call(plain, "protect", code=4)
    assert git_files(plain) == before


def test_our_folder_removed_by_hand_does_not_make_ours_look_like_yours(plain: Repository) -> None:
    plain.hook("pre-commit", "#!/bin/sh\nexit 0\n")
    (plain.path / ".git" / "info").mkdir(exist_ok=True)
    (plain.path / ".git" / "info" / "attributes").write_bytes(b"*.x text\n")
    before = git_files(plain)
    protect(plain)
    shutil.rmtree(plain.path / ".git" / "gitshield")
    protect(plain)
    plain.write(".env", "PORT=1\n")
    attempt(plain, "add", ".env")
    protect(plain, "--undo")
    assert git_files(plain) == before


def test_a_private_configuration_stays_private(plain: Repository) -> None:
    (plain.path / ".git" / "config").chmod(0o600)
    protect(plain)
    assert (plain.path / ".git" / "config").stat().st_mode & 0o777 == 0o600
