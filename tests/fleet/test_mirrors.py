"""Mirrors: what they have, what they leave out, and what talking to strangers must not do."""

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.errors import GitError
from gitshield.git.mirrors import is_url, mirror_name, refresh, shown_url
from tests.builder import Repository

PASSWORD = "hunter" + "two-9317"


def mirror(repository: Repository, folder: Path) -> Repository:
    refresh(f"file://{repository.path}", str(folder), os.environ)
    return Repository(folder, is_bare=True, clock=repository.clock)


def test_a_mirror_has_every_ref_and_heads_branch(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit("first", files={"a": "a"})
    repository.git("branch", "other")
    repository.git("tag", "-a", "-m", "tag", "v1")
    repository.git("update-ref", "refs/pull/1/head", first)
    repository.git("switch", "--quiet", "-c", "topic")
    made = mirror(repository, tmp_path / "m.git")
    assert made.line("show-ref") == repository.line("show-ref")
    assert made.line("symbolic-ref", "HEAD") == "refs/heads/topic"
    assert stat.S_IMODE((tmp_path / "m.git").stat().st_mode) == 0o700


def test_a_mirror_follows_forced_updates_and_deletions(repository: Repository, tmp_path: Path) -> None:
    repository.commit("first", files={"a": "a"})
    repository.git("branch", "other")
    mirror(repository, tmp_path / "m.git")
    repository.git("branch", "-D", "other")
    repository.git("commit", "--amend", "--quiet", "-m", "another")
    repository.git("switch", "--quiet", "--detach")
    repository.commit("detached")
    made = mirror(repository, tmp_path / "m.git")
    assert made.line("show-ref") == repository.line("show-ref")
    assert made.line("rev-parse", "HEAD") == repository.line("rev-parse", "HEAD")


def test_fetching_the_same_again_changes_no_file(repository: Repository, tmp_path: Path) -> None:
    repository.commit("first", files={"a": "a"})

    def state() -> dict[str, tuple[int, int]]:
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in (tmp_path / "m.git").rglob("*") if path.is_file()}

    mirror(repository, tmp_path / "m.git")
    before = state()
    mirror(repository, tmp_path / "m.git")
    assert state() == before


def test_an_empty_repository_and_one_of_sha256(new_repository: Callable[..., Repository], tmp_path: Path) -> None:
    assert mirror(new_repository("empty"), tmp_path / "e.git").line("for-each-ref") == ""
    other = new_repository("other", object_format="sha256")
    other.commit(files={"a": "a"})
    assert mirror(other, tmp_path / "o.git").line("rev-parse", "main") == other.line("rev-parse", "main")


def test_nothing_of_a_repository_is_run(repository: Repository, tmp_path: Path, home: Path) -> None:
    mark = tmp_path / "ran"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("reference-transaction", "post-checkout", "post-update", "post-merge"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{mark}'\n")
        (hooks / name).chmod(0o755)
    with (home / ".gitconfig").open("a") as file:
        file.write(f"[core]\n\thooksPath = {hooks}\n[init]\n\ttemplateDir = {tmp_path}\n")
    repository.write(".lfsconfig", "[lfs]\n\turl = http://x.invalid\n")
    repository.write(".gitattributes", "* filter=lfs\n")
    repository.git("-c", "core.hooksPath=/dev/null", "add", ".")
    repository.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "x")
    mirror(repository, tmp_path / "m.git")
    assert not mark.exists()
    assert not (tmp_path / "m.git" / "hooks").exists()


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c touch% ran", "http://h/x", "ftp://h/x", "fd::17", "https::x", "file:///x\ny", "transport::address", "--upload-pack=x"],
)
def test_other_protocols_are_refused(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "ext:http:ftp:fd")
    with pytest.raises(GitError):
        refresh(url, str(tmp_path / "m.git"), os.environ)
    assert not (tmp_path / "m.git" / "HEAD").exists()


def test_credentials_are_neither_stored_nor_shown(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))  # bound, not listening: nobody answers
        url = f"https://user:{PASSWORD}@127.0.0.1:{server.getsockname()[1]}/x.git?token={PASSWORD}"
        with pytest.raises(GitError) as caught:
            refresh(url, str(tmp_path / "m.git"), os.environ)
    assert PASSWORD not in str(caught.value) and "git ls-remote failed" in str(caught.value)
    assert PASSWORD not in shown_url(url)
    assert all(PASSWORD.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_the_mirror_of_an_url_is_the_same_whatever_the_credentials_are() -> None:
    names = [mirror_name(url) for url in ("https://a:b@h/x", "https://h/x", "https://c@h/x", "https://h/y", "file:///x")]
    assert len(set(names[:3])) == 1
    assert len(set(names)) == 3


def test_nobody_waits_for_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = tmp_path / "asked"
    asker = tmp_path / "ask"
    asker.write_text(f"#!/bin/sh\ntouch '{asked}'\necho x\n")
    asker.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(asker))
    monkeypatch.setenv("SSH_ASKPASS", str(asker))
    program = tmp_path / "ssh"
    program.write_text(f"#!/bin/sh\necho \"$*\" > '{tmp_path}/words'\nexit 255\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(GitError):
        refresh("git@host.invalid:x.git", str(tmp_path / "m.git"), os.environ)
    assert "-oBatchMode=yes" in (tmp_path / "words").read_text()
    assert not asked.exists()


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://h/x", True),
        ("ext::sh", True),
        ("git@host:x/y", True),
        ("file:///x", True),
        ("C:/x", False),
        ("a:b", False),
        ("./x", False),
        ("x/git@host:y", False),
        ("-oProxyCommand=x@h:y", False),
    ],
)
def test_what_is_an_url(text: str, is_one: bool) -> None:
    assert is_url(text) == is_one
