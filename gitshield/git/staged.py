"""What is staged: the differences between HEAD and an index, as git lists them. Light: hooks run through here."""

from __future__ import annotations

import os

from gitshield.git.process import git_error, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final

_GITLINK: Final = "160000"


class Change:
    """One changed index entry. Ids are hex or None where a side does not exist; `path` is relative to the work tree's root.

    `status` is git's letter: A added, M modified, T type changed, D deleted, U unmerged.
    """

    __slots__ = ("mode", "new", "old", "old_mode", "path", "status")

    def __init__(self, status: str, old_mode: str, mode: str, old: str | None, new: str | None, path: str) -> None:
        self.status = status
        self.old_mode = old_mode
        self.mode = mode
        self.old = old
        self.new = new
        self.path = path


def staged_changes(
    *, environment: Mapping[str, str], cwd: str | None = None, against: str = "HEAD", paths: tuple[str, ...] = ()
) -> list[Change]:
    """List what the index (that of GIT_INDEX_FILE, where set) changes against a commit; against nothing when HEAD is unborn.

    Submodule links are left out; an intent-to-add entry is there with the blob of no bytes. Raises GitError when git cannot tell.
    """
    options = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none"]
    done = start([*options, against, "--", *paths], environment=environment, cwd=cwd).finish()
    if done.status and against == "HEAD" and _is_unborn(environment, cwd):
        empty = start(["hash-object", "-t", "tree", os.devnull], environment=environment, cwd=cwd).finish().out.decode().strip()
        done = start([*options, empty, "--", *paths], environment=environment, cwd=cwd).finish()
    if done.status:
        raise git_error("git diff-index failed", "run `git status` to see what is wrong with this repository")
    return parse_raw(done.out)


def parse_raw(raw: bytes) -> list[Change]:
    """Read `--raw -z --no-renames --no-abbrev` output. Raises GitError for what is not that."""
    fields = raw.split(b"\0")
    changes: list[Change] = []
    for at in range(0, len(fields) - 1, 2):
        words = fields[at].split(b" ")
        if len(words) != 5 or not words[0].startswith(b":"):
            raise git_error("git diff output that cannot be read", None)
        old_mode, mode = words[0][1:].decode(), words[1].decode()
        if mode != _GITLINK:
            status, path = words[4][:1].decode(), os.fsdecode(fields[at + 1])
            changes.append(Change(status, old_mode, mode, _oid(words[2]), _oid(words[3]), path))
    return changes


def _oid(word: bytes) -> str | None:
    return word.decode() if word.strip(b"0") else None


def _is_unborn(environment: Mapping[str, str], cwd: str | None) -> bool:
    return start(["rev-parse", "-q", "--verify", "HEAD^{commit}"], environment=environment, cwd=cwd).finish().status != 0 and (
        start(["symbolic-ref", "-q", "HEAD"], environment=environment, cwd=cwd).finish().status == 0
    )


def unmerged_stages(*, environment: Mapping[str, str], cwd: str | None = None) -> list[tuple[str, str, int]]:
    """All stages of unmerged paths as (path, object id in hex, stage)."""
    done = start(["ls-files", "-u", "-z", "--full-name", ":/"], environment=environment, cwd=cwd).finish()
    if done.status:
        raise git_error("git ls-files failed", "run `git status` to see what is wrong with this repository")
    stages: list[tuple[str, str, int]] = []
    for entry in done.out.split(b"\0")[:-1]:
        head, _, path = entry.partition(b"\t")
        _mode, oid, stage = head.decode().split(" ")
        stages.append((os.fsdecode(path), oid, int(stage)))
    return stages
