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


def encoding_of(data: bytes) -> str | None:
    """The name of the wide encoding that `data` is in, None for everything else (ASCII, UTF-8, Latin-1, binary).

    Without a mark, text that is mostly ASCII shows itself by a zero in every second byte.
    """
    if b"\x00" not in data[:_LOOK]:
        return None
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:_LOOK]
    pairs = len(head) // 2
    if pairs < 4:
        return None
    even, odd = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if odd > _SHARE * pairs and even < 0.05 * pairs:
        return "utf-16-le"
    if even > _SHARE * pairs and odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def transcode(data: bytes, encoding: str) -> bytes:
    """Give wide text as UTF-8, without its mark; broken units become question marks, so that nothing after them is lost."""
    return data.decode(encoding, "replace").lstrip("\ufeff").encode("utf-8", "replace")
