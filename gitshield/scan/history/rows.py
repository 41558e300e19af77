"""Rows: what every commit changes against its first parent, as columns that are asked from git once and kept."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gitshield.git.differences import Row
from gitshield.git.packs.index import Bytes, Numbers, as_rows
from gitshield.git.packs.store import MISSING, Mask
from gitshield.scan.history.graph import Graph

GONE = -2


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """At each commit (a place in some graph) and path (a place in `names`) a blob (a row of `oids`) comes, or the path is GONE."""

    names: tuple[bytes, ...]
    commits: Numbers
    paths: Numbers
    blobs: Numbers
    oids: Bytes

    def joined(self, other: "Rows") -> "Rows":
        """These rows and those of another about the same graph."""
        names = {name: number for number, name in enumerate(self.names)}
        moved = np.array([names.setdefault(name, len(names)) for name in other.names], dtype=np.int64)
        return Rows(
            tuple(names),
            np.concatenate([self.commits, other.commits]),
            np.concatenate([self.paths, moved[other.paths]]),
            np.concatenate([self.blobs, np.where(other.blobs == GONE, GONE, other.blobs + len(self.oids))]),
            np.concatenate([self.oids, other.oids]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The rows of the commits that were asked about: their ids, and the id of the parent that each was compared with (zeros: nothing).

    `rows.commits` are places in `commits`.
    """

    commits: Bytes
    parents: Bytes
    rows: Rows


def rows_of(listed: Sequence[Row], hash_size: int) -> Rows:
    """Put what git listed into columns."""
    names: dict[bytes, int] = {}
    oids: dict[bytes, int] = {}
    commits = np.array([row.commit for row in listed], dtype=np.int64)
    paths = np.array([names.setdefault(row.path, len(names)) for row in listed], dtype=np.int64)
    blobs = np.array([oids.setdefault(row.new, len(oids)) if row.new is not None else GONE for row in listed], dtype=np.int64)
    return Rows(tuple(names), commits, paths, blobs, as_rows(list(oids), hash_size))


def parents_compared(graph: Graph) -> Bytes:
    """The id of the parent that each commit of a graph is compared with, zeros where there is none."""
    firsts = graph.first_parents
    return np.where((firsts != MISSING)[:, None], graph.said.oids[firsts], np.uint8(0)) if len(graph) else graph.said.oids


def still_true(listing: Listing, graph: Graph) -> tuple[Rows, Mask]:
    """The rows of a listing that hold for a graph, by its places, and whether each of its commits is among those listed.

    A commit whose first parent came since then, or went, is compared anew.
    """
    places = graph.places_of(listing.commits)
    is_same = places != MISSING
    is_same[is_same] = (parents_compared(graph)[places[is_same]] == listing.parents[is_same]).all(axis=1)
    is_listed = np.zeros(len(graph), dtype=bool)
    is_listed[places[is_same]] = True
    rows = listing.rows
    kept = is_same[rows.commits]
    return Rows(rows.names, places[rows.commits[kept]], rows.paths[kept], rows.blobs[kept], rows.oids), is_listed


def listing_of(rows: Rows, graph: Graph, is_listed: Mask) -> Listing:
    """What is to be kept: the rows of the commits that were listed, without ids and names that only others had."""
    chosen = np.flatnonzero(is_listed)
    places = np.full(len(graph), MISSING, dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    kept = is_listed[rows.commits]
    used, paths = np.unique(rows.paths[kept], return_inverse=True)
    named, blobs = np.unique(rows.blobs[kept], return_inverse=True)
    is_gone = int(len(named) > 0 and named[0] == GONE)
    left = Rows(
        tuple(rows.names[path] for path in used.tolist()),
        places[rows.commits[kept]],
        paths,
        np.where(blobs < is_gone, GONE, blobs - is_gone),
        rows.oids[named[is_gone:]],
    )
    return Listing(graph.said.oids[chosen], parents_compared(graph)[chosen], left)
