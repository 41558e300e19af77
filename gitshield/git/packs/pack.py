"""A pack: the columns of its entries, read from all headers at once, and the bytes of each entry."""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from gitshield.errors import DamagedObject
from gitshield.git.packs.files import open_file
from gitshield.git.packs.index import Bytes, Numbers, PackIndex, read_index
from gitshield.git.packs.inflate import inflate

COMMIT: Final = 1
TREE: Final = 2
BLOB: Final = 3
TAG: Final = 4
_OFS_DELTA: Final = 6
_REF_DELTA: Final = 7
NO_BASE: Final = -1
BASE_ELSEWHERE: Final = -2
_HEAD: Final = 12
_VERSIONS: Final = (2, 3)
DOUBLINGS: Final = 16  # each doubles how far a chain is followed; only a circle is longer than that


@dataclass(frozen=True, eq=False)
class Pack:
    """The entries of one pack in the order of their offsets.

    `kinds` are COMMIT, TREE, BLOB or TAG, also of deltas, and 0 where a header is broken or a base cannot be known here;
    `bases` are entry numbers, NO_BASE or BASE_ELSEWHERE; `sizes` are in bytes, of a delta those of the delta itself. `doubts` say
    why this may not be all that was packed, or not what was packed.
    """

    path: str
    content: mmap.mmap
    oids: Bytes
    kinds: npt.NDArray[np.int8]
    bases: npt.NDArray[np.int32]
    sizes: Numbers
    starts: Numbers
    ends: Numbers
    hash_size: int
    doubts: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.oids)

    @cached_property
    def rows(self) -> tuple[list[int], list[int], list[int], list[int]]:
        """Starts, ends, sizes and bases as lists: one number out of an array costs ten times as much."""
        return self.starts.tolist(), self.ends.tolist(), self.sizes.tolist(), self.bases.tolist()

    @cached_property
    def heirs(self) -> Numbers:
        """How many entries each one's family has from it on: itself, what is made from it, and so on."""
        bases = np.where(self.bases >= 0, self.bases, np.arange(len(self), dtype=np.int32))
        depths, above = (self.bases >= 0).astype(np.int64), bases
        for _ in range(DOUBLINGS):
            depths, above = depths + depths[above], above[above]
        counts, order = np.ones(len(self), dtype=np.int64), np.argsort(depths, kind="stable")
        cuts = np.flatnonzero(np.diff(depths[order])) + 1
        for level in reversed(np.split(order, cuts)[1:]):
            np.add.at(counts, bases[level], counts[level])
        return counts

    def stored(self, number: int) -> bytes:
        """The inflated bytes of entry `number`: an object, or a delta. Raises DamagedObject."""
        starts, ends, sizes, _ = self.rows
        return inflate(self.content[starts[number] : ends[number]], sizes[number])

    def base_oid(self, number: int) -> bytes:
        """The object id of the base of a delta whose base is elsewhere: it stands right before the stream."""
        start = self.rows[0][number]
        return self.content[start - self.hash_size : start]

    def close(self) -> None:
        """Let go of the file."""
        self.content.close()


def open_pack(path: str, *, hash_size: int) -> Pack:
    """Open the pack at `path` (`….pack`, its index beside it). Raises DamagedObject or OSError.

    Neither the pack nor its ids are hashed here. But every byte of the pack belongs to one entry or its absence is told: the index
    has as many entries as the pack, the first begins where the head ends, and each one's stream fills it (see `inflate`).
    """
    index = read_index(path[: -len(".pack")] + ".idx", hash_size=hash_size)
    with open_file(path) as file:
        size, head = os.fstat(file.fileno()).st_size, file.read(_HEAD)
        if size < _HEAD + hash_size or head[:4] != b"PACK":
            raise DamagedObject(f"{path}: no pack, or one that is cut off")
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    last = size - hash_size
    index.offsets[(index.offsets < 0) | (index.offsets > last)] = last
    order = np.argsort(index.offsets, kind="stable")
    offsets, oids = index.offsets[order], index.oids[order]
    ends = np.minimum(np.append(offsets[1:], last), last)
    data = np.frombuffer(content, dtype=np.uint8)
    types, sizes, starts = _headers(data, offsets)
    bases = np.full(len(offsets), NO_BASE, dtype=np.int32)
    _near_bases(data, types, offsets, starts, bases)
    _named_bases(data, types, oids, starts, bases, hash_size)
    types[(starts >= ends) | (types == 5)] = 0
    doubts = tuple(_doubts(index, offsets, head, content[last:]))
    return Pack(path, content, oids, _kinds(types, bases), bases, sizes, starts, ends, hash_size, doubts)


