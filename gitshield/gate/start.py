"""Where the hook scripts enter: the first look, then, only if it was not enough, the full gate. Light, like `quick`."""

from __future__ import annotations

import os
import sys
from io import BytesIO, TextIOWrapper

from gitshield.gate.quick import forget, is_clean_index, is_clean_message, is_passed, mark_passed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_INTERRUPTED = 130  # gitshield.errors.ExitCode, which takes long to load
_COMMITS = ("pre-commit", "pre-merge-commit")


def main(folder: str, arguments: Sequence[str]) -> None:
    """Judge for the hook `arguments[0]`; never returns. `folder` is the repository's own `gitshield` folder.

    An installation that cannot be imported hands over to the shell's fallback, which still knows sensitive file names.
    """
    name = arguments[0]
    try:
        if _is_nothing(folder, name, arguments):
            os._exit(0)  # nothing is buffered; leaving at once saves the interpreter's own clean-up
        from gitshield.gate.main import main as full
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)
    except ImportError as error:
        sys.stderr.write(f"gitshield: error: the installation is broken: {error}\n")
        sys.stderr.flush()
        os.execv("/bin/sh", ["sh", f"{folder}/fallback.sh", *arguments])
    sys.exit(full(arguments, os.environ, sys.stderr))


def _is_nothing(folder: str, name: str, arguments: Sequence[str]) -> bool:
    """Whether the first look is enough to let this pass."""
    if name in _COMMITS and is_clean_index(os.environ, folder):
        mark_passed(folder, os.environ)
        return True
    if name == "reference-transaction":
        return is_passed(folder) or _is_clean_update(folder)
    if name == "post-index-change":
        return _is_no_add(folder) or is_clean_index(os.environ, folder, is_remembered=True)
    return name == "commit-msg" and is_clean_message(folder, arguments[1])


def _is_clean_update(folder: str) -> bool:
    """Whether the references standard input names bring nothing to judge; the full gate can read it again."""
    from gitshield.gate.updates import is_clean_update

    content = sys.stdin.buffer.read()
    sys.stdin = TextIOWrapper(BytesIO(content), encoding="utf-8", errors="surrogateescape")
    return is_clean_update(os.environ, folder, content.decode("utf-8", "surrogateescape").splitlines())


def _is_no_add(folder: str) -> bool:
    """Whether surely no plain add or stage has called; what was remembered as staged is forgotten then."""
    from gitshield.git.ancestry import git_commands

    commands = git_commands()
    if not commands or commands[0][:1] in ([b"add"], [b"stage"]):
        return False
    if not os.environ.get("GIT_INDEX_FILE"):
        forget(folder, os.environ)
    return True
