"""PostgreSQL's password file: host:port:database:user:password (https://www.postgresql.org/docs/current/libpq-pgpass.html)."""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.assignment import Assignment, candidates, line_spans
from gitshield.rules.readers.judgement import is_password
from gitshield.rules.rule import Rule

_ENTRY: Final = re.compile(rb"[ \t]*#?(?:[^:\\\n]*+(?:\\.[^:\\\n]*+)*+:){4}")
_ESCAPE: Final = re.compile(rb"\\(.)")


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the password of each line in order. Never raises."""
    yield from candidates(rule, data, _passwords(data), path=path)


def _passwords(data: bytes) -> Iterator[Assignment]:
    for low, high in line_spans(data):
        entry = _ENTRY.match(data, low, high)
        if entry is not None and is_password(_ESCAPE.sub(rb"\1", data[entry.end() : high])):
            yield Assignment(b"password", data[entry.end() : high], entry.end(), high)
