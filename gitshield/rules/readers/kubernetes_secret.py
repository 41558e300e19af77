"""Kubernetes manifests of kind Secret: base64 under `data` is no protection, so what it stands for is judged.

`stringData` is plain text and left to the rules for that; sealed secrets are of another kind
(https://kubernetes.io/docs/concepts/configuration/secret/).
"""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.filters_shape import is_weak
from gitshield.rules.readers import json_pairs, yaml_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.docker_auth import logins
from gitshield.rules.readers.encoding import decoded
from gitshield.rules.readers.judgement import is_live, is_random, is_stand_in, secret_part
from gitshield.rules.readers.naming import Role, role_of
from gitshield.rules.rule import Rule

_KIND: Final = re.compile(rb"""kind["']?[ \t]*:[ \t]*["']?Secret\b""")
_PUBLIC: Final = (b"-----BEGIN CERTIFICATE", b"-----BEGIN PUBLIC", b"-----BEGIN PGP PUBLIC", b"ssh-")
_NAMES: Final = frozenset(b"username user host hostname port namespace database dbname url endpoint region type ca.crt tls.crt".split())


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the encoded values in order that stand for a live secret. Never raises."""
    if _KIND.search(data) is not None:
        yield from candidates(rule, data, _secrets(data), path=path)


def _secrets(data: bytes) -> Iterator[Assignment]:
    found = list(json_pairs.pairs(data) if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else yaml_pairs.pairs(data))
    manifests = {pair.where for pair in found if pair.name == b"kind" and pair.value == b"Secret"}
    for pair in found:
        if pair.where[-1:] == (b"data",) and pair.where[:-1] in manifests and _is_live(pair.name, pair.value):
            yield pair


def _is_live(name: bytes, encoded: bytes) -> bool:
    """Whether base64 `encoded` stands for a secret. In a Secret a value of no particular name is one when it is no setting."""
    plain = (decoded(encoded) or b"").strip()
    if name.endswith((b"dockerconfigjson", b"dockercfg")):
        return next(logins(plain), None) is not None
    if len(plain) < 4 or plain.startswith(_PUBLIC) or is_stand_in(plain) or is_weak(plain):
        return False
    if b"PRIVATE KEY" in plain:
        return True
    if (part := secret_part(plain)) is not None:
        return part != (0, 0)
    return name.lower() not in _NAMES and _is_live_text(name, plain)


def _is_live_text(name: bytes, plain: bytes) -> bool:
    """Whether `plain` is a password or token, or bytes that are no text (a raw key)."""
    if role_of(name) is Role.TOKEN:
        return is_live(b"password", plain)
    return is_live(name, plain) or is_random(plain) or (not plain.isascii() and len(plain) >= 16)
