"""Tests of many repositories: the rules compiled once, and a git that stops or kills at a chosen repository."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builder import GIT, Repository
from tests.gate.conftest import _shared_rules, shared
from tests.gate.shield import SECRET

__all__ = ["_shared_rules", "shared"]

# `for-each-ref` is asked while a repository is scanned, not when it is looked up. $PPID is the process that scans.
_SCRIPT = """#!/bin/sh
# A git that stops the first time at `slow`, and kills who asks about `poison` every time.
case "$* $GIT_DIR" in
*for-each-ref*poison*|*poison*for-each-ref*) kill -9 $PPID; exit 1 ;;
*for-each-ref*slow*|*slow*for-each-ref*)
    if mkdir '{mark}' 2>/dev/null; then
        echo "$PPID $$" > '{mark}/new' && mv '{mark}/new' '{mark}/pids'
        exec sleep 60
    fi ;;
esac
exec '{git}' "$@"
"""


@pytest.fixture
def stopping(tmp_path: Path) -> tuple[str, Path]:
    """A PATH with that git before all others, and the file in which the processes that stopped are told (asker, git)."""
    folder, mark = tmp_path / "stopping", tmp_path / "mark"
    folder.mkdir()
    program = folder / "git"
    program.write_text(_SCRIPT.format(mark=mark, git=shutil.which(GIT)))
    program.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}", mark / "pids"


@pytest.fixture
def several(new_repository: Callable[..., Repository]) -> dict[str, Repository]:
    """Six repositories; those called `leak…` have a secret in their history, each another one."""
    made = {}
    for name in ("leak1", "clean1", "slow", "leak2", "clean2", "leak3"):
        made[name] = repository = new_repository(f"src/{name}")
        repository.commit("first", files={"app.py": "token = read_token()\n"})
        if name.startswith("leak"):
            repository.commit("second", files={f"{name}.py": SECRET})
            repository.commit("third", files={f"{name}.py": "token = read_token()\n"})
    return made


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[str]:
    """The address of a git daemon for the repositories below the test's folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["daemon", "--listen=127.0.0.1", f"--port={port}", f"--base-path={tmp_path}", "--export-all", "--reuseaddr"]
    running = subprocess.Popen([GIT, *words], stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            break
        time.sleep(0.05)
    yield f"git://127.0.0.1:{port}"
    os.killpg(running.pid, 15)
    running.wait()
