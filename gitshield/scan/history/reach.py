"""Reach: for each group of findings (one secret by one rule) the commits that hold it and the names that lead to them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gitshield.git.tips import Tip
from gitshield.model.reach import Reach, Sighting
from gitshield.scan.history.graph import NOTHING, Graph, Holding

_EVENTS: Final = 100
_PATHS: Final = 100


@dataclass(frozen=True, slots=True)
class Group:
    """Where one secret lies: (path, blob number) pairs of trees, commits whose own text has it, and ids (hex) of other objects."""

    pairs: frozenset[tuple[bytes, int]]
    texts: frozenset[int]
    objects: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was gathered about one group while going through the commits."""

    holders: list[int]
    events: list[tuple[int, str, tuple[bytes, ...]]]


def reaches(
    graph: Graph,
    held: Sequence[Holding],
    groups: Sequence[Group],
    tips: Sequence[Tip],
    remotes: Collection[str],
    beside: Mapping[str, frozenset[str]],
) -> list[Reach]:
    """Find the reach of every group. `beside` maps ids of tags and trees to those of the objects that they lead to."""
    members = _members(groups)
    groups_of = {holding: _groups_in(holding, members) for holding in {*held}}
    kept = [_Kept([], []) for _ in groups]
    for number, group in enumerate(groups):
        kept[number].holders.extend(group.texts)
        kept[number].events.extend((commit, "added", ()) for commit in sorted(group.texts))
    for commit in graph.order:
        _gather(commit, graph, held, groups_of, members, kept)
    masks = _masks(graph, held, groups_of, groups)
    places = {graph.oid(commit): commit for commit in range(len(graph.commits))}
    tops = [places[tip.oid] for tip in tips if _is_ref(tip) and tip.oid in places]
    led = _Led(graph, masks, places, tips, groups_of, held, graph.before(tops), beside)
    return [_reach(number, group, graph, kept[number], led, remotes) for number, group in enumerate(groups)]


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
    held: Sequence[Holding],
    groups_of: Mapping[Holding, frozenset[int]],
    members: Mapping[tuple[bytes, int], tuple[int, ...]],
    kept: Sequence[_Kept],
) -> None:
    """Note what a commit holds, and what came, changed or went with it."""
    now = held[commit]
    parents = [held[parent] for parent in graph.parents[commit]]
    for group in groups_of[now]:
        kept[group].holders.append(commit)
    if all(parent is now or parent == now for parent in parents) and (parents or now is NOTHING):
        return
    before = frozenset[tuple[bytes, int]]().union(*parents)
    old, new = groups_of_all(parents, groups_of), groups_of[now]
    came: dict[int, list[bytes]] = {}
    for pair in now - before:
        for group in members.get(pair, ()):
            came.setdefault(group, []).append(pair[0])
    for group, paths in came.items():
        kept[group].events.append((commit, "changed" if group in old else "added", tuple(sorted(paths))))
    # a merge that takes the side without the secret removes nothing that was not removed before
    for group in frozenset.intersection(*(groups_of[parent] for parent in parents)) - new if parents else ():
        paths = [pair[0] for pair in before - now if group in members.get(pair, ())]
        kept[group].events.append((commit, "removed", tuple(sorted(set(paths)))))


def groups_of_all(holdings: Iterable[Holding], groups_of: Mapping[Holding, frozenset[int]]) -> frozenset[int]:
    """The groups in any of some holdings."""
    return frozenset[int]().union(*(groups_of[holding] for holding in holdings))


def _masks(graph: Graph, held: Sequence[Holding], groups_of: Mapping[Holding, frozenset[int]], groups: Sequence[Group]) -> list[int]:
    """For each commit the groups that it or any commit before it holds, as the bits of a number."""
    bits = {holding: sum(1 << group for group in found) for holding, found in groups_of.items()}
    own: dict[int, int] = {}
    for number, group in enumerate(groups):
        for commit in group.texts:
            own[commit] = own.get(commit, 0) | 1 << number
    masks = [0] * len(graph.commits)
    for commit in graph.order:
        mask = bits[held[commit]] | own.get(commit, 0)
        for parent in graph.parents[commit]:
            mask |= masks[parent]
        masks[commit] = mask
    return masks


