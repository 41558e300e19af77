"""A program that is gone or broken: git goes on with a warning, what does not belong in git is still refused by its name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, TOKEN, attempt, is_stored, protect, said, staged
from tests.gate.test_commit import stage_unseen


def without_python(repository: Repository) -> None:
    """Let the settings point to a Python that is not there."""
    place = repository.path / ".git" / "gitshield" / "settings"
    lines = place.read_text().splitlines()
    place.write_text(
        "\n".join("GITSHIELD_PYTHON=/nowhere/python" if line.startswith("GITSHIELD_PYTHON=") else line for line in lines) + "\n"
    )


def without_package(repository: Repository) -> None:
    """Let the settings point to folders that hold no gitshield."""
    place = repository.path / ".git" / "gitshield" / "settings"
    text = place.read_text()
    begin = text.index("sys.path += [")
    place.write_text(text[:begin] + "sys.path += []" + text[text.index("]", begin) + 1 :])


def with_broken_dependency(repository: Repository) -> None:
    """Let the package be there, but nothing that it needs."""
    folder = repository.path.parent / "broken"
    folder.mkdir()
    (folder / "gitshield").symlink_to(Path(__file__).resolve().parents[2] / "gitshield")
    without_package(repository)
    place = repository.path / ".git" / "gitshield" / "settings"
    place.write_text(place.read_text().replace("sys.path += []", f"sys.path += [{str(folder)!r}]".replace("'", '"')))


def with_python(repository: Repository, text: str) -> None:
    """Let the settings point to a program that is no Python of ours: a script of `text`."""
    program = repository.path.parent / "python"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    place = repository.path / ".git" / "gitshield" / "settings"
    lines = place.read_text().splitlines()
    place.write_text("\n".join(f"GITSHIELD_PYTHON={program}" if line.startswith("GITSHIELD_PYTHON=") else line for line in lines) + "\n")


def with_python_that_fails(repository: Repository) -> None:
    """Let the Python start and end with 1, as one whose own modules are gone does."""
    with_python(repository, "exit 1")


def with_python_that_does_nothing(repository: Repository) -> None:
    """Let the Python end with 0 without having judged anything."""
    with_python(repository, "exit 0")


def with_python_that_cannot_be_run(repository: Repository) -> None:
    """Let the Python be a file of another system."""
    with_python(repository, "")
    (repository.path.parent / "python").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(60))


def with_broken_source(repository: Repository) -> None:
    """Let a module of ours be half written."""
    folder = repository.path.parent / "broken"
    shutil.copytree(Path(__file__).resolve().parents[2] / "gitshield", folder / "gitshield")
    (folder / "gitshield" / "gate" / "main.py").write_text("def main(\n")
    without_package(repository)
    place = repository.path / ".git" / "gitshield" / "settings"
    place.write_text(place.read_text().replace("sys.path += []", f"sys.path += [{str(folder)!r}]".replace("'", '"')))


BROKEN = [
    *(without_python, without_package, with_broken_dependency, with_broken_source),
    *(with_python_that_fails, with_python_that_does_nothing, with_python_that_cannot_be_run),
]


@pytest.fixture(params=BROKEN, ids=lambda one: one.__name__)
def broken(request: pytest.FixtureRequest, repository: Repository) -> Repository:
    """A protected repository that tracks a .env since before, and whose program is missing or broken."""
    repository.commit("first", files={"app.py": CLEAN, ".env": "PORT=1\n"})
    protect(repository)
    break_it: Callable[[Repository], None] = request.param
    break_it(repository)
    return repository


def test_ordinary_work_goes_on_with_a_warning(broken: Repository) -> None:
    broken.write("app.py", "fine = 1\n")
    broken.write("new.txt", "new\n")
    broken.git("add", "-A")
    done = broken.git("commit", "-q", "-m", "fine")
    assert "warning" in said(done) and "not checked" in said(done)
    assert "Traceback" not in said(done)
    assert broken.git("status", "--porcelain").stdout == b""


def test_a_new_dotenv_file_is_refused_at_add(broken: Repository) -> None:
    broken.write("deploy/.env", f"API_TOKEN={TOKEN}\n")
    words = attempt(broken, "add", "deploy/.env")
    assert "deploy/.env" in words
    assert not is_stored(broken, "deploy/.env")


def test_a_new_dotenv_file_is_refused_at_commit(broken: Repository) -> None:
    stage_unseen(broken, "deploy/.env", "PORT=1\n")
    assert "deploy/.env" in attempt(broken, "commit", "-m", "leak")


def test_a_template_is_not_refused(broken: Repository) -> None:
    broken.write(".env.example", "PORT=\n")
    broken.git("add", ".env.example")
    broken.git("commit", "-q", "-m", "template")


@pytest.mark.parametrize("content", [b"PORT=2\n", b"", b"\x00\xff" * 70_000, b"x" * 65_516, b"no line end"], ids=len)
def test_a_tracked_dotenv_file_is_staged_and_checked_out_as_it_is(broken: Repository, content: bytes) -> None:
    broken.write(".env", content)
    broken.git("add", ".env")
    assert staged(broken, ".env") == content
    broken.git("commit", "-q", "-m", "settings")
    (broken.path / ".env").unlink()
    broken.git("checkout", "--", ".env")
    assert (broken.path / ".env").read_bytes() == content
    broken.git("checkout", "-q", "HEAD~1")
    assert (broken.path / ".env").read_bytes() == b"PORT=1\n"


def test_the_way_out_that_is_named_is_there(broken: Repository) -> None:
    broken.write("app.py", "fine = 1\n")
    words = said(broken.git("commit", "-q", "-a", "-m", "fine"))
    assert "gitshield protect" in words
    for word in words.replace("`", " ").split():
        if word.startswith(".git/"):
            assert (broken.path / word.rstrip(":")).exists(), word


def test_other_references_and_stashes_go_on(broken: Repository) -> None:
    broken.git("branch", "side")
    broken.write(".env", "PORT=3\n")
    broken.git("stash")
    broken.git("stash", "pop")
    broken.git("switch", "-q", "side")
    assert (broken.path / ".env").read_text() == "PORT=3\n"


@pytest.mark.parametrize("gone", ["", "settings"], ids=["folder", "settings"])
def test_our_folder_removed_by_hand_is_told_and_ordinary_work_goes_on(protected: Repository, gone: str) -> None:
    remove(protected, gone)
    protected.write("app.py", "fine = 1\n")
    words = said(protected.git("commit", "-a", "-m", "fine"))
    assert "warning" in words and "gitshield protect" in words
    protected.git("switch", "-q", "-c", "side")
    assert protected.git("status", "--porcelain").stdout == b""


@pytest.mark.parametrize("gone", ["", "settings"], ids=["folder", "settings"])
def test_our_folder_removed_by_hand_still_keeps_a_dotenv_file_out(protected: Repository, gone: str) -> None:
    remove(protected, gone)
    protected.write("sub/.env", "PORT=1\n")
    assert "gitshield" in said(protected.git("add", "-A", check=False))
    assert staged(protected, "sub/.env") is None
    stage_unseen(protected, "sub/.env", "PORT=1\n")
    attempt(protected, "commit", "-m", "leak")
    (protected.path / "sub" / ".env").unlink()  # with it, git asks the filter first, whose words know no name
    assert gone == "" or "sub/.env" in attempt(protected, "commit", "-m", "leak")


def remove(repository: Repository, name: str) -> None:
    """Remove our own folder, or a file of it."""
    place = repository.path / ".git" / "gitshield" / name
    place.unlink() if name else shutil.rmtree(place)


def test_protect_again_repairs_it(broken: Repository) -> None:
    protect(broken)
    broken.write("app.py", f'token = "{TOKEN}"\n')
    attempt(broken, "commit", "-a", "-m", "leak")
