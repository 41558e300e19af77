"""Trees: their entries (git's `tree` format: mode, blank, name, zero, id)."""

import re
from dataclasses import dataclass
from functools import lru_cache

from gitshield.errors import DamagedObject


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a tree: its mode, its name, the id of what it names."""

    mode: int
    name: bytes
    oid: bytes


def entries(content: bytes, *, hash_size: int) -> list[Entry]:
    """Read a tree. Raises DamagedObject."""
    found = _pattern(hash_size).findall(content)
    if sum(len(mode) + len(name) for mode, name, _ in found) + len(found) * (2 + hash_size) != len(content):
        raise DamagedObject("a tree is cut off or holds no entry where one should begin")
    return [Entry(int(mode, 8), name, oid) for mode, name, oid in found]


@lru_cache(maxsize=2)
def _pattern(hash_size: int) -> "re.Pattern[bytes]":
    return re.compile(rb"([0-7]{1,7}) ([^\x00]+)\x00([\x00-\xff]{%d})" % hash_size)
