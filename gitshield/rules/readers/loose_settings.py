"""Login files whose form differs from version to version: lines of pairs first, and quoted pairs inside of lines."""

from collections.abc import Iterator

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import code_settings, ini_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.settings import live
from gitshield.rules.rule import Rule


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the values in order of place whose names say that they are secret. Never raises."""
    yield from candidates(rule, data, _secrets(data), path=path)


def _secrets(data: bytes) -> list[Assignment]:
    found: dict[int, Assignment] = {each.end: each for each in live(data, ini_pairs.pairs(data))}
    found |= {each.end: each for each in live(data, code_settings.pairs(data))}
    return sorted(found.values(), key=lambda each: each.start)
