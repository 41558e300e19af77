"""Indexes: every blob that stands in one is given with its path, also of work trees that are gone."""

import os
import shutil
from pathlib import Path

from gitshield.git.indexes import Indexed, indexed
from gitshield.git.layout import find_layout
from gitshield.model.finding import Skipped
from tests.builder import Repository


def entries(repository: Repository) -> set[Indexed]:
    found = list(indexed(find_layout(str(repository.path), environment=os.environ), os.environ))
    assert not [item for item in found if isinstance(item, Skipped)]
    return {item for item in found if isinstance(item, Indexed)}


def blob(repository: Repository, content: bytes) -> str:
    return repository.git("hash-object", "-w", "--stdin", input=content).stdout.decode().strip()


def test_staged_entries_have_their_paths_from_the_top(repository: Repository) -> None:
    repository.write("d/\udce9\n", "x")
    repository.git("add", ".")
    below = Repository(repository.path / "d")
    assert entries(below) == {Indexed("d/\udce9\n", blob(repository, b"x"), 0)}


def test_all_stages_of_a_conflict_are_there_and_stay_when_it_is_resolved(repository: Repository) -> None:
    repository.commit(files={"a": "1"})
    repository.git("branch", "other")
    repository.commit(files={"a": "2"})
    repository.git("checkout", "--quiet", "other")
    repository.commit(files={"a": "3"})
    repository.git("merge", "main", check=False)
    stages = {Indexed("a", blob(repository, content), stage) for content, stage in ((b"1", 1), (b"3", 2), (b"2", 3))}
    assert entries(repository) == stages
    repository.write("a", "4")
    repository.git("add", "a")
    assert entries(repository) == {*stages, Indexed("a", blob(repository, b"4"), 0)}


def test_an_intent_to_add_is_an_entry(repository: Repository) -> None:
    repository.write("a", "x")
    repository.git("add", "--intent-to-add", "a")
    assert {(one.path, one.stage) for one in entries(repository)} == {("a", 0)}


def test_linked_worktrees_have_indexes_also_when_they_are_gone_or_locked(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    for name in ("there", "gone", "locked"):
        linked = repository.linked_worktree(tmp_path / name, "--detach")
        linked.write(name, name)
        linked.git("add", ".")
    repository.git("worktree", "lock", tmp_path / "locked")
    shutil.rmtree(tmp_path / "gone")
    wanted = {Indexed(name, blob(repository, name.encode()), 0, name) for name in ("there", "gone", "locked")}
    assert entries(repository) == wanted
    assert entries(Repository(tmp_path / "there")) == wanted


def test_split_indexes_and_those_that_were_left_behind_count(repository: Repository) -> None:
    repository.write("a", "1")
    repository.git("add", ".")
    shutil.copy(repository.git_dir / "index", repository.git_dir / "index.left")
    repository.git("rm", "--cached", "--quiet", "a")
    repository.write("b", "2")
    repository.git("update-index", "--split-index", "--add", "b")
    found = entries(repository)
    assert Indexed("b", blob(repository, b"2"), 0) in found
    assert Indexed("a", blob(repository, b"1"), 0, None, "index.left") in found


def test_an_index_that_git_cannot_read_is_a_failure_and_the_others_are_read(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    repository.linked_worktree(tmp_path / "linked", "--detach")
    repository.write("a", "1")
    repository.git("add", ".")
    (repository.git_dir / "worktrees" / "linked" / "index").write_bytes(b"DIRC broken")
    found = list(indexed(find_layout(str(repository.path), environment=os.environ), os.environ))
    assert [item.is_failure for item in found if isinstance(item, Skipped)] == [True]
    assert [item.path for item in found if isinstance(item, Indexed)] == ["a"]


def test_submodule_links_are_no_blobs_and_a_bare_repository_has_no_entries(repository: Repository, bare: Repository) -> None:
    oid = repository.commit()
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{oid},sub")
    assert entries(repository) == set()
    assert entries(bare) == set()
