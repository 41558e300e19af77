"""Lists of files as git knows them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gitshield.git.process import clean_environment, first_line, git_error, run


@dataclass(frozen=True, slots=True)
class Listed:
    """Names relative to the folder they were listed in, and what git said that it could not list."""

    names: tuple[str, ...]
    warnings: tuple[str, ...]


def unignored_files(folder: str, *, environment: Mapping[str, str]) -> Listed | None:
    """The tracked and the untracked, not ignored files below `folder`; None outside of a work tree.

    A nested repository that git does not descend into stands in the list as its folder.
    Raises GitError when git refuses (somebody else's repository, an unknown format): that is not "outside".
    """
    clean = clean_environment(environment)
    inside = run(["rev-parse", "--is-inside-work-tree"], environment=clean, cwd=folder, accept=(0, 128))
    if inside.status and b"not a git repository" in inside.err:
        return None
    if inside.status:
        raise git_error(f"git cannot open the repository of {folder}: {first_line(inside.err)}", None)
    if inside.out.strip() == b"false":
        return None
    listed = run(["ls-files", "-z", "-c", "-o", "--exclude-standard", "--deduplicate"], environment=clean, cwd=folder, accept=(0, 129))
    if listed.status:  # --deduplicate is git 2.31's
        listed = run(["ls-files", "-z", "-c", "-o", "--exclude-standard"], environment=clean, cwd=folder)
    names = dict.fromkeys(os.fsdecode(name) for name in listed.out.split(b"\0") if name)
    return Listed(tuple(names), tuple(line for line in listed.err.decode("utf-8", "replace").splitlines() if line.startswith("warning:")))
