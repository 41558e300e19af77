"""Repositories below: submodules, nested ones and bare ones, each once, and none of those that only look like one."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.git.layout import Layout, find_layout
from gitshield.git.nested import repositories_below
from gitshield.model.finding import Skipped
from tests.builder import Repository


def below(repository: Repository) -> list[Layout | Skipped]:
    return list(repositories_below(find_layout(str(repository.path), environment=os.environ), os.environ))


def places(repository: Repository) -> set[tuple[str, str | None]]:
    found = below(repository)
    assert not [item for item in found if isinstance(item, Skipped) and item.is_failure]
    layouts = [item for item in found if isinstance(item, Layout)]
    top = str(repository.path)
    return {(os.path.relpath(one.git_dir, top), one.top and os.path.relpath(one.top, top)) for one in layouts}


def test_submodules_are_found_at_any_depth(repository: Repository, new_repository: Callable[..., Repository]) -> None:
    inner, middle = new_repository("inner"), new_repository("middle")
    inner.commit()
    middle.submodule("in", inner)
    middle.commit()
    repository.submodule("lib/mid", middle)
    repository.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--recursive")
    assert places(repository) == {
        (".git/modules/lib/mid", "lib/mid"),
        (".git/modules/lib/mid/modules/in", "lib/mid/in"),
    }


def test_a_submodule_whose_files_are_gone_is_found(repository: Repository, new_repository: Callable[..., Repository]) -> None:
    other = new_repository("other")
    other.commit()
    repository.submodule("sub", other)
    shutil.rmtree(repository.path / "sub")
    assert places(repository) == {(".git/modules/sub", None)}


def test_nested_and_bare_repositories_are_found_also_in_ignored_folders(repository: Repository) -> None:
    repository.write(".gitignore", "ignored\n")
    Repository.create(repository.path / "ignored" / "a")
    Repository.create(repository.path / "ignored" / "a" / "b")
    Repository.create(repository.path / "c.git", is_bare=True)
    assert places(repository) == {("ignored/a/.git", "ignored/a"), ("ignored/a/b/.git", "ignored/a/b"), ("c.git", None)}


def test_linked_worktrees_are_no_repositories_but_are_looked_through(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    repository.linked_worktree(repository.path / "trees" / "x", "--detach")
    outside = repository.linked_worktree(tmp_path / "outside", "--detach")
    Repository.create(outside.path / "nested")
    assert places(repository) == {("../outside/nested/.git", "../outside/nested")}


def test_a_work_tree_of_another_repository_is_told_and_not_entered(
    repository: Repository, new_repository: Callable[..., Repository]
) -> None:
    other = new_repository("other")
    other.commit()
    other.linked_worktree(repository.path / "foreign", "--detach")
    found = below(repository)
    assert [(os.path.basename(item.path), item.is_failure) for item in found if isinstance(item, Skipped)] == [("foreign", False)]
    assert len(found) == 1


def test_folders_that_only_look_like_repositories_are_looked_through(repository: Repository) -> None:
    (repository.path / "x" / ".git").mkdir(parents=True)
    Repository.create(repository.path / "x" / "y")
    for name in ("refs", "objects"):
        (repository.path / "z" / name).mkdir(parents=True)
    assert places(repository) == {("x/y/.git", "x/y")}


def test_one_that_git_does_not_open_is_a_failure(repository: Repository) -> None:
    Repository.create(repository.path / "a")
    repository.write("a/.git/config", "[core]\n\trepositoryFormatVersion = 9\n")
    assert [item.is_failure for item in below(repository) if isinstance(item, Skipped)] == [True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_one_that_belongs_to_somebody_else_is_a_failure_in_git_words(repository: Repository) -> None:
    other = Repository.create(repository.path / "a")
    for path in (other.path, other.path / ".git"):
        os.chown(path, 1234, 1234)
    found = [item for item in below(repository) if isinstance(item, Skipped)]
    assert [(item.is_failure, "belongs to somebody else" in item.reason) for item in found] == [(True, True)]
