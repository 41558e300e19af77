"""The settings in a repository's configuration that switch our gates on; the file is edited by git itself, on a copy."""

import os
import tempfile
from collections.abc import Mapping
from typing import Final

from gitshield.gate.files import content_of
from gitshield.gate.reach import Reach
from gitshield.git.hook_scripts import GATES
from gitshield.git.layout import Layout
from gitshield.git.process import run

_OURS: Final = "/gitshield/hooks"
_FILTER: Final = (
    'f="$(git rev-parse --git-common-dir)/gitshield/filter"; [ -r "$f" ] && exec sh "$f"; '
    "echo \"gitshield: refused: $f is gone, so this file cannot be checked; hint: run 'gitshield protect' again, "
    'or take the lines of gitshield out of .git/info/attributes" >&2; exit 1'
)
# git adds "$@". A hook that is gone must not stop work: what is in the hooks folder says so, or this does.
_HOOK: Final = (
    'h=.git; case ${{GIT_DIR:-.git}} in .git | "$PWD/.git") ;; *) h= ;; esac; '
    '[ -n "$h" ] && [ -d "$h" ] || h=$(git rev-parse --git-common-dir); h=$h/gitshield/hooks/{name}; [ -x "$h" ] || {{ '
    "echo \"gitshield: warning: $h is gone, nothing is checked; hint: run 'gitshield protect' again\" >&2; h=true; }}; "
    'exec "$h"'
)


def with_switches(layout: Layout, reach: Reach, environment: Mapping[str, str]) -> bytes:
    """The repository's configuration with our settings in it, and none that another way of reaching git needed."""
    content = content_of(os.path.join(layout.common, "config")) or b""
    settings: dict[str, str | None] = {"filter.gitshield.process": _FILTER, "filter.gitshield.required": "true"}
    if reach.is_redirected:
        settings["core.hooksPath"] = reach.folder
    elif _is_ours(hooks_path_in(content)):
        settings["core.hooksPath"] = reach.old
    for name in GATES:
        settings[f"hook.gitshield-{name}.event"] = name if reach.configured else None
        settings[f"hook.gitshield-{name}.command"] = _start_of(name) + _HOOK.format(name=name) if reach.configured else None
    return _edited(content, settings, environment)


def _start_of(name: str) -> str:
    """Git calls this hook several times for every reference, and but one of them is to be judged."""
    return '[ "$1" = prepared ] || exit 0; ' if name == "reference-transaction" else ""


def without_switches(current: bytes, before: bytes) -> bytes:
    """A configuration without what is ours; `core.hooksPath`, if it is ours, becomes what it was in `before`."""
    keys: dict[str, str | None] = {"filter.gitshield.process": None, "filter.gitshield.required": None}
    keys |= {f"hook.gitshield-{name}.{part}": None for name in GATES for part in ("event", "command")}
    if _is_ours(hooks_path_in(current)):
        old = hooks_path_in(before)
        keys["core.hooksPath"] = None if _is_ours(old) else old
    return _edited(current, keys, _ALONE)


def hooks_path_in(content: bytes) -> str | None:
    """The value of `core.hooksPath` in this very configuration file, None when it has none."""
    with tempfile.NamedTemporaryFile(prefix="gitshield-") as copy:
        copy.write(content)
        copy.flush()
        found = run(["config", "--file", copy.name, "--get", "core.hooksPath"], environment=_ALONE, accept=(0, 1))
    return os.fsdecode(found.out).removesuffix("\n") or None


_ALONE: Final = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}


def _is_ours(path: str | None) -> bool:
    return path is not None and path.endswith(_OURS)


def _edited(content: bytes, settings: Mapping[str, str | None], environment: Mapping[str, str]) -> bytes:
    """A configuration file with `settings` (None: without that key). What is as wanted already is not touched."""
    with tempfile.NamedTemporaryFile(prefix="gitshield-") as copy:
        copy.write(content)
        copy.flush()
        for key, value in settings.items():
            words = ["--unset-all", key] if value is None else ["--replace-all", key, value]
            run(["config", "--file", copy.name, *words], environment=environment, accept=(0, 5))
        with open(copy.name, "rb") as file:
            return file.read()
