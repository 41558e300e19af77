"""Encodings of text that hide ASCII: UTF-16 and UTF-32, with and without a byte order mark, read as UTF-8.

Also where only parts are UTF-16: what PowerShell appends to a file that was ASCII, the texts of a program.
"""

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
_PARTS: Final = "utf-16-in-parts"
# Of either byte order: of big-endian text it takes all but the first character's zero.
_PART: Final = rb"(?:[\t\n\r -~]\x00){8,}[\t\n\r -~]?"
_ZEROS: Final = (("utf-16-le", (1, 3)), ("utf-16-be", (0, 2)), ("utf-32-le", (1, 2, 3)), ("utf-32-be", (0, 1, 2)))


def encoding_of(data: bytes) -> str | None:
    """The name of the wide encoding that `data` or parts of it are in, None for everything else (ASCII, UTF-8, Latin-1, binary).

    Without a mark, text that is mostly ASCII shows itself by a zero in every second byte.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    head = data[:_LOOK]
    if b"\x00" not in data:
        return None
    import re  # hooks come through here and seldom need it

    return _by_zeros(head) or (_PARTS if re.search(_PART, data) else None)


def _by_zeros(head: bytes) -> str | None:
    """The encoding that the places of zero bytes in `head` tell: in which of four bytes they stand, and in which not."""
    units = len(head) // 4
    if units < 2:
        return None
    shares = tuple(head[at : 4 * units : 4].count(0) / units for at in range(4))
    for name, zeros in _ZEROS:
        if all(share > _SHARE if at in zeros else share < _RARE for at, share in enumerate(shares)):
            return name
    return None


def transcode(data: bytes, encoding: str) -> bytes:
    """Give wide text as UTF-8, without its mark; broken units become question marks, so that nothing after them is lost."""
    if encoding == _PARTS:
        import re

        return re.sub(_PART, lambda part: part[0].replace(b"\x00", b""), data)
    return data.decode(encoding, "replace").lstrip("\ufeff").encode("utf-8", "replace")
