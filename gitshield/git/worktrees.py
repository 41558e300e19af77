"""The work trees of a repository, main and linked, and how to ask git about one of them.

Read from the folders that git keeps for them (gitrepository-layout(5), `worktrees/`), because `git worktree list` leaves out
those that are damaged. One whose folder is gone still has a HEAD, an index and reflogs.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.git.layout import Layout
from gitshield.git.packs.files import open_file
from gitshield.git.process import clean_environment, run

_ALTERNATES: Final = "GIT_ALTERNATE_OBJECT_DIRECTORIES"


@dataclass(frozen=True, slots=True)
class Worktree:
    """A work tree's git folder, and the folder with its files, None where there is none (any more).

    `name` is that of its folder below `worktrees/`, None for the main one, which a bare repository has too: its HEAD counts.
    `prefix` makes the names that git understands for its HEAD and its own refs; empty for the one that was asked from.
    """

    name: str | None
    git_dir: str
    folder: str | None
    prefix: str = ""
    is_locked: bool = False


def worktrees(layout: Layout, environment: Mapping[str, str]) -> list[Worktree]:
    """All work trees of a repository, the main one first, then by name."""
    main_folder = layout.top if _is_same(layout.git_dir, layout.common) else _main_folder(layout, environment)
    found = [Worktree(None, layout.common, main_folder, _prefix(layout, layout.common, "main-worktree"))]
    try:
        with os.scandir(os.path.join(layout.common, "worktrees")) as entries:
            listed = sorted((entry for entry in entries if entry.is_dir(follow_symlinks=False)), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return found
    for entry in listed:
        prefix = _prefix(layout, entry.path, f"worktrees/{entry.name}")
        is_locked = os.path.lexists(os.path.join(entry.path, "locked"))
        found.append(Worktree(entry.name, entry.path, _linked_folder(entry.path), prefix, is_locked))
    return found


def environment_for(layout: Layout, environment: Mapping[str, str], git_dir: str | None = None) -> dict[str, str]:
    """The environment for git calls about a repository, or about the work tree that has `git_dir`.

    The calls are made in that folder, and paths count from the top. The work tree that is named is no real one, so that nothing
    depends on whether it is there. Git judges whose a repository is when it finds one, not when it is told: `layout` must be one
    that git has found.
    """
    place = git_dir or layout.git_dir
    ours = {"GIT_DIR": place, "GIT_WORK_TREE": place, "GIT_OBJECT_DIRECTORY": layout.objects}
    if place == layout.git_dir and not _is_same(layout.common, place):
        ours["GIT_COMMON_DIR"] = layout.common
    if _ALTERNATES in environment:
        ours[_ALTERNATES] = environment[_ALTERNATES]
    return {**clean_environment(environment), **ours}


def is_git_folder(folder: str) -> bool:
    """Whether a folder has what git looks for in one of its own (`is_git_directory` in git's setup.c)."""
    return (
        os.path.lexists(os.path.join(folder, "HEAD"))
        and os.path.isdir(os.path.join(folder, "refs"))
        and os.path.isdir(os.path.join(folder, "objects"))
    )


def _prefix(layout: Layout, git_dir: str, words: str) -> str:
    return "" if _is_same(git_dir, layout.git_dir) else f"{words}/"


def _is_same(one: str, other: str) -> bool:
    """Whether two paths lead to the same place: git resolves links in some of those it gives, and not in others."""
    return os.path.realpath(one) == os.path.realpath(other)


def _linked_folder(git_dir: str) -> str | None:
    """The folder of a linked work tree: `gitdir` names the `.git` file in it, since git 2.48 maybe relative to its own place."""
    try:
        with open_file(os.path.join(git_dir, "gitdir")) as file:
            named = os.fsdecode(file.read(1 << 16).rstrip(b"\r\n"))
    except OSError:
        return None
    folder = os.path.dirname(os.path.normpath(os.path.join(git_dir, named)))
    return folder if os.path.isfile(os.path.join(folder, ".git")) else None


def _main_folder(layout: Layout, environment: Mapping[str, str]) -> str | None:
    """The folder of the main work tree, for one who stands in a linked one."""
    ours = environment_for(layout, environment, layout.common)
    bare = run(["config", "--type=bool", "core.bare"], environment=ours, cwd=layout.common, accept=(0, 1, 128)).out.strip()
    told = run(["config", "-z", "core.worktree"], environment=ours, cwd=layout.common, accept=(0, 1, 128)).out
    if told:
        folder = os.path.normpath(os.path.join(layout.common, os.fsdecode(told.partition(b"\0")[0])))
    elif bare == b"true" or os.path.basename(layout.common) != ".git":
        return None
    else:
        folder = os.path.dirname(layout.common)
    return folder if os.path.isdir(folder) else None
