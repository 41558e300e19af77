"""Lines of `name = value` under `[section]` heads, as pairs: INI, TOML, properties and what looks like them."""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.readers.assignment import Assignment, line_spans

_SECTION: Final = re.compile(rb"[ \t]*\[+([^\[\]\n]{1,500})\]")
_PAIR: Final = re.compile(
    rb"""[ \t]*(?:export[ \t]+|set[ \t]+)?["']?([^\s=:#;"'\[][^\s=:"']{0,300}(?:[ ][\w.]{1,60}){0,3})["']?[ \t]*[=:][ \t]*"""
)
_REMARK: Final = re.compile(rb"[ \t][#;]")
_QUOTES: Final = (b'"""', b"'''", b'"', b"'")
_ESCAPE: Final = re.compile(rb'\\(["\\])')


def pairs(data: bytes) -> Iterator[Assignment]:
    """Give the pairs of `data` in order, quotes taken off, `where` the section. Never raises; linear in `data`."""
    section: tuple[bytes, ...] = ()
    for low, high in line_spans(data):
        if (head := _SECTION.match(data, low, high)) is not None:
            section = (head.group(1).strip(b" \"'"),)
            continue
        pair = _PAIR.match(data, low, high)
        if pair is None or pair.end() >= high:
            continue
        start, end = value_span(data, pair.end(), high)
        value = data[start:end]
        yield Assignment(pair.group(1), _ESCAPE.sub(rb"\1", value) if b"\\" in value else value, start, end, section)


def value_span(data: bytes, start: int, high: int) -> tuple[int, int]:
    """[start, end) of the value that begins at `start` of a line: inside its quotes, or up to a comment or the line's end."""
    for quote in _QUOTES:
        if data.startswith(quote, start, high):
            close = data.find(quote, start + len(quote), high)
            while close > 0 and quote == b'"' and data[close - 1] == 92 and data[close - 2] != 92:
                close = data.find(quote, close + 1, high)
            return start + len(quote), close if close >= 0 else high
    remark = _REMARK.search(data, start, high)
    end = remark.start() if remark is not None else high
    return start, start + len(data[start:end].rstrip(b" \t;,"))
