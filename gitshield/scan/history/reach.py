"""Reach: for each group of findings (one secret by one rule) the commits that hold it and the names that lead to them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from gitshield.git.packs.index import Numbers
from gitshield.git.tips import Tip
from gitshield.model.reach import Reach, Sighting
from gitshield.scan.history.graph import Graph, Held, Holding

_EVENTS: Final = 100
_PATHS: Final = 100
# A commit, what happened to a secret with it, and at which paths.
_Event = tuple[int, str, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Group:
    """Where one secret lies: (path, blob number) pairs of trees, commits whose own text has it, and ids (hex) of other objects."""

    pairs: frozenset[tuple[bytes, int]]
    texts: frozenset[int]
    objects: frozenset[str]


def reaches(
    graph: Graph,
    held: Held,
    groups: Sequence[Group],
    tips: Sequence[Tip],
    remotes: Collection[str],
    beside: Mapping[str, frozenset[str]],
) -> list[Reach]:
    """Find the reach of every group. `beside` maps ids of tags and trees to those of the objects that they lead to."""
    if not groups:
        return []
    members = _members(groups)
    groups_of = [_groups_in(holding, members) for holding in held.holdings]
    events: list[list[_Event]] = [[(commit, "added", ()) for commit in sorted(group.texts)] for group in groups]
    for commit in _turns(graph, held):
        _gather(commit, graph, held, groups_of, members, events)
    places = graph.places(tip.oid for tip in tips)
    tops = [places[tip.oid] for tip in tips if _is_ref(tip) and tip.oid in places]
    led = _Led(graph, _masks(graph, held, groups_of, groups), places, tips, groups_of, held, graph.before(tops), beside)
    holders = _holders(held, groups_of, groups)
    return [_reach(number, group, holders[number], events[number], led, remotes) for number, group in enumerate(groups)]


def _turns(graph: Graph, held: Held) -> list[int]:
    """The commits that do not hold the same as all their parents."""
    numbers = held.numbers.tolist()
    return [
        commit
        for commit, (number, parents) in enumerate(zip(numbers, graph.parents, strict=True))
        if (number if not parents else any(numbers[parent] != number for parent in parents))
    ]


def _holders(held: Held, groups_of: Sequence[frozenset[int]], groups: Sequence[Group]) -> list[Numbers]:
    """For each group the commits that hold it, in their trees or their own text."""
    order = np.argsort(held.numbers, kind="stable")
    begins = np.searchsorted(held.numbers[order], np.arange(len(held.holdings) + 1))
    found: list[list[Numbers]] = [[np.array(sorted(group.texts), dtype=np.int64)] for group in groups]
    for number, inside in enumerate(groups_of):
        for group in inside:
            found[group].append(order[begins[number] : begins[number + 1]])
    return [np.unique(np.concatenate(parts)) for parts in found]


def _is_ref(tip: Tip) -> bool:
    return tip.name.startswith("refs/") and tip.kind not in ("reflog", "head", "worktree")


def _members(groups: Sequence[Group]) -> Mapping[tuple[bytes, int], tuple[int, ...]]:
    members: dict[tuple[bytes, int], tuple[int, ...]] = {}
    for number, group in enumerate(groups):
        for pair in group.pairs:
            members[pair] = (*members.get(pair, ()), number)
    return members


def _groups_in(holding: Holding, members: Mapping[tuple[bytes, int], tuple[int, ...]]) -> frozenset[int]:
    return frozenset(group for pair in holding for group in members.get(pair, ()))


def _gather(
    commit: int,
    graph: Graph,
    held: Held,
    groups_of: Sequence[frozenset[int]],
    members: Mapping[tuple[bytes, int], tuple[int, ...]],
    events: Sequence[list[_Event]],
) -> None:
    """Note what came, changed or went with a commit."""
    now, parents = held.at(commit), graph.parents[commit]
    before = frozenset[tuple[bytes, int]]().union(*map(held.at, parents))
    owned = [groups_of[held.numbers[parent]] for parent in parents]
    old, new = frozenset[int]().union(*owned), groups_of[held.numbers[commit]]
    came: dict[int, list[bytes]] = {}
    for pair in now - before:
        for group in members.get(pair, ()):
            came.setdefault(group, []).append(pair[0])
    for group, paths in came.items():
        events[group].append((commit, "changed" if group in old else "added", tuple(sorted(paths))))
    # a merge that takes the side without the secret removes nothing that was not removed before
    for group in frozenset.intersection(*owned) - new if owned else ():
        gone = {pair[0] for pair in before - now if group in members.get(pair, ())}
        events[group].append((commit, "removed", tuple(sorted(gone))))


def _masks(graph: Graph, held: Held, groups_of: Sequence[frozenset[int]], groups: Sequence[Group]) -> list[int]:
    """For each commit the groups that it or any commit before it holds, as the bits of a number."""
    bits = [sum(1 << group for group in found) for found in groups_of]
    masks = [bits[number] for number in held.numbers.tolist()]
    for number, group in enumerate(groups):
        for commit in group.texts:
            masks[commit] |= 1 << number
    for commit, parents in enumerate(graph.parents):
        mask = masks[commit]
        for parent in parents:
            mask |= masks[parent]
        masks[commit] = mask
    return masks


@dataclass(frozen=True)
class _Led:
    """All tips with what they lead to."""

    graph: Graph
    masks: Sequence[int]
    places: Mapping[str, int]
    tips: Sequence[Tip]
    groups_of: Sequence[frozenset[int]]
    held: Held
    reachable: bytearray
    beside: Mapping[str, frozenset[str]]

    @cached_property
    def _named(self) -> list[tuple[Tip, int | None, frozenset[str]]]:
        """Each tip with its commit's place, and all ids that it leads to but for those of commits before it."""
        nothing = frozenset[str]()
        return [
            (tip, self.places.get(tip.oid), frozenset(own).union(*(self.beside.get(oid, nothing) for oid in own)))
            for tip in self.tips
            for own in [{tip.oid, tip.tag or tip.oid}]
        ]

    def to(self, number: int, group: Group) -> tuple[list[Tip], list[Tip]]:
        """The tips from which a group is reached, and those that hold it themselves."""
        leading: list[Tip] = []
        holding: list[Tip] = []
        for tip, place, own in self._named:
            if not own.isdisjoint(group.objects):
                leading.append(tip)
                holding.append(tip)
            elif place is not None and self.masks[place] >> number & 1:
                leading.append(tip)
                if number in self.groups_of[self.held.numbers[place]]:
                    holding.append(tip)
        return leading, holding


