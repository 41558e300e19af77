"""`gitshield protect`: where it may be used, what it says, and where hooks find the program afterwards."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.cli.schemas import asked
from tests.gate.shield import CLEAN, ROOT, SECRET, attempt, call, git_files, protect


@pytest.fixture
def plain(repository: Repository) -> Repository:
    """A repository without gates that has one commit."""
    repository.commit("first", files={"app.py": CLEAN})
    return repository


def git_of_version(words: str, folder: Path) -> str:
    """A PATH on which git says it is of another version."""
    program = folder / "git"
    program.write_text(f'#!/bin/sh\ncase "$*" in *version) echo "git version {words}" ;; *) exec {shutil.which("git")} "$@" ;; esac\n')
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_json_says_what_was_done_each_time(plain: Repository) -> None:
    states = [
        asked("protect", plain, "protect", *words)["state"]
        for words in (["--dry-run"], [], [], ["--dry-run"], ["--undo", "--dry-run"], ["--undo"])
    ]
    assert states == ["would be protected", "protected", "already protected", "already protected", "would be undone", "undone"]


def test_a_dry_run_does_not_say_that_anything_is_on(plain: Repository) -> None:
    before = git_files(plain)
    words = protect(plain, "--dry-run")
    assert "nothing was changed" in words and "\non: " not in words and "\nwould be on: " in words
    assert git_files(plain) == before


def test_undoing_what_is_not_there_is_told_by_a_dry_run_too(plain: Repository) -> None:
    for words in (["--undo"], ["--undo", "--dry-run"]):
        assert "not installed" in call(plain, "protect", *words, code=4).stderr


def test_inside_the_git_folder_it_sends_you_to_the_work_tree(plain: Repository) -> None:
    words = call(plain.path / ".git", "protect", code=10).stderr
    assert "bare" not in words and "hint: go to the top of the work tree" in words


def test_a_bare_repository_has_nothing_for_the_doctor(bare: Repository) -> None:
    assert "bare repository" in call(bare, "doctor", code=10).stderr


def test_the_next_step_is_a_command_that_can_be_typed(plain: Repository) -> None:
    path = os.pathsep.join(place for place in os.environ["PATH"].split(os.pathsep) if not (Path(place) / "gitshield").exists())
    (step,) = (line for line in call(plain, "protect", env={"PATH": path}).stdout.splitlines() if line.startswith("next: "))
    line = step.removeprefix("next: ").partition(" doctor")[0] + " --version"
    done = subprocess.run(["sh", "-c", line], env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert (done.returncode, b"gitshield" in done.stdout) == (0, True), step


def test_the_doctors_findings_fit_their_schema(protected: Repository) -> None:
    assert all(check["holds"] for check in asked("doctor", protected, "doctor")["checks"])


@pytest.mark.parametrize("version", ["2.24.4", "1.8.3.1"])
def test_a_git_that_is_too_old_gets_no_gates(plain: Repository, tmp_path: Path, version: str) -> None:
    before = git_files(plain)
    words = call(plain, "protect", env={"PATH": git_of_version(version, tmp_path)}, code=4).stderr
    assert f"this is git {'.'.join(version.split('.')[:2])}, the gates need 2.25" in words and "hint: " in words
    assert git_files(plain) == before


def test_a_git_without_the_reference_hook_is_told_what_is_missing(plain: Repository, tmp_path: Path) -> None:
    assert "--no-verify is not caught" in call(plain, "protect", env={"PATH": git_of_version("2.25.1", tmp_path)}).stdout


@pytest.mark.parametrize("command", ["protect", "doctor", "log", "scan --staged"])
def test_without_git_it_says_what_to_install(plain: Repository, tmp_path: Path, command: str) -> None:
    words = call(plain, *command.split(), env={"PATH": str(tmp_path)}, code=10).stderr
    assert words == "error: there is no git program\nhint: install git 2.25 or newer and put it on PATH\n"


def test_hooks_find_what_was_only_on_pythonpath(plain: Repository, tmp_path: Path) -> None:
    bare_python = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare_python], check=True)
    places = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    done = subprocess.run(
        [bare_python / "bin" / "python", "-m", "gitshield", "protect"],
        cwd=plain.path, env={**os.environ, "PYTHONPATH": places}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plain.write("app.py", SECRET)
    words = attempt(plain, "commit", "-a", "-m", "leak")
    assert "github-pat-classic" in words and "missing or broken" not in words


def test_hooks_of_an_environment_that_was_deleted_still_refuse_by_name(plain: Repository, tmp_path: Path) -> None:
    gone = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", gone], check=True)
    places = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    words = [str(gone / "bin" / "python"), "-m", "gitshield", "protect"]
    subprocess.run(words, cwd=plain.path, env={**os.environ, "PYTHONPATH": places}, capture_output=True, check=True)
    shutil.rmtree(gone)
    plain.write(".env", "PORT=1\n")
    said = attempt(plain, "add", ".env")
    assert "gitshield protect" in said
    protect(plain)
    plain.write("app.py", SECRET)
    attempt(plain, "commit", "-a", "-m", "leak")
