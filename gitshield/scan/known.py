"""Known values: the secrets of a developer's own local dotenv files, looked for byte by byte in what is about to be shared.

They are read, held in memory for one scan, and stored nowhere.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from gitshield.model.secret import Secret
from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.dotenv import secrets
from gitshield.rules.rule import Rule, Severity
from gitshield.scan.engine import Seen, seen_in
from gitshield.scan.fragment import Fragment

MIN_LENGTH: Final = 8
RULE: Final = Rule(
    id="local-dotenv-value",
    description="A secret value of a local dotenv file",
    pack="built in",
    family="provider",
    severity=Severity.CRITICAL,
    confidence="high",
)


@dataclass(frozen=True, slots=True)
class KnownValues:
    """Secret values with the file each stands in."""

    values: tuple[tuple[Secret, str], ...] = ()

    def in_bytes(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Give the [start, end) of every place where one of the values stands."""
        for secret, _file in self.values:
            value = secret.reveal()
            at = data.find(value)
            while at >= 0:
                yield at, at + len(value)
                at = data.find(value, at + len(value))


def collect(files: Iterable[tuple[str, bytes]]) -> KnownValues:
    """Take the secret values of at least MIN_LENGTH bytes out of dotenv files, given as (path, content)."""
    values: dict[bytes, str] = {}
    for path, content in files:
        for found in secrets(content):
            if len(found.value) >= MIN_LENGTH:
                values.setdefault(found.value, path)
    return KnownValues(tuple((Secret(value), path) for value, path in values.items()))


def known_findings(known: KnownValues, fragment: Fragment, others: Sequence[Seen]) -> Iterator[Seen]:
    """Findings for known values in a fragment, but for those inside a secret that another rule found already."""
    if not known.values:
        return
    offset = fragment.offset
    spans = (one.finding.span for one in others if one.finding.secret is not None)
    taken = sorted((span.start - offset, span.end - offset) for span in spans)
    starts, reach = [start for start, _end in taken], list(accumulate((end for _start, end in taken), max))
    found = (span for span in sorted(set(known.in_bytes(fragment.data))) if span[1] > fragment.fresh)
    kept = [
        (RULE, Candidate(RULE, fragment.data, start, end, start, end, fragment.path))
        for start, end in found
        if (before := bisect_left(starts, end)) == 0 or reach[before - 1] <= start
    ]
    yield from seen_in(fragment, kept)
