"""The compiled rule set: one file that holds the databases and the rules, ready to use.

A hook must not parse TOML or compile patterns, so both are done once and kept. The file is keyed by what went into it
(see `key_of`); a damaged one fails its checksum and is made again. Only cheap modules are imported here: this is what a
hook reads on its way to "nothing found".
"""

from __future__ import annotations

import marshal
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, Final

MAGIC: Final = b"gitshield-rules-4\n"


# The parts that are megabytes; a hook reads only those it needs.
_LARGE: Final = ("sketches", "anywhere", "ordinary", "bound", "paths", "codings", "sealed_rules")


class Image:
    """A loaded image. Those from `sketches` to `paths` are serialised databases (empty when they have no pattern).

    `anywhere` has the content patterns that count in every file, `ordinary` and `bound` those that count only where the path of
    their rule matches: `ordinary` in many ordinary files, `bound` in so few that most files never meet them; `paths` has the
    path patterns. `sketches` hits wherever `anywhere` does, is much smaller and does not say which rule (see `rules.sketch`).
    `codings` hits where text may stand in another form.
    `anywhere_rules[n]` and its like are the rule numbers of pattern `n`; `alone` holds the rules that a path match alone hands to
    the engine, `sealed_rules` is for `rules.ruleset` to open.
    """

    __slots__ = (
        "alone",
        "anywhere",
        "anywhere_rules",
        "bound",
        "bound_rules",
        "codings",
        "key",
        "ordinary",
        "ordinary_rules",
        "path_rules",
        "paths",
        "sealed_rules",
        "sketches",
    )

    def __init__(
        self,
        *,
        key: str,
        sketches: bytes,
        anywhere: bytes,
        ordinary: bytes,
        bound: bytes,
        paths: bytes,
        anywhere_rules: tuple[int, ...],
        ordinary_rules: tuple[int, ...],
        bound_rules: tuple[int, ...],
        path_rules: tuple[int, ...],
        alone: frozenset[int],
        sealed_rules: bytes,
        codings: bytes = b"",
    ) -> None:
        self.key = key
        self.sketches = sketches
        self.anywhere = anywhere
        self.ordinary = ordinary
        self.bound = bound
        self.paths = paths
        self.anywhere_rules = anywhere_rules
        self.ordinary_rules = ordinary_rules
        self.bound_rules = bound_rules
        self.path_rules = path_rules
        self.alone = alone
        self.sealed_rules = sealed_rules
        self.codings = codings


def pack(image: Image) -> bytes:
    """Serialise `image`: a header of everything small with its checksum, then the large parts one after another."""
    small = {name: getattr(image, name) for name in Image.__slots__ if name not in _LARGE}
    large = [getattr(image, name) for name in _LARGE]
    header = marshal.dumps((small, [(len(part), zlib.crc32(part)) for part in large]))
    return MAGIC + len(header).to_bytes(4, "big") + zlib.crc32(header).to_bytes(4, "big") + header + b"".join(large)


def unpack(content: bytes) -> Image | None:
    """Read a serialised image; None when it is damaged or of another version, in which case it has to be made again."""
    from io import BytesIO

    return read(BytesIO(content))


def read(file: BinaryIO, *, only: tuple[str, ...] = _LARGE) -> Image | None:
    """Read an image from a file; None when it is damaged or of another version.

    Large parts not in `only` stay empty and are not read. The checksum of the rules is compared here; a database carries
    its own, which the library compares when it loads one.
    """
    head = file.read(len(MAGIC) + 8)
    size, check = int.from_bytes(head[-8:-4], "big"), int.from_bytes(head[-4:], "big")
    header = file.read(size) if head[: len(MAGIC)] == MAGIC else b""
    if not header or zlib.crc32(header) != check:
        return None
    small, lengths = marshal.loads(header)
    at, parts = len(head) + size, {}
    for name, (length, part_check) in zip(_LARGE, lengths, strict=True):
        parts[name] = b""
        if name in only:
            file.seek(at)
            part = parts[name] = file.read(length)
            if len(part) != length or (name == "sealed_rules" and zlib.crc32(part) != part_check):
                return None
        at += length
    return Image(**{**small, **parts})
