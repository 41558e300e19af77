"""The index of a pack: which objects it holds and where they begin (gitformat-pack(5), versions 1 and 2)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gitshield.errors import DamagedObject
from gitshield.git.packs.files import open_file

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_MAGIC: Final = b"\xfftOc"
_FANOUT: Final = 256
_LARGE: Final = 1 << 31
# Ids and checksums, by how long they are.
HASHES: Final = {20: "sha1", 32: "sha256"}


def as_rows(oids: Sequence[bytes], hash_size: int) -> Bytes:
    """Ids as rows; those of another length, which can be of no object here, are zeros."""
    return np.frombuffer(b"".join(oid if len(oid) == hash_size else bytes(hash_size) for oid in oids), dtype=np.uint8).reshape(
        -1, hash_size
    )


@dataclass(frozen=True, slots=True, eq=False)
class PackIndex:
    """Object ids (n rows of 20 or 32 bytes, sorted) and the offset of each in the pack.

    `pack_checksum` is that of the pack it was made for; `is_sound` says whether the index is what its own checksum says.
    """

    oids: Bytes
    offsets: Numbers
    pack_checksum: bytes
    is_sound: bool


def read_index(path: str, *, hash_size: int) -> PackIndex:
    """Read an index file. Raises DamagedObject for one that is cut off or contradicts itself, OSError for one that is not there."""
    with open_file(path) as file:
        content = np.fromfile(file, dtype=np.uint8)
    if len(content) < 4 * _FANOUT + 2 * hash_size + 8:
        raise DamagedObject(f"{path}: the index is cut off")
    is_old = content[:4].tobytes() != _MAGIC
    if not is_old and content[4:8].tobytes() != b"\x00\x00\x00\x02":
        raise DamagedObject(f"{path}: an index version that is not known")
    start = 0 if is_old else 8
    fanout = content[start : start + 4 * _FANOUT].view(">u4").astype(np.int64)
    if bool((np.diff(fanout) < 0).any()):
        raise DamagedObject(f"{path}: the table of the index is not in order")
    count, at = int(fanout[-1]), start + 4 * _FANOUT
    read = _old if is_old else _new
    rows = read(content[at : len(content) - 2 * hash_size], count, hash_size)
    if rows is None:
        raise DamagedObject(f"{path}: the index is shorter than it says")
    own = hashlib.new(HASHES[hash_size], content[:-hash_size].data, usedforsecurity=False).digest()
    return PackIndex(*rows, content[-2 * hash_size : -hash_size].tobytes(), own == content[-hash_size:].tobytes())


def _old(content: Bytes, count: int, hash_size: int) -> tuple[Bytes, Numbers] | None:
    if len(content) < count * (4 + hash_size):
        return None
    rows = content[: count * (4 + hash_size)].reshape(count, 4 + hash_size)
    offsets = np.ascontiguousarray(rows[:, :4]).view(">u4").reshape(count).astype(np.int64)
    return np.ascontiguousarray(rows[:, 4:]), offsets


def _new(content: Bytes, count: int, hash_size: int) -> tuple[Bytes, Numbers] | None:
    oids_end = count * hash_size
    offsets_at = oids_end + 4 * count  # the checksums of the packed bytes lie between
    large_at = offsets_at + 4 * count
    if len(content) < large_at:
        return None
    offsets = content[offsets_at:large_at].view(">u4").astype(np.int64)
    large = np.flatnonzero(offsets >= _LARGE)
    if len(large):
        table = content[large_at : large_at + (len(content) - large_at) // 8 * 8].view(">u8")
        places = offsets[large] - _LARGE
        if int(places.max()) >= len(table):
            return None
        offsets[large] = table[places].astype(np.int64)
    return content[:oids_end].reshape(count, hash_size), offsets
