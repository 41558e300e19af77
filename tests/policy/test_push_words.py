"""The words of `git push`, read as git reads them; the last test lets git itself be the judge."""

from pathlib import Path

import pytest

from gitshield.policy.push_words import PushWords, Refspec, read_push
from tests.builder import Repository

MAIN = Refspec("main", "main")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("origin main", PushWords("origin", (MAIN,))),
        ("", PushWords()),
        ("--force origin main", PushWords("origin", (MAIN,), is_forced=True)),
        ("origin main --force", PushWords("origin", (MAIN,), is_forced=True)),
        ("-f", PushWords(is_forced=True)),
        ("-uf origin", PushWords("origin", is_forced=True)),
        ("--force --no-force origin", PushWords("origin")),
        ("--no-force -f origin", PushWords("origin", is_forced=True)),
        ("--force-with-lease origin", PushWords("origin", has_lease=True)),
        ("--force-w origin", PushWords("origin", has_lease=True)),
        ("--force-with-lease=main origin", PushWords("origin", leases={"main": None})),
        ("--force-with-lease=main:abc origin", PushWords("origin", leases={"main": "abc"})),
        ("--force-with-lease=main: origin", PushWords("origin", leases={"main": ""})),
        ("--force-with-lease=a --no-force-with-lease origin", PushWords("origin")),
        ("--force-if-includes --force-with-lease origin", PushWords("origin", has_lease=True)),
        ("--mi origin", PushWords("origin", is_mirror=True)),
        ("--prune origin", PushWords("origin", is_pruning=True)),
        ("-d origin a b", PushWords("origin", (Refspec("", "a"), Refspec("", "b")), is_deleting=True)),
        ("origin :a", PushWords("origin", (Refspec("", "a"),))),
        ("origin +main HEAD:b", PushWords("origin", (Refspec("main", "main", True), Refspec("HEAD", "b")))),
        ("origin tag v1", PushWords("origin", (Refspec("refs/tags/v1", "refs/tags/v1"),))),
        ("--repo up main", PushWords("main")),
        ("--repo=up", PushWords("up")),
        ("-o ci.skip origin main", PushWords("origin", (MAIN,))),
        ("-oci.skip -nf origin", PushWords("origin", is_forced=True)),
        ("--push-option force origin", PushWords("origin")),
        ("--exec -f origin", PushWords("origin")),
        ("-- origin -f", PushWords("origin", (Refspec("-f", "-f"),))),
        ("--signed origin", PushWords("origin")),
        ("--recurse-submodules check origin", PushWords("origin")),
        ("--new-option origin", PushWords("origin", unknown=("new-option",))),
    ],
)
def test_words_are_read(words: str, expected: PushWords) -> None:
    assert read_push(words.split()) == expected


FORMS = ("-f", "--force", "--forc", "--force-w", "--fo", "-uf", "-nuf", "-vfq", "--mi", "--no-for -f", "-of", "--f")


@pytest.mark.parametrize("words", FORMS)
def test_git_takes_the_words_as_we_do(tmp_path: Path, words: str) -> None:
    there = Repository.create(tmp_path / "there", is_bare=True)
    here = Repository.create(tmp_path / "here")
    here.commit("one", files={"a": "1"})
    here.git("push", "-q", there.path, "main")
    here.git("commit", "--amend", "-q", "-m", "two")
    if "mi" not in words:
        here.git("update-ref", "refs/remotes/x", here.line("rev-parse", "main"))
    done = here.git("push", *words.split(), there.path, *(["main"] if "mi" not in words else []), check=False)
    read = read_push([*words.split(), str(there.path)])
    is_taken = there.line("rev-parse", "main") == here.line("rev-parse", "main") or b"forced update" in done.stderr
    is_refused_words = done.returncode == 129
    assert is_taken == (not is_refused_words and (read.is_forced or read.is_mirror))
