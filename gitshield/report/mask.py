"""The masker: finds the secrets of a result in any text that is about to be shown, also where they are encoded."""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from operator import itemgetter
from typing import Final
from urllib.parse import quote_from_bytes

MASK: Final = "********"
LONG: Final = 12
_CODED: Final = 6
_PART: Final = 8
_KEY: Final = 2
_NOWHERE: Final = re.compile(rb"(?!)")
_AROUND: Final = 160
# Lines are cut 2,000 bytes each side of their secret. A secret cut off at such an end would not be known again, so
# where one is that long, a line that long is not shown.
_CUT_LINE: Final = 1900
_LONG_SECRET: Final = 500
_CLOSING: Final = re.compile(rb"""["'`;,)}\]>\s]*""")
_PERCENT: Final = re.compile(rb"%[0-9A-F]{2}")
_REST: Final = "…"


@dataclass(frozen=True, slots=True)
class Masker:
    """Byte strings to find: by their first two bytes sets of those of one length, longest first; `starts` finds those two bytes.

    `longest` is the length of the longest secret, `reach` that of the longest byte string.
    """

    needles: Mapping[bytes, Sequence[tuple[int, AbstractSet[bytes]]]]
    longest: int = 0
    reach: int = 0
    starts: re.Pattern[bytes] = _NOWHERE

    def spans(self, text: bytes) -> list[tuple[int, int]]:
        """The [start, end) of all needles in `text`, in order, overlapping ones as one."""
        found: list[tuple[int, int]] = []
        for match in self.starts.finditer(text):
            at = match.start()
            for length, needles in self.needles.get(text[at : at + _KEY], ()):
                if text[at : at + length] in needles:
                    found.append((at, at + length))
                    break
        return _joined(found)


def masker_of_values(values: Iterable[bytes], *, exact: Iterable[bytes] = ()) -> Masker:
    """Make the masker of secrets: as they are, their lines, and what base64, hex, percent, HTML and JSON coding make.

    Of `values` those of at least 12 bytes count (shorter ones may be words of everyday), of `exact` all from 2 bytes,
    and their codings from 6.
    """
    needles: set[bytes] = set()
    longest = 0
    for value in {value for value in values if len(value) >= LONG}:
        longest = max(longest, len(value))
        needles.update(_forms(value))
    for value in exact:
        needles.update(_forms(value) if len(value) >= _CODED else {value} if len(value) >= _KEY else ())
    by_key: dict[bytes, dict[int, set[bytes]]] = {}
    for needle in needles:
        by_key.setdefault(needle[:_KEY], {}).setdefault(len(needle), set()).add(needle)
    by_length = {key: sorted(sets.items(), reverse=True, key=itemgetter(0)) for key, sets in by_key.items()}
    return Masker(by_length, longest, max(map(len, needles), default=0), _starts(by_key))


def _starts(keys: Iterable[bytes]) -> re.Pattern[bytes]:
    """A pattern of the places at which one of the keys stands; it matches no bytes itself, so that none hides another."""
    seconds: dict[bytes, list[bytes]] = {}
    for key in keys:
        seconds.setdefault(key[:1], []).append(key[1:])
    heads = (re.escape(first) + b"[" + b"".join(map(re.escape, rest)) + b"]" for first, rest in sorted(seconds.items()))
    return re.compile(b"(?=" + b"|".join(heads) + b")", re.DOTALL) if seconds else _NOWHERE


def masked(text: str, masker: Masker) -> str:
    """Give a path or a sentence with secrets masked. Undecodable bytes stay the surrogates they are."""
    raw = text.encode("utf-8", "surrogateescape")
    parts, at = [], 0
    for start, end in masker.spans(raw):
        parts += [raw[at:start], MASK.encode()]
        at = end
    return b"".join((*parts, raw[at:])).decode("utf-8", "surrogateescape") if parts else text


def masked_line(line: bytes, own: bytes, *, mask: str, column: int, first: int, maskers: Iterable[Masker]) -> bytes | None:
    """Give a line around the secret `own`, which begins in `column` (from 1, in bytes), up to its first secret, masked.

    `first` is the column of the first secret on the line. What follows a secret may be the rest of it, where it was read
    too short: it stays when it is closing punctuation alone.
    None when the line cannot be shown safely: `own` goes beyond it or was read from an encoding that hides it, or a
    secret begins before the part that would be shown.
    """
    at = column - 1 if line.startswith(own, column - 1) else line.find(own)
    maskers = tuple(maskers)
    if at < 0 or not own or (len(line) >= _CUT_LINE and max((m.longest for m in maskers), default=0) >= _LONG_SECRET):
        return None
    low, high = max(0, at - _AROUND), min(len(line), at + len(own) + _AROUND)
    if column - first > at - low:
        return None
    # what is further from the part that is shown than any needle is long cannot reach into it
    reach = max(len(own), *(masker.reach for masker in maskers), 0)
    start = max(0, low - reach)
    part = line[start : high + reach]
    spans = _joined([*_occurrences(part, own), *(span for masker in maskers for span in masker.spans(part))])
    begin, end = spans[0]
    if end <= low - start:
        return None
    rest = part[end : high - start]
    shown = mask if part[begin:end] == own else MASK
    return part[low - start : max(low - start, begin)] + shown.encode() + (rest if _CLOSING.fullmatch(rest) else _REST.encode())


def clear_line(line: bytes, own: bytes, *, column: int) -> bytes:
    """Give a line around the secret as it is, for those who asked to see secrets."""
    at = max(0, column - 1 if line.startswith(own, column - 1) else line.find(own))
    return line[max(0, at - _AROUND) : at + len(own) + _AROUND]


def _occurrences(text: bytes, value: bytes) -> Iterable[tuple[int, int]]:
    at = text.find(value)
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _forms(value: bytes) -> set[bytes]:
    forms = {value, value.hex().encode(), value.hex().upper().encode(), *_escaped(value)}
    forms.update(part for line in value.splitlines() for part in line.split(b"\\n") if len(part.strip()) >= _PART)
    for shift in range(3):
        whole = (shift + len(value)) // 3 * 4
        code = base64.b64encode(b"\x00" * shift + value)[(0, 2, 3)[shift] : whole]
        forms.update((code, code.translate(bytes.maketrans(b"+/", b"-_"))))
    return forms


def _escaped(value: bytes) -> Iterable[bytes]:
    """The forms of text in which single characters are written in another way."""
    for safe in ("", "/"):
        coded = quote_from_bytes(value, safe=safe).encode()
        yield from (coded, _PERCENT.sub(lambda found: found[0].lower(), coded))
    text = value.decode("utf-8", "surrogateescape")
    escaped = json.dumps(text)[1:-1]
    for_pages = escaped.translate({ord(char): f"\\u{ord(char):04x}" for char in "&<>'"})
    entities = html.escape(text)
    for form in (
        entities,
        entities.replace("&#x27;", "&#39;"),
        html.escape(text, quote=False),
        escaped,
        escaped.replace("/", "\\/"),
        for_pages,
    ):
        yield form.encode("utf-8", "surrogateescape")
