"""Odd commits and odd repositories at the reference gate: judged, or refused in words; ordinary work in them goes on."""

from pathlib import Path

import pytest

from gitshield.gate.references import MAX_COMMITS, new_tips
from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, TOKEN, attempt, protect, said
from tests.gate.test_commit import stage_unseen

PERSON = "Ada Test <ada@example.org> 1700000000 +0000"
SIGNATURE = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n parent 0000\n -----END PGP SIGNATURE-----\n"
MESSAGES = {
    "a NUL byte before it": b"\0" + TOKEN.encode(),
    "invalid UTF-8": b"\xff\xfe\xfd " + TOKEN.encode() + b"\n",
    "UTF-16": ("\ufeff" + f"use {TOKEN} here\n").encode("utf-16-le"),
    "no line end": TOKEN.encode(),
    "blank lines first": b"\n\n\n" + TOKEN.encode(),
    "1 MB": b"line\n" * 200_000 + TOKEN.encode(),
}
HEADERS = {"no header": "", "an encoding": "encoding UTF-16\n", "an unknown encoding": "encoding nonsense\n", "a signature": SIGNATURE}


def made(repository: Repository, message: bytes, *, header: str = "", tree: str = "HEAD^{tree}", author: str = PERSON) -> str:
    """Write a commit object on top of HEAD byte by byte, as git itself would not, and give its id."""
    lines = f"tree {repository.line('rev-parse', tree)}\nparent {repository.line('rev-parse', 'HEAD')}\n"
    content = f"{lines}author {author}\ncommitter {PERSON}\n{header}\n".encode() + message
    return repository.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=content).stdout.decode().strip()


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_token_in_a_message_of_any_form_is_refused(protected: Repository, message: bytes, header: str) -> None:
    attempt(protected, "update-ref", "refs/heads/new", made(protected, message, header=header))


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_an_odd_message_without_a_token_goes_through(protected: Repository, header: str) -> None:
    for number, message in enumerate((b"", b"\0\0", b"\xff\xfe", b"parent 00\n\nparent 00", "\ufefffine".encode("utf-16-be"))):
        protected.git("update-ref", f"refs/heads/new{number}", made(protected, message, header=header))


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_content_below_any_header_is_judged(protected: Repository, header: str) -> None:
    stage_unseen(protected, "leak.py", SECRET)
    attempt(protected, "update-ref", "refs/heads/new", made(protected, b"fine\n", header=header, tree=protected.line("write-tree")))


