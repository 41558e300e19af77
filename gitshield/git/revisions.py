"""Revisions: which objects a part of a history brings, as `git rev-list` tells it."""

from collections.abc import Mapping, Sequence

from gitshield.git.process import run


def objects_of(revisions: Sequence[str], *, environment: Mapping[str, str], cwd: str) -> list[bytes]:
    """The ids of all objects that revisions (`A..B`, `^v1 main`) reach and what they exclude does not. Raises GitError."""
    stdin = "".join(f"{revision}\n" for revision in revisions).encode()
    out = run(["rev-list", "--objects", "--no-object-names", "--stdin"], environment=environment, cwd=cwd, stdin=stdin).out
    return [bytes.fromhex(line.decode("ascii")) for line in out.split()]


def since(date: str, *, environment: Mapping[str, str], cwd: str) -> list[str]:
    """The revisions that stand for all that any ref reached since `date`, in any form that git understands. Raises GitError."""
    listed = run(["rev-list", "--all", "--boundary", f"--since={date}"], environment=environment, cwd=cwd).out.decode("ascii").split()
    return [line if not line.startswith("-") else f"^{line[1:]}" for line in listed]
