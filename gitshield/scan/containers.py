"""Containers: a key store or an archive, and what is found of the same once more. One thing at one place is one finding."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from gitshield.model.finding import Finding
from gitshield.model.place import MEMBER, ArchiveMember

_SEQUENCE: Final = 0x30
_LONG_FORM: Final = 0x80
_TAB: Final = 0x09


def without_parts(findings: Sequence[Finding]) -> list[Finding]:
    """Of the findings of one place leave out those that a store among them accounts for; the order stays.

    A binary key or store that is the very beginning of its file is that file: then "this file does not belong here" is said
    already. A binary key inside the DER structure of another finding is a part of it. Only what is reported itself accounts
    for others, so nothing goes unsaid when a store was waved through.
    """
    stores = sorted((found for found in findings if _is_binary_key(found)), key=lambda found: found.span.start)
    starts = [found.span.start for found in stores]
    reach = list(accumulate((found.span.start + _der_length(found) for found in stores), max))
    is_store = any(found.span.start == 0 and found.severity != "low" for found in stores)
    parts = {
        found.span.start for found in stores if (before := bisect_left(starts, found.span.start)) and reach[before - 1] >= found.span.end
    }
    return [
        found for found in findings if not (found.secret is None and is_store) and not (_is_binary_key(found) and found.span.start in parts)
    ]


def without_packed(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out what was found in the bytes of an archive and in a member of it too (tar compresses nothing): the member says where."""
    inner = {(above, one.fingerprint) for one in findings if isinstance(one.place, ArchiveMember) for above in _above(one.place.path)}
    return [one for one in findings if (one.place.path, one.fingerprint) not in inner] if inner else list(findings)


def _above(path: str) -> list[str]:
    """The paths of the archives that a member's path names."""
    parts = path.split(MEMBER)
    return [MEMBER.join(parts[:count]) for count in range(1, len(parts))]


def _is_binary_key(finding: Finding) -> bool:
    return finding.family == "key" and finding.secret is not None and any(byte < _TAB for byte in finding.secret.reveal()[:16])


def _der_length(finding: Finding) -> int:
    """How many bytes the DER structure has that begins with the finding's secret (X.690, 8.1.3), 0 when none does."""
    head = finding.secret.reveal()[:6] if finding.secret is not None else b""
    if len(head) < 2 or head[0] != _SEQUENCE:
        return 0
    digits = head[1] - _LONG_FORM
    if digits <= 0:
        return 2 + head[1] if digits < 0 else 0
    return 2 + digits + int.from_bytes(head[2 : 2 + digits], "big") if digits <= len(head) - 2 else 0
