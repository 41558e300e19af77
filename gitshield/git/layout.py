"""Where a repository keeps what: asked from git itself, so that every environment variable and format counts."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gitshield.errors import RepositoryError
from gitshield.git.process import Output, first_line, run


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
    # The work tree's root comes last: in a bare repository, or inside a git folder, git gives all before it and then fails.
    asked = ["--is-bare-repository", "--absolute-git-dir", "--git-common-dir", "--git-path objects", "--show-toplevel"]
    done = _asked(" ".join(asked), environment, cwd)
    lines = os.fsdecode(done.out).split("\n")[:-1]
    if done.status and len(lines) < len(asked) - 1:
        raise _refused(done.err, cwd)
    if len(lines) != len(asked) - (done.status != 0):  # a line's end in a path: then one answer at a time
        lines = [os.fsdecode(answer.out.removesuffix(b"\n")) for word in asked if not (answer := _asked(word, environment, cwd)).status]
    bare, git_dir, common, objects, *top = lines
    kind = run(["rev-parse", "--show-object-format"], environment=environment, cwd=cwd, accept=(0, 128))
    hash_name = kind.out.decode().strip() if kind.status == 0 else "sha1"
    root = top[0] if top and bare == "false" else None
    return Layout(root, git_dir, _absolute(cwd, common), _absolute(cwd, objects), hash_name if len(hash_name) < 10 else "sha1")


def _asked(words: str, environment: Mapping[str, str], cwd: str) -> Output:
    return run(["rev-parse", *words.split()], environment=environment, cwd=cwd, accept=(0, 128))


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
