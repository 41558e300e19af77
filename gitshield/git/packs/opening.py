"""Opening an object store: which packs and loose objects there are, also while another git moves them from one to the other."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gitshield.errors import DamagedObject
from gitshield.git.packs.files import open_file
from gitshield.git.packs.loose import Loose, loose_objects, names_in, open_loose
from gitshield.git.packs.pack import Pack, open_pack
from gitshield.git.packs.store import ObjectStore, Problem

_ATTEMPTS: Final = 5
_LARGEST_LIST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Listing:
    """What lies in the objects folders: loose objects with their ids, packs, and what is wrong with the folders."""

    loose: list[tuple[bytes, str]]
    packs: list[str]
    problems: list[Problem]


def open_store(folders: Sequence[str], *, hash_size: int) -> ObjectStore:
    """Open the objects folders and all their alternates, each once. Never raises for what is broken in them.

    An object that git packs or unpacks meanwhile would be missed where it was and where it comes. So the folders are listed once
    more at the end, and all is opened anew if something changed, a few times.
    """
    listing = _listed(folders, hash_size)
    for _ in range(_ATTEMPTS):
        store = _opened(listing, hash_size)
        before, listing = listing, _listed(folders, hash_size)
        if listing == before:
            break
    return store


def is_replaced(store: ObjectStore) -> bool:
    """Whether a file of the store is gone by now, as after `git gc`: what was in it lies somewhere else then."""
    paths = [*(pack.path for pack in store.packs), *(loose.path for loose in store.loose)]
    return not all(map(os.path.exists, paths))


def _listed(folders: Sequence[str], hash_size: int) -> _Listing:
    """List loose objects before packs: git removes a loose object only when the pack that has it is there."""
    listing = _Listing([], [], [])
    found = list(_with_alternates(folders, listing.problems))
    for item in (item for folder in found for item in loose_objects(folder, hash_size=hash_size)):
        if isinstance(item, OSError):
            listing.problems.append(_problem(item))
        else:
            listing.loose.append(item)
    for folder in (os.path.join(folder, "pack") for folder in found):
        for name in (names := names_in(folder)):
            if isinstance(name, OSError):
                listing.problems.append(_problem(name))
            elif name.endswith(".pack"):
                listing.packs.append(os.path.join(folder, name))
            elif name.endswith(".idx") and not name.startswith(".") and f"{name[:-4]}.pack" not in names:
                listing.problems.append(Problem(os.path.join(folder, name), "an index whose pack is not there"))
    return listing


def _opened(listing: _Listing, hash_size: int) -> ObjectStore:
    problems, packs, loose = list(listing.problems), list[Pack](), list[Loose]()
    for path in listing.packs:
        try:
            pack = open_pack(path, hash_size=hash_size)
        except (DamagedObject, OSError) as error:
            problems.append(Problem(path, f"cannot be opened: {error}"))
            continue
        packs.append(pack)
        problems.extend(Problem(path, doubt) for doubt in pack.doubts)
    for oid, path in listing.loose:
        try:
            loose.append(open_loose(oid, path))
        except (DamagedObject, OSError) as error:
            problems.append(Problem(oid.hex(), str(error)))
    return ObjectStore(tuple(packs), tuple(loose), hash_size, problems)


def _with_alternates(folders: Sequence[str], problems: list[Problem]) -> Iterator[str]:
    """The folders and what their `info/alternates` name, in git's order (gitrepository-layout(5)), none twice."""
    waiting, seen = list(folders), set[str]()
    while waiting:
        folder = waiting.pop(0)
        if not os.path.isdir(folder):
            problems.append(Problem(folder, "an objects folder that is not there"))
            continue
        if (real := os.path.realpath(folder)) in seen:
            continue
        seen.add(real)
        yield folder
        try:
            with open_file(os.path.join(folder, "info", "alternates")) as file:
                lines = file.read(_LARGEST_LIST).split(b"\n")
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(_problem(error))
            continue
        waiting.extend(os.path.join(folder, os.fsdecode(_unquoted(line))) for line in lines if line and not line.startswith(b"#"))


def _unquoted(line: bytes) -> bytes:
    """A path as git reads it from a list of alternates: in quotes when it has some special characters, with C's escapes."""
    if len(line) < 2 or not (line.startswith(b'"') and line.endswith(b'"')):
        return line
    try:
        return line[1:-1].decode("unicode_escape").encode("latin-1", "replace")
    except UnicodeDecodeError:
        return line


def _problem(error: OSError) -> Problem:
    return Problem(os.fsdecode(error.filename), os.strerror(error.errno or 0))
