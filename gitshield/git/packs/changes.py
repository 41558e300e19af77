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


def brought(read: Instructions, base_sizes: Numbers) -> Spans:
    """What of the results is not simply the base's: literals, and the seams between copies. So are an end that is not the base's.

    The ends of a result stand in the base as ends too only when its first copy begins there and its last one, to the base's size,
    ends there.
    """
    is_literal = read.sources < 0
    is_first = np.ones(len(read.lanes), dtype=bool)
    is_first[1:] = read.lanes[1:] != read.lanes[:-1]
    follows = is_first & (read.sources == 0)
    follows[1:] |= ~is_first[1:] & ~is_literal[1:] & ~is_literal[:-1] & (read.sources[1:] == read.sources[:-1] + read.lengths[:-1])
    chosen = np.flatnonzero(is_literal | ~follows)
    last = np.flatnonzero(np.append(is_first[1:], True)[: len(read.lanes)])
    last = last[~is_literal[last] & (read.sources[last] + read.lengths[last] != base_sizes[read.lanes[last]])]
    lows = np.concatenate([read.places[chosen], read.places[last] + read.lengths[last]])
    highs = lows + np.concatenate([np.where(is_literal[chosen], read.lengths[chosen], 0), np.zeros(len(last), dtype=np.int64)])
    order = np.argsort(np.concatenate([chosen, last]), kind="stable")
    return _merged(np.concatenate([read.lanes[chosen], read.lanes[last]])[order], lows[order], highs[order])


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
