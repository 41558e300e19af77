"""Reflogs: every entry of every one of them, also of refs that are gone. Their messages in whole are files like others.

Where refs are files, so are the logs (`logs/`, see git-reflog(1)) and they are read; of a reftable git is asked.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.git.layout import Layout
from gitshield.git.process import run
from gitshield.git.worktrees import Worktree, environment_for, worktrees
from gitshield.model.finding import Skipped

# old id, new id; what follows (who, when, why) is not needed
_LINE: Final = re.compile(rb"^([0-9a-f]{40,64}) ([0-9a-f]{40,64})(?= |\t|$)", re.MULTILINE)
_NULL: Final = re.compile("0+")


@dataclass(frozen=True, slots=True)
class Entry:
    """An id that a reflog holds. `log` is the ref's whole name, with its work tree's prefix; `number` counts from the newest, 0.

    What the oldest entry replaced has the number after its own, as git counts.
    """

    log: str
    number: int
    oid: str


def reflog_entries(layout: Layout, environment: Mapping[str, str]) -> Iterator[Entry | Skipped]:
    """Give the ids of all reflogs of all work trees, those of one log from the newest to the oldest."""
    for worktree in worktrees(layout, environment):
        if has_reftable(worktree.git_dir):
            for log, lines in reftable_logs(layout, worktree, environment):
                yield from _numbered(log, [(None, line[:oid_end].decode()) for line in lines if (oid_end := line.find(b" ")) > 0])
        else:
            yield from _of_files(worktree)


def log_names(layout: Layout, environment: Mapping[str, str]) -> list[str]:
    """The whole names of the refs that have a reflog, also of those that are gone, with their work trees' prefixes."""
    names: list[str] = []
    for worktree in worktrees(layout, environment):
        if has_reftable(worktree.git_dir):
            names += [log for log, _ in reftable_logs(layout, worktree, environment)]
        else:
            names += [log for item in log_files(worktree.git_dir) if not isinstance(item, Skipped) for log in [worktree.prefix + item[0]]]
    return names


def log_files(git_dir: str) -> Iterator[tuple[str, str] | Skipped]:
    """Give (whole name of the ref, path) of each log file of a git folder, in order of name."""
    top = os.path.join(git_dir, "logs")
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Skipped(folder, os.strerror(error.errno or 0), is_failure=True)
            continue
        yield from ((os.path.relpath(entry.path, top), entry.path) for entry in listed if entry.is_file(follow_symlinks=False))
        waiting.extend(entry.path for entry in reversed(listed) if entry.is_dir(follow_symlinks=False))


def has_reftable(git_dir: str) -> bool:
    """Whether refs and reflogs of a git folder are in tables (git 2.45) and not in files."""
    return os.path.isdir(os.path.join(git_dir, "reftable"))


def reftable_logs(layout: Layout, worktree: Worktree, environment: Mapping[str, str]) -> Iterator[tuple[str, list[bytes]]]:
    """Give the name of each log of a work tree and its entries, newest first: id, a space, then message and person.

    Shared logs are given with the main work tree alone. Raises GitError for a git that cannot read them.
    """
    ours = environment_for(layout, environment, worktree.git_dir)
    listed = run(["reflog", "list"], environment=ours, cwd=worktree.git_dir).out
    for name in listed.split(b"\n")[:-1]:
        log = os.fsdecode(name)
        is_own = not log.startswith("refs/") or log.startswith(("refs/bisect/", "refs/worktree/", "refs/rewritten/"))
        if not is_own and worktree.name is not None:
            continue
        # a signature would be shown by a program that the repository's own configuration names
        words = ["log", "-g", "-z", "--no-show-signature", "--no-color", "--no-mailmap", "--format=%H %gs%n%gn <%ge>", log, "--"]
        shown = run(words, environment=ours, cwd=worktree.git_dir, accept=(0, 128)).out
        yield worktree.prefix + log if is_own else log, [entry for entry in shown.split(b"\0") if entry]


def _of_files(worktree: Worktree) -> Iterator[Entry | Skipped]:
    for item in log_files(worktree.git_dir):
        if isinstance(item, Skipped):
            yield item
            continue
        name, path = item
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError as error:
            yield Skipped(path, os.strerror(error.errno or 0), is_failure=True)
            continue
        is_shared = worktree.name is None and name.startswith("refs/")
        log = name if is_shared else worktree.prefix + name
        yield from _numbered(log, [(old.decode(), new.decode()) for old, new in _LINE.findall(content)][::-1])


def _numbered(log: str, lines: list[tuple[str | None, str]]) -> Iterator[Entry]:
    """The entries of one log, its lines as (old id, new id) from the newest; an old id only where the line before has another."""
    for number, (old, new) in enumerate(lines):
        if not _NULL.fullmatch(new):
            yield Entry(log, number, new)
        before = lines[number + 1][1] if number + 1 < len(lines) else None
        if old is not None and old != before and not _NULL.fullmatch(old):
            yield Entry(log, number + 1, old)
