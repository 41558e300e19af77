"""Magic: which archive or compressed file bytes begin. A few comparisons, and nothing is imported: hooks ask for every blob."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# How many bytes tell.
HEAD: Final = 512
UNREAD: Final = ("7z", "rar")
_SIGNS: Final = {
    b"PK": ((b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"PK\x07\x08PK\x03\x04", "zip")),
    b"\x1f\x8b": ((b"\x1f\x8b\x08", "gzip"),),
    b"BZ": tuple((b"BZh%d1AY&SY" % level, "bzip2") for level in range(1, 10)),
    b"\xfd7": ((b"\xfd7zXZ\x00", "xz"),),
    b"(\xb5": ((b"(\xb5/\xfd", "zstd"),),
    b"7z": ((b"7z\xbc\xaf\x27\x1c", "7z"),),
    b"Ra": ((b"Rar!\x1a\x07", "rar"),),
}
_TAR_AT: Final = 257
_TAR: Final = b"ustar"


def archive_kind(head: bytes) -> str | None:
    """The kind of archive that begins with `head`: zip, tar, gzip, bzip2, xz, zstd, 7z, rar; None for everything else."""
    for sign, kind in _SIGNS.get(head[:2], ()):
        if head.startswith(sign):
            return kind
    return "tar" if head.startswith(_TAR, _TAR_AT) else None


def is_archive(head: bytes) -> bool:
    """Whether bytes begin an archive or a compressed file."""
    return archive_kind(head) is not None
