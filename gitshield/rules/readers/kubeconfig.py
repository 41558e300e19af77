"""kubeconfig: client keys, tokens and passwords of its users (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/)."""

from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import json_pairs, yaml_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.encoding import decoded
from gitshield.rules.readers.judgement import is_password
from gitshield.rules.rule import Rule

_PLAIN: Final = frozenset((b"token", b"password", b"access-token", b"id-token", b"refresh-token", b"client-secret"))


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the users' secrets in order; key data must decode to a private key. Never raises."""
    yield from candidates(rule, data, _secrets(data), path=path)


def _secrets(data: bytes) -> Iterator[Assignment]:
    for pair in json_pairs.pairs(data) if data.lstrip().startswith(b"{") else yaml_pairs.pairs(data):
        if pair.name == b"client-key-data":
            if b"PRIVATE KEY" in (decoded(pair.value) or b""):
                yield pair
        elif pair.name in _PLAIN and len(pair.value) >= 6 and is_password(pair.value):
            yield pair
