"""XML as pairs with their places in the file: elements' texts, attributes, and `key`/`value` attributes of one tag."""

import html
import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.readers.assignment import Assignment

_TAG: Final = re.compile(rb"<(/?)([A-Za-z_][\w.:\-]{0,200})((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>")
_ATTRIBUTE: Final = re.compile(rb"""(?<![\w.:\-])([A-Za-z_][\w.:\-]{0,200})\s{0,20}=\s{0,20}(?:"([^"<]*)"|'([^'<]*)')""")
_NAMING: Final = (b"key", b"name", b"id", b"property")


def pairs(data: bytes) -> Iterator[Assignment]:
    """Give the texts and attributes of `data` in order, entities resolved. Never raises; linear in `data`.

    An element's text is named by its tag, or by its `name` or `key` attribute where it has one; `where` is the tag and, for
    a text, its `encoding` attribute. Comments are read like the rest: what is commented out has leaked just the same.
    """
    tags = list(_TAG.finditer(data))
    for index, tag in enumerate(tags):
        if tag.group(1):
            continue
        known = {match.group(1).lower(): match for match in _ATTRIBUTE.finditer(data, tag.start(3), tag.end(3))}
        named = next((_text(known[key])[0] for key in _NAMING if key in known), b"")
        for key, match in known.items():
            value, low, high = _text(match)
            yield Assignment(named if key == b"value" and named else match.group(1), _resolved(value), low, high, (tag.group(2),))
        following = tags[index + 1] if index + 1 < len(tags) else None
        if following is not None and following.group(1) and following.group(2) == tag.group(2):
            encoding = _text(known[b"encoding"])[0] if b"encoding" in known else b""
            yield from _element(data, tag, following.start(), named, encoding)


def _element(data: bytes, tag: re.Match[bytes], end: int, named: bytes, encoding: bytes) -> Iterator[Assignment]:
    raw = data[tag.end() : end]
    start = tag.end() + len(raw) - len(raw.lstrip())
    if raw.strip().startswith(b"<![CDATA["):
        start, raw = start + 9, raw.strip()[9:].removesuffix(b"]]>")
    raw = raw.strip()
    if raw:
        yield Assignment(named or tag.group(2), _resolved(raw), start, start + len(raw), (tag.group(2), encoding))


def _text(match: re.Match[bytes]) -> tuple[bytes, int, int]:
    group = 2 if match.group(2) is not None else 3
    return match.group(group), match.start(group), match.end(group)


def _resolved(raw: bytes) -> bytes:
    """`raw` with its entities resolved, where it has any and they can be."""
    return html.unescape(raw.decode("latin-1")).encode("latin-1", "replace") if b"&" in raw else raw
