"""How git reaches our hooks in a repository: in its hooks folder, in one of ours before a foreign one, or as configured hooks.

Where both git's configured hooks (2.54) and scripts in the hooks folder are there, the scripts are for an older git that is
used beside the newer one; they ask which one runs them.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.errors import ProtectError
from gitshield.git.hook_scripts import ALL_HOOKS, CHANGING_BY_PRESENCE, GATES
from gitshield.git.layout import Layout
from gitshield.git.process import run

_CONFIGURED_SINCE: Final = (2, 54)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where our hook scripts lie.

    `folder`: for git's search in a hooks folder, None when the one in force is not ours to change; `old`: a hooks folder that
    was in force before and goes on running; `is_redirected`: `core.hooksPath` points to `folder`; `configured`: the git
    program that runs our hooks as configured ones, None when it is too old for that.
    """

    folder: str | None
    old: str | None
    is_redirected: bool
    configured: str | None

    @property
    def way(self) -> str:
        """The way in a word: `hooks` (git's own folder), `hooksPath` (ours before a foreign one), `config`, or `hooks, config`."""
        if self.folder is None:
            return "config"
        if self.is_redirected:
            return "hooksPath"
        return "hooks, config" if self.configured else "hooks"

    def hooks(self, own: str) -> Iterator[tuple[str, str]]:
        """The hooks to write as (folder, name): those we serve and, before a foreign folder, those we hand on. `own` is our folder."""
        yield from ((own, name) for name in GATES if self.configured)
        if self.folder is None:
            return
        names = [*GATES]
        if self.is_redirected:
            here = [name for name in CHANGING_BY_PRESENCE if os.path.exists(os.path.join(self.old or "", name))]
            names += [name for name in (*ALL_HOOKS, *here) if name not in GATES]
        yield from ((self.folder, name) for name in names)


def own_hooks(layout: Layout) -> str:
    """The folder of ours for hook scripts that git does not find in its own."""
    return os.path.join(layout.folder, "hooks")


def find_reach(layout: Layout, *, environment: Mapping[str, str], recorded: str | None) -> Reach:
    """Find how to reach git here. `recorded` is the hooks folder that was in force when ours was put before it."""
    plain, own = os.path.join(layout.common, "hooks"), own_hooks(layout)
    foreign = hooks_path(layout, environment)
    if foreign is not None and _is_same(layout, foreign, own):
        foreign = recorded
    elif foreign is not None and _is_same(layout, foreign, plain):
        foreign = None
    if foreign is None and _has_links(plain):
        foreign = plain  # what a link leads to is not only this repository's
    configured = shutil.which("git") if git_version(environment) >= _CONFIGURED_SINCE else None
    if foreign is None:
        return Reach(plain, None, is_redirected=False, configured=configured)
    if configured:
        return Reach(None, foreign, is_redirected=False, configured=configured)
    return Reach(own, foreign, is_redirected=True, configured=None)


def check_reach(layout: Layout, reach: Reach, *, environment: Mapping[str, str]) -> None:
    """Raise ProtectError when a setting that wins over the repository's own leads git past our hooks."""
    if reach.configured:
        return
    in_force = hooks_path(layout, environment)
    expected = reach.folder if reach.is_redirected else os.path.join(layout.common, "hooks")
    if expected is None or _is_same(layout, in_force or os.path.join(layout.common, "hooks"), expected):
        return
    told = run(["config", "--show-origin", "--get", "core.hooksPath"], environment=environment, cwd=layout.root, accept=(0, 1)).out
    origin = os.fsdecode(told).partition("\t")[0]
    raise ProtectError(
        f"core.hooksPath = {in_force} in {origin} wins over the repository's own setting, so commits are not judged",
        hint="take it out there, then run `gitshield protect` again",
    )


def hooks_path(layout: Layout, environment: Mapping[str, str]) -> str | None:
    """The value of `core.hooksPath` in force, from whatever file; None when it is not set."""
    found = run(["config", "--type=path", "--get", "core.hooksPath"], environment=environment, cwd=layout.root, accept=(0, 1))
    return os.fsdecode(found.out).removesuffix("\n") or None


def git_version(environment: Mapping[str, str]) -> tuple[int, ...]:
    """The version of the git program on PATH."""
    words = run(["version"], environment=environment).out.split()
    return tuple(int(part) for part in words[2].split(b".")[:2]) if len(words) > 2 else (0,)


def _is_same(layout: Layout, path: str, other: str) -> bool:
    return os.path.normpath(os.path.join(layout.root, path)) == os.path.normpath(other)


def _has_links(folder: str) -> bool:
    return os.path.islink(folder) or any(os.path.islink(os.path.join(folder, name)) for name in GATES)
