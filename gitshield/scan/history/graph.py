"""The graph of a history: its commits, parents before children, and which doubtful paths hold which blob at each of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from gitshield.git.commits import Commit
from gitshield.git.packs.store import ObjectStore

# What a commit holds of interest: pairs of path and blob number. Most commits share it with a parent, and then it is the same object.
Holding = frozenset[tuple[bytes, int]]
NOTHING: Holding = frozenset()


@dataclass(frozen=True, slots=True)
class Change:
    """Against its first parent a commit, by its place in the graph, has the blob `new` (its number) at a path, None where it is gone."""

    commit: int
    path: bytes
    new: int | None


@dataclass(frozen=True)
class Graph:
    """Commits under running numbers: their numbers in the store, what they say, and their parents that are here."""

    store: ObjectStore
    numbers: Sequence[int]
    commits: Sequence[Commit]
    parents: Sequence[tuple[int, ...]]

    @cached_property
    def order(self) -> list[int]:
        """All commits, parents before children."""
        waiting = [len(parents) for parents in self.parents]
        children: list[list[int]] = [[] for _ in self.parents]
        for child, parents in enumerate(self.parents):
            for parent in parents:
                children[parent].append(child)
        ready = [commit for commit, count in enumerate(waiting) if not count]
        order: list[int] = []
        while ready:
            commit = ready.pop()
            order.append(commit)
            for child in children[commit]:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        return order

    def oid(self, commit: int) -> str:
        """The id of a commit in hex."""
        return self.store.oid(self.numbers[commit]).hex()

    def before(self, tops: Iterable[int]) -> frozenset[int]:
        """The commits that are reached from some, those with them."""
        waiting, seen = list(tops), set[int]()
        while waiting:
            commit = waiting.pop()
            if commit not in seen:
                seen.add(commit)
                waiting.extend(self.parents[commit])
        return frozenset(seen)

    def holdings(self, changes: Iterable[Change], wanted: Collection[tuple[bytes, int]]) -> list[Holding]:
        """For each commit those of the `wanted` pairs that its tree has; `changes` has all of the wanted paths' changes."""
        by_commit: dict[int, list[Change]] = {}
        for change in changes:
            by_commit.setdefault(change.commit, []).append(change)
        held: list[Holding] = [NOTHING] * len(self.commits)
        shared: dict[Holding, Holding] = {NOTHING: NOTHING}
        for commit in self.order:
            holding = held[self.parents[commit][0]] if self.parents[commit] else NOTHING
            if commit in by_commit:
                changed = {change.path for change in by_commit[commit]}
                new = {(change.path, change.new) for change in by_commit[commit] if (change.path, change.new) in wanted}
                holding = frozenset((*(pair for pair in holding if pair[0] not in changed), *new))  # type: ignore[arg-type]
                holding = shared.setdefault(holding, holding)
            held[commit] = holding
        return held


def graph_of(store: ObjectStore, read: Iterable[tuple[int, Commit]], hidden: Mapping[int, int]) -> Graph:
    """Make the graph of commits; `hidden` maps the numbers of doubles to the number that counts."""
    commits = {hidden.get(number, number): commit for number, commit in sorted(read, reverse=True)}
    numbers = sorted(commits)
    places = {store.oid(number): place for place, number in enumerate(numbers)}
    kept = [commits[number] for number in numbers]
    parents = [tuple(places[oid] for oid in commit.parents if oid in places) for commit in kept]
    return Graph(store, numbers, kept, parents)