def _reach(number: int, group: Group, holders: Numbers, noted: Sequence[_Event], led: _Led, remotes: Collection[str]) -> Reach:
    graph, times = led.graph, led.graph.said.times
    leading, holding = led.to(number, group)
    refs = tuple(dict.fromkeys(tip.name for tip in leading if _is_ref(tip)))
    events = sorted(noted, key=lambda event: graph.age(event[0]))
    paths = sorted({path for path, _ in group.pairs})
    begins = sorted((commit for commit, event, _ in events if event == "added"), key=lambda commit: not led.reachable[commit])
    newest = holders[times[holders] == times[holders].max()].tolist() if len(holders) else []
    last = max(newest, key=graph.age, default=None)
    return Reach(
        first=_sighting(graph, begins[0], "added", _paths_at(led.held, begins[0], group)) if begins else None,
        last=_sighting(graph, last, "changed", _paths_at(led.held, last, group)) if last is not None else None,
        commits=len(holders),
        paths=tuple(_text(path) for path in paths[:_PATHS]),
        refs=refs,
        holding=tuple(dict.fromkeys(tip.name for tip in holding if _is_ref(tip))),
        reflogs=() if refs else tuple(dict.fromkeys(tip.name for tip in leading if tip.kind in ("reflog", "stash"))),
        remotes=tuple(sorted(name for name in remotes if any(ref.startswith(f"refs/remotes/{name}/") for ref in refs))),
        worktrees=tuple(dict.fromkeys(tip.name for tip in holding if tip.kind == "worktree")),
        is_in_head=any(tip.kind == "head" for tip in holding),
        events=tuple(_sighting(graph, commit, event, tuple(map(_text, names))) for commit, event, names in _chosen(events)),
    )


def _chosen(events: Sequence[_Event]) -> list[_Event]:
    """At most `_EVENTS` events: the comings and goings before the changes."""
    if len(events) <= _EVENTS:
        return list(events)
    chosen = [event for event in events if event[1] != "changed"][:_EVENTS]
    left = _EVENTS - len(chosen)
    kept = {id(event) for event in (*chosen, *[event for event in events if event[1] == "changed"][:left])}
    return [event for event in events if id(event) in kept]


def _paths_at(held: Held, commit: int, group: Group) -> tuple[str, ...]:
    return tuple(sorted(_text(path) for path, number in held.at(commit) if (path, number) in group.pairs))


def _sighting(graph: Graph, commit: int, event: str, paths: tuple[str, ...]) -> Sighting:
    said = graph.commit(commit)
    return Sighting(graph.oid(commit), said.time, _text(said.author), _text(said.subject)[:200], event, paths)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
