"""Families: an object that is stored whole and all that is stored as differences from it, walked so that each is made once."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gitshield.errors import DamagedObject
from gitshield.git.packs.delta import apply
from gitshield.git.packs.index import Numbers
from gitshield.git.packs.pack import BASE_ELSEWHERE, DOUBLINGS, Pack
from gitshield.git.packs.store import Mask, ObjectStore, Problem

_HELD: Final = 64 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Portion:
    """Some families of one pack: the number of the pack and of its entries, in order. `pack` None: loose objects by number."""

    pack: int | None
    entries: Numbers


@dataclass(frozen=True, slots=True)
class Member:
    """An object of a family: its number in the store, its content, and, where it was made from one, the base and the delta."""

    number: int
    content: bytes
    base: int | None = None
    base_content: bytes | None = None
    delta: bytes | None = None


def portions(store: ObjectStore, kind: int, *, size: int, only: Numbers | None = None) -> list[Portion]:
    """Cut all objects of a kind into portions of families of about `size` stored bytes. `only` limits it to some numbers.

    Those come with all that they are made from. Within a family those come first from which most is made: of several that are made
    from one, the last is then walked first, see `members`.
    """
    found: list[Portion] = []
    for which, pack in enumerate(store.packs):
        begin = store.begins[which]
        chosen = store.kinds[begin : begin + len(pack)] == kind
        if only is not None:
            mine = only[(only >= begin) & (only < begin + len(pack))] - begin
            if not len(mine):
                continue
            chosen &= _with_bases(pack, mine)
        entries = np.flatnonzero(chosen)
        if len(entries):
            roots = _roots(pack)[entries]
            order = np.lexsort((-pack.heirs[entries], roots))
            found.extend(Portion(which, part) for part in _cut(entries[order], roots[order], pack, size))
    loose = np.flatnonzero(store.kinds[store.begins[-2] :] == kind) + store.begins[-2]
    if only is not None:
        loose = np.intersect1d(loose, only)
    found.extend(Portion(None, loose[low : low + 512]) for low in range(0, len(loose), 512))
    return found


def _with_bases(pack: Pack, entries: Numbers) -> Mask:
    """Whether an entry is one of the `entries` or needed to make one."""
    needed = np.zeros(len(pack), dtype=bool)
    while len(entries):
        needed[entries] = True
        entries = np.unique(pack.bases[entries]).astype(np.int64)
        entries = entries[entries >= 0]
        entries = entries[~needed[entries]]
    return needed


def _roots(pack: Pack) -> Numbers:
    """For each entry the one at the beginning of its chain in this pack."""
    roots = np.where(pack.bases >= 0, pack.bases, np.arange(len(pack), dtype=np.int32)).astype(np.int64)
    for _ in range(DOUBLINGS):
        if np.array_equal(further := roots[roots], roots):
            break
        roots = further
    return roots


def _cut(entries: Numbers, roots: Numbers, pack: Pack, size: int) -> list[Numbers]:
    weights = np.cumsum(pack.ends[entries] - pack.starts[entries])
    is_first = np.concatenate([[True], roots[1:] != roots[:-1]])
    firsts = np.flatnonzero(is_first)
    group = weights[firsts] // size
    cuts = firsts[np.flatnonzero(np.concatenate([[False], group[1:] != group[:-1]]))]
    return np.split(entries, cuts)


def inflated(store: ObjectStore, portion: Portion) -> dict[int, bytes]:
    """The stored bytes of the entries of a portion, by entry; those that are broken are left out. Empty for loose objects.

    A portion is small as it is packed, but may be a thousand times that: what does not fit into `_HELD` bytes is left out.
    """
    if portion.pack is None:
        return {}
    pack = store.packs[portion.pack]
    found: dict[int, bytes] = {}
    sizes, left = pack.rows[2], _HELD
    for entry in portion.entries.tolist():
        if (left := left - sizes[entry]) < 0:
            break
        with contextlib.suppress(DamagedObject):  # met again, and told, when its family is made
            found[entry] = pack.stored(entry)
    return found


def members(store: ObjectStore, portion: Portion, problems: list[Problem], stored: dict[int, bytes] | None = None) -> Iterator[Member]:
    """Make all objects of a portion, each after its base; what cannot be made goes to `problems`, with what depends on it.

    Holds in memory what an object is made from, `stored` (see `inflated`), when given, and the bases of which more is still to be
    made. Those are few: what most is made from comes last, and so the rest of the family halves with each base that is held.
    """
    if portion.pack is None:
        yield from _loose(store, portion.entries.tolist(), problems)
        return
    pack, begin = store.packs[portion.pack], store.begins[portion.pack]
    children: dict[int, list[int]] = {}
    bases = pack.rows[3]
    tops: list[int] = []
    for entry in portion.entries.tolist():
        if (base := bases[entry]) >= 0:
            children.setdefault(base, []).append(entry)
        else:
            tops.append(entry)
    for top in tops:
        yield from _family(store, pack, begin, top, children, problems, stored or {})


def _family(
    store: ObjectStore,
    pack: Pack,
    begin: int,
    top: int,
    children: dict[int, list[int]],
    problems: list[Problem],
    ready: dict[int, bytes],
) -> Iterator[Member]:
    bases = pack.rows[3]
    waiting: list[tuple[int, bytes | None]] = [(top, None)]
    while waiting:
        entry, below = waiting.pop()
        try:
            stored = ready.pop(entry, None) or pack.stored(entry)
            if bases[entry] == BASE_ELSEWHERE:
                below = store.outer_base(pack, entry)
            content = stored if below is None else apply(below, stored)
        except (DamagedObject, OSError) as error:
            problems.extend(Problem(pack.oids[lost].tobytes().hex(), str(error)) for lost in _descendants(entry, children))
            continue
        if below is None or bases[entry] == BASE_ELSEWHERE:
            yield Member(begin + entry, content)
        else:
            yield Member(begin + entry, content, begin + bases[entry], below, stored)
        waiting.extend((child, content) for child in children.get(entry, ()))


def _descendants(entry: int, children: dict[int, list[int]]) -> Iterator[int]:
    waiting = [entry]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children.get(current, ()))


def _loose(store: ObjectStore, numbers: Sequence[int], problems: list[Problem]) -> Iterator[Member]:
    for number in numbers:
        try:
            content = store.read(number)
        except (DamagedObject, OSError) as error:
            problems.append(Problem(store.oid(number).hex(), str(error)))
            continue
        yield Member(number, content)
