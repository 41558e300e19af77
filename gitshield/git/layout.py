"""Where a repository keeps what: asked from git itself, so that every environment variable and format counts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gitshield.errors import RepositoryError
from gitshield.git.process import first_line, run


@dataclass(frozen=True, slots=True)
class Layout:
    """Absolute paths: the work tree's root (None in a bare repository), this work tree's git folder, the one all work trees share."""

    top: str | None
    git_dir: str
    common: str
    objects: str
    hash_name: str

    @property
    def folder(self) -> str:
        """Our own folder inside the repository."""
        return os.path.join(self.common, "gitshield")

    @property
    def root(self) -> str:
        """The work tree's root, or the git folder of a bare repository."""
        return self.top or self.git_dir


def find_layout(cwd: str, *, environment: Mapping[str, str]) -> Layout:
    """Find the repository around `cwd`. Raises RepositoryError, with git's words, when there is none or git cannot open it."""
    # The work tree's root comes last: in a bare repository git gives all before it and then fails.
    asked = ["--is-bare-repository", "--absolute-git-dir", "--git-common-dir", "--git-path", "objects", "--show-toplevel"]
    done = run(["rev-parse", *asked], environment=environment, cwd=cwd, accept=(0, 128))
    lines = os.fsdecode(done.out).split("\n")
    if done.status and len(lines) < 5:
        raise _refused(done.err, cwd)
    bare, git_dir, common, objects = lines[:4]
    top = "\n".join(lines[4:]).rstrip("\n") if done.status == 0 and bare == "false" else None
    kind = run(["rev-parse", "--show-object-format"], environment=environment, cwd=cwd, accept=(0, 128))
    hash_name = kind.out.decode().strip() if kind.status == 0 else "sha1"
    return Layout(top or None, git_dir, _absolute(cwd, common), _absolute(cwd, objects), hash_name if len(hash_name) < 10 else "sha1")


def _absolute(cwd: str, path: str) -> str:
    return os.path.normpath(os.path.join(cwd, path))


def _refused(words: bytes, cwd: str) -> RepositoryError:
    if b"dubious ownership" in words:
        return RepositoryError(
            f"{cwd} belongs to somebody else, so git does not open it",
            hint="if you trust it: git config --global --add safe.directory " + cwd,
        )
    if b"not a git repository" in words:
        return RepositoryError(f"{cwd} is not inside a git repository", hint="go into one, or make one with `git init`")
    return RepositoryError(f"git cannot open the repository: {first_line(words)}")
