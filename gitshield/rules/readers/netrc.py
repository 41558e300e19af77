"""netrc: the password of each machine (https://everything.curl.dev/usingcurl/netrc.html)."""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.judgement import is_password
from gitshield.rules.rule import Rule

_WORD: Final = re.compile(rb'"([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)"|(\S+)')
_MACRO_END: Final = re.compile(rb"\n[ \t\r]*\n")


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the passwords in order; commented-out machines count, macros do not. Never raises."""
    yield from candidates(rule, data, _passwords(data), path=path)


def _passwords(data: bytes) -> Iterator[Assignment]:
    at, keyword = 0, b""
    while (word := _WORD.search(data, at)) is not None:
        at = word.end()
        group = 1 if word.group(1) is not None else 2
        text = word.group(group)
        if keyword == b"password":
            keyword = b""
            if is_password(text):
                yield Assignment(b"password", text, *word.span(group))
        elif text == b"macdef":
            end = _MACRO_END.search(data, at)
            at = end.end() if end is not None else len(data)
        else:
            keyword = text if keyword not in (b"login", b"machine", b"account") else b""
