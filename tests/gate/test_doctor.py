"""`gitshield doctor`: all gates hold after `protect`, and whichever one is broken is the one that is named."""

import json

import pytest

from tests.builder import Repository
from tests.gate.shield import attempt, call, git_files, git_version, objects, protect

HAS_CONFIGURED_HOOKS = git_version() >= (2, 54)
ALL = ("staging by path", "staging by content", "commit", "merge commit", "commit message", "--no-verify", "push", "everyday work")


def failing(repository: Repository) -> set[str]:
    """The gates that do not hold."""
    done = call(repository, "doctor", "--json", code=None)
    checks = json.loads(done.stdout)["checks"]
    assert [check["gate"] for check in checks] == list(ALL)
    fails = {check["gate"] for check in checks if not check["holds"]}
    assert done.returncode == (1 if fails else 0)
    assert all(bool(check["mend"]) != check["holds"] for check in checks)
    return fails


def hook(repository: Repository, name: str):
    """Where our hook lies."""
    return repository.path / ".git" / ("gitshield/hooks" if HAS_CONFIGURED_HOOKS else "hooks") / name


def remove(repository: Repository, name: str) -> None:
    """Remove a hook of ours, and what git 2.54 and newer knows of it."""
    hook(repository, name).unlink()
    repository.git("config", "--remove-section", f"hook.gitshield-{name}", check=False)


def test_all_hold_after_protect(protected: Repository) -> None:
    assert failing(protected) == set()


def test_nothing_holds_before_protect(repository: Repository) -> None:
    assert failing(repository) == set(ALL) - {"everyday work"}


def test_it_changes_nothing(protected: Repository) -> None:
    before, held = git_files(protected), objects(protected)
    call(protected, "doctor")
    after = git_files(protected)
    assert after == before
    assert objects(protected) == held


def test_it_prints_a_line_a_gate_and_how_to_mend_it(protected: Repository) -> None:
    remove(protected, "post-index-change")
    done = call(protected, "doctor", code=1)
    assert [line.split("  ", 1)[0] for line in done.stdout.splitlines() if not line.startswith(" ")].count("FAILS") == 1
    assert "mend: gitshield protect" in done.stdout


BROKEN = {
    "pre-commit": {"commit"},
    "commit-msg": {"commit message"},
    "post-index-change": {"staging by content"},
    "reference-transaction": {"--no-verify"},
    "pre-push": {"push"},
}


@pytest.mark.parametrize(("name", "gates"), BROKEN.items(), ids=BROKEN.keys())
def test_a_hook_that_was_removed_is_named(protected: Repository, name: str, gates: set[str]) -> None:
    """What the reference gate catches as well holds all the same: two gates have to fall before something gets through."""
    remove(protected, name)
    caught_later = {"commit", "commit message", "merge commit"}
    assert failing(protected) in (gates, gates - caught_later)
    protect(protected)
    assert failing(protected) == set()


def test_a_hook_overwritten_by_another_program_is_named(protected: Repository) -> None:
    for name in ("post-index-change", "reference-transaction"):
        place = hook(protected, name)
        place.write_text("#!/bin/sh\nexit 0\n")
        place.chmod(0o755)
    assert failing(protected) == {"staging by content", "--no-verify"}


def test_a_hook_that_is_no_longer_executable_is_named(protected: Repository) -> None:
    if HAS_CONFIGURED_HOOKS:
        pytest.skip("a configured hook that cannot be run is an error of git itself")
    hook(protected, "reference-transaction").chmod(0o644)
    assert failing(protected) == {"--no-verify"}


@pytest.mark.skipif(HAS_CONFIGURED_HOOKS, reason="git 2.54 and newer runs configured hooks whatever the folder")
def test_a_hooks_folder_set_since_is_named(protected: Repository) -> None:
    protected.git("config", "core.hooksPath", ".husky/_")
    assert failing(protected) == set(ALL) - {"staging by path", "everyday work"}


@pytest.mark.parametrize("key", ["filter.gitshield.process", "filter.gitshield.required"])
def test_a_filter_that_is_not_configured_is_named(protected: Repository, key: str) -> None:
    protected.git("config", "--unset", key)
    assert failing(protected) == {"staging by path"}
    protect(protected)
    assert protected.line("config", key)


def test_attributes_that_were_removed_are_named(protected: Repository) -> None:
    (protected.path / ".git" / "info" / "attributes").unlink()
    assert "staging by path" in failing(protected)


def test_attributes_that_switch_ours_off_are_named(protected: Repository) -> None:
    place = protected.path / ".git" / "info" / "attributes"
    place.write_bytes(place.read_bytes() + b"* -filter\n")
    assert "staging by path" in failing(protected)


def test_configured_hooks_that_are_switched_off_are_named(protected: Repository) -> None:
    if not HAS_CONFIGURED_HOOKS:
        pytest.skip("configured hooks are git 2.54's")
    protected.git("config", "hook.gitshield-reference-transaction.enabled", "false")
    assert failing(protected) == {"--no-verify"}


def test_a_failing_hook_of_the_user_is_no_broken_gate(protected: Repository) -> None:
    call(protected, "doctor", "--json", env={"GIT_DIR": str(protected.path / ".git")})


def test_it_works_in_a_linked_worktree_and_from_a_sub_folder(protected: Repository) -> None:
    linked = protected.linked_worktree(protected.path.parent / "linked", "-b", "other")
    assert failing(linked) == set()
    (protected.path / "sub").mkdir()
    call(protected.path / "sub", "doctor")


def test_outside_of_a_repository_it_says_so(tmp_path) -> None:
    assert "not inside a git repository" in call(tmp_path, "doctor", code=10).stderr


def test_it_leaves_the_rules_of_this_repository_in_force(protected: Repository) -> None:
    """The first look of a hook trusts a stamp in our folder: the scratch repository must not have put its own there."""
    rule = '[[rules]]\nid = "ours"\ndescription = "Our own"\nregex = \'ours_[0-9]{12}\'\nkeywords = ["ours_"]\n'
    protected.write("rules.toml", rule)
    protected.write(".gitshield.toml", '[rules]\nfiles = ["rules.toml"]\n')
    protected.git("add", "-A")
    protected.git("commit", "-q", "-m", "rules")
    call(protected, "doctor")
    protected.write("app.py", "ours_" + "371946" * 2 + "\n")
    attempt(protected, "commit", "-a", "-m", "leak")
