"""Look-ups: which object a commit has at a path, asked from git for many at once."""

import os
from collections.abc import Mapping, Sequence

from gitshield.git.process import run


def objects_at(wanted: Sequence[tuple[str, bytes]], *, environment: Mapping[str, str], cwd: str) -> dict[tuple[str, bytes], bytes | None]:
    """Give for (commit in hex, path) the id of the object there, None where there is none. Raises GitError."""
    plain = [pair for pair in wanted if b"\n" not in pair[1]]
    stdin = b"".join(oid.encode() + b":" + path + b"\n" for oid, path in plain)
    out = run(["cat-file", "--batch-check=%(objectname)"], environment=environment, cwd=cwd, stdin=stdin).out if plain else b""
    lines = out.split(b"\n")
    # what is missing is answered with the question, which may hold blanks, and ` missing`
    found = {pair: _oid(line) for pair, line in zip(plain, lines, strict=False)}
    for oid, path in (pair for pair in wanted if b"\n" in pair[1]):  # one line, one question
        told = run(["rev-parse", "-q", "--verify", f"{oid}:{os.fsdecode(path)}"], environment=environment, cwd=cwd, accept=(0, 1, 128))
        found[oid, path] = _oid(told.out.strip())
    return found


def _oid(word: bytes) -> bytes | None:
    try:
        return bytes.fromhex(word.decode("ascii")) if len(word) in (40, 64) else None
    except ValueError:
        return None
