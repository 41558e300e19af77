"""Beneath: the secrets in the layers of a fragment, at the places in it where they stand coded."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.fragment import Fragment
from gitshield.scan.layers import Budget, revealed

TOO_DEEP: Final = "more text behind encodings than is decoded of one file"

Judge = Callable[[bytes], Sequence[tuple[int, Candidate]]]


@dataclass(frozen=True, slots=True)
class Find:
    """A candidate of a rule, by number, in a layer, by number; `outer` is the coded text in the fragment that stands for `value`."""

    number: int
    layer: int
    outer: Candidate
    value: bytes
    coding: str


class Spans:
    """Disjoint spans, kept sorted."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def add(self, start: int, end: int) -> bool:
        """Add a span unless it overlaps one that is there; say whether it was added."""
        at = bisect_right(self._starts, start)
        if (at > 0 and self._ends[at - 1] > start) or (at < len(self._starts) and self._starts[at] < end):
            return False
        self._starts.insert(at, start)
        self._ends.insert(at, end)
        return True


def finds_beneath(fragment: Fragment, judge: Judge) -> tuple[list[Find], bool]:
    """Let every layer be judged; give what counts, and whether the fragment holds more layers than are read.

    Of an escaped line only that is new which has an escape in its match or right beside it.
    """
    finds: list[Find] = []
    budget = Budget(len(fragment.data))
    for number, layer in enumerate(revealed(fragment.data, budget)):
        for rule, candidate in judge(layer.text):
            if layer.is_new(candidate.match_start, candidate.match_end):
                low, high = layer.origin(candidate.start, candidate.end)
                if high > fragment.fresh:
                    outer = Candidate(candidate.rule, fragment.data, low, high, low, high, fragment.path)
                    finds.append(Find(rule, number, outer, candidate.value, layer.coding))
    return finds, budget.is_cut


def apart(
    rules: RuleSet, clear: Sequence[tuple[int, Candidate]], beneath: Sequence[Find]
) -> tuple[list[tuple[int, Candidate]], list[Find]]:
    """Of what overlaps keep what a rule names best, and what stands in the clear before what stands coded; in order of offset.

    Several secrets of one layer whose places cannot be told apart are all kept.
    """
    if not beneath:
        return list(clear), []
    shown = [(rules.rank(number), -1, at, candidate) for at, (number, candidate) in enumerate(clear)]
    coded = [(rules.rank(find.number), find.layer, at, find.outer) for at, find in enumerate(beneath)]
    spans, same = Spans(), set[tuple[int, int, int]]()
    kept: tuple[list[int], list[int]] = [], []
    for _, layer, at, candidate in sorted([*shown, *coded], key=lambda item: item[:3]):
        place = layer, candidate.start, candidate.end
        if (layer >= 0 and place in same) or spans.add(candidate.start, candidate.end):
            same.add(place)
            kept[layer >= 0].append(at)
    hidden = sorted((beneath[at] for at in kept[1]), key=lambda find: find.outer.start)
    return [clear[at] for at in sorted(kept[0])], hidden
