"""Differences: which paths each commit changes against its first parent, asked from git for many commits at once.

A tree is that of the first parent with these changes, at merges too. So every (path, blob) of a history is listed at least once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gitshield.errors import GitError
from gitshield.git.process import run

_OPTIONS: Final = ("--stdin", "-r", "--root", "--raw", "-z", "--no-renames", "--no-abbrev")
_SUBMODULE: Final = b"160000"


@dataclass(frozen=True, slots=True)
class Listed:
    """A commit as git is asked about it: its id and that of its first parent, in hex; None compares it with nothing."""

    oid: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """At `commit` (its place in what was asked) the blob at `path` is now `new`, None where the path is gone. Ids are bytes."""

    commit: int
    path: bytes
    new: bytes | None


def differences(commits: Sequence[Listed], *, environment: Mapping[str, str], cwd: str) -> tuple[list[Row], list[tuple[str, str]]]:
    """List what the commits change, in their order; where a submodule link comes, the path counts as gone.

    The second list names commits of which git could not tell (a tree is missing or broken), with git's words.
    """
    numbers = {commit.oid.encode(): number for number, commit in enumerate(commits)}
    stdin = "".join(f"{commit.oid} {commit.parent or ''}".strip() + "\n" for commit in commits).encode()
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
    """Read `--raw -z` output: a commit's id, then pairs of `:MODE MODE OLD NEW STATUS` and a path."""
    rows: list[Row] = []
    commit = 0
    fields = iter(out.split(b"\0"))
    for field in fields:
        if not field.startswith(b":"):
            commit = numbers.get(field, commit)
            continue
        path = next(fields)
        _, mode, _, new, status = field.split(b" ")
        is_gone = status == b"D" or mode == _SUBMODULE  # where a link to a submodule comes, a blob may have been
        rows.append(Row(commit, path, None if is_gone else bytes.fromhex(new.decode("ascii"))))
    return rows


def blobs_in(tree: str, *, environment: Mapping[str, str], cwd: str) -> list[bytes]:
    """The ids of all blobs in a tree and the trees below it. Raises GitError."""
    rows = run(["ls-tree", "-r", "-z", tree], environment=environment, cwd=cwd).out.split(b"\0")[:-1]
    return [bytes.fromhex(row.partition(b"\t")[0].split()[2].decode("ascii")) for row in rows]
