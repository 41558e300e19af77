"""Changes: which bytes of an object are not simply those of its delta's base."""

from dataclasses import dataclass

import numpy as np

from gitshield.git.packs.delta import Instructions
from gitshield.git.packs.index import Numbers


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Spans [lows, highs) by delta, in order, disjoint within a delta. An empty span is a seam: two copies meet that did not before."""

    lanes: Numbers
    lows: Numbers
    highs: Numbers

    def by_lane(self, count: int) -> Numbers:
        """Where the spans of each of `count` deltas begin, with the end of the last."""
        return np.searchsorted(self.lanes, np.arange(count + 1))


def brought(read: Instructions) -> Spans:
    """What of the results is not simply the base's: literals, and the seams between copies."""
    is_literal = read.sources < 0
    follows = np.zeros(len(read.lanes), dtype=bool)
    follows[1:] = (
        (read.lanes[1:] == read.lanes[:-1])
        & ~is_literal[1:]
        & ~is_literal[:-1]
        & (read.sources[1:] == read.sources[:-1] + read.lengths[:-1])
    )
    chosen = is_literal | ~follows
    lanes, lows = read.lanes[chosen], read.places[chosen]
    return _merged(lanes, lows, lows + np.where(is_literal[chosen], read.lengths[chosen], 0))


def widened(spans: Spans, sizes: Numbers, margin: int) -> Spans:
    """The spans with `margin` bytes on each side, within `sizes`, those that meet as one."""
    return _merged(spans.lanes, np.maximum(spans.lows - margin, 0), np.minimum(spans.highs + margin, sizes[spans.lanes]))


def _reach(lanes: Numbers, ends: Numbers) -> Numbers:
    """For each row the highest end up to it within its delta."""
    step = int(ends.max()) + 1
    return np.maximum.accumulate(ends + lanes * step) - lanes * step


def _merged(lanes: Numbers, lows: Numbers, highs: Numbers) -> Spans:
    """Spans in order of delta and low, with those that overlap or touch made one."""
    if not len(lanes):
        return Spans(lanes, lows, highs)
    reach = _reach(lanes, highs)
    is_new = np.ones(len(lanes), dtype=bool)
    is_new[1:] = (lanes[1:] != lanes[:-1]) | (lows[1:] > reach[:-1])
    firsts = np.flatnonzero(is_new)
    return Spans(lanes[firsts], lows[firsts], reach[np.append(firsts[1:] - 1, len(lanes) - 1)])
