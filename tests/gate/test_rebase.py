"""Rebasing commits that held a secret before gitshield came: they are made anew, nothing of them is new, and every way goes through."""

from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, OTHER_TOKEN, SECRET, TOKEN, attempt, protect, said, staged

WAYS = [("--apply",), ("--merge",), ("-i",), ("--apply", "--committer-date-is-author-date"), ("-i", "--force-rebase"), ("--rebase-merges",)]


@pytest.fixture
def topic(repository: Repository) -> Repository:
    """A protected repository on `topic`, which brought a token and a .env and took both out again; `main` has gone another way."""
    repository.commit("first", files={"app.py": CLEAN})
    repository.git("switch", "-q", "-c", "topic")
    repository.commit("leak", files={"leak.py": SECRET, ".env": f"API_TOKEN={OTHER_TOKEN}\n", "app.py": "topic = 1\n"})
    repository.commit("more", files={"leak.py": "more = 1\n" + SECRET})
    repository.git("rm", "-q", ".env")
    repository.commit("taken out", files={"leak.py": CLEAN})
    repository.git("switch", "-q", "main")
    repository.commit("main", files={"main.txt": "main\n"})
    repository.git("switch", "-q", "topic")
    protect(repository)
    return repository


def conflict(repository: Repository) -> None:
    """Make `main` change what the first commit of `topic` changes."""
    repository.git("switch", "-q", "main")
    repository.write("app.py", "main = 1\n")
    repository.git("commit", "-q", "-a", "-m", "conflict")
    repository.git("switch", "-q", "topic")


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_a_leak_that_a_later_commit_took_out_is_made_anew(topic: Repository, way: tuple[str, ...]) -> None:
    topic.git("rebase", "-q", *way, "main")
    assert topic.line("merge-base", "main", "topic") == topic.line("rev-parse", "main")
    assert topic.git("cat-file", "blob", "topic~1:leak.py").stdout == b"more = 1\n" + SECRET.encode()


@pytest.mark.parametrize("way", WAYS[:3], ids=" ".join)
def test_after_a_conflict_it_goes_on(topic: Repository, way: tuple[str, ...]) -> None:
    conflict(topic)
    topic.git("rebase", *way, "main", check=False)
    topic.write("app.py", "both = 1\n")
    topic.git("add", "-A")
    topic.git("rebase", "--continue")
    assert topic.line("rev-list", "--count", "main..topic") == "3"
    assert topic.git("cat-file", "blob", "topic~2:.env").stdout == f"API_TOKEN={OTHER_TOKEN}\n".encode()


@pytest.mark.parametrize("way", WAYS[:2], ids=" ".join)
def test_a_commit_made_in_the_middle_goes_through(topic: Repository, way: tuple[str, ...]) -> None:
    conflict(topic)
    topic.git("rebase", *way, "main", check=False)
    topic.write("app.py", "both = 1\n")
    topic.git("add", "-A")
    topic.git("commit", "-q", "-m", "by hand")
    topic.git("rebase", "--skip" if way == ("--apply",) else "--continue")
    assert topic.line("rev-list", "--count", "main..topic") == "3"


def test_so_does_a_rebase_in_a_linked_worktree(topic: Repository, tmp_path: Path) -> None:
    topic.git("switch", "-q", "main")
    linked = topic.linked_worktree(tmp_path / "linked", "topic")
    linked.git("rebase", "-q", "--apply", "main")
    assert topic.line("merge-base", "main", "topic") == topic.line("rev-parse", "main")


@pytest.mark.parametrize("way", WAYS[:2], ids=" ".join)
def test_a_message_that_held_a_token_before_is_made_anew(topic: Repository, way: tuple[str, ...]) -> None:
    topic.git("switch", "-q", "main")
    topic.git("switch", "-q", "-c", "words")
    topic.write("words.txt", "words\n")
    topic.git("add", "words.txt")
    message = topic.line("commit-tree", "-p", "main", "-m", f"use {TOKEN}", topic.line("write-tree"))
    with open(topic.path / ".git" / "refs" / "heads" / "words", "w", encoding="ascii") as file:  # past the gate
        file.write(message + "\n")
    topic.write("app.py", "words = 1\n")
    topic.git("commit", "-q", "-a", "-m", "words")
    conflict(topic)
    topic.git("switch", "-q", "words")
    topic.git("rebase", *way, "main", check=False)
    topic.write("app.py", "both = 1\n")
    topic.git("add", "app.py")
    topic.git("rebase", "--continue")
    if "--merge" in way:
        assert topic.line("log", "-1", "--format=%s", "words~1") == f"use {TOKEN}"
        topic.git("rebase", "-i", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/reword/"})
    attempt(topic, "commit", "--allow-empty", "-m", f"use {TOKEN}")
    assert topic.line("merge-base", "main", "words") == topic.line("rev-parse", "main")


@pytest.mark.parametrize("way", WAYS[:2], ids=" ".join)
def test_something_new_in_the_middle_is_refused_and_the_rebase_can_be_ended(topic: Repository, way: tuple[str, ...]) -> None:
    conflict(topic)
    before = topic.line("rev-parse", "topic")
    topic.git("rebase", *way, "main", check=False)
    topic.write("app.py", SECRET)
    topic.git("add", "-A")
    attempt(topic, "rebase", "--continue")
    topic.git("rebase", "--abort")
    assert topic.line("rev-parse", "topic") == before


def test_a_leak_from_elsewhere_picked_in_the_middle_is_refused(topic: Repository) -> None:
    topic.git("branch", "other", "topic~1")
    topic.git("switch", "-q", "main")
    topic.git("switch", "-q", "-c", "third")
    for name in ("one", "two"):
        topic.write("third.txt", name)
        topic.git("add", "third.txt")
        topic.git("commit", "-q", "-m", name)
    topic.git("rebase", "-q", "-i", "HEAD~1", env={"GIT_SEQUENCE_EDITOR": "sed -i s/^pick/edit/"})
    attempt(topic, "cherry-pick", "other~1")


@pytest.mark.parametrize("words", [("--abort",), ("--skip",)])
def test_am_is_led_out_of_a_refused_dotenv_file(protected: Repository, topic: Repository, words: tuple[str, ...]) -> None:
    patch = topic.git("format-patch", "--stdout", "-1", "topic~2").stdout
    head = protected.line("rev-parse", "HEAD")
    attempt(protected, "am", "-q", input=patch)
    done = protected.git("am", *words)
    assert "refused" not in said(done)
    assert protected.line("rev-parse", "HEAD") == head
    assert protected.git("status", "--porcelain", "-uno").stdout == b""


def test_what_a_stash_holds_is_judged_when_a_branch_moves_to_it(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    protected.git("stash", "-q", "-u")
    for words in (("branch", "new", "stash@{0}"), ("merge", "--ff-only", "stash@{0}"), ("branch", "new", "stash@{0}^3")):
        attempt(protected, *words)
    protected.git("stash", "pop", "-q")
    assert (protected.path / ".env").read_text() == f"API_TOKEN={TOKEN}\n"
    assert (protected.path / "app.py").read_text() == SECRET


def test_a_stash_without_secrets_becomes_a_branch(protected: Repository) -> None:
    protected.write("app.py", "fine = 1\n")
    protected.git("stash", "-q")
    protected.git("branch", "new", "stash@{0}")
    protected.git("stash", "branch", "other")
    assert staged(protected, "app.py") == CLEAN.encode()
    assert (protected.path / "app.py").read_text() == "fine = 1\n"
