"""The repository of hiding places is what it says: git is asked about each place, and no token is anywhere else."""

import re

from tests.builder import Repository
from tests.history.hiding import Hidden

# Git looks away from what is replaced, grafted or beyond a shallow end unless it is told not to.
WHOLE = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": "/dev/null", "GIT_SHALLOW_FILE": ""}
TOKEN = re.compile(rb"ghp_[A-Za-z0-9]{36}")


def repository_of(repository: Repository, one: Hidden) -> Repository:
    return Repository(repository.path / one.repository) if one.repository else repository


def test_there_are_many_places_and_every_one_has_a_token_of_its_own(hidden: tuple[Repository, list[Hidden]]) -> None:
    _, places = hidden
    assert len(places) >= 100
    assert len({one.token for one in places}) == len({one.name for one in places}) == len(places)
    assert all(TOKEN.fullmatch(one.token.encode()) for one in places)


def test_every_blob_is_in_the_commit_that_is_named_and_not_in_those_before(hidden: tuple[Repository, list[Hidden]]) -> None:
    repository, places = hidden
    blobs = [one for one in places if one.kind in ("CommittedBlob", "ArchiveMember")]
    assert len(blobs) >= 60
    for one in blobs:
        there, path = repository_of(repository, one), (one.path or "").partition("!/")[0]
        oid = f"{one.commit}:{path}" if one.commit else path
        content = there.git("cat-file", "blob", oid, env=WHOLE).stdout
        assert one.is_coded or one.token.encode() in content, one.name
        if one.commit:
            for parent in there.line("rev-list", "--parents", "-n1", one.commit).split()[1:]:
                before = there.git("cat-file", "blob", f"{parent}:{path}", check=False, env=WHOLE)
                assert before.returncode or before.stdout != content, one.name


def test_every_commit_is_reached_by_the_refs_that_are_named(hidden: tuple[Repository, list[Hidden]]) -> None:
    repository, places = hidden
    for one in places:
        if one.commit:
            there = repository_of(repository, one)
            listed = there.git("for-each-ref", "--format=%(refname)", "--contains", one.commit, env=WHOLE).stdout.decode()
            assert tuple(sorted(listed.split())) == one.refs, one.name
        elif one.refs:
            there = repository_of(repository, one)
            oid = (one.path or "").removeprefix("tag ")
            for ref in one.refs:
                assert oid in there.line("rev-list", "--objects", ref) if one.kind == "CommittedBlob" else True, one.name


def test_messages_headers_and_tags_have_their_tokens(hidden: tuple[Repository, list[Hidden]]) -> None:
    repository, places = hidden
    for one in places:
        if one.kind in ("CommitMessage", "CommitHeader"):
            header, _, message = repository.git("cat-file", "commit", one.commit or "").stdout.partition(b"\n\n")
            assert one.token.encode() in (message if one.kind == "CommitMessage" else header), one.name
        elif one.kind == "TagObject":
            oid = (one.path or "").removeprefix("tag ")
            assert one.token.encode() in repository.git("cat-file", "tag", oid).stdout, one.name
        elif one.kind == "TreeName":
            assert one.token in (one.path or "") and repository.line("rev-parse", f"{one.commit}:{one.path}"), one.name


def test_staged_tokens_are_in_an_index_and_files_are_where_they_are_said_to_be(
    hidden: tuple[Repository, list[Hidden]],
) -> None:
    repository, places = hidden
    for one in places:
        if one.kind in ("RepositoryFile", "WorkTreeFile"):
            assert one.token in (repository.path / (one.path or "")).read_text(), one.name
        elif one.kind == "StagedBlob":
            folders = [repository.git_dir, *(repository.git_dir / "worktrees").iterdir()]
            assert any((one.path or "").encode() in (folder / "index").read_bytes() for folder in folders), one.name


def test_no_token_is_in_two_objects(hidden: tuple[Repository, list[Hidden]]) -> None:
    repository, places = hidden
    content = repository.git("cat-file", "--batch", "--batch-all-objects", "--unordered", env=WHOLE).stdout
    found = TOKEN.findall(content)
    assert set(found) <= {one.token.encode() for one in places}
    assert [one.name for one in places if one.kind != "TreeName" and found.count(one.token.encode()) > 1] == []


def test_objects_lie_where_they_are_said_to_lie(hidden: tuple[Repository, list[Hidden]]) -> None:
    repository, places = hidden
    paths = {one.name: one.path or "" for one in places}
    objects = repository.git_dir / "objects"
    packs = {path: repository.git("verify-pack", "-v", path).stdout.decode() for path in (objects / "pack").glob("*.idx")}
    assert [paths["unreachable, packed"] in text for text in packs.values()].count(True) == 1
    loose = paths["unreachable, loose"]
    assert (objects / loose[:2] / loose[2:]).is_file()
    assert not (objects / paths["alternate"][:2] / paths["alternate"][2:]).exists()
    holding = next(path for path, text in packs.items() if paths["cruft pack"] in text)
    assert len(packs) == 3 and holding.with_suffix(".mtimes").exists()
    versions = next(one for one in places if one.name == "middle version")
    blob = repository.line("rev-parse", f"{versions.commit}:{versions.path}")
    row = next(line for text in packs.values() for line in text.splitlines() if line.startswith(blob))
    assert len(row.split()) == 7  # a delta has its depth and its base at the end


def test_the_repository_is_whole_in_the_eyes_of_git(hidden: tuple[Repository, list[Hidden]]) -> None:
    repository, _ = hidden
    done = repository.git("fsck", "--full", "--no-dangling", check=False, env=WHOLE)
    assert not [line for line in (done.stdout + done.stderr).splitlines() if b"missing" in line or b"corrupt" in line]
    assert repository.git("status", "--porcelain").returncode == 0
