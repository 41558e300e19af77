"""Tips: every name that leads into a history is given, whatever state the repository is in."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.git.layout import Layout, find_layout
from gitshield.git.tips import Tip, kind_of, tips
from gitshield.model.finding import Skipped
from tests.builder import Repository


def layout_of(repository: Repository) -> Layout:
    return find_layout(str(repository.path), environment=os.environ)


def tips_of(repository: Repository) -> dict[str, Tip]:
    found = tips(layout_of(repository), os.environ)
    assert not [item for item in found if isinstance(item, Skipped)]
    return {item.name: item for item in found if isinstance(item, Tip)}


def test_refs_of_every_namespace_are_tips(repository: Repository) -> None:
    oid = repository.commit(files={"a": "1"})
    names = {
        "refs/heads/a/b": "branch",
        "refs/tags/t": "tag",
        "refs/remotes/origin/x": "remote",
        "refs/notes/own": "note",
        "refs/original/refs/heads/main": "other",
        "refs/pull/1/head": "other",
        "refs/replace/" + "1" * 40: "other",
        "refs/bisect/bad": "other",
    }
    for name in names:
        repository.git("update-ref", name, oid)
    found = tips_of(repository)
    assert {name: (found[name].oid, found[name].kind) for name in names} == {name: (oid, kind) for name, kind in names.items()}
    assert found["HEAD"] == Tip("HEAD", oid, "head")


def test_annotated_tags_lead_to_what_they_tag_in_the_end(repository: Repository) -> None:
    oid = repository.commit(files={"a": "1"})
    repository.git("tag", "-a", "-m", "one", "one")
    repository.git("tag", "-a", "-m", "two", "two", "one")
    repository.git("tag", "blob", "HEAD:a")
    found = tips_of(repository)
    assert (found["refs/tags/one"].oid, found["refs/tags/two"].oid) == (oid, oid)
    assert found["refs/tags/two"].tag == repository.line("rev-parse", "two")
    assert found["refs/tags/blob"] == Tip("refs/tags/blob", repository.line("rev-parse", "HEAD:a"), "tag")


def test_reflog_entries_are_named_as_git_takes_them(repository: Repository) -> None:
    first = repository.commit(files={"a": "1"})
    second = repository.commit(files={"a": "2"})
    repository.git("reset", "--quiet", "--hard", first)
    found = tips_of(repository)
    entries = {name: tip.oid for name, tip in found.items() if tip.kind == "reflog"}
    assert entries["HEAD@{1}"] == entries["main@{1}"] == second
    assert {name: repository.line("rev-parse", name) for name in entries} == entries
    assert found["ORIG_HEAD"].oid == second


def test_what_the_oldest_entry_of_an_expired_reflog_replaced_is_a_tip(repository: Repository) -> None:
    first = repository.commit(files={"a": "1"})
    repository.commit(files={"a": "2"})
    log = repository.git_dir / "logs" / "refs" / "heads" / "main"
    log.write_bytes(log.read_bytes().split(b"\n", 1)[1])
    found = tips_of(repository)
    assert found["main@{1}"].oid == first == repository.line("rev-parse", "main@{1}")


def test_the_log_of_a_branch_that_is_gone_has_tips(repository: Repository) -> None:
    oid = repository.commit(files={"a": "1"})
    log = repository.write(".git/logs/refs/heads/gone", f"{'0' * 40} {oid} A <a@b> 1700000000 +0000\tbranch: Created\n")
    assert log.exists()
    assert tips_of(repository)["gone@{0}"].oid == oid


def test_every_stash_is_a_tip(repository: Repository) -> None:
    repository.commit(files={"a": "1"})
    for content in ("2", "3"):
        repository.write("a", content)
        repository.git("stash")
    found = tips_of(repository)
    assert [found[f"stash@{{{n}}}"].kind for n in (0, 1)] == ["stash", "stash"]
    assert {n: found[f"stash@{{{n}}}"].oid for n in (0, 1)} == {n: repository.line("rev-parse", f"stash@{{{n}}}") for n in (0, 1)}
    assert found["refs/stash"].kind == "stash"


def test_linked_worktrees_have_heads_refs_and_logs_of_their_own(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit(files={"a": "1"})
    linked = repository.linked_worktree(tmp_path / "linked", "--detach")
    second = linked.commit(files={"b": "1"})
    linked.git("update-ref", "refs/worktree/x", second)
    found = tips_of(repository)
    assert found["worktrees/linked/HEAD"] == Tip("worktrees/linked/HEAD", second, "worktree")
    assert found["worktrees/linked/refs/worktree/x"].oid == second
    assert found["worktrees/linked/HEAD@{0}"].oid == second == repository.line("rev-parse", "worktrees/linked/HEAD@{0}")
    from_there = tips_of(linked)
    assert (from_there["HEAD"].oid, from_there["main-worktree/HEAD"].oid) == (second, first)
    assert from_there["refs/worktree/x"].oid == second == linked.line("rev-parse", "refs/worktree/x")


def test_a_merge_under_way_and_a_rebase_under_way_have_tips(repository: Repository) -> None:
    repository.commit(files={"a": "1"})
    repository.git("branch", "other")
    ours = repository.commit(files={"a": "2"})
    repository.git("checkout", "--quiet", "other")
    theirs = repository.commit(files={"a": "3"})
    repository.git("merge", "main", check=False)
    assert tips_of(repository)["MERGE_HEAD"].oid == ours
    repository.git("merge", "--abort")
    repository.git("rebase", "main", check=False)
    found = tips_of(repository)
    assert (found["REBASE_HEAD"].oid, found["rebase-merge/orig-head"].oid, found["HEAD"].oid) == (theirs, theirs, ours)


def test_all_lines_of_fetch_head_are_tips(repository: Repository, new_repository: Callable[..., Repository]) -> None:
    repository.commit(files={"a": "1"})
    repository.git("branch", "b", repository.line("commit-tree", "-m", "x", "HEAD^{tree}"))
    other = new_repository("other")
    other.git("fetch", "--quiet", repository.path, "main", "b")
    found = [tip.oid for tip in tips(layout_of(other), os.environ) if isinstance(tip, Tip) and tip.name == "FETCH_HEAD"]
    assert found == [repository.line("rev-parse", "main"), repository.line("rev-parse", "b")]


def test_broken_refs_are_said_and_the_others_are_given(repository: Repository) -> None:
    oid = repository.commit(files={"a": "1"})
    repository.write(".git/refs/heads/broken", "no id\n")
    repository.write(".git/refs/heads/missing", "1" * 40 + "\n")
    repository.write(".git/refs/tags/missing", "2" * 40 + "\n")
    repository.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/none")
    found = tips(layout_of(repository), os.environ)
    said = [item for item in found if isinstance(item, Skipped)]
    assert any("refs/heads/broken" in item.reason and item.is_failure for item in said)
    assert Tip("refs/heads/main", oid, "branch") in found


def test_an_unborn_branch_and_a_bare_repository_are_no_failures(repository: Repository, bare: Repository) -> None:
    assert tips_of(repository) == {}
    assert tips_of(bare) == {}
    repository.commit(files={"a": "1"})
    repository.git("push", "--quiet", bare.path, "main")
    assert set(tips_of(bare)) == {"refs/heads/main", "HEAD"}


def test_a_repository_that_the_environment_names_is_the_one(
    repository: Repository, new_repository: Callable[..., Repository], monkeypatch: pytest.MonkeyPatch
) -> None:
    oid = repository.commit(files={"a": "1"})
    other = new_repository("other")
    monkeypatch.setenv("GIT_DIR", str(repository.git_dir))
    found = tips(find_layout(str(other.path), environment=os.environ), os.environ)
    assert Tip("refs/heads/main", oid, "branch") in found


def test_nothing_that_a_repository_configures_is_run(repository: Repository, tmp_path: Path) -> None:
    repository.commit(files={"a": "1"})
    ran = tmp_path / "ran"
    for key in ("core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand", "credential.helper", "core.hooksPath"):
        repository.git("config", key, f"!touch {ran}")
    repository.git("config", "log.showSignature", "true")
    assert "refs/heads/main" in tips_of(repository)
    assert not ran.exists()


def test_kinds_are_told_by_the_whole_name() -> None:
    assert [kind_of(ref) for ref in ("refs/stash", "refs/stashes", "refs/heads/refs/tags/x", "refs/x")] == [
        "stash", "other", "branch", "other",
    ]  # fmt: skip


def test_tips_of_sha256_repositories_are_given(new_repository: Callable[..., Repository]) -> None:
    repository = new_repository("wide", object_format="sha256")
    oid = repository.commit(files={"a": "1"})
    repository.git("tag", "-a", "-m", "x", "x")
    found = tips_of(repository)
    assert (found["refs/tags/x"].oid, found["main@{0}"].oid, len(oid)) == (oid, oid, 64)
