"""Runs of base64 and hex digits that stand for text: found without a look at every byte, decoded once each."""

import binascii
import re
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Final

import hyperscan

from gitshield.rules.codings import INSIDE_RUNS, RUN, SHORTEST, SIZES
from gitshield.rules.vectorscan import Database, Expression, compile_expressions, load_database
from gitshield.scan.decode import encoding_of, transcode

_BLOCK: Final = 1 << 20
_DENSE: Final = _BLOCK // 4
_LONG: Final = 1024
_ENOUGH: Final = 64
_BATCH: Final = 256
_TEXT: Final = bytes([9, 10, 13, *range(32, 127)])
_NARROWEST: Final = 40
_PLAY: Final = 4
# Runs this near to each other are lines of one wrapped text.
_GAP: Final = 16
_HEX, _WIDE, _GZIP = 1, 2, 3
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_HEX_DIGITS: Final = b"0123456789abcdefABCDEF"
_REST: Final = re.compile(rb"[A-Za-z0-9+/]*")
_URL_REST: Final = re.compile(rb"[A-Za-z0-9+/_-]*")
_HEX_REST: Final = re.compile(rb"[0-9a-fA-F]*")
_WHOLE: Final = re.compile(rb"[A-Za-z0-9+/]{%d,}" % SHORTEST)
# The next line of a wrapped run: its indentation, a comment's or a quote's mark.
_NEXT: Final = re.compile(rb"\r?\n[ \t]*(?:[#>*|] ?)?([A-Za-z0-9+/]+)(={0,2})")


