"""Known values: the secrets of a developer's own local dotenv files, looked for byte by byte in what is about to be shared.

They are read, held in memory for one scan, and stored nowhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gitshield.model.finding import Finding
from gitshield.model.secret import Secret
from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.dotenv import secrets
from gitshield.rules.rule import Rule, Severity
from gitshield.scan.engine import Seen, seen
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
    spans = [(one.finding.span.start, one.finding.span.end) for one in others if one.finding.secret is not None]
    found = (span for span in sorted(set(known.in_bytes(fragment.data))) if not _overlaps(span, spans, fragment.offset))
    for start, end in found:
        if end > fragment.fresh:
            yield seen(RULE, Candidate(RULE, fragment.data, start, end, start, end, fragment.path), fragment)


def _overlaps(span: tuple[int, int], spans: Sequence[tuple[int, int]], offset: int) -> bool:
    start, end = span[0] + offset, span[1] + offset
    return any(low < end and start < high for low, high in spans)


def value_of(finding: Finding) -> bytes | None:
    """The finding's secret bytes, None when the file itself is the finding."""
    return finding.secret.reveal() if finding.secret is not None else None
