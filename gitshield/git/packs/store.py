"""The object store of a repository: all its packs and loose objects and those of its alternates, under running numbers.

An object that is stored twice has two numbers; `lookup` gives the first. What cannot be opened is listed in `problems` and
the rest can be read. How it is opened stands in `opening`.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from gitshield.errors import DamagedObject
from gitshield.git.packs.delta import apply
from gitshield.git.packs.index import HASHES, Bytes, Numbers
from gitshield.git.packs.loose import KINDS, Loose, read_loose
from gitshield.git.packs.pack import BASE_ELSEWHERE, NO_BASE, Pack

MISSING: Final = -1
Mask = npt.NDArray[np.bool_]
_MAX_DEPTH: Final = 1 << 16
_NAMES: Final = {kind: name for name, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of the store that cannot be read: a file or an object id in hex, and why."""

    what: str
    reason: str


@dataclass(frozen=True, eq=False)
class ObjectStore:
    """Numbers go through the packs one after another (`begins` says where each starts), then through the loose objects."""

    packs: tuple[Pack, ...]
    loose: tuple[Loose, ...]
    hash_size: int
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def begins(self) -> list[int]:
        """The number of the first entry of each pack, then that of the first loose object, then how many numbers there are."""
        begins = [0]
        for pack in self.packs:
            begins.append(begins[-1] + len(pack))
        return [*begins, begins[-1] + len(self.loose)]

    def __len__(self) -> int:
        return self.begins[-1]

    @cached_property
    def oids(self) -> Bytes:
        """The object ids by number, a row each."""
        loose = np.frombuffer(b"".join(one.oid for one in self.loose), dtype=np.uint8).reshape(-1, self.hash_size)
        return np.concatenate([*(pack.oids for pack in self.packs), loose])

    @cached_property
    def kinds(self) -> npt.NDArray[np.int8]:
        """The kinds by number (COMMIT, TREE, BLOB, TAG), 0 for what cannot be read."""
        kinds = np.concatenate([*(pack.kinds for pack in self.packs), np.array([one.kind for one in self.loose], dtype=np.int8)])
        for pack, begin in zip(self.packs, self.begins, strict=False):
            for number in np.flatnonzero((pack.kinds == 0) & (pack.bases != NO_BASE)).tolist():
                self._follow(begin + number, kinds)
        return kinds

    @cached_property
    def _sorted(self) -> tuple[Numbers, npt.NDArray[np.uint64]]:
        keys = np.ascontiguousarray(self.oids[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        order = np.argsort(keys, kind="stable")
        return order, keys[order]

    @cached_property
    def first(self) -> Numbers:
        """For each number that of the same object where it is met first."""
        order, keys = self._sorted
        first = np.arange(len(order), dtype=np.int64)
        again = order[1:][keys[1:] == keys[:-1]]
        first[again] = self.lookup(self.oids[again])
        return first

    def mask(self, oids: Bytes) -> Mask:
        """For each number whether its object is one of these, given as rows."""
        found = np.zeros(len(self) + 1, dtype=bool)
        found[self.lookup(oids)] = True  # what is not here goes into the row at the end
        return np.take(found, self.first)

    def ids(self, mask: Mask) -> Bytes:
        """The ids of some objects, each once, in order as rows."""
        order, _ = self._sorted
        chosen = order[mask[order] & (self.first[order] == order)]
        return np.ascontiguousarray(self.oids[chosen])

    def lookup(self, oids: Bytes) -> Numbers:
        """The numbers of objects given as rows, MISSING for those that are not here (and for rows that are too short for an id)."""
        order, keys = self._sorted
        if not len(order) or oids.shape[1] != self.hash_size:
            return np.full(len(oids), MISSING, dtype=np.int64)
        wanted = np.ascontiguousarray(oids[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        at = np.minimum(np.searchsorted(keys, wanted), len(order) - 1)
        found = order[at]
        is_same = (self.oids[found] == oids).all(axis=1)
        # only ids that begin with the same eight bytes are looked at one by one
        for row in np.flatnonzero(~is_same & (keys[at] == wanted)).tolist():
            low, high = int(at[row]), int(np.searchsorted(keys, wanted[row], side="right"))
            same = [int(order[k]) for k in range(low, high) if bool((self.oids[order[k]] == oids[row]).all())]
            found[row], is_same[row] = (same[0], True) if same else (0, False)
        return np.where(is_same, found, MISSING)

    def number_of(self, oid: bytes) -> int:
        """The number of one object, MISSING when it is not here."""
        return int(self.lookup(np.frombuffer(oid, dtype=np.uint8).reshape(1, len(oid)))[0])

    def oid(self, number: int) -> bytes:
        """The id of object `number`."""
        return bytes(self.oids[number])

    def place(self, number: int) -> tuple[Pack, int] | Loose:
        """Where object `number` lies: a pack and the entry in it, or a loose object."""
        if number >= self.begins[-2]:
            return self.loose[number - self.begins[-2]]
        which = int(np.searchsorted(np.asarray(self.begins), number, side="right")) - 1
        return self.packs[which], number - self.begins[which]

    def read(self, number: int) -> bytes:
        """The content of object `number`. Raises DamagedObject or OSError."""
        deltas: list[bytes] = []
        content: bytes | None = None
        while content is None:
            where = self.place(number)
            if isinstance(where, Loose):
                content = read_loose(where)
                break
            pack, entry = where
            stored, base = pack.stored(entry), int(pack.bases[entry])
            if base == NO_BASE:
                content = stored
                break
            deltas.append(stored)
            number = self._base(pack, entry, base)
            if len(deltas) > _MAX_DEPTH:
                raise DamagedObject("a chain of deltas has no end")
        for delta in reversed(deltas):
            content = apply(content, delta)
        return content

    def check(self, number: int, content: bytes) -> None:
        """Raise DamagedObject when `content` is not what the id of object `number` stands for, as an index can claim that it is."""
        head = b"%s %d\0" % (_NAMES[int(self.kinds[number])], len(content))
        digest = hashlib.new(HASHES[self.hash_size], head, usedforsecurity=False)
        digest.update(content)
        if digest.digest() != self.oid(number):
            raise DamagedObject("what lies under this id is another object")

    def outer_base(self, pack: Pack, entry: int) -> bytes:
        """The content of the base of a delta of `pack` whose base is somewhere else. Raises DamagedObject or OSError."""
        return self.read(self._base(pack, entry, BASE_ELSEWHERE))

    def _base(self, pack: Pack, entry: int, base: int) -> int:
        if base >= 0:
            return self.begins[self.packs.index(pack)] + base
        number = self.number_of(pack.base_oid(entry))
        if number == MISSING:
            raise DamagedObject("the base of a delta is not here")
        return number

    def _follow(self, number: int, kinds: npt.NDArray[np.int8]) -> None:
        """Find the kind at the end of a chain that leads out of its pack, and give it to all on the way. A circle has none."""
        way: dict[int, None] = {}
        while not kinds[number] and number not in way:
            way[number] = None
            where = self.place(number)
            if isinstance(where, Loose) or (base := int(where[0].bases[where[1]])) == NO_BASE:
                break
            try:
                number = self._base(*where, base)
            except DamagedObject:
                break
        kinds[list(way)] = kinds[number]

    def unreadable(self) -> "list[Problem]":
        """Those objects of which not even the kind is known."""
        why = "its head is broken, or what it was made from is not here"
        return [Problem(self.oid(number).hex(), why) for number in np.flatnonzero(self.kinds == 0).tolist()]
