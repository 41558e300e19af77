"""Surroundings: git's own files and the names of refs are read, and nothing of the objects; what is left out is said."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.git.layout import find_layout
from gitshield.model.finding import Result, Skipped
from gitshield.model.place import RefName, RepositoryFile
from gitshield.scan.fragment import Fragment
from gitshield.scan.names import found_in_refs
from gitshield.scan.scan import scan
from gitshield.scan.surroundings import RepositoryFiles, all_ref_names, surroundings
from tests.builder import Repository
from tests.scan.rulesets import TOKENS, rules_of, terms_of

TOKEN = "tok_" + "a1b2c3d4e5f6"
TERMS = terms_of('family = "provider"\n' + TOKENS)


def source_of(repository: Repository) -> RepositoryFiles:
    return RepositoryFiles(find_layout(str(repository.path), environment=os.environ), os.environ)


def result_of(repository: Repository) -> Result:
    return scan([source_of(repository)], TERMS)


def found_in(repository: Repository) -> list[str]:
    result = result_of(repository)
    assert all(isinstance(one.place, RepositoryFile) for one in result.findings)
    assert [skip for skip in result.receipt.skipped if skip.is_failure] == []
    return sorted({one.place.path for one in result.findings})


@pytest.mark.parametrize(
    "path",
    [
        *("COMMIT_EDITMSG", "MERGE_MSG", "SQUASH_MSG", "TAG_EDITMSG", "NOTES_EDITMSG", "FETCH_HEAD", "description", "packed-refs"),
        *("hooks/pre-push", "hooks/pre-push.sample", "info/exclude", "info/attributes", "logs/refs/heads/gone", "logs/HEAD"),
        *("rebase-merge/message", "rebase-apply/0001", "sequencer/todo", "lfs/objects/aa/bb/aabb", "rr-cache/aa/preimage"),
        *("lost-found/other/aa", "modules/notes.txt", "what/ever", "worktrees/gone/logs/HEAD"),
    ],
)
def test_every_file_in_the_folder_is_read(repository: Repository, path: str) -> None:
    repository.write(f".git/{path}", f"x {TOKEN}\n")
    assert found_in(repository) == [f".git/{path}"]


def test_the_configuration_is_read_as_what_it_is_wherever_it_lies(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    linked = repository.linked_worktree(tmp_path / "linked", "--detach")
    repository.git("config", "extensions.worktreeConfig", "true")
    repository.git("config", "http.extraheader", f"AUTHORIZATION: {TOKEN}")
    linked.git("config", "--worktree", "remote.x.url", f"https://{TOKEN}@example.org/a")
    assert found_in(repository) == [".git/config", ".git/worktrees/linked/config.worktree"]
    named = {item.path for item in source_of(repository).fragments() if isinstance(item, Fragment) and "config" in item.place.path}
    assert named == {".git/config"}


def test_files_are_the_same_from_a_linked_worktree_and_in_a_bare_repository(
    repository: Repository, bare: Repository, tmp_path: Path
) -> None:
    repository.commit()
    linked = repository.linked_worktree(tmp_path / "linked", "--detach")
    repository.write(".git/description", TOKEN)
    bare.write("description", TOKEN)
    assert found_in(linked) == [str(repository.git_dir / "description")]
    assert found_in(bare) == [str(bare.git_dir / "description")]


def test_files_are_named_from_the_top_also_when_a_link_leads_to_it(repository: Repository, tmp_path: Path) -> None:
    repository.write(".git/description", TOKEN)
    repository.write("a", TOKEN)
    repository.git("add", ".")
    (tmp_path / "link").symlink_to(repository.path)
    assert found_in(Repository(tmp_path / "link")) == [".git/description"]


def test_objects_indexes_and_our_own_folder_are_not_read_as_files(repository: Repository) -> None:
    repository.write(f"{TOKEN}.txt", "")
    repository.git("add", ".")
    repository.write(".git/gitshield/x", TOKEN)
    repository.write(".git/objects/info/x", TOKEN)
    assert found_in(repository) == []
    assert [skip.path for skip in result_of(repository).receipt.skipped] == [".git/gitshield"]


def test_repositories_of_submodules_are_left_to_their_own_scan(repository: Repository, new_repository: Callable[..., Repository]) -> None:
    other = new_repository("other")
    other.commit()
    repository.submodule("sub", other)
    repository.write(".git/modules/sub/description", TOKEN)
    assert found_in(repository) == []
    assert found_in(Repository(repository.path / "sub")) == [str(repository.git_dir / "modules/sub/description")]


def test_packs_and_bundles_that_lie_about_are_failures(repository: Repository) -> None:
    repository.commit(files={"a": "1"})
    repository.git("bundle", "create", ".git/saved", "main")
    repository.git("pack-objects", ".git/strange", input=repository.line("rev-parse", "HEAD").encode() + b"\n")
    skipped = result_of(repository).receipt.skipped
    assert {(skip.path.partition("-")[0], skip.is_failure) for skip in skipped} == {(".git/saved", True), (".git/strange", True)}


def test_links_pipes_and_locked_files_are_said(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(TOKEN)
    (repository.git_dir / "link").symlink_to(tmp_path / "outside")
    (repository.git_dir / "folder").symlink_to(tmp_path)
    os.mkfifo(repository.git_dir / "pipe")
    assert {(skip.path, skip.is_failure) for skip in result_of(repository).receipt.skipped} == {
        (".git/link", False),
        (".git/folder", False),
        (".git/pipe", False),
    }
    assert result_of(repository).findings == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_a_failure(repository: Repository) -> None:
    repository.write(".git/COMMIT_EDITMSG", "").chmod(0)
    assert [(skip.path, skip.is_failure) for skip in result_of(repository).receipt.skipped] == [(".git/COMMIT_EDITMSG", True)]


def test_files_of_all_worktrees_are_read_when_they_are_asked_for(repository: Repository) -> None:
    repository.commit(files={".gitignore": "ignored\n"})
    linked = repository.linked_worktree(repository.path / "trees" / "linked", "--detach")
    repository.write("ignored", TOKEN)
    linked.write("untracked", TOKEN)
    layout = find_layout(str(repository.path), environment=os.environ)
    found = scan(surroundings(layout, os.environ, is_worktree_included=True), TERMS).findings
    assert sorted(one.place.path for one in found) == ["ignored", "trees/linked/untracked"]
    assert scan(surroundings(layout, os.environ), TERMS).findings == ()


def test_names_of_all_refs_are_given_also_of_those_that_are_gone_or_broken(repository: Repository, tmp_path: Path) -> None:
    repository.commit()
    linked = repository.linked_worktree(tmp_path / "linked", "--detach")
    linked.git("update-ref", "refs/worktree/own", "HEAD")
    repository.git("update-ref", "refs/pull/1/head", "HEAD")
    repository.git("pack-refs", "--all")
    repository.write(".git/logs/refs/heads/gone", "")
    repository.write(".git/refs/tags/broken", "x")
    repository.git("symbolic-ref", "refs/remotes/o/HEAD", "refs/remotes/o/none")
    names = all_ref_names(find_layout(str(repository.path), environment=os.environ), os.environ)
    assert len(names) == len(set(names))
    assert set(names) >= {
        "refs/heads/main",
        "refs/pull/1/head",
        "refs/heads/gone",
        "refs/tags/broken",
        "refs/remotes/o/HEAD",
        "worktrees/linked/refs/worktree/own",
    }


def test_tokens_in_names_of_refs_are_found() -> None:
    names = ["refs/heads/main", f"refs/heads/{TOKEN}", "refs/tags/x"]
    found = list(found_in_refs(TERMS.rules, names))
    assert [(name, [one.finding.place for one in seen]) for name, seen in found] == [(names[1], [RefName(names[1])])]
    assert found[0][1][0].finding.description.endswith(", in the name of a ref")
    assert list(found_in_refs(rules_of(TOKENS), names)) == []


def test_a_repository_that_git_made_holds_nothing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_TEMPLATE_DIR")  # with the templates that git brings along
    repository.git("init", "--quiet", "again")
    repository.git("-C", "again", "commit", "--quiet", "--allow-empty", "-m", "x")
    items = list(source_of(Repository(repository.path / "again")).fragments())
    assert [item for item in items if isinstance(item, Skipped)] == []
    assert len(items) > 10
