"""Missing: objects that commits, tags, refs or indexes name and that are not in the store, so that nobody can have read them.

Reflogs are left out: they outlive what `git gc` takes away. So is what a shallow clone knows to be beyond its end.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from gitshield.git.indexes import Indexed
from gitshield.git.packs.store import MISSING, ObjectStore
from gitshield.git.tips import Tip
from gitshield.model.finding import Skipped
from gitshield.scan.history.graph import Graph

# An entry that is only intended to be added has the id of the blob of no bytes, in SHA-1 or SHA-256.
_EMPTY: Final = frozenset(
    ("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813"),
)
_MOST: Final = 1000


def missing_objects(
    graph: Graph, tips: Iterable[Tip], staged: Mapping[int, Iterable[Indexed]], tagged: Mapping[str, str], shallow: Iterable[str]
) -> list[Skipped]:
    """Name what is missing, with who names it: at most a thousand, and how many more there are."""
    wanted = {
        **{oid: f"named by the index at {one.path}" for one in staged.get(MISSING, ()) for oid in [one.oid] if oid not in _EMPTY},
        **{target: f"named by the tag object {tag}" for tag, target in tagged.items()},
        **dict(_parents(graph, frozenset(shallow))),
        **{oid: f"named by {tip.name}" for tip in tips if _is_kept(tip) for oid in (tip.oid, tip.tag or tip.oid)},
    }
    absent = _absent(graph.store, wanted)
    lacking = [Skipped(oid, f"missing, and {why}", is_failure=True) for oid, why in wanted.items() if oid in absent]
    if len(lacking) > _MOST:
        rest = Skipped(f"{len(lacking) - _MOST} more objects", "missing, and named by others", is_failure=True)
        return [*lacking[:_MOST], rest]
    return lacking


def _absent(store: ObjectStore, oids: Iterable[str]) -> frozenset[str]:
    rows = {oid: bytes.fromhex(oid) for oid in oids}
    whole = [oid for oid, row in rows.items() if len(row) == store.hash_size]
    table = np.frombuffer(b"".join(rows[oid] for oid in whole), dtype=np.uint8).reshape(-1, store.hash_size)
    found = store.lookup(table) if whole else ()
    return frozenset(rows.keys() - {oid for oid, number in zip(whole, found, strict=True) if number != MISSING})


def _parents(graph: Graph, shallow: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The parents that are not commits of the graph, of commits that are not known to be cut off there."""
    said = graph.said
    counts = np.array([len(parents) for parents in graph.parents], dtype=np.int64)
    for place in np.flatnonzero(counts != np.diff(said.begins)).tolist():
        if (oid := graph.oid(place)) not in shallow:
            for row in range(int(said.begins[place]), int(said.begins[place + 1])):
                yield said.parents[row].tobytes().hex(), f"named as a parent by commit {oid}"


def _is_kept(tip: Tip) -> bool:
    """Whether git keeps what a tip names: refs and HEADs, and not what a command left behind (ORIG_HEAD) or a log."""
    return tip.kind in ("head", "worktree") or (tip.name.startswith("refs/") and tip.kind != "reflog")
