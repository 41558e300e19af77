"""Encodings of text that hide ASCII: UTF-16 and UTF-32, with and without a byte order mark, read as UTF-8."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_LOOK: Final = 4096
_SHARE: Final = 0.4
_RARE: Final = 0.05
_ZEROS: Final = (("utf-16-le", (1, 3)), ("utf-16-be", (0, 2)), ("utf-32-le", (1, 2, 3)), ("utf-32-be", (0, 1, 2)))


def encoding_of(data: bytes) -> str | None:
    """The name of the wide encoding that `data` is in, None for everything else (ASCII, UTF-8, Latin-1, binary).

    Without a mark, text that is mostly ASCII shows itself by a zero in every second byte.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:_LOOK]
    return _by_zeros(head) if b"\x00" in head and len(head) >= 8 else None


def _by_zeros(head: bytes) -> str | None:
    """The encoding that the places of zero bytes in `head` tell: in which of four bytes they stand, and in which not."""
    units = len(head) // 4
    shares = tuple(head[at : 4 * units : 4].count(0) / units for at in range(4))
    for name, zeros in _ZEROS:
        if all(share > _SHARE if at in zeros else share < _RARE for at, share in enumerate(shares)):
            return name
    return None


def transcode(data: bytes, encoding: str) -> bytes:
    """Give wide text as UTF-8, without its mark; broken units become question marks, so that nothing after them is lost."""
    return data.decode(encoding, "replace").lstrip("\ufeff").encode("utf-8", "replace")
