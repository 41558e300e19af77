"""Windows: the parts of a blob around what its delta brings, which are all that can hold a match that its base has not.

Why that is sound. A match that lies in one copy from the base, with the bytes around it, stands in the base too, and was seen
there. Any other touches bytes that were brought, or a seam; it lies in the window around them when it reaches no further than
`MARGIN` bytes to each side, or to the ends of its lines, up to `LINE` bytes. What may be longer than that is in blocks over many
lines (keys, certificates, JSON objects): those have a sign by which they are known, and a blob in whose windows or base such a
sign stands is scanned whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gitshield.git.packs.changes import brought, widened
from gitshield.git.packs.delta import header, instructions

MARGIN: Final = 160
LINE: Final = 4096
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
    spans = widened(brought(read), made, MARGIN)
    begins, lows, highs = spans.by_lane(len(sparse)).tolist(), spans.lows.tolist(), spans.highs.tolist()
    return Windows({key: (lows[begins[n] : begins[n + 1]], highs[begins[n] : begins[n + 1]]) for n, (key, _, _) in enumerate(sparse)})


def _is_sparse(sizes: tuple[int, int, int], delta: bytes) -> bool:
    return sizes[1] >= _SHARE * len(delta) + _SMALL


def cut(content: bytes, lows: Sequence[int], highs: Sequence[int]) -> bytes:
    """The windows of `content` one after another, each to the ends of its lines; those that meet stay together."""
    find, rfind = content.find, content.rfind
    pieces: list[bytes] = []
    begin = end = -1
    for low, high in zip(lows, highs, strict=True):
        floor = max(low - LINE, 0)
        if low > end and (start := rfind(b"\n", floor, low) + 1 or floor) > end:
            if begin >= 0:
                pieces.append(content[begin:end])
            begin = start
        if high > end:
            line_end = find(b"\n", high, high + LINE)
            end = line_end if line_end >= 0 else high + LINE
    if begin >= 0:
        pieces.append(content[begin:end])
    return b"\n".join(pieces)
