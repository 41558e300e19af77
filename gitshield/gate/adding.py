"""Whether a command stages for the person: `git add`, `git stage`, their aliases, and what `git add -e` starts. Light, like `quick`."""

from __future__ import annotations

import os

from gitshield.git.ancestry import words_of
from gitshield.git.process import hook_environment, start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

_ADD: Final = (b"add", b"stage")
# What changes an index often, and is no alias: git lets no alias hide a command of its own. They need no look at the configuration.
_OTHERS: Final = frozenset(
    b"am apply bisect checkout checkout-index cherry-pick clean clone commit commit-tree describe diff diff-index merge mv notes pull "
    b"read-tree rebase reset restore revert rm stash status submodule switch sparse-checkout update-index worktree".split()
)
_MAX_ALIASES: Final = 10


def is_add(commands: Sequence[Sequence[bytes]], environment: Mapping[str, str]) -> bool:
    """Whether the git commands above a hook (nearest first, see `ancestry.git_commands`) are one add or stage and nothing around it.

    An alias may run in the same process, under its own name, or start the command it stands for. `git add -e` leaves the
    index to `git apply --recount --cached`; where hunks are chosen (`-p`) git changes the index once more itself, so those
    changes need not be seen. `environment` is the hook's: it holds what `git -c` said.
    """
    above = list(commands)
    if len(above) > 1 and above[0][:3] == [b"apply", b"--recount", b"--cached"]:
        del above[0]
    return bool(above) and _stands_for_add(above[0], environment) and all(_is_way_to_add(words, environment) for words in above[1:])


def _stands_for_add(words: Sequence[bytes], environment: Mapping[str, str]) -> bool:
    for _ in range(_MAX_ALIASES):
        if not words or words[0] in _ADD:
            return bool(words)
        alias = _alias(words[0], environment)
        words = words_of([b"git", *alias.split()])
    return False


def _is_way_to_add(words: Sequence[bytes], environment: Mapping[str, str]) -> bool:
    """Whether a command around an add is an alias: of add, or of a shell that started it."""
    if not words or words[0] in _ADD:
        return False
    return _alias(words[0], environment).startswith(b"!") or _stands_for_add(words, environment)


def _alias(name: bytes, environment: Mapping[str, str]) -> bytes:
    """What an alias stands for; empty for what is none."""
    if name in _OTHERS or not name:
        return b""
    key, safe = "alias." + os.fsdecode(name), hook_environment(environment)
    for form in (key, key + ".command"):  # the second one since git 2.54
        if found := start(["config", "--get", form], environment=safe).finish().out.strip():
            return found
    return b""
