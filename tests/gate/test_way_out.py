"""A refusal in the middle of a command names the one that leads out, and that one leads out: index and work tree are as before."""

import re
from collections.abc import Sequence

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, attempt, protect


@pytest.fixture
def busy(repository: Repository) -> Repository:
    """A protected repository with a change of the person's own in README, on `main`; `leak` brought a token and took it out."""
    repository.commit("first", files={"app.py": CLEAN, "README": "read me\n"})
    repository.git("switch", "-q", "-c", "leak")
    repository.commit("leak", files={"leak.py": SECRET})
    repository.commit("fine", files={"fine.txt": "fine\n"})
    repository.git("rm", "-q", "leak.py")
    repository.commit("taken out")
    repository.git("switch", "-q", "main")
    repository.commit("main", files={"main.txt": "main\n"})
    protect(repository)
    repository.write("README", "changed\n")
    return repository


def led_out(repository: Repository, words: Sequence[str], hint: str) -> None:
    """A command that must be refused, naming `hint`, which must lead back to where it began."""
    before = repository.state()
    shown = attempt(repository, *words)
    named = re.findall(r"^  `git ([^`]*)` takes back", shown, re.MULTILINE)
    assert named == [hint]
    assert repository.state() != before
    repository.git(*hint.split())
    after = repository.state()
    assert (after.head, after.index, after.work_tree) == (before.head, before.index, before.work_tree)
    assert {name: oid for name, oid in after.refs.items() if b"/heads/" in name} == before.refs


def made_by_plumbing(repository: Repository, parent: str) -> str:
    """A commit with the tree that holds the token, which no reference reaches."""
    return repository.line("commit-tree", "-p", parent, "-m", "made", "leak~2^{tree}")


def test_a_cherry_pick(busy: Repository) -> None:
    led_out(busy, ("cherry-pick", "leak~2"), "cherry-pick --abort")


def test_a_cherry_pick_of_several(busy: Repository) -> None:
    led_out(busy, ("cherry-pick", "leak~1", "leak~2"), "cherry-pick --abort")


def test_a_revert(busy: Repository) -> None:
    busy.git("switch", "-q", "leak")
    led_out(busy, ("revert", "--no-edit", "HEAD"), "reset --merge")


def test_a_revert_of_several(busy: Repository) -> None:
    busy.git("switch", "-q", "leak")
    led_out(busy, ("revert", "--no-edit", "HEAD", "HEAD~1"), "revert --abort")


def test_a_merge(busy: Repository) -> None:
    led_out(busy, ("merge", "--no-edit", made_by_plumbing(busy, "main~1")), "reset --merge")


def test_a_fast_forward(busy: Repository) -> None:
    led_out(busy, ("merge", "--ff-only", made_by_plumbing(busy, "main")), "reset --merge")


def test_a_patch(busy: Repository) -> None:
    (busy.path.parent / "patch").write_bytes(busy.git("format-patch", "--stdout", "-1", "leak~2").stdout)
    led_out(busy, ("am", "-q", str(busy.path.parent / "patch")), "am --abort")


def test_a_commit_has_nothing_to_take_back(busy: Repository) -> None:
    oid = busy.git("hash-object", "-w", "--stdin", input=SECRET.encode()).stdout.decode().strip()
    busy.git("update-index", "--cacheinfo", f"100644,{oid},app.py")
    assert "takes back" not in attempt(busy, "commit", "--no-verify", "-m", "leak")


def test_a_stash_merged_into_a_branch_is_judged(busy: Repository) -> None:
    busy.write("app.py", SECRET)
    busy.git("stash", "-q")
    busy.write("main.txt", "more\n")
    busy.git("commit", "-q", "-a", "-m", "more")
    attempt(busy, "merge", "--no-edit", "stash@{0}")


def test_what_was_done_by_hand_in_a_conflict_is_not_to_be_thrown_away(busy: Repository) -> None:
    busy.git("stash", "-q")
    busy.write("fine.txt", "ours\n")
    busy.git("add", "fine.txt")
    busy.git("commit", "-q", "-m", "ours")
    busy.git("cherry-pick", "leak~1", check=False)
    busy.write("fine.txt", SECRET)
    busy.git("add", "fine.txt")
    for name in ("pre-commit", "commit-msg"):
        (busy.git_dir / "hooks" / name).unlink(missing_ok=True)
    assert "takes back" not in attempt(busy, "cherry-pick", "--continue")
