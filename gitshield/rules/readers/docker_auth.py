"""Docker's registry logins: `auth` is base64 of user:password (https://docs.docker.com/reference/cli/docker/login/)."""

from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import json_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.encoding import decoded
from gitshield.rules.readers.judgement import is_password
from gitshield.rules.rule import Rule

_PLAIN: Final = frozenset((b"password", b"identitytoken", b"registrytoken"))


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give each login's secret in order, as it stands in the file. Never raises."""
    yield from candidates(rule, data, logins(data), path=path)


def logins(data: bytes) -> Iterator[Assignment]:
    """Give the `auth` values that hold a user and a real password, and passwords and tokens in the clear."""
    for pair in json_pairs.pairs(data):
        if pair.name == b"auth":
            user, colon, password = (decoded(pair.value) or b"").partition(b":")
            if user and colon and is_password(password.rstrip(b"\0\r\n")):
                yield pair
        elif pair.name in _PLAIN and is_password(pair.value):
            yield pair
