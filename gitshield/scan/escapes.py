"""Escapes: text in percent coding, backslash escapes or HTML's references, decoded with the lines around it."""

import re
from array import array
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Final

from gitshield.rules.codings import ESCAPES
from gitshield.rules.vectorscan import Database, Expression, compile_expressions, load_database
from gitshield.scan.runs import Decoded, Marks

# How much of a long line is taken along on each side.
_REACH: Final = 4096
_HEX_PAIRS: Final = rb"[0-9A-Fa-f]{2}"
_UNITS: Final = re.compile(
    rb"((?:%" + _HEX_PAIRS + rb")+)|((?:\\u[0-9A-Fa-f]{4})+)|((?:\\x" + _HEX_PAIRS + rb")+)|\\u\{([0-9A-Fa-f]{1,6})\}|\\([0-3][0-7]{2})"
    rb"|\\([nrtbfav\\\"'/0])|&#([0-9]{1,7});|&#[xX]([0-9A-Fa-f]{1,6});|&(quot|apos|lt|gt|amp|nbsp);"
)
# The same, written so that `re` looks for its three first bytes before it tries anything.
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


def _pairs(mark: bytes) -> Callable[[bytes], bytes]:
    return lambda found: bytes.fromhex(found.replace(mark, b"").decode("ascii"))


def _wide(found: bytes) -> bytes:
    return _pairs(rb"\u")(found).decode("utf-16-be", "replace").encode("utf-8", "replace")


def _character(base: int) -> Callable[[bytes], bytes]:
    return lambda found: _encoded(int(found, base))


def _encoded(number: int) -> bytes:
    return chr(number).encode("utf-8", "replace") if number < 0x110000 else b"?"


# What the groups of _UNITS decode to, and what that is called.
_DECODERS: Final[tuple[tuple[str, Callable[[bytes], bytes]], ...]] = (
    ("percent", _pairs(b"%")),
    ("backslash", _wide),
    ("backslash", _pairs(rb"\x")),
    ("backslash", _character(16)),
    ("backslash", _character(8)),
    ("backslash", lambda found: _SHORT.get(found[0], found)),
    ("entity", _character(10)),
    ("entity", _character(16)),
    ("entity", lambda found: _NAMED[found]),
)


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
    return Decoded(text, low, high, "+".join(dict.fromkeys(map(_coding, meanings))), cache(lambda: _marks(data, low, high, meanings)))


class _Meanings(dict[bytes, bytes]):
    """What escapes stand for, each decoded once."""

    def __missing__(self, unit: bytes) -> bytes:
        found = _UNITS.fullmatch(unit)
        group = found.lastindex or 1 if found else 1
        self[unit] = meaning = _DECODERS[group - 1][1](found[group]) if found else unit
        return meaning


def _coding(unit: bytes) -> str:
    found = _UNITS.fullmatch(unit)
    return _DECODERS[(found.lastindex or 1) - 1][0] if found else ""


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
