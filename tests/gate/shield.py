"""The command `gitshield` for tests, composed secrets, and what a repository holds: shared by the tests of gates and commands."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from gitshield.rules.samples import compose
from tests.builder import GIT, TIMEOUT, Repository

ROOT: Final = Path(__file__).resolve().parents[2]
TOKEN: Final = compose("gh" + "p_{{alnum:36}}", seed="gate tests")
OTHER_TOKEN: Final = compose("gh" + "p_{{alnum:36}}", seed="gate tests, another")
# A value that only its being in a local .env makes a secret.
LOCAL_VALUE: Final = "plum" + "-orchard-cello-" + "9317"
SECRET: Final = f'token = "{TOKEN}"\n'
CLEAN: Final = "token = read_token()\n"


def call(
    where: Repository | Path, *words: str, code: int | None = 0, env: Mapping[str, str] | None = None, input: bytes = b""
) -> "subprocess.CompletedProcess[str]":
    """Run `gitshield WORDS…` in a repository or folder; its output as text. `code` is the exit code it must have, None for any."""
    place = where.path if isinstance(where, Repository) else where
    done = subprocess.run(
        [sys.executable, "-m", "gitshield", *words],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        input=input,
        capture_output=True,
        check=False,
        timeout=TIMEOUT,
    )
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    if code is not None:
        assert done.returncode == code, f"gitshield {' '.join(words)}: exit code {done.returncode}\n{err}{out}"
    return subprocess.CompletedProcess(words, done.returncode, out, err)


def protect(repository: Repository, *words: str) -> str:
    """Run `gitshield protect` and give what it said."""
    return call(repository, "protect", *words).stdout


def attempt(repository: Repository, *words: str | bytes, env: Mapping[str, str] | None = None, input: bytes | None = None) -> str:
    """Run a git command that a gate must refuse, and give what was said: it must fail and name gitshield's refusal."""
    done = repository.git(*words, check=False, env=env, input=input)
    said = (done.stderr + done.stdout).decode("utf-8", "replace")
    assert done.returncode != 0, f"{words} went through\n{said}"
    assert "refused" in said, said
    return said


def said(done: "subprocess.CompletedProcess[bytes]") -> str:
    """What a git command wrote to standard error, as text."""
    return done.stderr.decode("utf-8", "replace")


def objects(repository: Repository) -> frozenset[str]:
    """The ids of all objects in the object database, reachable or not."""
    listed = repository.line("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    return frozenset(listed.splitlines())


def is_stored(repository: Repository, path: str) -> bool:
    """Whether the object database has the very bytes that a work-tree file holds."""
    oid = repository.git("hash-object", "--no-filters", "--", path).stdout.strip()
    return repository.git("cat-file", "-e", oid, check=False).returncode == 0


def staged(repository: Repository, path: str | bytes) -> bytes | None:
    """The content the index holds for a path, None when it holds none."""
    done = repository.git("cat-file", "blob", b":" + os.fsencode(path), check=False)
    return done.stdout if done.returncode == 0 else None


def git_files(repository: Repository, *, without: Sequence[str] = ()) -> dict[str, tuple[int, bytes | None]]:
    """Every file and folder below `.git` by its path: its mode and its bytes (None for a folder)."""
    top = repository.path / ".git"
    found: dict[str, tuple[int, bytes | None]] = {}
    for path in sorted(top.rglob("*")):
        name = path.relative_to(top).as_posix()
        if not name.startswith(tuple(without)):
            found[name] = (path.lstat().st_mode, path.read_bytes() if path.is_file() else None)
    return found


def locks(repository: Repository) -> list[str]:
    """The lock files that lie in `.git`."""
    return [name for name in git_files(repository) if name.endswith(".lock")]


def git_version() -> tuple[int, ...]:
    """The version of the git under test."""
    words = subprocess.run([GIT, "version"], capture_output=True, check=True).stdout.split()
    return tuple(int(part) for part in words[2].split(b".")[:2])
