"""Mail programs' settings: a keyword, then the password (msmtp, esmtp, fetchmail, mutt, mailx, isync, OfflineIMAP)."""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.judgement import is_password, secret_part
from gitshield.rules.rule import Rule

_ENTRY: Final = re.compile(
    rb"""(?im)(?:^|[\s])((?:remote|local|smtp[_-]auth[_-]|smtp[_-]|imap[_-]|pop[_-]|nntp[_-]|my_|proxy_)?(?:password|passwd|passphrase|pass))"""
    rb"""(?:[ \t]*=[ \t]*|[ \t]+(?:is[ \t]+)?)(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'#;`]\S*))"""
)
_URL: Final = re.compile(rb"""(?i)\b(?:smtps?|imaps?|pops?)://[^\s"'/]{1,300}""")


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the passwords in order, those in mail URLs last. Never raises."""
    yield from candidates(rule, data, _passwords(data), path=path)


def _passwords(data: bytes) -> Iterator[Assignment]:
    for match in _ENTRY.finditer(data):
        group = match.lastindex or 0
        if is_password(match.group(group)):
            yield Assignment(match.group(1), match.group(group), *match.span(group))
    for match in _URL.finditer(data):
        part = secret_part(match.group())
        if part and part != (0, 0):
            yield Assignment(b"password", match.group(), *match.span()).part(data, *part)
