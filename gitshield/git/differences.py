"""Differences: which paths each commit changes against its parents, asked from git for many commits at once.

A merge is listed with the paths that differ from all its parents: what it brings by itself. Every (path, blob) of a history is
thus listed at least once, at a commit that brings it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gitshield.errors import GitError
from gitshield.git.process import run

_OPTIONS: Final = ("--stdin", "-r", "-c", "--root", "--raw", "-z", "--no-renames", "--no-abbrev")
_SUBMODULE: Final = b"160000"


@dataclass(frozen=True, slots=True)
class Listed:
    """A commit as git is asked about it: its id and those of its parents, in hex."""

    oid: str
    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """At `commit` (its place in what was asked) the blob at `path` is now `new`, None where the path is gone. Ids are bytes."""

    commit: int
    path: bytes
    new: bytes | None


def differences(commits: Sequence[Listed], *, environment: Mapping[str, str], cwd: str) -> tuple[list[Row], list[tuple[str, str]]]:
    """List what the commits change, in their order; submodule links are left out.

    The second list names commits of which git could not tell (a tree is missing or broken), with git's words.
    """
    numbers = {commit.oid.encode(): number for number, commit in enumerate(commits)}
    stdin = "".join(f"{commit.oid} {' '.join(commit.parents)}\n" for commit in commits).encode()
    try:
        out = run(["diff-tree", *_OPTIONS], environment=environment, cwd=cwd, stdin=stdin).out
    except GitError as error:
        if len(commits) == 1:
            return [], [(commits[0].oid, str(error))]
        middle = len(commits) // 2
        first, first_failed = differences(commits[:middle], environment=environment, cwd=cwd)
        second, second_failed = differences(commits[middle:], environment=environment, cwd=cwd)
        return [*first, *(Row(row.commit + middle, row.path, row.new) for row in second)], [*first_failed, *second_failed]
    return _rows(out, numbers), []


def _rows(out: bytes, numbers: Mapping[bytes, int]) -> list[Row]:
    rows: list[Row] = []
    commit = 0
    fields = iter(out.split(b"\0"))
    for field in fields:
        if not field.startswith(b":"):
            commit = numbers.get(field, commit)
            continue
        words = field.split(b" ")
        path = next(fields)
        parents = len(words[0]) - len(words[0].lstrip(b":"))
        mode, new, status = words[parents], words[2 * parents + 1], words[-1]
        if mode == _SUBMODULE and status[:1] != b"D":
            continue
        rows.append(Row(commit, path, None if not new.strip(b"0") else bytes.fromhex(new.decode("ascii"))))
    return rows
