"""Which git command runs this hook or filter: the argument lists of the processes above us.

Read from /proc on Linux and from `ps` elsewhere; where neither answers, the answer is an empty list and callers take the
strict way. Light: hooks run through here.
"""

from __future__ import annotations

import os

from gitshield.git.process import process_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_SHELLS: Final = frozenset((b"sh", b"dash", b"bash", b"ash", b"busybox", b"zsh"))
# Global options of git that take their value as the next word (git(1)).
_WITH_VALUE: Final = frozenset(
    (
        b"-C",
        b"-c",
        b"--git-dir",
        b"--work-tree",
        b"--namespace",
        b"--exec-path",
        b"--config-env",
        b"--super-prefix",
        b"--shallow-file",
        b"--attr-source",
    )
)
_DEPTH: Final = 8


def git_commands(pid: int | None = None) -> list[list[bytes]]:
    """The git commands above process `pid` (our parent), nearest first, as [sub-command, arguments…].

    Shells directly between git and us are passed over; the list ends where the nearest chain of git processes ends.
    """
    commands: list[list[bytes]] = []
    current = os.getppid() if pid is None else pid
    for _ in range(_DEPTH):
        argv, parent = _process(current)
        if not argv:
            break
        name = argv[0].rsplit(b"/", 1)[-1]
        if name == b"git" or name.startswith(b"git-"):
            commands.append(words_of(argv))
        elif commands or name not in _SHELLS:
            break
        current = parent
    return commands


def words_of(argv: list[bytes]) -> list[bytes]:
    """The sub-command and its arguments of a git process; empty when there is no sub-command."""
    name = argv[0].rsplit(b"/", 1)[-1]
    if name.startswith(b"git-"):
        return [name[4:], *argv[1:]]
    at = 1
    while at < len(argv) and argv[at].startswith(b"-"):
        at += 2 if argv[at] in _WITH_VALUE else 1
    return argv[at:]


def started_at(pid: int) -> str | None:
    """When a process began (field 22 of /proc/PID/stat), so that a number used again is told apart; None where it cannot be read."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode("ascii")
    except (OSError, IndexError, ValueError):
        return None


def _process(pid: int) -> tuple[list[bytes], int]:
    """The argument list and the parent of a process; ([], 0) when it cannot be told."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            argv = file.read().split(b"\0")[:-1]
        with open(f"/proc/{pid}/stat", "rb") as file:
            return argv, int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return ([], 0) if os.path.isdir("/proc/self") else _process_by_ps(pid)


def _process_by_ps(pid: int) -> tuple[list[bytes], int]:
    words = process_words(pid)
    return (words[1:], int(words[0])) if len(words) > 1 and words[0].isdigit() else ([], 0)
