"""Fingerprints: short names for (rule, value) pairs that do not hold the value.

How much a fingerprint gives away. The key is in this file and so public: whoever has a fingerprint can test guesses of
the value against it. That is no use against a value nobody can guess (a token of 20 random characters has over 100
bits), and it is what an unsalted hash allows against one that people choose. Values under `SHORT` bytes, where
guessing all of them is thinkable, therefore go through scrypt first: one guess costs about 10 ms and 4 MiB instead of a
fraction of a microsecond. That makes guessing dear; it does not make it impossible: a password from a list of the
ten thousand most used ones falls in two minutes, and a longer one that is a sentence or a name with a year has no
protection but its own length. A fingerprint in a public report is an address for a finding, not a safe for a password.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

SHORT: Final = 12
MAX_SLOW: Final = 50
_KEY: Final = b"gitshield fingerprint version 1"
_COST: Final = 1 << 12


def fingerprint(rule_id: str, value: bytes) -> str:
    """Give 16 hex digits that are the same wherever this rule finds this value (or, for a file rule, this path)."""
    return _digest(rule_id, stretched(value, salt=_KEY))


def fingerprints(pairs: Sequence[tuple[str, bytes]]) -> list[str]:
    """Give the fingerprints of the (rule id, value) pairs of one place, in their order, in bounded time.

    The first MAX_SLOW different short values have the fingerprints that they have everywhere. All further ones go through
    the slow function together, once: theirs hold here, as long as the further ones are the same. Whoever guesses one of
    them pays a whole slow function for each guess as before, and has to know all the others.
    """
    further = list(dict.fromkeys(value for _rule, value in pairs if len(value) < SHORT))[MAX_SLOW:]
    together = _slow(b"\x00".join(further), _KEY) if further else b""
    shared = frozenset(further)
    return [_digest(rule_id, b"\x02" + together + value) if value in shared else fingerprint(rule_id, value) for rule_id, value in pairs]


def _digest(rule_id: str, name: bytes) -> str:
    material = rule_id.encode("utf-8", "surrogateescape") + b"\x00" + name
    return hashlib.blake2b(material, digest_size=8, key=_KEY).hexdigest()


def stretched(value: bytes, *, salt: bytes) -> bytes:
    """Give what to hash instead of `value`: itself when it is long, a slow function of it when it has under SHORT bytes.

    The two never meet: a stretched value has 33 bytes of which the first is 0, any other begins with 1.
    """
    return b"\x01" + value if len(value) >= SHORT else b"\x00" + _slow(value, salt)


@lru_cache(maxsize=1024)
def _slow(value: bytes, salt: bytes) -> bytes:
    """RFC 7914 with N = 4096, r = 8, p = 1. Remembered: one test password stands in a hundred places."""
    return hashlib.scrypt(value, salt=salt, n=_COST, r=8, p=1, dklen=32)
