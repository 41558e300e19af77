"""Escapes: text in percent coding, backslash escapes or HTML's references, decoded with the lines around it."""

import re
from array import array
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from gitshield.rules.codings import ESCAPES
from gitshield.rules.vectorscan import Database, Expression, compile_expressions, load_database
from gitshield.scan.runs import Decoded, Marks

# How much of a long line is taken along on each side.
_REACH: Final = 4096
_HEX_PAIRS: Final = rb"[0-9A-Fa-f]{2}"
# Written so that `re` looks for the three first bytes before it tries anything.
_UNIT: Final = re.compile(
    rb"[%\\&](?:(?<=%)"
    + _HEX_PAIRS
    + rb"(?:%"
    + _HEX_PAIRS
    + rb")*|(?<=\\)(?:u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*|x"
    + _HEX_PAIRS
    + rb"(?:\\x"
    + _HEX_PAIRS
    + rb")*|u\{[0-9A-Fa-f]{1,6}\}|[0-3][0-7]{2}|[nrtbfav\\\"'/0])"
    rb"|(?<=&)(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|quot|apos|lt|gt|amp|nbsp);)"
)
_SHORT: Final = dict(zip(b"nrtbfav0", (b"\n", b"\r", b"\t", b"\b", b"\f", b"\a", b"\v", b"\0"), strict=True))
_NAMED: Final = {b"quot": b'"', b"apos": b"'", b"lt": b"<", b"gt": b">", b"amp": b"&", b"nbsp": b" "}


_CODINGS: Final = {b"%": "percent", b"\\": "backslash", b"&": "entity"}


def _meaning(unit: bytes) -> bytes:
    """What one match of _UNIT stands for."""
    if unit.startswith(b"%"):
        return bytes.fromhex(unit.replace(b"%", b"").decode("ascii"))
    if unit.startswith(b"&#"):
        return _character(unit[3:-1], 16) if unit[2:3] in b"xX" else _character(unit[2:-1], 10)
    if unit.startswith(b"&"):
        return _NAMED[unit[1:-1]]
    if unit.startswith(rb"\u{"):
        return _character(unit[3:-1], 16)
    if unit.startswith((rb"\u", rb"\x")):
        pairs = bytes.fromhex(unit.replace(unit[:2], b"").decode("ascii"))
        return pairs if unit[1:2] == b"x" else pairs.decode("utf-16-be", "replace").encode("utf-8", "replace")
    return _character(unit[1:], 8) if len(unit) == 4 else _SHORT.get(unit[1], unit[1:])


def _character(digits: bytes, base: int) -> bytes:
    number = int(digits, base)
    return chr(number).encode("utf-8", "replace") if number < 0x110000 else b"?"


@lru_cache(maxsize=1)
def _database() -> Database:
    return load_database(compile_expressions([Expression("escapes", ESCAPES)]))


def decoded_escapes(data: bytes) -> Iterator[Decoded]:
    """Give the lines with escapes in them as what they stand for, neighbouring lines together, in order; long lines in part."""
    joined: list[tuple[int, int]] = []
    for start, stop in _regions(data):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], stop
        else:
            joined.append((start, stop))
    yield from (decoded for low, high in joined if (decoded := _decode(data, low, high)) is not None)


def _regions(data: bytes) -> Iterator[tuple[int, int]]:
    ends = array("Q")
    add = ends.append
    _database().scan(data, match_event_handler=lambda _number, _low, end, _flags, _context: add(end))
    stop = 0
    for end in ends:
        if end > stop:
            before, after = max(stop, end - _REACH), end + _REACH
            start = data.rfind(b"\n", before, end - 1) + 1 or before
            stop = data.find(b"\n", end, after)
            stop = stop if stop >= 0 else min(after, len(data))
            yield start, stop


def _decode(data: bytes, low: int, high: int) -> Decoded | None:
    """What data[low:high] stands for, None when nothing in it stands for anything else.

    Where each part of it comes from is found out when somebody asks, which is seldom.
    """
    meanings = _Meanings()
    text = _UNIT.sub(lambda unit: meanings[unit[0]], data[low:high])
    if not meanings:
        return None
    return Decoded(
        text, low, high, "+".join(dict.fromkeys(_CODINGS[unit[:1]] for unit in meanings)), cache(lambda: _marks(data, low, high, meanings))
    )


class _Meanings(dict[bytes, bytes]):
    """What escapes stand for, each decoded once."""

    def __missing__(self, unit: bytes) -> bytes:
        self[unit] = meaning = _meaning(unit)
        return meaning


def _marks(data: bytes, low: int, high: int, meanings: dict[bytes, bytes]) -> Marks:
    """Which offsets in the text of data[low:high] come from where."""
    marks, at, length = Marks(), low, 0
    marks.add(0, low)
    for unit in _UNIT.finditer(data[low:high]):
        length += low + unit.start() - at
        marks.add(length, low + unit.start())
        length += len(meanings[unit[0]])
        at = low + unit.end()
        marks.add(length, at)
    marks.add(length + high - at, high)
    return marks
