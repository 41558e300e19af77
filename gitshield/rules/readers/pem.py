"""Private keys in key files: PEM, PuTTY, DER and a bare token. Certificates and public keys yield nothing."""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.judgement import is_random, is_stand_in
from gitshield.rules.rule import Rule

_BEGIN: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|OpenVPN Static key V1)-----")
_LABELS: Final = (b"Proc-Type:", b"DEK-Info:", b"Version:", b"Comment:", b"Hash:", b"Charset:")
_PUTTY: Final = re.compile(rb"(?m)^Private-Lines: \d{1,4}\r?\n((?:[A-Za-z0-9+/=]{1,80}\r?\n?)+)")
_AGE: Final = re.compile(rb"AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{58,4000}")
# PKCS #1, SEC 1 and PKCS #8 begin with a sequence, then the version, then the modulus, the octets or the algorithm.
_DER: Final = re.compile(
    rb"\x30(?:\x82..|\x81.|[\x20-\x7f])\x02\x01[\x00\x01](?:\x02[\x81\x82]|\x04[\x10-\x7f]|\x30[\x05-\x20]\x06)", re.DOTALL
)
_BODY: Final = re.compile(rb"[A-Za-z0-9+/=,: \-]*")
_MIN_BODY: Final = 32
_MAX_BODY: Final = 64 << 10


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give each private key from its BEGIN to its END line (or as far as it goes), in order. Never raises."""
    yield from candidates(rule, data, _keys(data, path), path=path)


def _keys(data: bytes, path: str) -> Iterator[Assignment]:
    reached = 0
    for begin in _BEGIN.finditer(data):
        if begin.start() < reached:
            continue
        label = begin.group(1)
        limit = begin.end() + _MAX_BODY
        close = data.find(b"-----END " + label, begin.end(), limit)
        end = data.find(b"-----", close + 9, close + 200) + 5 if close >= 0 else min(len(data), limit)
        reached = max(end, begin.end())
        if _is_key_body(data[begin.end() : close if close >= 0 else reached]):
            yield Assignment(label, data[begin.start() : reached], begin.start(), reached)
    for pattern, group in ((_PUTTY, 1), (_AGE, 0)):
        for match in pattern.finditer(data):
            yield Assignment(b"key", match.group(group), *match.span(group))
    if _DER.match(data) is not None:
        yield Assignment(b"key", data, 0, len(data))
    elif path.lower().endswith(".key") and len(data) < 600 and is_random(token := data.strip()) and not is_stand_in(token):
        start = data.index(token)
        yield Assignment(b"key", token, start, start + len(token))


def _is_key_body(body: bytes) -> bool:
    """Whether `body` is key text and not a drawing of it (`...`, `<your key>`)."""
    lines = [line.strip() for line in body.replace(b"\\n", b"\n").split(b"\n")]
    text = b"".join(line for line in lines if not line.startswith(_LABELS))
    return len(text) >= _MIN_BODY and len(set(text)) >= 8 and _BODY.fullmatch(text) is not None
