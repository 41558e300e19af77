"""Nearness: which candidates have a match of each rule that theirs requires close enough (gitleaks' `required`)."""

from bisect import bisect_left, insort
from collections.abc import Collection, Mapping, Sequence

from gitshield.rules.candidate import Candidate
from gitshield.rules.rule import Required, Rule

Position = tuple[int, int]


def with_required(candidates: Sequence[tuple[int, Candidate]], rules: Sequence[Rule]) -> list[tuple[int, Candidate]]:
    """The candidates, given with their rules' numbers and all of the same bytes, that have near them what they require.

    Their order stays. Takes n log n steps, also where thousands of them stand close together.
    """
    if not any(rules[number].required for number, _ in candidates):
        return list(candidates)
    positions = _positions([candidate for _, candidate in candidates])
    by_number: dict[int, set[Position]] = {}
    for number, candidate in candidates:
        by_number.setdefault(number, set()).add(positions[candidate.start])
    by_id = {rules[number].id: found for number, found in by_number.items()}
    good = {number: _meeting(rules[number].required, found, by_id) for number, found in by_number.items()}
    return [(number, candidate) for number, candidate in candidates if positions[candidate.start] in good[number]]


def _meeting(needs: Sequence[Required], places: Collection[Position], by_id: Mapping[str, Collection[Position]]) -> Collection[Position]:
    """Those of `places` that meet every need."""
    for need in needs:
        places = near(places, by_id.get(need.rule_id, ()), lines=need.within_lines, columns=need.within_columns)
    return places


def near(places: Collection[Position], others: Collection[Position], *, lines: int | None, columns: int | None) -> set[Position]:
    """Those of `places`, as (line, column), that have one of `others` within so many lines and columns; None is any number."""
    waiting, window, low, high = sorted(others), list[int](), 0, 0  # the window holds the columns of waiting[low:high], sorted
    found: set[Position] = set()
    for line, column in sorted(places):
        while high < len(waiting) and (lines is None or waiting[high][0] <= line + lines):
            insort(window, waiting[high][1])
            high += 1
        while lines is not None and low < high and waiting[low][0] < line - lines:
            del window[bisect_left(window, waiting[low][1])]
            low += 1
        at = 0 if columns is None else bisect_left(window, column - columns)
        if at < len(window) and (columns is None or window[at] <= column + columns):
            found.add((line, column))
    return found


def _positions(candidates: Sequence[Candidate]) -> Mapping[int, Position]:
    """The line and the column that each start is in, counted through the bytes once."""
    found: dict[int, Position] = {}
    at = line = 0
    newline = -1
    for candidate in sorted(candidates, key=lambda one: one.start):
        line += candidate.data.count(b"\n", at, candidate.start)
        newline = max(newline, candidate.data.rfind(b"\n", at, candidate.start))
        at = candidate.start
        found[at] = line, at - newline
    return found
