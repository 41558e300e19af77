"""Packs and loose objects made by hand: whatever git would never write, with names and checksums that fit, or do not."""

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tests.builder import Repository

_TYPES: Final = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_REF_DELTA: Final = 7
_OFS_DELTA: Final = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a pack: the id that its index gives it, and its bytes."""

    oid: bytes
    stored: bytes


def name(words: str) -> bytes:
    """An id that no object has."""
    return hashlib.sha1(words.encode(), usedforsecurity=False).digest()


def oid_of(kind: str, content: bytes) -> bytes:
    """The id of an object."""
    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).digest()


def head(number: int, size: int) -> bytes:
    """The head of an entry of type `number`."""
    byte, size = number << 4 | size & 15, size >> 4
    found = bytearray()
    while size:
        found.append(byte | 128)
        byte, size = size & 127, size >> 7
    return bytes((*found, byte))


def number_of(size: int) -> bytes:
    """A size as deltas have it."""
    found = bytearray()
    while size > 127:
        found.append(size & 127 | 128)
        size >>= 7
    return bytes((*found, size))


def copied(offset: int, size: int) -> bytes:
    """The instruction that copies from the base."""
    return b"\xff" + offset.to_bytes(4, "little") + size.to_bytes(3, "little")


def spelled(content: bytes) -> bytes:
    """The instructions that spell content out."""
    return b"".join(bytes([len(part)]) + part for low in range(0, len(content), 127) for part in [content[low : low + 127]])


def whole(kind: str, content: bytes, *, size: int | None = None, oid: bytes | None = None) -> Entry:
    """An object that is stored whole; its head may say another size, and the index another id."""
    claimed = len(content) if size is None else size
    return Entry(oid or oid_of(kind, content), head(_TYPES[kind], claimed) + zlib.compress(content))


def delta(oid: bytes, base: bytes | int, sizes: tuple[int, int], instructions: bytes) -> Entry:
    """A delta for a base that is named by its id, or by a distance below 128; `sizes` are those of base and result."""
    content = number_of(sizes[0]) + number_of(sizes[1]) + instructions
    before = bytes([base]) if isinstance(base, int) else base
    return Entry(oid, head(_OFS_DELTA if isinstance(base, int) else _REF_DELTA, len(content)) + before + zlib.compress(content))


def write_pack(
    repository: Repository, entries: Sequence[Entry], label: str = "made", *, offsets: Callable[[list[int]], list[int]] = list
) -> None:
    """Write a pack and its index, all checksums right; `offsets` may tell the index others than the true ones."""
    pack, true = bytearray(b"PACK" + struct.pack(">II", 2, len(entries))), list[int]()
    for entry in entries:
        true.append(len(pack))
        pack += entry.stored
    pack += hashlib.sha1(pack, usedforsecurity=False).digest()
    rows = sorted(zip((entry.oid for entry in entries), offsets(true), strict=True))
    large = [offset for _, offset in rows if offset >= 1 << 31]
    index = bytearray(b"\xfftOc\0\0\0\2")
    index += b"".join(struct.pack(">I", sum(oid[0] <= first for oid, _ in rows)) for first in range(256))
    index += b"".join(oid for oid, _ in rows) + bytes(4 * len(rows))
    index += b"".join(struct.pack(">I", offset if offset < 1 << 31 else 1 << 31 | large.index(offset)) for _, offset in rows)
    index += b"".join(struct.pack(">Q", offset) for offset in large) + pack[-20:]
    index += hashlib.sha1(index, usedforsecurity=False).digest()
    folder = repository.path / ".git/objects/pack"
    (folder / f"pack-{label}.pack").write_bytes(pack)
    (folder / f"pack-{label}.idx").write_bytes(index)


def write_loose(repository: Repository, content: bytes, *, oid: str | None = None) -> str:
    """Write a loose object with its head and give its id in hex, by its content or as asked for."""
    place = oid or hashlib.sha1(content, usedforsecurity=False).hexdigest()
    path = repository.path / ".git/objects" / place[:2] / place[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(content))
    return place


def write_object(repository: Repository, kind: str, content: bytes) -> str:
    """Write any content as a loose object of a kind and give its id in hex."""
    return write_loose(repository, b"%s %d\0" % (kind.encode(), len(content)) + content)
