"""YAML as pairs with their places in the file, read line by line: block mappings and lists, quotes, block texts, simple flow.

What it leaves out: anchors' meaning, complex keys, plain texts over several lines. A template between the lines does no harm.
"""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.readers.assignment import Assignment, line_spans

_ITEM: Final = re.compile(rb"-(?:[ \t]+|$)")
_KEY: Final = re.compile(
    rb"""(?:"([^"\n]*+)"|'([^'\n]*+)'|([^\s#\[\]{},&*!|>%@`"':\-][^:\n]*+(?::(?![ \t]|$)[^:\n]*+)*+|-[^\s:][^:\n]*+))"""
    rb"""[ \t]*+:(?:[ \t]+|$)"""
)
_PROPERTY: Final = re.compile(rb"(?:[!&][^\s{\[]*+[ \t]++)++")
_BLOCK: Final = re.compile(rb"[|>][+\-0-9]{0,3}[ \t]*(?:#.*)?")
_REMARK: Final = re.compile(rb"[ \t]#")
_FLOW: Final = re.compile(
    rb"""(?<![\w.\-])([A-Za-z_][\w.\-]{0,200})["']?[ \t]{0,20}:[ \t]{0,20}"""
    rb"""(?:"([^"\n]*)"|'([^'\n]*)'|([^\s,{}\[\]"'][^,{}\[\]\n]*))"""
)
_ESCAPE: Final = re.compile(rb'\\(["\\/nrt])')
_ESCAPES: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_MAX_DEPTH: Final = 100


class _Level:
    """One open mapping or list at its column; `items` counts the items of a list as they come."""

    __slots__ = ("indent", "items", "key")

    def __init__(self, indent: int, key: bytes, items: int = 0) -> None:
        self.indent = indent
        self.key = key
        self.items = items


def pairs(data: bytes) -> Iterator[Assignment]:
    """Give every scalar of a YAML text in order, quotes taken off. Never raises; linear in `data`.

    `where` begins with the number of the document, then keys and list indexes down to the pair's mapping.
    """
    lines = list(line_spans(data))
    levels: list[_Level] = []
    document = number = 0
    while number < len(lines):
        low, high = lines[number]
        number += 1
        text = data[low:high]
        body = text.lstrip(b" ")
        if not body.strip() or body.startswith(b"#"):
            continue
        if text.startswith(b"---"):
            document, levels = document + 1, []
            low += 3
            body = text[3:].lstrip(b" ")
        start = high - len(body)
        start = _enter_items(data, start, high, low, levels)
        key = _KEY.match(data, start, high)
        indent = start - low
        if key is not None:
            name = next(group for group in key.groups() if group is not None).strip()
            _leave(levels, indent)
            where, start = _where(document, levels), key.end()
            if len(levels) < _MAX_DEPTH:
                levels.append(_Level(indent, name))
        else:
            name, where = (levels[-1].key if levels else b""), _where(document, levels)
            indent = levels[-1].indent if levels else -1
        start = prop.end() if (prop := _PROPERTY.match(data, start, high)) is not None else start
        if _BLOCK.fullmatch(data, start, high):
            number, block = _block(data, lines, number, indent)
            if block is not None:
                yield Assignment(name, block[0], block[1], block[2], where)
            continue
        yield from _scalar(data, start, high, name, where)


def _enter_items(data: bytes, start: int, high: int, low: int, levels: list[_Level]) -> int:
    """Step over the `- ` of list items, and count them; gives where their content begins."""
    for _ in range(_MAX_DEPTH):
        item = _ITEM.match(data, start, high)
        if item is None:
            break
        indent = start - low
        _leave(levels, indent, is_item=True)
        if not levels or levels[-1].indent < indent or levels[-1].items == 0:
            levels.append(_Level(indent, levels[-1].key if levels else b""))
        levels[-1].items += 1
        start = item.end()
    return start


def _leave(levels: list[_Level], indent: int, *, is_item: bool = False) -> None:
    """Close what ends at a line of this indent. A list may stand at the column of the key it belongs to."""
    while levels and (levels[-1].indent > indent or (levels[-1].indent == indent and not is_item)):
        levels.pop()


def _where(document: int, levels: list[_Level]) -> tuple[bytes, ...]:
    return (str(document).encode(), *(str(level.items).encode() if level.items else level.key for level in levels))


def _block(data: bytes, lines: list[tuple[int, int]], number: int, indent: int) -> tuple[int, tuple[bytes, int, int] | None]:
    """Read a block text (`|`, `>`) below a line of `indent`: the number of the line after it, and its text with its span."""
    taken: list[bytes] = []
    first = last = -1
    while number < len(lines):
        low, high = lines[number]
        body = data[low:high].lstrip(b" ")
        if body.strip() and high - len(body) - low <= indent:
            break
        if body.strip():
            first, last = (high - len(body) if first < 0 else first), high
        taken.append(body)
        number += 1
    return number, (b"\n".join(taken).strip(), first, last) if first >= 0 else None


def _scalar(data: bytes, start: int, high: int, name: bytes, where: tuple[bytes, ...]) -> Iterator[Assignment]:
    first = data[start : start + 1] if start < high else b""
    if first in (b'"', b"'"):
        end = _closing(data, start, high)
        yield Assignment(name, _unquoted(data[start + 1 : end], first), start + 1, end, where)
    elif first in (b"{", b"["):
        for match in _FLOW.finditer(data, start, high):
            group = match.lastindex or 0
            if group > 1:
                value = match.group(group).rstrip()
                yield Assignment(match.group(1), value, match.start(group), match.start(group) + len(value), (*where, name))
    elif first and first not in b"*#":
        remark = _REMARK.search(data, start, high)
        value = data[start : remark.start() if remark is not None else high].rstrip()
        yield Assignment(name, value, start, start + len(value), where)


def _unquoted(raw: bytes, quote: bytes) -> bytes:
    if quote == b"'":
        return raw.replace(b"''", b"'")
    return _ESCAPE.sub(lambda match: _ESCAPES.get(match.group(1), match.group(1)), raw)


def _closing(data: bytes, start: int, high: int) -> int:
    """Where the quoted text that opens at `start` closes on its line; the line's end when it does not."""
    quote, at = data[start], start + 1
    while at < high:
        if data[at] == 92 and quote == 34:
            at += 2
        elif data[at] != quote:
            at += 1
        elif quote == 39 and data[at + 1 : min(at + 2, high)] == b"'":
            at += 2
        else:
            return at
    return high