def _doubts(index: PackIndex, offsets: Numbers, head: bytes, checksum: bytes) -> Iterator[str]:
    version, count = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
    if version not in _VERSIONS:
        yield f"a pack of version {version}, which is not known"
    if not index.is_sound:
        yield "its index is not what the index's own checksum says"
    if count != len(offsets):
        yield f"it has {count} objects, and its index {len(offsets)}"
    if len(offsets) and int(offsets[0]) != _HEAD:
        yield "its first object is not in its index"
    if index.pack_checksum != checksum:
        yield "its index was made for another pack, or it is cut off"


def _headers(data: Bytes, offsets: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The type, size and end of the header of every entry."""
    last = len(data) - 1
    at = np.minimum(offsets, last)
    byte = data[at].astype(np.int64)
    types, sizes = (byte >> 4) & 7, byte & 15
    at += 1
    going, shift = np.flatnonzero(byte & 128), 4
    while len(going) and shift < 60:
        byte = data[np.minimum(at[going], last)].astype(np.int64)
        sizes[going] |= (byte & 127) << shift
        at[going] += 1
        going, shift = going[(byte & 128) != 0], shift + 7
    types[going] = 0
    return types, sizes, at


def _near_bases(data: Bytes, types: Numbers, offsets: Numbers, starts: Numbers, bases: npt.NDArray[np.int32]) -> None:
    """Find the bases that are named by their distance, and move `starts` behind that."""
    deltas, last = np.flatnonzero(types == _OFS_DELTA), len(data) - 1
    byte = data[np.minimum(starts[deltas], last)].astype(np.int64)
    distance = byte & 127
    starts[deltas] += 1
    going = np.flatnonzero(byte & 128)
    while len(going):
        byte = data[np.minimum(starts[deltas[going]], last)].astype(np.int64)
        distance[going] = ((distance[going] + 1) << 7) | (byte & 127)
        starts[deltas[going]] += 1
        going = going[((byte & 128) != 0) & (distance[going] < 1 << 55)]
    wanted = offsets[deltas] - distance
    found = np.minimum(np.searchsorted(offsets, wanted), len(offsets) - 1)
    is_there = (offsets[found] == wanted) & (found < deltas) if len(deltas) else np.zeros(0, dtype=bool)
    bases[deltas] = np.where(is_there, found, NO_BASE)
    types[deltas[~is_there]] = 0


def _named_bases(data: Bytes, types: Numbers, oids: Bytes, starts: Numbers, bases: npt.NDArray[np.int32], hash_size: int) -> None:
    """Find the bases that are named by their object id, and move `starts` behind that."""
    deltas = np.flatnonzero(types == _REF_DELTA)
    if not len(deltas):
        return
    numbers = {oid.tobytes(): number for number, oid in enumerate(oids)}
    for delta in deltas.tolist():
        start = int(starts[delta])
        bases[delta] = numbers.get(data[start : start + hash_size].tobytes(), BASE_ELSEWHERE)
    starts[deltas] += hash_size


def _kinds(types: Numbers, bases: npt.NDArray[np.int32]) -> npt.NDArray[np.int8]:
    """The kind of every entry: its own type, or that of the object at the end of its chain; 0 for a chain that has no end here."""
    ends = np.where(bases >= 0, bases, np.arange(len(bases), dtype=np.int32))
    for _ in range(DOUBLINGS):
        further = ends[ends]
        if bool((further == ends).all()):
            break
        ends = further
    kinds = types[ends]
    return np.where((kinds >= COMMIT) & (kinds <= TAG) & (types != 0), kinds, 0).astype(np.int8)
