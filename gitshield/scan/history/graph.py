"""The graph of a history: its commits, parents before children, and which doubtful paths hold which blob at each of them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from gitshield.errors import DamagedObject
from gitshield.git.commits import Commit, parse_commit
from gitshield.git.packs.index import Bytes, Numbers, as_rows
from gitshield.git.packs.store import MISSING, ObjectStore

# What a commit holds of interest: pairs of path and blob number.
Holding = frozenset[tuple[bytes, int]]
NOTHING: Holding = frozenset()
_DOUBLINGS: Final = 32  # each doubles how far first parents are followed; only a circle is longer than that


@dataclass(frozen=True, slots=True)
class Change:
    """Against its first parent a commit, by its place in the graph, has the blob `new` (its number) at a path, None where it is gone."""

    commit: int
    path: bytes
    new: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What commits say, as columns: their ids, times (seconds since 1970) and the ids of their parents, one commit's after another's.

    `begins` says where the parents of each commit begin, and at its end how many there are.
    """

    oids: Bytes
    times: Numbers
    parents: Bytes
    begins: Numbers

    @classmethod
    def of(cls, oids: Sequence[bytes], commits: Sequence[Commit], hash_size: int) -> "Said":
        """The columns of commits that were read."""
        parents = [parent for commit in commits for parent in commit.parents]
        begins = np.cumsum([0, *(len(commit.parents) for commit in commits)], dtype=np.int64)
        times = np.array([commit.time for commit in commits], dtype=np.int64)
        return cls(as_rows(oids, hash_size), times, as_rows(parents, hash_size), begins)

    def taken(self, rows: Numbers) -> "Said":
        """Some of the commits, in another order."""
        counts = np.diff(self.begins)[rows]
        begins = np.concatenate([[0], np.cumsum(counts)])
        picked = np.repeat(self.begins[:-1][rows] - begins[:-1], counts) + np.arange(begins[-1])
        return Said(self.oids[rows], self.times[rows], self.parents[picked], begins)

    def joined(self, other: "Said") -> "Said":
        """These commits and then those of another."""
        return Said(
            np.concatenate([self.oids, other.oids]),
            np.concatenate([self.times, other.times]),
            np.concatenate([self.parents, other.parents]),
            np.concatenate([self.begins, other.begins[1:] + self.begins[-1]]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What of interest the commits hold: for each commit a number into `holdings`."""

    numbers: Numbers
    holdings: Sequence[Holding]

    def at(self, commit: int) -> Holding:
        """What a commit holds."""
        return self.holdings[int(self.numbers[commit])]


@dataclass(frozen=True, eq=False)
class Graph:
    """Commits under running numbers, parents before children: their numbers in the store, and what they say."""

    store: ObjectStore
    numbers: Numbers
    said: Said

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def parents(self) -> list[tuple[int, ...]]:
        """The parents of each commit that are here, in their order."""
        places, begins = self.places_of(self.said.parents).tolist(), self.said.begins.tolist()
        return [tuple(place for place in places[low:high] if place >= 0) for low, high in pairwise(begins)]

    @cached_property
    def first_parents(self) -> Numbers:
        """The first parent that is here of each commit, MISSING where there is none."""
        return np.array([parents[0] if parents else MISSING for parents in self.parents], dtype=np.int64)

    def oid(self, commit: int) -> str:
        """The id of a commit in hex."""
        return bytes(self.said.oids[commit]).hex()

    def places(self, oids: Iterable[str]) -> dict[str, int]:
        """The places of commits by their ids in hex; ids of anything else are left out."""
        size = self.store.hash_size
        whole = sorted(oid for oid in set(oids) if len(oid) == 2 * size)
        rows = np.frombuffer(bytes.fromhex("".join(whole)), dtype=np.uint8).reshape(-1, size)
        return {oid: place for oid, place in zip(whole, self.places_of(rows).tolist(), strict=True) if place != MISSING}

    def places_of(self, oids: Bytes) -> Numbers:
        """The places of commits by their ids, given as rows, MISSING for anything else."""
        return _places(self.store, self.numbers, oids)

    def commit(self, place: int) -> Commit:
        """What a commit says, read once more; nothing but its time when it can no longer be read."""
        if place not in self._read:
            try:
                self._read[place] = parse_commit(self.store.read(int(self.numbers[place])))
            except (DamagedObject, OSError):
                self._read[place] = Commit(b"", (), int(self.said.times[place]), b"", b"")
        return self._read[place]

    @cached_property
    def _read(self) -> dict[int, Commit]:
        return {}

    @cached_property
    def depths(self) -> list[int]:
        """How many commits the longest way to one without parents has: a parent's is always smaller."""
        depths = [0] * len(self)
        for commit, parents in enumerate(self.parents):
            depths[commit] = 1 + max((depths[parent] for parent in parents), default=0)
        return depths

    def age(self, commit: int) -> tuple[int, int, bytes]:
        """What commits are ordered by, the oldest first: their times, then parents before children, then their ids."""
        return int(self.said.times[commit]), self.depths[commit], bytes(self.said.oids[commit])

    def before(self, tops: Iterable[int]) -> bytearray:
        """For each commit whether it is reached from one of some, as it is from itself."""
        reached = bytearray(len(self))
        for top in tops:
            reached[top] = 1
        parents = self.parents
        for commit in range(len(self) - 1, -1, -1):
            if reached[commit]:
                for parent in parents[commit]:
                    reached[parent] = 1
        return reached

    def holdings(self, changes: Iterable[Change], wanted: Collection[tuple[bytes, int]]) -> Held:
        """For each commit those of the `wanted` pairs that its tree has; `changes` has all of the wanted paths' changes."""
        by_commit: dict[int, list[Change]] = {}
        for change in changes:
            by_commit.setdefault(change.commit, []).append(change)
        own = np.arange(len(self))
        like = np.where(self.first_parents < 0, own, self.first_parents)
        changed = np.array(sorted(by_commit), dtype=np.int64)
        like[changed] = changed
        for _ in range(_DOUBLINGS):
            if np.array_equal(further := like[like], like):
                break
            like = further
        known: dict[Holding, int] = {NOTHING: 0}
        numbers = np.zeros(len(self), dtype=np.int64)
        listed: list[Holding] = [NOTHING]
        for commit in changed.tolist():
            before = int(self.first_parents[commit])
            holding = _after(listed[numbers[like[before]]] if before >= 0 else NOTHING, by_commit[commit], wanted)
            numbers[commit] = known.setdefault(holding, len(listed))
            if numbers[commit] == len(listed):
                listed.append(holding)
        return Held(numbers[like], listed)


def _after(holding: Holding, changes: Sequence[Change], wanted: Collection[tuple[bytes, int]]) -> Holding:
    changed = {change.path for change in changes}
    new = {(change.path, change.new) for change in changes if change.new is not None and (change.path, change.new) in wanted}
    return frozenset((*(pair for pair in holding if pair[0] not in changed), *new))


def graph_of(store: ObjectStore, said: Said) -> Graph:
    """Make the graph of commits. Those that are not in the store are left out, those that are there twice come once."""
    numbers, rows = np.unique(store.lookup(said.oids), return_index=True)
    rows = np.sort(rows[numbers != MISSING])
    said = said.taken(rows)
    numbers = store.lookup(said.oids)
    parents = _places(store, numbers, said.parents)
    if bool((parents < np.repeat(np.arange(len(numbers)), np.diff(said.begins))).all()):
        return Graph(store, numbers, said)
    order = np.array(list(_sorted(parents.tolist(), said.begins.tolist())), dtype=np.int64)
    return Graph(store, numbers[order], said.taken(order))


def _places(store: ObjectStore, numbers: Numbers, oids: Bytes) -> Numbers:
    """The places of commits, given by their ids, among those with these numbers; MISSING for others."""
    places = np.full(len(store) + 1, MISSING, dtype=np.int64)
    places[numbers] = np.arange(len(numbers))
    places[MISSING] = MISSING
    return places[store.lookup(oids)]


def _sorted(parents: Sequence[int], begins: Sequence[int]) -> Iterator[int]:
    """All commits, parents before children; a circle, which only forged ids can make, comes last."""
    count = len(begins) - 1
    waiting, children = [0] * count, [list[int]() for _ in range(count)]
    for child in range(count):
        for parent in parents[begins[child] : begins[child + 1]]:
            if parent >= 0:
                children[parent].append(child)
                waiting[child] += 1
    ready = [commit for commit in range(count - 1, -1, -1) if not waiting[commit]]
    while ready:
        commit = ready.pop()
        yield commit
        for child in children[commit]:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    yield from (commit for commit in range(count) if waiting[commit])
