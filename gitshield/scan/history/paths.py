"""Paths: under which names the blobs of a history lie, and which of these names the rules take an interest in."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from gitshield.git.differences import Row
from gitshield.git.packs.index import Numbers
from gitshield.git.packs.store import MISSING, ObjectStore
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.engine import path_rules
from gitshield.scan.history.graph import Change

GONE = -2


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """All changes of a history as columns: the commit, the path (a place in `names`), and the blob: its number, MISSING or GONE."""

    names: tuple[bytes, ...]
    commits: Numbers
    paths: Numbers
    blobs: Numbers
    missing: int
    _order: Numbers
    _sorted: Numbers

    def of(self, blob: int) -> list[bytes]:
        """The paths that a blob ever had, sorted."""
        low, high = np.searchsorted(self._sorted, [blob, blob + 1]).tolist()
        return sorted({self.names[path] for path in self.paths[self._order[low:high]].tolist()})

    def changes(self, wanted: Iterable[bytes]) -> Iterable[Change]:
        """The changes of some paths."""
        chosen = set(wanted)
        numbers = [number for number, name in enumerate(self.names) if name in chosen]
        for row in np.flatnonzero(np.isin(self.paths, numbers)).tolist():
            blob = int(self.blobs[row])
            yield Change(int(self.commits[row]), self.names[self.paths[row]], None if blob == GONE else blob)

    def below(self, top: bytes) -> set[tuple[bytes, int]]:
        """All (path, blob) pairs at a path and below it."""
        inside = top + b"/"
        chosen = [number for number, name in enumerate(self.names) if name == top or name.startswith(inside)]
        rows = np.flatnonzero(np.isin(self.paths, chosen) & (self.blobs >= 0))
        return {(self.names[self.paths[row]], int(self.blobs[row])) for row in rows.tolist()}

    def blobs_at(self, wanted: Sequence[int]) -> Numbers:
        """The numbers of the blobs that lie at some of the paths, given by their places in `names`."""
        found = np.unique(self.blobs[np.isin(self.paths, wanted)])
        return found[found >= 0]


def paths_of(store: ObjectStore, rows: Iterable[Row]) -> Paths:
    """Put together what was listed of commits, with the graph's numbers of these."""
    names: dict[bytes, int] = {}
    commits: list[int] = []
    paths: list[int] = []
    oids: list[bytes] = []
    gone = bytes(store.hash_size)
    for row in rows:
        commits.append(row.commit)
        paths.append(names.setdefault(row.path, len(names)))
        oids.append(row.new or gone)
    table = np.frombuffer(b"".join(oids), dtype=np.uint8).reshape(-1, store.hash_size)
    blobs = np.where(table.any(axis=1), store.lookup(table), GONE)
    missing = len({oids[row] for row in np.flatnonzero(blobs == MISSING).tolist()})
    order = np.argsort(blobs, kind="stable")
    commit_column, path_column = np.array(commits, dtype=np.int64), np.array(paths, dtype=np.int64)
    return Paths(tuple(names), commit_column, path_column, blobs, missing, order, blobs[order])


def matters(rules: RuleSet, names: Sequence[bytes]) -> list[int]:
    """Which of the names make a blob one to be judged whatever it holds: rules about whole files, and those for few files only."""
    alone = rules.image.alone
    few = alone | set(rules.image.bound_rules)
    return [number for number, name in enumerate(names) if not few.isdisjoint(path_rules(rules, os.fsdecode(name)))]
