"""The object store of a repository: all its packs and loose objects and those of its alternates, under running numbers.

An object that is stored twice has two numbers; `lookup` gives the first. What cannot be opened is listed in `problems` and
the rest can be read.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from gitshield.errors import DamagedObject
from gitshield.git.packs.delta import apply
from gitshield.git.packs.index import Bytes, Numbers
from gitshield.git.packs.loose import Loose, loose_objects, open_loose, read_loose
from gitshield.git.packs.pack import BASE_ELSEWHERE, NO_BASE, Pack, open_pack

MISSING: Final = -1
_MAX_DEPTH: Final = 1 << 16


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
                kinds[begin + number] = self._kind_of_chain(begin + number)
        return kinds

    @cached_property
    def _sorted(self) -> tuple[Numbers, npt.NDArray[np.uint64]]:
        keys = np.ascontiguousarray(self.oids[:, :8]).view(">u8").reshape(-1).astype(np.uint64)
        order = np.argsort(keys, kind="stable")
        return order, keys[order]

    def lookup(self, oids: Bytes) -> Numbers:
        """The numbers of objects given as rows, MISSING for those that are not here."""
        order, keys = self._sorted
        if not len(order):
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
        return int(self.lookup(np.frombuffer(oid, dtype=np.uint8).reshape(1, -1))[0])

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

    def _kind_of_chain(self, number: int) -> int:
        for _ in range(_MAX_DEPTH):
            where = self.place(number)
            if isinstance(where, Loose):
                return where.kind
            pack, entry = where
            if pack.kinds[entry] or pack.bases[entry] == NO_BASE:
                return int(pack.kinds[entry])
            try:
                number = self._base(pack, entry, int(pack.bases[entry]))
            except DamagedObject:
                return 0
        return 0


def open_store(folders: Sequence[str], *, hash_size: int) -> ObjectStore:
    """Open the objects folders and all their alternates, each once. Never raises for what is broken in them."""
    problems: list[Problem] = []
    packs: list[Pack] = []
    loose: list[Loose] = []
    for folder in _with_alternates(folders, problems):
        packs.extend(_packs(os.path.join(folder, "pack"), hash_size, problems))
        for oid, path in loose_objects(folder, hash_size=hash_size):
            try:
                loose.append(open_loose(oid, path))
            except (DamagedObject, OSError) as error:
                problems.append(Problem(oid.hex(), str(error)))
    return ObjectStore(tuple(packs), tuple(loose), hash_size, problems)


def is_replaced(store: ObjectStore) -> bool:
    """Whether a file of the store is gone by now, as after `git gc`: what was in it lies somewhere else then."""
    paths = [*(pack.path for pack in store.packs), *(loose.path for loose in store.loose)]
    return not all(map(os.path.exists, paths))


def _with_alternates(folders: Sequence[str], problems: list[Problem]) -> Iterator[str]:
    """The folders and what their `info/alternates` name, in git's order (gitrepository-layout(5)), none twice."""
    waiting, seen = list(folders), set[str]()
    while waiting:
        folder = waiting.pop(0)
        if (real := os.path.realpath(folder)) in seen:
            continue
        seen.add(real)
        if not os.path.isdir(folder):
            problems.append(Problem(folder, "an objects folder that is not there"))
            continue
        yield folder
        try:
            with open(os.path.join(folder, "info", "alternates"), "rb") as file:
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(Problem(os.path.join(folder, "info", "alternates"), os.strerror(error.errno or 0)))
            continue
        waiting.extend(os.path.join(folder, os.fsdecode(line)) for line in lines if line and not line.startswith(b"#"))


def _packs(folder: str, hash_size: int, problems: list[Problem]) -> Iterator[Pack]:
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for name in names:
        if not name.endswith(".pack"):
            continue
        path = os.path.join(folder, name)
        try:
            yield open_pack(path, hash_size=hash_size)
        except FileNotFoundError as error:
            if os.path.exists(path):  # without its index; a pack that is gone was replaced
                problems.append(Problem(path, f"cannot be opened: {error.filename} is not there"))
        except (DamagedObject, OSError) as error:
            problems.append(Problem(path, str(error)))
