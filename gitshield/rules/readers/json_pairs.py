"""JSON as pairs with their places in the file; comments, trailing commas and a cut-off end are put up with."""

import json
import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.readers.assignment import Assignment

_TOKEN: Final = re.compile(rb'[ \t\r\n]++|//[^\n]*+|"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([{}\[\],:])|([^\s{}\[\],:"/]++)', re.DOTALL)
# Deeper nesting is read as if it were flat, so that a file of brackets costs no more than any other.
_MAX_DEPTH: Final = 100


class _Level:
    """One open object or array: the name it stands under and where reading is in it."""

    __slots__ = ("count", "is_object", "key", "name", "text", "where")

    def __init__(self, name: bytes, where: tuple[bytes, ...], *, is_object: bool) -> None:
        self.name, self.where, self.is_object = name, where, is_object
        self.key: bytes | None = None
        self.text: bytes | None = None
        self.count = 0

    def value_name(self) -> bytes | None:
        """The name of a value that begins now: its key, or the array's own name; None where a key is expected."""
        return self.key if self.is_object else self.name

    def step(self) -> bytes:
        """How the place of a value that begins now is called: its key or its index."""
        return self.key or b"" if self.is_object else str(self.count).encode()


def pairs(data: bytes) -> Iterator[Assignment]:
    """Give every scalar of a JSON text in order, texts unescaped, others as they stand. Never raises; linear in `data`.

    `where` begins with the number of the document (of several in one file), then keys and indexes down to the pair's object.
    """
    levels = [_Level(b"", (), is_object=False)]
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while at < len(data):
        token = _TOKEN.match(data, at)
        if token is None:
            if data[at : at + 2] != b"/*" and data[at : at + 1] == b'"':
                return
            close = data.find(b"*/", at) if data[at : at + 2] == b"/*" else at - 1
            if close < at - 1:
                return
            at = close + 2
            continue
        at = token.end()
        match token.lastindex:
            case 2:
                _open_or_close(levels, token.group(2))
            case 1 | 3 as group:
                yield from _scalar(levels[-1], data, token.span(group), is_text=group == 1)
            case _:
                pass


def _scalar(level: _Level, data: bytes, span: tuple[int, int], *, is_text: bool) -> Iterator[Assignment]:
    raw = data[span[0] : span[1]]
    name = level.value_name()
    if name is None:
        level.text = _unescaped(raw) if is_text else raw
        return
    where = level.where if level.is_object else (*level.where, level.step())
    yield Assignment(name, _unescaped(raw) if is_text else raw, *span, where)


def _open_or_close(levels: list[_Level], sign: bytes) -> None:
    level = levels[-1]
    match sign:
        case b":":
            level.key, level.text = level.text, None
        case b",":
            level.key = level.text = None
            level.count += 1
        case b"{" | b"[":
            where = (*level.where, level.step()) if len(levels) < _MAX_DEPTH else level.where
            levels.append(_Level(level.value_name() or b"", where, is_object=sign == b"{"))
        case _:
            if len(levels) > 1:
                levels.pop()
            if len(levels) == 1:
                levels[0].count += 1


def _unescaped(raw: bytes) -> bytes:
    if b"\\" not in raw:
        return raw
    try:
        return str(json.loads(b'"' + raw + b'"', strict=False)).encode("utf-8", "surrogatepass")
    except (ValueError, UnicodeDecodeError):
        return raw
