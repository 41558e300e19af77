"""Odd names, odd content and odd states of a repository: each is judged, or said not to be, and nothing breaks."""

import os
from pathlib import Path

import pytest

from gitshield.git.layout import find_layout
from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, TOKEN, attempt, protect, said, staged
from tests.gate.test_commit import stage_unseen

NAMES = {
    "newline": b"new\nline.py",
    "quotes": b'"quo\'ted".py',
    "invalid UTF-8": b"b\xff\xfed.py",
    "leading dash": b"-rf.py",
    "blank": b" a b .py",
    "tab and backslash": b"t\tab\\.py",
    "glob": b"[a]*?.py",
    "colon": b":(top)x.py",
    "long": b"n" * 200 + b".py",
    "emoji": "\U0001f511.py".encode(),
    "escape": b"\x1b[31mred.py",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_file_of_any_name_leaves_the_index(protected: Repository, name: bytes) -> None:
    protected.write(name, SECRET)
    words = said(protected.git("--literal-pathspecs", "add", "--", name))
    assert "refused" in words
    assert "\x1b" not in words
    assert protected.git("ls-files", "-z").stdout == b"README\0app.py\0"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_file_of_any_name_goes_back_to_what_was_committed(protected: Repository, name: bytes) -> None:
    protected.commit("clean", files={os.fsdecode(name): CLEAN})
    protected.write(name, SECRET)
    protected.git("--literal-pathspecs", "add", "--", name)
    assert protected.git("status", "--porcelain", "-z").stdout[:2] == b" M"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_file_of_any_name_is_refused_at_commit(protected: Repository, name: bytes) -> None:
    protected.write(name, SECRET)
    oid = protected.git("hash-object", "-w", "--no-filters", "--stdin", input=SECRET.encode()).stdout.strip()
    entry = b"100644 " + oid + b" 0\t" + name + b"\0"
    protected.git("update-index", "-z", "--add", "--index-info", input=entry)
    attempt(protected, "commit", "-m", "leak")
    attempt(protected, "commit", "--no-verify", "-m", "leak")


@pytest.mark.parametrize("folder", [b"new\nline", b"b\xff", b"-rf", b"[a]*"], ids=repr)
def test_a_dotenv_file_in_a_folder_of_any_name_is_refused(protected: Repository, folder: bytes) -> None:
    protected.write(folder + b"/.env", "PORT=1\n")
    attempt(protected, "add", ".")
    assert protected.git("ls-files", "-z").stdout == b"README\0app.py\0"


CONTENTS = {
    "UTF-16 with a mark": ("\ufeff" + SECRET).encode("utf-16-le"),
    "UTF-16 big-endian with a mark": ("\ufeff" + SECRET).encode("utf-16-be"),
    "UTF-8 with a mark": b"\xef\xbb\xbf" + SECRET.encode(),
    "NUL bytes around": b"\0\1\2" * 100 + b"\n" + SECRET.encode() + b"\0" * 100,
    "CRLF": SECRET.replace("\n", "\r\n").encode(),
    "no line end": SECRET.strip().encode(),
    "one long line": b"x" * 100_000 + b" " + SECRET.encode(),
    "invalid UTF-8": b"\xff\xfe\xfd\xfc" + b"\n" + SECRET.encode(),
    "20 MB, at the end": b"line of nothing\n" * (20 << 16) + SECRET.encode(),
    "20 MB, across two pieces": b"x" * ((16 << 20) - 20) + b"\n" + SECRET.encode() + b"y\n" * (2 << 20),
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_content_of_any_form_leaves_the_index_and_is_refused(protected: Repository, content: bytes) -> None:
    protected.write("odd.txt", content)
    protected.git("add", "odd.txt")
    assert staged(protected, "odd.txt") is None
    stage_unseen(protected, "odd.txt", content)
    attempt(protected, "commit", "-m", "leak")


def test_a_clean_file_of_20_mb_goes_through(protected: Repository) -> None:
    protected.write("big.bin", b"line of nothing\n" * (20 << 16))
    protected.git("add", "big.bin")
    protected.git("commit", "-q", "-m", "big")
    assert protected.line("cat-file", "-s", "HEAD:big.bin") == str(20 << 20)


def test_a_symbolic_link_is_judged_by_where_it_points_in_words_only(protected: Repository) -> None:
    protected.write(".gitignore", ".env\n")
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    (protected.path / "link").symlink_to(".env")
    protected.git("add", "link")
    protected.git("commit", "-q", "-m", "link")
    assert protected.line("ls-files", "--stage", "link").startswith("120000")


def test_a_token_in_the_target_of_a_link_is_refused(protected: Repository) -> None:
    (protected.path / "link").symlink_to(f"https:/x/{TOKEN}")
    protected.git("add", "link")
    assert staged(protected, "link") is None


@pytest.fixture
def conflicted(protected: Repository) -> Repository:
    """A protected repository whose app.py is unmerged, one side of it with a token, as after `git stash pop`."""
    protected.write("app.py", SECRET)
    protected.git("stash", "-q")
    protected.commit("ours", files={"app.py": "ours = 1\n"})
    protected.git("stash", "pop", check=False)
    assert len(protected.line("ls-files", "--unmerged").splitlines()) == 3
    return protected


def test_another_file_can_be_staged_beside_a_conflict(conflicted: Repository) -> None:
    conflicted.write("fine.txt", "fine\n")
    assert "refused" not in said(conflicted.git("add", "fine.txt"))
    assert len(conflicted.line("ls-files", "--unmerged").splitlines()) == 3


def test_a_conflict_resolved_without_the_token_goes_through(conflicted: Repository) -> None:
    conflicted.write("app.py", "both = 2\n")
    conflicted.git("add", "app.py")
    conflicted.git("commit", "-q", "-m", "resolved")
    assert conflicted.git("cat-file", "blob", "HEAD:app.py").stdout == b"both = 2\n"


def test_a_conflict_resolved_with_the_token_leaves_the_index(conflicted: Repository) -> None:
    conflicted.write("app.py", "ours = 1\n" + SECRET)
    conflicted.git("add", "app.py")
    assert staged(conflicted, "app.py") == b"ours = 1\n"


def test_a_sparse_checkout_is_judged(protected: Repository) -> None:
    protected.commit("folders", files={"in/a.py": CLEAN, "out/b.py": CLEAN})
    protected.git("sparse-checkout", "set", "in")
    protected.write("in/a.py", SECRET)
    protected.git("add", "in/a.py")
    assert staged(protected, "in/a.py") == CLEAN.encode()
    attempt(protected, "commit", "-a", "-m", "leak")
    protected.write("in/a.py", "fine = 1\n")
    protected.git("commit", "-q", "-a", "-m", "fine")
    protected.git("sparse-checkout", "disable")
    assert (protected.path / "out" / "b.py").read_text() == CLEAN


def test_a_submodule_link_is_no_content(protected: Repository, new_repository) -> None:
    other = new_repository("other")
    other.commit("leak", files={"leak.py": SECRET})
    protected.submodule("sub", other)
    protected.git("commit", "-q", "-m", "sub")
    assert protected.line("ls-files", "--stage", "sub").startswith("160000")


def test_protect_says_that_submodules_are_repositories_of_their_own(protected: Repository, new_repository) -> None:
    assert "submodule" not in protect(protected)
    other = new_repository("other")
    other.commit("one", files={"a": "a\n"})
    protected.submodule("sub", other)
    assert "git submodule foreach 'gitshield protect'" in protect(protected)


def test_a_submodule_can_be_protected_and_judges(protected: Repository, new_repository) -> None:
    other = new_repository("other")
    other.commit("one", files={"a": "a\n"})
    inner = protected.submodule("sub", other)
    protect(inner)
    inner.write(".env", "PORT=1\n")
    attempt(inner, "add", ".env")
    inner.write("new.py", SECRET)
    inner.git("add", "new.py")
    assert staged(inner, "new.py") is None


def test_a_work_tree_below_a_folder_with_odd_characters_is_protected(new_repository) -> None:
    repository = new_repository('it\'s a "folder" $HOME')
    repository.commit("first", files={"app.py": CLEAN})
    protect(repository)
    repository.write(".env", "PORT=1\n")
    attempt(repository, "add", ".env")
    repository.write("app.py", SECRET)
    attempt(repository, "commit", "-a", "-m", "leak")
    attempt(repository, "commit", "-a", "--no-verify", "-m", "leak")
    repository.git("add", "app.py")
    assert staged(repository, "app.py") == CLEAN.encode()
    repository.write("app.py", "fine = 1\n")
    repository.git("commit", "-q", "-a", "-m", "fine")


def test_packed_objects_are_judged(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    protected.git("repack", "-q", "-a", "-d")
    attempt(protected, "commit", "-m", "leak")


def test_line_ends_that_git_converts_are_judged(protected: Repository) -> None:
    protected.git("config", "core.autocrlf", "true")
    protected.write("app.py", SECRET.replace("\n", "\r\n"))
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == CLEAN.encode()


def test_git_called_with_git_dir_and_work_tree_is_judged(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    where = (f"--git-dir={protected.path}/.git", f"--work-tree={protected.path}")
    protected.git("-C", "/", *where, "add", protected.path / "app.py")
    assert staged(protected, "app.py") == CLEAN.encode()
    attempt(protected, "-C", "/", *where, "commit", "-a", "-m", "leak")


@pytest.mark.parametrize("name", ["new\nline", "\nfirst", "many\n\nlines", "last\n"], ids=repr)
def test_a_repository_in_a_folder_with_a_line_end_is_found(name: str, tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / name)
    bare = Repository.create(tmp_path / name / "bare", is_bare=True)
    found = find_layout(str(repository.path), environment=os.environ)
    assert (found.top, found.objects) == (str(repository.path), f"{repository.path}/.git/objects")
    found = find_layout(str(bare.path), environment=os.environ)
    assert (found.top, found.git_dir, found.objects) == (None, str(bare.path), f"{bare.path}/objects")
    inside = find_layout(str(repository.path / ".git"), environment=os.environ)
    assert (inside.top, inside.common) == (None, f"{repository.path}/.git")
