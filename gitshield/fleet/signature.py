"""The signature of a repository under its settings: the same means that a scan would read the same and judge it alike.

Made of names, sizes and times of files, not of what they hold, so that it costs a walk and no reading.
"""

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

from gitshield import __version__
from gitshield.gate.terms import REPOSITORY_FILE, Settings, source_of
from gitshield.git.layout import Layout
from gitshield.git.nested import repositories_below
from gitshield.git.worktrees import worktrees
from gitshield.model.finding import Skipped
from gitshield.scan.history.extent import Extent

_SETTINGS: Final = (REPOSITORY_FILE, "pyproject.toml", ".gitshield-allow", ".secrets.baseline", ".gitleaksignore")
_MAX_ALTERNATES: Final = 1 << 16


def signature_of(layout: Layout, environment: Mapping[str, str], settings: Settings, extent: Extent) -> str | None:
    """Give the signature, 64 hex digits, or None where there is none to be had.

    That is where values of local dotenv files are in force, of which nothing is stored anywhere, and where something cannot be
    looked at.
    """
    if settings.terms.known.values:
        return None
    digest = sha256()
    rules = settings.terms.rules.image.key
    for word in (__version__, repr(extent), rules, repr(settings.config), *settings.terms.notes):
        digest.update(word.encode("utf-8", "surrogateescape") + b"\0")
    for name in _SETTINGS:
        digest.update(sha256(source_of(os.path.join(layout.root, name)) or b"").digest())
    try:
        for line in _lines(layout, environment, extent):
            digest.update(line + b"\0")
    except OSError:
        return None
    return digest.hexdigest()


def _lines(layout: Layout, environment: Mapping[str, str], extent: Extent) -> Iterator[bytes]:
    for one in (layout, *repositories_below(layout, environment)):
        if isinstance(one, Skipped):
            yield os.fsencode(f"{one.path}: {one.reason}")
            continue
        tops = [one.common, one.git_dir, *_object_folders(one.objects)]
        if extent.is_worktree_included:
            tops += [tree.folder for tree in worktrees(one, environment) if tree.folder is not None]
        for top in dict.fromkeys(map(os.path.realpath, tops)):
            yield from _walk(top, passed=os.path.realpath(one.folder))


def _object_folders(objects: str) -> Iterator[str]:
    """An objects folder and its alternates, theirs too (gitrepository-layout(5), `objects/info/alternates`)."""
    waiting, met = [objects], set[str]()
    while waiting:
        folder = os.path.realpath(waiting.pop())
        if folder in met:
            continue
        met.add(folder)
        yield folder
        try:
            with open(os.path.join(folder, "info", "alternates"), "rb") as file:
                lines = file.read(_MAX_ALTERNATES).split(b"\n")
        except (FileNotFoundError, NotADirectoryError):
            continue
        waiting += [os.path.join(folder, os.fsdecode(line)) for line in lines if line and not line.startswith(b"#")]


def _walk(top: str, *, passed: str) -> Iterator[bytes]:
    """Name, kind, size and times of every file below a folder, in order. Our own folder is not scanned, so it does not count."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                if entry.path != passed:
                    waiting.append(entry.path)
                continue
            seen = entry.stat(follow_symlinks=False)
            numbers = (seen.st_mode, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
            yield os.fsencode(entry.path) + b"\0" + " ".join(map(str, numbers)).encode()
