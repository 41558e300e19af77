"""From what a list names to shards: each repository once, whatever it is called, and what cannot be one as it is told."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gitshield.config.homes import Homes
from gitshield.errors import GitshieldError
from gitshield.fleet.entries import Named
from gitshield.fleet.shard import Shard
from gitshield.git.layout import Layout, find_layout
from gitshield.git.mirrors import mirror_name, shown_url
from gitshield.git.process import clean_environment
from gitshield.git.worktrees import worktrees
from gitshield.model.finding import Skipped


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list comes to: shards in its order, and what of it is none, with the reason."""

    shards: tuple[Shard, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A shard, with the folders that a scan of it goes through."""

    shard: Shard
    common: str | None = None
    tops: tuple[str, ...] = ()


def listed(named: Iterable[Named], environment: Mapping[str, str]) -> Listed:
    """Open what a list names, as far as it is here; URLs are only asked for when they are scanned.

    The same repository by two names (a link, a linked work tree, an URL with other credentials) is one shard. So is one that
    lies inside another one of the list, since a scan of that goes through it.
    """
    ours, skipped, opened = clean_environment(environment), list[Skipped](), dict[str, _Opened]()
    for one in named:
        found = _opened(one, ours)
        if isinstance(found, Skipped):
            skipped.append(found)
        elif (before := opened.get(found.shard.key)) is None:
            opened[found.shard.key] = found
        else:
            skipped.append(Skipped(_shown(one), f"the same repository as {before.shard.name}: scanned once", is_failure=False))
    inside = dict(_inside(opened.values()))
    for key, name in inside.items():
        skipped.append(Skipped(opened[key].shard.name, f"inside {name}: scanned with it", is_failure=False))
    return Listed(tuple(one.shard for key, one in opened.items() if key not in inside), tuple(skipped))


def _shown(named: Named) -> str:
    return shown_url(named.url) if named.url is not None else named.folder or named.text


def _opened(named: Named, environment: Mapping[str, str]) -> _Opened | Skipped:
    if named.url is not None:
        name = mirror_name(named.url)
        pack = os.path.join(Homes.of(environment).cache, "mirrors", name, "objects", "pack")
        return _Opened(Shard(shown_url(named.url), name, url=named.url, weight=_weight(pack)))
    if named.folder is None or not os.path.isdir(named.folder):
        words = named.problem or ("not a folder" if os.path.lexists(named.folder or "") else "there is no such folder")
        return Skipped(named.text, words, is_failure=True)
    try:
        layout = find_layout(named.folder, environment=environment)
        tops = tuple(os.path.realpath(tree.folder) for tree in worktrees(layout, environment) if tree.folder is not None)
    except GitshieldError as error:
        return Skipped(named.folder, str(error), is_failure=True)
    common = os.path.realpath(layout.common)
    shard = Shard(layout.root, common, folder=_folder(layout, named.folder), weight=_weight(os.path.join(layout.objects, "pack")))
    return _Opened(shard, common, tops)


def _folder(layout: Layout, asked: str) -> str:
    """Where to open the repository again: at its root, from which git finds it, or where it was asked for."""
    return os.path.realpath(layout.root or asked)


def _weight(packs: str) -> int:
    try:
        with os.scandir(packs) as entries:
            return sum(entry.stat().st_size for entry in entries if entry.name.endswith(".pack"))
    except OSError:
        return 0  # it is only about who comes first


def _inside(opened: Iterable[_Opened]) -> Iterator[tuple[str, str]]:
    """The keys of those that lie in a folder of another one, with the other one's name."""
    opened = tuple(opened)
    owners = {top: one for one in opened if one.common is not None for top in (one.common, *one.tops)}
    for one in opened:
        place = os.path.dirname(one.common) if one.common is not None else ""
        while len(place) > 1:
            if (owner := owners.get(place)) is not None and owner is not one:
                yield one.shard.key, owner.shard.name
                break
            place = os.path.dirname(place)
