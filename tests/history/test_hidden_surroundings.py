"""Of the hiding places, those that are no objects: each is found where it is, and every lost commit has a tip that leads to it."""

import os

import pytest

from gitshield.git.indexes import Indexed, indexed
from gitshield.git.layout import Layout, find_layout
from gitshield.git.nested import repositories_below
from gitshield.git.tips import Tip, tips
from gitshield.model.finding import Finding
from gitshield.scan.names import found_in_refs
from gitshield.scan.scan import scan
from gitshield.scan.surroundings import all_ref_names, surroundings
from tests.builder import Repository
from tests.history.hiding import Hidden
from tests.scan.rulesets import terms_of

TERMS = terms_of("family = 'provider'\n[[rules]]\nid = 'pat'\nregex = '\\bghp_[A-Za-z0-9]{36}\\b'\n")
Places = tuple[Repository, list[Hidden]]


def layout_of(repository: Repository) -> Layout:
    return find_layout(str(repository.path), environment=os.environ)


def tokens(findings: tuple[Finding, ...]) -> set[tuple[str, str, str]]:
    found = ((one.secret, one) for one in findings)
    return {(secret.reveal().decode(), type(one.place).__name__, one.place.path) for secret, one in found if secret}


@pytest.mark.parametrize("is_worktree_included", [False, True])
def test_files_are_found_where_they_are(hidden: Places, is_worktree_included: bool) -> None:
    repository, places = hidden
    result = scan(surroundings(layout_of(repository), os.environ, is_worktree_included=is_worktree_included), TERMS)
    wanted = [one for one in places if one.kind == "RepositoryFile" and one.repository is None]
    wanted += [one for one in places if one.kind == "WorkTreeFile" and is_worktree_included]
    found = tokens(result.findings)
    assert [one.name for one in wanted if (one.token, one.kind, one.path) not in found] == []
    named = {one.token for one in places if one.kind == "RefName"}  # packed refs and logs of refs hold their names
    files = {(token, path) for token, kind, path in found if kind == "RepositoryFile" and token not in named}
    assert files == {(one.token, one.path) for one in wanted if one.kind == "RepositoryFile"}
    assert [skip for skip in result.receipt.skipped if skip.is_failure] == []


def test_names_of_refs_are_found(hidden: Places) -> None:
    repository, places = hidden
    found = {name for name, _ in found_in_refs(TERMS.rules, all_ref_names(layout_of(repository), os.environ))}
    assert found == {one.path for one in places if one.kind == "RefName"}


def test_staged_blobs_have_their_paths(hidden: Places) -> None:
    repository, places = hidden
    entries = [item for item in indexed(layout_of(repository), os.environ) if isinstance(item, Indexed)]
    for one in (one for one in places if one.kind == "StagedBlob"):
        held = [repository.git("cat-file", "blob", entry.oid).stdout for entry in entries if entry.path == one.path]
        assert one.token.encode() in held, one.name


def test_every_commit_but_one_that_dangles_has_a_tip_that_leads_to_it(hidden: Places) -> None:
    repository, places = hidden
    wanted = {one.commit: one.name for one in places if one.commit and one.repository is None}
    starts = {item.oid for item in tips(layout_of(repository), os.environ) if isinstance(item, Tip)}
    whole = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": "/dev/null", "GIT_SHALLOW_FILE": ""}
    listed = repository.git("rev-list", "--objects", "--no-object-names", "--stdin", input="\n".join(starts).encode(), env=whole)
    reached = set(listed.stdout.decode().split())
    assert [name for oid, name in wanted.items() if oid not in reached] == ["dangling commit"]


def test_the_repository_of_the_submodule_is_given(hidden: Places) -> None:
    repository, places = hidden
    found = list(repositories_below(layout_of(repository), os.environ))
    assert [os.path.relpath(one.git_dir, repository.path) for one in found if isinstance(one, Layout)] == [".git/modules/lib"]
    below = next(one for one in found if isinstance(one, Layout))
    named = {(one.token, one.path) for one in places if one.repository and one.kind == "RepositoryFile"}
    said = tokens(scan(surroundings(below, os.environ), TERMS).findings)
    assert {token for token, _, _ in said} == {token for token, _ in named}