class Marks:
    """Pairs of offsets that go up: of a text, and of the bytes it came from. In between both go on evenly."""

    __slots__ = ("_sources", "_texts")

    def __init__(self) -> None:
        self._texts = array("Q")
        self._sources = array("Q")

    def add(self, text: int, source: int) -> None:
        """Add a pair; one that is there already is not added again."""
        if not self._texts or self._texts[-1] != text or self._sources[-1] != source:
            self._texts.append(text)
            self._sources.append(source)

    def source(self, low: int, high: int) -> tuple[int, int]:
        """Where text [low, high) comes from: as little as can be told."""
        at = min(bisect_right(self._texts, low), len(self._texts) - 1)
        text_low, start, text_high, end = self._between(at)
        first = start + (low - text_low) * (end - start) // (text_high - text_low) if text_high > text_low else start
        at = max(bisect_left(self._texts, high), 1)
        text_low, start, text_high, end = self._between(at)
        last = end - (text_high - high) * (end - start) // (text_high - text_low) if text_high > text_low else end
        return first, max(first, last)

    def _between(self, at: int) -> tuple[int, int, int, int]:
        return self._texts[at - 1], self._sources[at - 1], self._texts[at], self._sources[at]


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text that a run stands for; `marks`, or what finds them, are None where only the run as a whole can be named."""

    text: bytes
    start: int
    end: int
    coding: str
    marks: Marks | Callable[[], Marks] | None

    def source(self, low: int, high: int) -> tuple[int, int]:
        """Where text [low, high) comes from."""
        if self.marks is None:
            return self.start, self.end
        marks = self.marks if isinstance(self.marks, Marks) else self.marks()
        return marks.source(low, high)


@dataclass(frozen=True, slots=True)
class _Hit:
    """Pattern `number` of INSIDE_RUNS ends at `end`, in the run [low, high)."""

    number: int
    end: int
    low: int
    high: int

    @property
    def phase(self) -> int:
        """How many characters stand in the run before the first whole group."""
        return (self.end - SIZES[self.number] - self.low) % (2 if self.number == _HEX else 4)


@lru_cache(maxsize=1)
def _run_database() -> Database:
    return load_database(compile_expressions([Expression("run", RUN)]))


@lru_cache(maxsize=1)
def _inner_database() -> Database:
    return load_database(compile_expressions([Expression(f"coding {n}", pattern) for n, pattern in enumerate(INSIDE_RUNS)]))


def decoded_runs(data: bytes, *, limit: int) -> Iterator[Decoded]:
    """Give what the runs in `data` stand for, in order of their place; what is compressed in one is unpacked up to `limit` bytes.

    A run is decoded from each of the four places on where groups that stand for text show that it may begin.
    """
    spans, done, covered, at = _spans(data), dict[tuple[int, int], int](), 0, 0
    while at < len(spans):
        some, at = spans[at : at + _BATCH], at + _BATCH
        for hit in _hits(data, [span for span in some if span[1] > covered]):
            kind = hit.number, hit.phase
            if hit.end > done.get(kind, 0):
                decoded = _hex(data, hit) if hit.number == _HEX else _base64(data, hit, limit)
                done[kind] = decoded.end
                if len(decoded.text.translate(None, _TEXT)) * 4 < len(decoded.text):
                    covered = max(covered, decoded.end)  # it is text indeed, so no other reading of it is
                if decoded.text:
                    yield decoded


def _spans(data: bytes) -> list[tuple[int, int]]:
    """Where runs of at least SHORTEST characters stand. Text that is dense with them is left to `re`, which is faster then.

    The pattern ends at every character from the SHORTEST on; so each search ends at the first, and the next begins behind the run.
    """
    spans: list[tuple[int, int]] = []
    view, at = memoryview(data), 0
    while (end := _first_end(view[at:])) is not None:
        start, stop = at + end - SHORTEST, _REST.match(data, at + end).end()  # type: ignore[union-attr]  # it matches nothing too
        spans.append((start, stop))
        at = _dense(data, stop, spans) if start - at < _GAP and len(spans) > 1 else stop
    return spans


def _first_end(view: memoryview) -> int | None:
    """Where the pattern ends first."""
    ends: list[int] = []

    def note(_number: int, _low: int, end: int, _flags: int, _context: object) -> bool:
        ends.append(end)
        return True

    try:
        _run_database().scan(view, match_event_handler=note)
    except hyperscan.ScanTerminated:
        return ends[0]
    return None


def _dense(data: bytes, at: int, spans: list[tuple[int, int]]) -> int:
    """Add the runs from `at` on, block by block, as long as they are a good part of a block; give where that ended."""
    while at < len(data):
        found = [match.span() for match in _WHOLE.finditer(data, at, at + _BLOCK)]
        at = min(at + _BLOCK, len(data))
        if found and found[-1][1] == at:
            at = _REST.match(data, at).end()  # type: ignore[union-attr]
            found[-1] = found[-1][0], at
        spans += found
        if sum(high - low for low, high in found) < _DENSE:
            break
    return at


def _hits(data: bytes, spans: Sequence[tuple[int, int]]) -> Iterator[_Hit]:
    """Give the first hit of every kind in the runs, in order of the runs."""
    short: list[tuple[int, int]] = []
    for low, high in spans:
        if high - low <= _LONG:
            short.append((low, high))
            continue
        yield from _short_hits(data, short)
        short = []
        firsts = {(number, end % 4): end for number, end in reversed(_first_hits(memoryview(data)[low:high]))}
        yield from (_Hit(number, low + end, low, high) for (number, _), end in sorted(firsts.items()))
    yield from _short_hits(data, short)


def _short_hits(data: bytes, spans: Sequence[tuple[int, int]]) -> list[_Hit]:
    """The same for short runs, by one pass over all of them."""
    text = b" ".join([data[low:high] for low, high in spans])
    starts = [0, *accumulate(high - low + 1 for low, high in spans)]
    ends: list[tuple[int, int]] = []
    add = ends.append
    _inner_database().scan(text, match_event_handler=lambda number, _low, end, _flags, _context: add((number, end)))
    firsts: dict[tuple[int, int, int], int] = {}
    at = 0
    for number, end in sorted(ends, key=itemgetter(1)):
        while starts[at + 1] < end:
            at += 1
        firsts.setdefault((at, number, end % 4), end)
    return [_Hit(number, spans[at][0] + end - starts[at], *spans[at]) for (at, number, _), end in sorted(firsts.items())]


def _first_hits(view: memoryview) -> list[tuple[int, int]]:
    """(number, end) of the first hits in a long run: one that stands for text is not looked at to its end."""
    hits: list[tuple[int, int]] = []

    def note(number: int, _low: int, end: int, _flags: int, _context: object) -> bool:
        hits.append((number, end))
        return len(hits) >= _ENOUGH

    try:
        _inner_database().scan(view, match_event_handler=note)
    except hyperscan.ScanTerminated:
        return hits
    return hits


def _hex(data: bytes, hit: _Hit) -> Decoded:
    start = hit.end - SIZES[_HEX]
    before = data[hit.low : start]
    start -= (len(before) - len(before.rstrip(_HEX_DIGITS))) // 2 * 2
    stop = _HEX_REST.match(data, hit.end).end()  # type: ignore[union-attr]
    stop -= (stop - start) % 2
    text = binascii.a2b_hex(data[start:stop])
    return Decoded(text, start, stop, "hex", _marks([(start, stop)], stop - start, len(text)))


def _base64(data: bytes, hit: _Hit, limit: int) -> Decoded:
    """Decode a run from its first whole group on, over the lines that it is wrapped in."""
    segments = _segments(data, hit.low + hit.phase, (hit.low, hit.high))
    coded = b"".join([data[low:high] for low, high in segments]).translate(_URL_SAFE)
    coded = coded[:-1] if len(coded) % 4 == 1 else coded
    raw = binascii.a2b_base64(coded + b"=" * (-len(coded) % 4))
    start, stop = segments[0][0], segments[-1][1]
    if hit.number == _GZIP:
        return Decoded(_unzipped(raw, limit), start, stop, "base64+gzip", None)
    wide = encoding_of(raw) if hit.number == _WIDE else None
    text = transcode(raw, wide) if wide else raw
    return Decoded(text, start, stop, "base64", _marks(segments, len(coded), len(text)))


def _segments(data: bytes, start: int, run: tuple[int, int]) -> list[tuple[int, int]]:
    """The parts of a wrapped run, a line each. Lines have the same width, but for the last one, which may be shorter.

    The first one may be a little off, by what is glued to it.
    """
    stop = run[1]
    if data[stop : stop + 1] in (b"-", b"_"):
        stop = _URL_REST.match(data, stop).end()  # type: ignore[union-attr]
    segments, width, play = [(start, stop)], stop - run[0], _PLAY
    while width >= _NARROWEST and (line := _NEXT.match(data, stop)) is not None:
        low, stop = line.span(1)
        if stop - low > width + play:
            break
        segments.append((low, stop))
        if stop - low < width - play or line[2]:
            break
        width, play = stop - low, 0
    return segments


def _marks(segments: Sequence[tuple[int, int]], coded: int, decoded: int) -> Marks:
    """The marks of lines of base64 or hex: character n of all of them stands for the byte at n times the ratio of the lengths."""
    marks = Marks()
    at = 0
    for low, high in segments:
        marks.add(min(at, coded) * decoded // coded, low)
        at += high - low
        marks.add(min(at, coded) * decoded // coded, high)
    return marks


def _unzipped(raw: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(raw, max(1, limit))
    except zlib.error:
        return b""
