"""git's store of passwords: one URL a line (https://git-scm.com/docs/git-credential-store)."""

from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.assignment import Assignment, candidates, line_spans
from gitshield.rules.readers.judgement import is_password, secret_part
from gitshield.rules.rule import Rule


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the password of each URL in order, as it is written there. Never raises."""
    yield from candidates(rule, data, _passwords(data), path=path)


def _passwords(data: bytes) -> Iterator[Assignment]:
    for low, high in line_spans(data):
        line = Assignment(b"password", data[low:high], low, high)
        part = secret_part(line.value)
        if part and part != (0, 0) and is_password(unquote_to_bytes(line.value[slice(*part)])):
            yield line.part(data, *part)