def test_a_commit_whose_tree_is_missing_is_refused_in_words(protected: Repository) -> None:
    stage_unseen(protected, "fine.txt", "fine\n")
    tree = protected.line("write-tree")
    oid = made(protected, b"fine\n", tree=tree)
    (protected.path / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    done = protected.git("update-ref", "refs/heads/new", oid, check=False)
    assert done.returncode != 0
    assert "gitshield: error: " in said(done)
    assert "Traceback" not in said(done)


def test_more_commits_at_once_than_are_judged_are_refused_in_words(protected: Repository) -> None:
    stream = b"".join(
        b"commit refs/heads/many\ncommitter %s\ndata 1\nx\n%s" % (PERSON.encode(), b"from refs/heads/main^0\n" if number == 0 else b"")
        for number in range(MAX_COMMITS + 1)
    )
    protected.git("fast-import", "--quiet", "--force", input=stream)
    oid = protected.line("rev-parse", "many")
    protected.git("branch", "-q", "-D", "many")
    words = attempt(protected, "branch", "again", oid)
    assert f"more than {MAX_COMMITS}" in words
    protected.git("branch", "again", f"{oid}~1")


@pytest.fixture
def shallow(repository: Repository, tmp_path: Path) -> Repository:
    """A protected shallow clone, whose only commit is a merge of a branch that holds a token."""
    repository.commit("first", files={"app.py": CLEAN})
    repository.git("switch", "-q", "-c", "side")
    repository.commit("leak", files={"leak.py": SECRET})
    repository.git("switch", "-q", "main")
    repository.commit("main", files={"main.txt": "main\n"})
    repository.git("merge", "-q", "--no-edit", "side")
    clone = repository.clone(tmp_path / "shallow", "--depth=1")
    protect(clone)
    return clone


def test_a_shallow_repository_is_worked_in_and_judged(shallow: Repository) -> None:
    shallow.write("leak.py", SECRET + "more = 1\n")
    shallow.git("commit", "-q", "-a", "--no-verify", "-m", "more")
    shallow.git("commit", "-q", "--amend", "-m", "better words")
    shallow.git("branch", "side", "HEAD~1")
    shallow.git("fetch", "-q", "--deepen=1")
    shallow.git("commit", "-q", "--allow-empty", "-m", "deeper")
    stage_unseen(shallow, "app.py", SECRET)
    attempt(shallow, "commit", "-m", "leak")
    attempt(shallow, "commit", "--no-verify", "-m", "leak")


def test_a_replaced_commit_is_judged_as_it_is_stored(protected: Repository) -> None:
    clean = made(protected, b"fine\n")
    stage_unseen(protected, "leak.py", SECRET)
    leak = made(protected, b"leak\n", tree=protected.line("write-tree"))
    protected.git("reset", "-q", "--hard")
    protected.git("replace", leak, clean)
    attempt(protected, "branch", "new", leak)
    protected.git("replace", "-d", leak)
    protected.git("replace", clean, leak)
    attempt(protected, "branch", "new", leak)
    protected.git("replace", "-d", clean)
    protected.git("replace", "HEAD", clean)
    protected.write("app.py", "fine = 1\n")
    protected.git("commit", "-q", "-a", "--no-verify", "-m", "fine")


def test_grafts_hide_nothing(protected: Repository) -> None:
    protected.commit("second", files={"app.py": "second = 2\n"})
    grafts = protected.path / ".git" / "info" / "grafts"
    grafts.write_text(protected.line("rev-parse", "HEAD") + "\n")
    protected.write("app.py", "third = 3\n")
    protected.git("commit", "-q", "-a", "--no-verify", "-m", "third")
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "--no-verify", "-m", "leak")


def test_objects_that_lie_in_another_repository_are_judged(protected: Repository, tmp_path: Path) -> None:
    stage_unseen(protected, "leak.py", SECRET)
    oid = protected.line("rev-parse", ":leak.py")
    borrower = protected.clone(tmp_path / "borrower", f"--reference={protected.path}")
    protect(borrower)
    borrower.git("update-index", "--add", "--cacheinfo", f"100644,{oid},leak.py")
    attempt(borrower, "commit", "-m", "leak")
    attempt(borrower, "commit", "--no-verify", "-m", "leak")
    borrower.git("reset", "-q", "--hard")
    borrower.write("app.py", "fine = 1\n")
    borrower.git("commit", "-q", "-a", "--no-verify", "-m", "fine")


def test_a_branch_of_any_name_is_judged_and_worked_on(protected: Repository) -> None:
    protected.git("switch", "-q", "-c", b"b\xff\xe4")
    protected.write("app.py", "fine = 1\n")
    protected.git("commit", "-q", "-a", "--no-verify", "-m", "fine")
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "--no-verify", "-m", "leak")


def test_the_lines_of_a_transaction_are_read_as_bytes() -> None:
    old, new, none = "1" * 40, "2" * 40, "0" * 40
    lines = (f"{old} {new} refs/heads/b", f"{none} {old} HEAD", f"{old} {none} refs/heads/gone", f"{none} ref:refs/heads/main HEAD")
    odd = [line.encode() + b"\n" for line in lines] + [b"\n", f"{none} {none[1:]}3 refs/heads/".encode() + b"\xff\n", b"x y\n"]
    assert new_tips(odd) == (new, old, f"{none[1:]}3")
    assert new_tips([f"{none} {old} refs/tags/v1".encode()]) == ()


def test_a_damaged_list_of_what_was_fetched_does_not_open_the_gate(protected: Repository) -> None:
    stage_unseen(protected, "leak.py", SECRET)
    leak = made(protected, b"leak\n", tree=protected.line("write-tree"))
    for content in ("", "   \n\n", "nonsense\n", f"{'1' * 40}\tnot-for-merge\n"):
        (protected.path / ".git" / "FETCH_HEAD").write_text(content)
        attempt(protected, "branch", "new", leak)
