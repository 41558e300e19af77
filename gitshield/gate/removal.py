"""Removal of the gates: what `protect` changed becomes what it was, to the byte; what others changed since stays theirs."""

import base64
import os
import shutil

from gitshield.errors import ProtectError
from gitshield.gate.files import content_of, mode_of, put, remove_empty
from gitshield.gate.install import CHAINED, LEGACY, read_record, without_block
from gitshield.gate.switches import without_switches
from gitshield.git.layout import Layout


def undo(layout: Layout) -> tuple[str, ...]:
    """Take everything out again; gives remarks on what had changed since and was therefore mended by hand-like edits.

    Files that are as we left them become byte for byte what they were. Raises ProtectError when nothing is installed.
    """
    record = read_record(layout)
    if record is None:
        raise ProtectError("gitshield is not installed in this repository", hint="`gitshield protect` installs it")
    remarks: list[str] = []
    replaced: dict[str, bytes] = {}
    for entry in reversed(record["changes"]):
        path = os.path.join(layout.common, entry["path"])
        before = base64.b64decode(entry["before"]) if entry["before"] is not None else None
        after = base64.b64decode(entry["after"]) if entry["after"] is not None else None
        if path.startswith(layout.folder + os.sep):
            continue
        current = content_of(path)
        if path.endswith(CHAINED) and replaced.get(path.removesuffix(CHAINED), current) != current:
            remarks.append(f"{entry['path']} is the hook that was there before gitshield, and stays beside what replaced it")
        elif current == after or current is None:
            put(path, before, entry["before_mode"])
        elif (mended := _mended(path, current, before)) is not None:
            put(path, mended, mode_of(path) or 0o644)
            remarks.append(f"{entry['path']} had changed since: only our own lines were taken out")
        else:
            replaced[path] = current
            _remove_legacy(path, after)
            remarks.append(f"{entry['path']} was replaced by another program and stays")
    remove_empty(layout.common, record["made"])
    shutil.rmtree(layout.folder, ignore_errors=True)
    return tuple(remarks)


def _remove_legacy(path: str, ours: bytes | None) -> None:
    """Remove our hook from where the pre-commit framework put it, to run it first."""
    if ours is not None and content_of(path + LEGACY) == ours:
        os.unlink(path + LEGACY)


def _mended(path: str, current: bytes, before: bytes | None) -> bytes | None:
    """A file that changed since, without what is ours; None when nothing of ours is in it."""
    if os.path.basename(path) == "attributes":
        rest = without_block(current)
        return None if rest == current else rest
    if os.path.basename(path) == "config":
        return without_switches(current, before or b"")
    return None
