"""The indexes of a repository: which blobs stand in one, at which paths. Asked from git, so split and sparse ones count."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.errors import GitError
from gitshield.git.layout import Layout
from gitshield.git.process import run
from gitshield.git.worktrees import Worktree, environment_for, worktrees
from gitshield.model.finding import Skipped

SIGNATURE: Final = b"DIRC"
_GITLINK: Final = "160000"


@dataclass(frozen=True, slots=True)
class Indexed:
    """An entry of an index: path from the top, blob id in hex, stage 0 to 3, and the name of its work tree (None: the main one).

    `file` is the index file's name, for those that git left behind beside the real one.
    """

    path: str
    oid: str
    stage: int
    worktree: str | None = None
    file: str = "index"


def indexed(layout: Layout, environment: Mapping[str, str]) -> Iterator[Indexed | Skipped]:
    """Give the entries of the indexes of all work trees, submodule links left out; also those of conflicts that were resolved.

    An intent-to-add entry has the id of the blob of no bytes, which may not exist. An index that git cannot read is a failure.
    """
    for worktree in worktrees(layout, environment):
        for path in index_files(worktree.git_dir):
            try:
                yield from _entries(layout, worktree, path, environment)
            except GitError as error:
                yield Skipped(path, str(error), is_failure=True)


def index_files(git_dir: str) -> list[str]:
    """The paths of the index files at the top of a git folder, by name: `index` itself, shared ones, those a killed git left."""
    try:
        with os.scandir(git_dir) as entries:
            listed = sorted(entry.path for entry in entries if entry.is_file(follow_symlinks=entry.name == "index"))
    except OSError:
        return []
    return [path for path in listed if os.path.basename(path) == "index" or is_index(path)]


def is_index(path: str) -> bool:
    """Whether a file begins as an index does (gitformat-index(5))."""
    try:
        with open(path, "rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False


def _entries(layout: Layout, worktree: Worktree, path: str, environment: Mapping[str, str]) -> Iterator[Indexed]:
    ours = {**environment_for(layout, environment, worktree.git_dir), "GIT_INDEX_FILE": path}
    seen: set[bytes] = set()
    for words in (["-s"], ["--resolve-undo"]):
        listed = run(["ls-files", "-z", *words], environment=ours, cwd=worktree.git_dir).out
        for entry in listed.split(b"\0")[:-1]:
            mode, oid, stage = (head := entry.partition(b"\t"))[0].decode().split(" ")
            if mode != _GITLINK and entry not in seen:
                seen.add(entry)
                yield Indexed(os.fsdecode(head[2]), oid, int(stage), worktree.name, os.path.basename(path))