@dataclass(frozen=True, slots=True)
class _Led:
    """All tips with what they lead to."""

    graph: Graph
    masks: Sequence[int]
    places: Mapping[str, int]
    tips: Sequence[Tip]
    groups_of: Mapping[Holding, frozenset[int]]
    held: Sequence[Holding]
    reachable: frozenset[int]
    beside: Mapping[str, frozenset[str]]

    def to(self, number: int, group: Group) -> tuple[list[Tip], list[Tip]]:
        """The tips from which a group is reached, and those that hold it themselves."""
        leading: list[Tip] = []
        holding: list[Tip] = []
        for tip in self.tips:
            place = self.places.get(tip.oid)
            own = {tip.oid, tip.tag or tip.oid}
            if not group.objects.isdisjoint(own.union(*(self.beside.get(oid, ()) for oid in own))):
                leading.append(tip)
                holding.append(tip)
            elif place is not None and self.masks[place] >> number & 1:
                leading.append(tip)
                if number in self.groups_of[self.held[place]]:
                    holding.append(tip)
        return leading, holding


def _reach(number: int, group: Group, graph: Graph, kept: _Kept, led: _Led, remotes: Collection[str]) -> Reach:
    leading, holding = led.to(number, group)
    refs = tuple(dict.fromkeys(tip.name for tip in leading if _is_ref(tip)))
    time = {commit: graph.commits[commit].time for commit in kept.holders}
    events = sorted(kept.events, key=lambda event: (graph.commits[event[0]].time, event[0]))
    paths = sorted({path for path, _ in group.pairs})
    begins = sorted((commit for commit, event, _ in events if event == "added"), key=lambda commit: commit not in led.reachable)
    return Reach(
        first=_sighting(graph, begins[0], "added", _paths_at(led.held, begins[0], group)) if begins else None,
        last=_sighting(graph, last, "changed", _paths_at(led.held, last, group))
        if time and (last := max(time, key=time.__getitem__)) >= 0
        else None,
        commits=len(set(kept.holders)),
        paths=tuple(_text(path) for path in paths[:_PATHS]),
        refs=refs,
        holding=tuple(dict.fromkeys(tip.name for tip in holding if _is_ref(tip))),
        reflogs=() if refs else tuple(dict.fromkeys(tip.name for tip in leading if tip.kind in ("reflog", "stash"))),
        remotes=tuple(sorted(name for name in remotes if any(ref.startswith(f"refs/remotes/{name}/") for ref in refs))),
        worktrees=tuple(dict.fromkeys(tip.name for tip in holding if tip.kind == "worktree")),
        is_in_head=any(tip.kind == "head" for tip in holding),
        events=tuple(_sighting(graph, commit, event, tuple(map(_text, names))) for commit, event, names in _chosen(events)),
    )


def _chosen(events: Sequence[tuple[int, str, tuple[bytes, ...]]]) -> list[tuple[int, str, tuple[bytes, ...]]]:
    """At most `_EVENTS` events: the comings and goings before the changes."""
    if len(events) <= _EVENTS:
        return list(events)
    chosen = [event for event in events if event[1] != "changed"][:_EVENTS]
    left = _EVENTS - len(chosen)
    kept = {id(event) for event in (*chosen, *[event for event in events if event[1] == "changed"][:left])}
    return [event for event in events if id(event) in kept]


def _paths_at(held: Sequence[Holding], commit: int, group: Group) -> tuple[str, ...]:
    return tuple(sorted(_text(path) for path, number in held[commit] if (path, number) in group.pairs))


def _sighting(graph: Graph, commit: int, event: str, paths: tuple[str, ...]) -> Sighting:
    said = graph.commits[commit]
    return Sighting(graph.oid(commit), said.time, _text(said.author), _text(said.subject)[:200], event, paths)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")
