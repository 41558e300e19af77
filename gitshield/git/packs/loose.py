"""Loose objects: one zlib stream a file (gitformat-loose(5))."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gitshield.errors import DamagedObject
from gitshield.git.packs.files import LARGEST, TOO_LARGE, open_file
from gitshield.git.packs.pack import BLOB, COMMIT, TAG, TREE

KINDS: Final = {b"commit": COMMIT, b"tree": TREE, b"blob": BLOB, b"tag": TAG}
_HEAD: Final = 64
_HEX: Final = frozenset("0123456789abcdef")
_LEAST_READ: Final = 4096
_LARGEST_STREAM: Final = LARGEST + (LARGEST >> 8)


@dataclass(frozen=True, slots=True)
class Loose:
    """A loose object: its id, its file, its kind and its size in bytes."""

    oid: bytes
    path: str
    kind: int
    size: int


def loose_objects(folder: str, *, hash_size: int) -> Iterator[tuple[bytes, str] | OSError]:
    """The ids and the files of all loose objects of an objects folder, and errors that name a folder which cannot be listed.

    Other files in there are no objects.
    """
    for first in names_in(folder):
        if isinstance(first, OSError):
            yield first
        elif len(first) == 2 and _HEX.issuperset(first):
            for rest in names_in(os.path.join(folder, first)):
                if isinstance(rest, OSError):
                    yield rest
                elif len(rest) == 2 * hash_size - 2 and _HEX.issuperset(rest):
                    yield bytes.fromhex(first + rest), os.path.join(folder, first, rest)


def names_in(folder: str) -> list[str] | list[OSError]:
    """The names in a folder, sorted, none for one that is not there; or the error that keeps it from being listed."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        return [error]


def open_loose(oid: bytes, path: str) -> Loose:
    """Read the header of a loose object. Raises DamagedObject, or OSError when it cannot be read."""
    with open_file(path) as file:
        content = file.read(_LEAST_READ)
    try:
        head = zlib.decompressobj().decompress(content, _HEAD)
    except zlib.error as error:
        raise DamagedObject(f"a loose object is broken ({error})") from error
    kind, size, _ = _header(head)
    return Loose(oid, path, kind, size)


def read_loose(loose: Loose) -> bytes:
    """Read a loose object to its end. Raises DamagedObject, or OSError when it cannot be read."""
    if loose.size > LARGEST:
        raise DamagedObject(TOO_LARGE.format(loose.size))
    with open_file(loose.path) as file:
        stream = file.read(_LARGEST_STREAM)
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(stream, loose.size + _HEAD)
    except zlib.error as error:
        raise DamagedObject(f"a loose object is broken ({error})") from error
    _, size, begin = _header(content[:_HEAD])
    if not inflater.eof or inflater.unused_data or size != len(content) - begin:
        raise DamagedObject("a loose object is cut off, or longer than it says")
    return content[begin:]


def _header(head: bytes) -> tuple[int, int, int]:
    """The kind, the size and where the content begins."""
    words, zero, _ = head.partition(b"\x00")
    kind, _, size = words.partition(b" ")
    if not zero or kind not in KINDS or not size.isdigit():
        raise DamagedObject("a loose object has no header that makes sense")
    return KINDS[kind], int(size), len(words) + 1
