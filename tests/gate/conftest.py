"""Tests of the gates share one compiled rule set, and find `gitshield` on PATH as a user does."""

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from tests.builder import Repository
from tests.gate.shield import ROOT, call, protect


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the whole run, all workers: the cache of compiled rules, and a `bin` with the command."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            (folder / "bin").mkdir(parents=True)
            words = f'PYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m gitshield "$@"'
            program = folder / "bin" / "gitshield"
            program.write_text(f"#!/bin/sh\n{words}\n")
            program.chmod(0o755)
            call(folder, "rules", "list", env={"XDG_CACHE_HOME": str(folder / "cache")})
    return folder


@pytest.fixture(autouse=True)
def _shared_rules(home: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile the rules once a run, and put the command on PATH."""
    assert home.is_dir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared / "cache"))
    monkeypatch.setenv("PATH", f"{shared / 'bin'}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def protected(new_repository: Callable[..., Repository]) -> Repository:
    """A protected repository with one commit on `main`: app.py, clean, and a README."""
    repository = new_repository("protected")
    repository.commit("first", files={"app.py": "token = read_token()\n", "README": "read me\n"})
    protect(repository)
    return repository
