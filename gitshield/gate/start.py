"""Where the hook scripts enter: the first look, then, only if it was not enough, the full gate. Light, like `quick`.

What a hook script gets as exit status is 100 and the exit code of the judgement, so that it can tell an answer from a Python
that never got as far: 100 lets pass, more refuses, less means that nothing was judged.
"""

from __future__ import annotations

import os
import sys

from gitshield.gate.quick import is_clean_index, is_clean_message, is_merging, is_passed, mark_passed, remember

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

ANSWER: Final = 100
BROKEN: Final = 99
_INTERRUPTED: Final = 130  # these two are of gitshield.errors.ExitCode, which takes long to load
_INTERNAL: Final = 70
_WITH_LINES: Final = ("reference-transaction", "pre-push")
_COMMITS: Final = ("pre-commit", "pre-merge-commit")


def main(folder: str, arguments: Sequence[str]) -> None:
    """Judge for the hook `arguments[0]`; never returns. `folder` is the repository's own `gitshield` folder."""
    words = list(arguments)
    try:
        if words[0] in _WITH_LINES:
            words += map(os.fsdecode, sys.stdin.buffer)
        if _is_nothing(folder, words):
            os._exit(ANSWER)  # nothing is buffered; leaving at once saves the interpreter's own clean-up
        code = _judge(words)
    except KeyboardInterrupt:
        os._exit(ANSWER + _INTERRUPTED)
    sys.exit(code)


def _judge(words: Sequence[str]) -> int:
    try:
        from gitshield.gate.main import main as full
    except Exception as error:  # noqa: BLE001  whatever a broken installation raises: the script goes on without the program
        sys.stderr.write(f"gitshield: error: the installation is broken: {error}\n")
        return BROKEN
    try:
        return ANSWER + full(words, os.environ, sys.stderr)
    except Exception:  # noqa: BLE001  a fault of ours refuses, as everything that could not be checked
        sys.excepthook(*sys.exc_info())
        return ANSWER + _INTERNAL


def _is_nothing(folder: str, words: Sequence[str]) -> bool:
    """Whether the first look is enough to let this pass."""
    name = words[0]
    if name in _COMMITS and is_clean_index(os.environ, folder):
        if name == "pre-commit" and not is_merging(os.environ, folder):  # what a merge brings is more than its index
            mark_passed(folder, os.environ)
        return True
    if name == "reference-transaction":
        from gitshield.gate.updates import is_clean_update

        return is_passed(folder, os.environ) or is_clean_update(os.environ, folder, words[2:])
    if name == "pre-push":
        from gitshield.gate.updates import is_clean_push

        return len(words) > 2 and is_clean_push(os.environ, folder, words[1], words[3:])
    if name == "post-index-change":
        return _is_no_add(folder) or is_clean_index(os.environ, folder, is_remembered=True)
    return name == "commit-msg" and is_clean_message(folder, words[1])


def _is_no_add(folder: str) -> bool:
    """Whether surely no plain add or stage has called; what is staged now is remembered then."""
    from gitshield.gate.adding import is_add
    from gitshield.git.ancestry import git_commands

    commands = git_commands()
    if not commands or is_add(commands, os.environ):
        return False
    if not os.environ.get("GIT_INDEX_FILE"):
        remember(folder, os.environ, ".")
    return True
