"""Windows: the parts of a blob around what its delta brings, which are all that can hold a match that its base has not.

Why that is sound. A match that lies in one copy from the base, with the bytes around it, stands in the base too, and was seen
there. Any other touches bytes that were brought, or a seam, or an end of the blob that is none of the base's; it lies in the window
around them: their lines to the ends, up to `LINE` bytes (further no match reaches, see `rules.confirm`), and the lines before and
behind that, until `MARGIN` bytes and of these `REACH` that are not blank lie between. What goes over more lines is in blocks of a
known kind (keys, certificates, JSON objects, calls and statements with a list, coded text that was wrapped): those have a sign by
which they are known, and a blob in whose windows or base such a sign stands is scanned whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gitshield.git.packs.changes import brought, widened
from gitshield.git.packs.delta import header, instructions
from gitshield.rules.confirm import BLOCK_WINDOW

MARGIN: Final = 160
REACH: Final = 100
LINE: Final = BLOCK_WINDOW
_BLANK: Final = b" \t\r\n\v\f\0"
# What is changed that near together is one window in any case.
_NEAR: Final = 64
# A delta that spells out that much of what it makes leaves nothing to be saved.
_SHARE: Final = 8
_SMALL: Final = 4096


@dataclass(frozen=True, slots=True)
class Windows:
    """For each delta, by its key, the [low, high) in what it makes; a key that is not here is to be scanned whole."""

    spans: dict[int, tuple[list[int], list[int]]]


def windows(keys: Sequence[int], deltas: Sequence[bytes]) -> Windows:
    """Find the windows of deltas."""
    sparse = [(key, delta, sizes) for key, delta in zip(keys, deltas, strict=True) if _is_sparse(sizes := header(delta), delta)]
    if not sparse:
        return Windows({})
    read = instructions([delta for _, delta, _ in sparse], [sizes[2] for _, _, sizes in sparse])
    made = np.fromiter((sizes[1] for _, _, sizes in sparse), dtype=np.int64, count=len(sparse))
    bases = np.fromiter((sizes[0] for _, _, sizes in sparse), dtype=np.int64, count=len(sparse))
    spans = widened(brought(read, bases), made, _NEAR)
    begins, lows, highs = spans.by_lane(len(sparse)).tolist(), spans.lows.tolist(), spans.highs.tolist()
    return Windows({key: (lows[begins[n] : begins[n + 1]], highs[begins[n] : begins[n + 1]]) for n, (key, _, _) in enumerate(sparse)})


def _is_sparse(sizes: tuple[int, int, int], delta: bytes) -> bool:
    return sizes[1] >= _SHARE * len(delta) + _SMALL


def cut(content: bytes, lows: Sequence[int], highs: Sequence[int]) -> bytes:
    """The windows of `content` around what changed, one after another; those that meet stay together."""
    pieces: list[bytes] = []
    begin = end = -1
    for low, high in zip(lows, highs, strict=True):
        if low > end and (start := _before(content, low)) > end:
            if begin >= 0:
                pieces.append(content[begin:end])
            begin = start
        if high > end:
            end = _behind(content, high)
    if begin >= 0:
        pieces.append(content[begin:end])
    return b"\n".join(pieces)


def _before(content: bytes, at: int) -> int:
    """Where a window begins."""
    start = _line_start(content, at)
    margin = MARGIN
    while len(content[max(start - margin, 0) : start].translate(None, _BLANK)) < REACH and margin < LINE and margin < start:
        margin *= 2
    return _line_start(content, max(start - margin, 0))


def _behind(content: bytes, at: int) -> int:
    """Where a window ends."""
    stop = _line_end(content, at)
    margin = MARGIN
    while len(content[stop : stop + margin].translate(None, _BLANK)) < REACH and margin < LINE and stop + margin < len(content):
        margin *= 2
    return _line_end(content, stop + margin)


def _line_start(content: bytes, at: int) -> int:
    floor = max(at - LINE, 0)
    return content.rfind(b"\n", floor, at) + 1 or floor


def _line_end(content: bytes, at: int) -> int:
    end = content.find(b"\n", at, at + LINE)
    return end if end >= 0 else at + LINE
