"""Files of a repository's git folder: what they hold, their permission bits, and how they are written: aside, synced, renamed."""

import os
from collections.abc import Iterable


def content_of(path: str) -> bytes | None:
    """What a file holds, None when it is not there."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def mode_of(path: str) -> int | None:
    """The permission bits of a file, None when it is not there."""
    try:
        return os.stat(path).st_mode & 0o777
    except (FileNotFoundError, NotADirectoryError):
        return None


def put(path: str, content: bytes | None, mode: int) -> None:
    """Write a file aside, sync, rename; or remove it. A link stays one: what it leads to is written."""
    if content is None:
        if os.path.lexists(path):
            os.unlink(path)
        return
    path = os.path.realpath(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside = f"{path}.gitshield-{os.getpid()}"
    try:
        with open(aside, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        give(aside)
        os.replace(aside, path)
    except BaseException:
        if os.path.exists(aside):
            os.unlink(aside)
        raise


def give(path: str) -> None:
    """Give what root has just made to the owner of the folder it lies in, who could not change it otherwise."""
    if os.geteuid() == 0:
        owner = os.stat(os.path.dirname(path))
        os.chown(path, owner.st_uid, owner.st_gid)


def remove_empty(top: str, names: Iterable[str]) -> None:
    """Remove those folders below `top` that are there and empty."""
    for folder in (os.path.join(top, name) for name in names):
        if os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)
