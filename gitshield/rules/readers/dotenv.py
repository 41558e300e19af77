"""Environment files (`.env` and its kin): every pair of them, and which of the values are secrets.

The syntax is the union of what its readers take: `export`, three kinds of quotes, values over several lines, escapes,
comments, `KEY: value`, any line end (https://github.com/motdotla/dotenv#what-rules-does-the-parsing-engine-follow).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import json_pairs
from gitshield.rules.readers.assignment import Assignment, candidates, line_spans
from gitshield.rules.readers.judgement import is_secret, secret_part
from gitshield.rules.rule import Rule

__all__ = ["Assignment", "assignments", "is_secret", "read", "secrets"]

_KEY: Final = re.compile(rb"(?:(?:export|declare -x|set -gx)[ \t]+)?([A-Za-z_][A-Za-z0-9_.\-]{0,199})[ \t]*(?:=|:(?=[ \t]|$))[ \t]*")
_COMMENTED: Final = re.compile(rb"#+[ \t]*(?=(?:export[ \t]+)?[A-Z][A-Z0-9_]{1,199}=)")
_REMARK: Final = re.compile(rb"[ \t]#")
_REST: Final = re.compile(rb"[ \t]*;?[ \t]*(?:#[^\r\n]*)?(?:\r|\n|$)")
_ESCAPE: Final = re.compile(rb"\\([nrt\"'\\$`])")
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
# One value over several lines is at most this long, and a file with many unclosed quotes is not searched for ever.
_MAX_QUOTED: Final = 16 << 10
_MAX_UNCLOSED: Final = 500
_CODE: Final = re.compile(
    r"\.(?:py|pyi|[cm]?js|jsx|[cm]?ts|tsx|rb|go|rs|php|java|kt|cs|c|h|cpp|swift|vue|md|rst|html|css|json|ya?ml|toml|sh|ps1)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A quoted value at [start, end) and where reading goes on."""

    start: int
    end: int
    after: int


def assignments(data: bytes) -> Iterator[Assignment]:
    """Give the pairs of `data` in order, also those in comments. Never raises; lines that are no pair are passed over."""
    reached = unclosed = 0
    for low, high in line_spans(data):
        if low < reached:
            continue
        begin = low + len(data[low:high]) - len(data[low:high].lstrip())
        if (comment := _COMMENTED.match(data, begin, high)) is not None:
            begin = comment.end()
        key = _KEY.match(data, begin, high)
        if key is None:
            continue
        start = key.end()
        quote = data[start : start + 1]
        if start < high and quote in (b'"', b"'", b"`"):
            limit = high if comment is not None or unclosed > _MAX_UNCLOSED else min(len(data), start + _MAX_QUOTED)
            if (quoted := _quoted(data, start, limit)) is not None:
                reached = quoted.after
                value = data[quoted.start : quoted.end]
                yield Assignment(key.group(1), _unescaped(value) if quote == b'"' else value, quoted.start, quoted.end)
                continue
            unclosed += 1
            start += 1
        end = _plain_end(data, start, high)
        yield Assignment(key.group(1), data[start:end], start, end)


def secrets(data: bytes) -> Iterator[Assignment]:
    """Give the assignments whose values are secrets, narrowed to the secret itself (of a URL, its password)."""
    for each in assignments(data):
        if is_secret(each.name, each.value) or _is_secret_object(each.value):
            part = secret_part(each.value) if b"PRIVATE KEY" not in each.value else None
            yield each.part(data, *part) if part and part != (0, 0) else each


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the secrets of an environment file in order. Never raises; program text under such a name is left alone."""
    if _CODE.search(path) is None:
        yield from candidates(rule, data, secrets(data), path=path)


def _quoted(data: bytes, start: int, limit: int) -> _Quoted | None:
    """The value whose opening quote is at `start`, when it is closed before `limit` and nothing but a comment follows."""
    quote = data[start : start + 1]
    at = data.find(quote, start + 1, limit)
    while at >= 0 and quote == b'"' and _is_escaped(data, at, start):
        at = data.find(quote, at + 1, limit)
    if at < 0 or (rest := _REST.match(data, at + 1)) is None:
        return None
    return _Quoted(start + 1, at, rest.end())


def _is_escaped(data: bytes, at: int, start: int) -> bool:
    """Whether an odd number of backslashes (of the last 16) stands before `at`."""
    before = data[max(start + 1, at - 16) : at]
    return (len(before) - len(before.rstrip(b"\\"))) % 2 == 1


def _plain_end(data: bytes, start: int, high: int) -> int:
    """Where a value without quotes ends: before a comment and the blanks in front of it."""
    if data[start : start + 1] == b"#":
        return start
    remark = _REMARK.search(data, start, high)
    end = remark.start() if remark is not None else high
    return start + len(data[start:end].rstrip(b" \t;"))


def _unescaped(value: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), value)


def _is_secret_object(value: bytes) -> bool:
    """Whether a JSON value (a service account, say) has a secret in it."""
    if not value.lstrip().startswith((b"{", b"[")):
        return False
    return any(is_secret(pair.name, pair.value) for pair in json_pairs.pairs(value))
