"""Paths: under which names the blobs of a history lie, and which of these names the rules take an interest in."""

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gitshield.git.packs.index import Numbers
from gitshield.git.packs.store import MISSING, Mask, ObjectStore
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.engine import path_rules
from gitshield.scan.history.graph import Change
from gitshield.scan.history.rows import GONE, Rows


@dataclass(frozen=True, eq=False)
class Paths:
    """All changes of a history, with the numbers of the blobs in the store."""

    store: ObjectStore
    rows: Rows

    @property
    def names(self) -> tuple[bytes, ...]:
        """All paths."""
        return self.rows.names

    @cached_property
    def _known(self) -> Numbers:
        """The numbers of the blobs that rows name, by their places among the ids."""
        return self.store.lookup(self.rows.oids)

    @cached_property
    def blobs(self) -> Numbers:
        """The number of each row's blob, MISSING or GONE."""
        return np.append(self._known, GONE)[np.where(self.rows.blobs == GONE, -1, self.rows.blobs)]

    @cached_property
    def missing(self) -> int:
        """How many blobs are named and not in the store."""
        return len(np.unique(self.rows.blobs[self.blobs == MISSING]))

    @cached_property
    def _order(self) -> tuple[Numbers, Numbers]:
        order = np.argsort(self.blobs, kind="stable")
        return order, self.blobs[order]

    def of(self, blob: int) -> list[bytes]:
        """The paths that a blob ever had, sorted."""
        order, in_order = self._order
        low, high = np.searchsorted(in_order, [blob, blob + 1]).tolist()
        return sorted({self.names[path] for path in self.rows.paths[order[low:high]].tolist()})

    def changes(self, wanted: Iterable[bytes]) -> Iterable[Change]:
        """The changes of some paths."""
        for row in np.flatnonzero(self._is_at(set(wanted).__contains__)).tolist():
            blob = int(self.blobs[row])
            yield Change(int(self.rows.commits[row]), self.names[self.rows.paths[row]], None if blob == GONE else blob)

    def below(self, top: bytes) -> set[tuple[bytes, int]]:
        """All (path, blob) pairs at a path and below it."""
        inside = top + b"/"
        rows = np.flatnonzero(self._is_at(lambda name: name == top or name.startswith(inside)) & (self.blobs >= 0))
        return {(self.names[self.rows.paths[row]], int(self.blobs[row])) for row in rows.tolist()}

    def blobs_at(self, wanted: Sequence[int]) -> Numbers:
        """The numbers of the blobs that lie at some of the paths, given by their places in `names`."""
        chosen = np.zeros(len(self.names), dtype=bool)
        chosen[np.array(wanted, dtype=np.int64)] = True
        found = np.unique(self.blobs[chosen[self.rows.paths]])
        return found[found >= 0]

    def commits_at(self, names: Collection[bytes], count: int) -> Mask:
        """For each of `count` commits whether it changes one of some paths."""
        found = np.zeros(count, dtype=bool)
        found[self.rows.commits[self._is_at(names.__contains__)]] = True
        return found

    def firsts(self) -> dict[bytes, bytes]:
        """For each path the id of a blob that it ever had; of nothing (zeros) where it only ever led to a submodule."""
        rows = self.rows
        kept = np.flatnonzero(rows.blobs != GONE)
        paths, at = np.unique(rows.paths[kept], return_index=True)
        found = {
            rows.names[path]: rows.oids[rows.blobs[kept[row]]].tobytes() for path, row in zip(paths.tolist(), at.tolist(), strict=True)
        }
        return {**dict.fromkeys(rows.names, bytes(rows.oids.shape[1])), **found}

    def _is_at(self, is_wanted: Callable[[bytes], bool]) -> Mask:
        """For each row whether it is about a path that is wanted."""
        return np.fromiter(map(is_wanted, self.names), dtype=bool, count=len(self.names))[self.rows.paths]


def matters(rules: RuleSet, names: Sequence[bytes]) -> list[int]:
    """Which of the names make a blob one to be judged whatever it holds: rules about whole files, and those for few files only."""
    alone = rules.image.alone
    few = alone | set(rules.image.bound_rules)
    return [number for number, name in enumerate(names) if not few.isdisjoint(path_rules(rules, os.fsdecode(name)))]
