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
    from typing import Final

MAGIC: Final = b"gitshield-rules-1\n"


# The parts that are megabytes; a hook reads only those it needs.
_LARGE: Final = ("content", "paths", "sealed_rules")


class Image:
    """A loaded image. `content` and `paths` are serialised databases (empty when they have no pattern).

    `content_rules[n]` and `path_rules[n]` are the rule numbers of pattern `n`; `path_bound` holds the rules whose content
    pattern counts only where their path matched, `alone` those that a path match alone hands to the engine, `sealed_rules`
    is for `rules.ruleset` to open.
    """

    __slots__ = ("alone", "content", "content_rules", "key", "path_bound", "path_rules", "paths", "sealed_rules")

    def __init__(
        self,
        *,
        key: str,
        content: bytes,
        paths: bytes,
        content_rules: tuple[int, ...],
        path_rules: tuple[int, ...],
        path_bound: frozenset[int],
        alone: frozenset[int],
        sealed_rules: bytes,
    ) -> None:
        self.key = key
        self.content = content
        self.paths = paths
        self.content_rules = content_rules
        self.path_rules = path_rules
        self.path_bound = path_bound
        self.alone = alone
        self.sealed_rules = sealed_rules


def pack(image: Image) -> bytes:
    """Serialise `image`: a header of everything small with its checksum, then the large parts one after another."""
    small = {name: getattr(image, name) for name in Image.__slots__ if name not in _LARGE}
    large = [getattr(image, name) for name in _LARGE]
    header = marshal.dumps((small, [(len(part), zlib.crc32(part)) for part in large]))
    return MAGIC + len(header).to_bytes(4, "big") + zlib.crc32(header).to_bytes(4, "big") + header + b"".join(large)


def unpack(content: bytes, *, only: tuple[str, ...] = _LARGE) -> Image | None:
    """Read a serialised image; None when it is damaged or of another version, in which case it has to be made again.

    Of the large parts those not in `only` stay empty. The checksum of the rules is compared here; a database carries its own,
    which the library compares when it loads one.
    """
    start = len(MAGIC) + 8
    size, check = int.from_bytes(content[start - 8 : start - 4], "big"), int.from_bytes(content[start - 4 : start], "big")
    header = content[start : start + size]
    if content[: len(MAGIC)] != MAGIC or zlib.crc32(header) != check:
        return None
    small, lengths = marshal.loads(header)
    at, parts = start + size, {}
    for name, (length, part_check) in zip(_LARGE, lengths, strict=True):
        part = content[at : at + length] if name in only else b""
        if name in only and (len(part) != length or (name == "sealed_rules" and zlib.crc32(part) != part_check)):
            return None
        parts[name] = part
        at += length
    return Image(**small, **parts)
