"""Confirmation: from "rule N may end here" to exact candidates, with RE2 in a bounded window."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.pattern import compiled
from gitshield.rules.rule import Rule

if TYPE_CHECKING:
    import re2

LINE_WINDOW: Final = 4 << 10
BLOCK_WINDOW: Final = 64 << 10
MAX_HITS: Final = 20_000
_BLOCK_SIGNS: Final = ("-----", "(?s", r"[\s\S]", r"\n")


def window_of(pattern: str) -> int:
    """How many bytes before and after the end of a hit a match of `pattern` is looked for."""
    return BLOCK_WINDOW if any(sign in pattern for sign in _BLOCK_SIGNS) else LINE_WINDOW


def group_hits(hits: Sequence[tuple[int, int]]) -> tuple[Mapping[int, list[int]], tuple[int, ...]]:
    """Sort raw (rule number, end) hits by rule; a rule with over MAX_HITS hits is cut there and named in the second value."""
    ends: dict[int, list[int]] = {}
    cut: set[int] = set()
    for number, end in hits:
        known = ends.setdefault(number, [])
        if len(known) < MAX_HITS:
            known.append(end)
        else:
            cut.add(number)
    return ends, tuple(sorted(cut))


def confirm(rule: Rule, data: bytes, ends: Sequence[int], *, path: str) -> Iterator[Candidate]:
    """Give the candidates of `rule` in `data` near the hit `ends`, in order, none twice and none overlapping."""
    if rule.regex is None:
        return
    pattern, reach, start, covered = compiled(rule.regex), window_of(rule.regex), 0, 0
    name_group = pattern.groupindex.get(b"name")
    for end in sorted(ends):
        while end > covered and (match := _search(pattern, data, start, end, reach)) is not None:
            low, high = _secret_span(match, rule.secret_group, name_group)
            if low < high:
                name = match.group(name_group) if name_group is not None else None
                yield Candidate(rule, data, low, high, match.start(), match.end(), path, name)
            # The edge after a secret may be the edge before the next one, so the search goes on at the end of the secret.
            start, covered = max(high, match.start() + 1), match.end()


def _search(pattern: "re2._Regexp[bytes]", data: bytes, start: int, end: int, reach: int) -> "re2._Match[bytes] | None":
    """The first match from `start` on near a hit that ends at `end`; a value longer than its window is looked for in a wide one."""
    match = pattern.search(data, max(start, end - reach), min(len(data), end + reach))
    if match is None and reach < BLOCK_WINDOW:
        match = pattern.search(data, max(start, end - BLOCK_WINDOW), min(len(data), end + BLOCK_WINDOW))
    return match


def _secret_span(match: "object", wanted: int | None, name_group: int | None) -> tuple[int, int]:
    """The secret's span: the wanted group, or the first that took part, or the whole match (gitleaks' rule)."""
    count = len(match.groups())  # type: ignore[attr-defined]
    for group in (wanted,) if wanted else range(1, count + 1):
        if group != name_group and group <= count and (span := match.span(group)) != (-1, -1):  # type: ignore[attr-defined]
            return int(span[0]), int(span[1])
    return match.span()  # type: ignore[attr-defined,no-any-return]
