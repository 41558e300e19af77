"""A sketch of a pattern: a cheaper one that matches in every text the pattern matches in, and in some more.

The sketches of all rules make a database a fifth the size of that of their patterns, so a hook whose content has no hit in it
need not load the large one. Every step only widens: what comes before the first word is left out, long repeats become endless
ones, an intricate part becomes any run of the bytes it is made of, and what follows once enough is said is left out. A pattern
with anything in it that this does not read is its own sketch.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

_ENDLESS: Final = 1 << 30
_EVERY: Final = (1 << 256) - 1
_HIGH: Final = _EVERY ^ ((1 << 128) - 1)
_EDGES: Final = frozenset({"^", "$", r"\b", r"\B", r"\A", r"\z"})
_EDGE_ESCAPES: Final = frozenset("bBAz")
_FLAGS: Final = frozenset("ims-")

# Where to stop, tried out on source trees: more of each makes the database larger, less makes it hit more often.
_REPEATS: Final = 10  # of a character
_INNER_REPEATS: Final = 6  # of one within a group
_POSITIONS: Final = 12  # of a part that says less than a word
_WORD_WORTH: Final = 3.0
_ENOUGH: Final = 14.0
_NOTHING: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Item:
    """One part: as it is spelled, what it says at least (in letters' worth), its positions, its least length, its bytes.

    `first` and `last` are the bytes it may begin and end with. A filler is any number of some bytes.
    """

    text: str
    worth: float = 0.0
    size: int = 0
    least: int = 0
    alphabet: int = 0
    first: int = 0
    last: int = 0
    is_filler: bool = False


@dataclass(frozen=True, slots=True)
class _Repeat:
    """A part, repeated `low` to `high` times; `inner` are the parts of a plain group, which may be looked into."""

    item: _Item
    low: int
    high: int
    inner: "tuple[_Repeat, ...] | None" = None


def sketch(pattern: str) -> str:
    """Give a cheaper pattern that matches somewhere in every text that `pattern` matches in."""
    reader = _Reader(pattern)
    try:
        opening = reader.flags()
        essences = [_essence(branch) for branch in reader.branches()]
    except (ValueError, IndexError):
        return pattern
    return pattern if reader.is_left else f"{opening}{'|'.join(dict.fromkeys(essences))})"


def _essence(parts: Sequence[_Repeat]) -> str:
    """The parts from the first that says something, until enough is said. Raises ValueError when they may match nothing."""
    flat = list(_flat(parts))
    first = next((n for n, part in enumerate(flat) if part.low and part.item.worth >= 0.8), 0)
    while first and flat[first - 1].item.text in _EDGES and flat[first - 1].low:
        first -= 1
    kept, said = list[_Item](), 0.0
    for part in flat[first:]:
        item = _widened(part, positions=_POSITIONS if said else _ENDLESS, repeats=_REPEATS)
        if kept and item.is_filler and kept[-1].is_filler:
            item = _filler(kept.pop().alphabet | item.alphabet)
        kept.append(item)
        said += item.worth
        if said >= _ENOUGH:
            break
    while len(kept) > 1 and kept[-1].worth < _NOTHING:
        kept.pop()
    if not any(item.least for item in kept):
        raise ValueError("nothing is said")
    return "".join(item.text for item in kept)


def _flat(parts: Iterable[_Repeat]) -> Iterator[_Repeat]:
    for part in parts:
        if part.inner is not None and part.low == part.high == 1:
            yield from _flat(part.inner)
        else:
            yield part


def _widened(part: _Repeat, *, positions: int = _ENDLESS, repeats: int = _INNER_REPEATS) -> _Item:
    """One part with its repeat, cheaper."""
    item, low = part.item, part.low
    if item.alphabet == 0:
        return item if low else _Item("")  # an edge
    if low == 0 and (part.high > 3 or item.size > 1):
        return _filler(item.alphabet)
    if item.size > 1 and (part.high > 3 or (item.size > positions and item.worth < _WORD_WORTH)):
        return _run(item, min(item.least * low, _INNER_REPEATS))
    kept = min(low, repeats) if item.size == 1 else low
    high = _ENDLESS if part.high > 3 or kept < low else part.high
    text = item.text + _times(kept, high)
    return _Item(text, item.worth * kept, item.size * max(kept, 1), item.least * kept, item.alphabet, item.first, item.last)


def _sequence(items: Sequence[_Item]) -> _Item:
    return _Item(
        "".join(item.text for item in items),
        sum(item.worth for item in items),
        sum(item.size for item in items),
        sum(item.least for item in items),
        _union(item.alphabet for item in items),
        _union(item.first for item in _until_sure(items)),
        _union(item.last for item in _until_sure(reversed(items))),
    )


def _alternatives(opening: str, branches: Sequence[_Item]) -> _Item:
    return _Item(
        f"{opening}{'|'.join(dict.fromkeys(branch.text for branch in branches))})",
        min(branch.worth for branch in branches),
        max(2, sum(branch.size for branch in branches)),
        min(branch.least for branch in branches),
        _union(branch.alphabet for branch in branches),
        _union(branch.first for branch in branches),
        _union(branch.last for branch in branches),
    )


def _run(item: _Item, low: int) -> _Item:
    """At least `low` of the bytes of an item, beginning or ending as it does."""
    if low == 0:
        return _filler(item.alphabet)
    every, first, last = _class(item.alphabet), _class(item.first), _class(item.last)
    if low > 1:
        text = f"{first}{every}{_times(low - 2, _ENDLESS)}{last}"
    elif item.first.bit_count() < item.last.bit_count():
        text = f"{first}{every}*"
    else:
        text = f"{every}*{last}"
    return _Item(text, 0.1 * low, low + 1, low, item.alphabet, item.first, item.last)


def _filler(alphabet: int) -> _Item:
    return _Item(f"{_class(alphabet)}*", 0.0, 1, 0, alphabet, alphabet, alphabet, is_filler=True)


def _class(alphabet: int) -> str:
    """Spell a set of bytes as a class."""
    spelled, byte = list[str](), 0
    while byte < 256:
        end = byte
        while alphabet >> end & 1:
            end += 1
        if end > byte:
            spelled.append(f"\\x{byte:02x}" if end == byte + 1 else f"\\x{byte:02x}-\\x{end - 1:02x}")
        byte = end + 1
    return f"[{''.join(spelled)}]"


def _times(low: int, high: int) -> str:
    if high == _ENDLESS:
        return {0: "*", 1: "+"}.get(low, f"{{{low},}}")
    if low == high:
        return "" if low == 1 else f"{{{low}}}"
    return f"{{{low},{high}}}"


class _Reader:
    """Reads a pattern from left to right. Raises ValueError or IndexError for what it does not know."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0

    @property
    def is_left(self) -> bool:
        """Whether something was not read."""
        return self._at < len(self._pattern)

    def flags(self) -> str:
        """Read flags for the whole pattern, and give the opening of a group that has them."""
        end = self._pattern.find(")")
        if self._pattern.startswith("(?") and set(flags := self._pattern[2:end]) <= _FLAGS:
            self._at = end + 1
            return f"(?{flags}:"
        return "(?:"

    def branches(self) -> list[tuple[_Repeat, ...]]:
        """Read alternatives up to the end of the group."""
        found = [self._sequence()]
        while self._takes("|"):
            found.append(self._sequence())
        return found

    def _takes(self, text: str) -> bool:
        is_there = self._pattern.startswith(text, self._at)
        self._at += len(text) if is_there else 0
        return is_there

    def _until(self, end: str) -> str:
        begin = self._at
        self._at = self._pattern.index(end, begin) + len(end)
        return self._pattern[begin : self._at - len(end)]

    def _sequence(self) -> tuple[_Repeat, ...]:
        parts: list[_Repeat] = []
        while self.is_left and self._pattern[self._at] not in "|)":
            item, inner = self._group() if self._takes("(") else (self._single(), None)
            parts.append(_Repeat(item, *self._repeat(), inner))
        return tuple(parts)

    def _group(self) -> tuple[_Item, tuple[_Repeat, ...] | None]:
        opening = "(?:"
        if self._takes("?P<"):
            self._until(">")
        elif self._takes("?"):
            flags = self._until(":")
            if not set(flags) <= _FLAGS:
                raise ValueError(flags)
            opening = f"(?{flags}:"
        branches = self.branches()
        if not self._takes(")"):
            raise ValueError(self._pattern)
        item = _alternatives(opening, [_sequence([_widened(part) for part in branch]) for branch in branches])
        return item, branches[0] if len(branches) == 1 and opening == "(?:" else None

    def _single(self) -> _Item:
        begin = self._at
        char = self._pattern[begin]
        if char in "*+?{":
            raise ValueError(char)
        is_edge = char in "^$" or (char == "\\" and self._pattern[begin + 1] in _EDGE_ESCAPES)
        if is_edge:
            self._at += 1 if char in "^$" else 2
            return _Item(self._pattern[begin : self._at])
        if self._takes("["):
            found = self._members()
        else:
            found = _EVERY if char == "." else 0
            found |= self._member()
        alphabet = _cased(found)
        return _Item(self._pattern[begin : self._at], _worth(alphabet), 1, 1, alphabet, alphabet, alphabet)

    def _members(self) -> int:
        """The bytes of a class, or more."""
        is_negated, found, begin = self._takes("^"), 0, self._at
        while self._at == begin or not self._takes("]"):
            if self._takes("[:"):
                if not self._until(":]").isalpha():
                    raise ValueError(self._pattern)
                # More than there are would be fewer in a negated class.
                found |= _EVERY if not is_negated else 0
                continue
            low = high = self._member()
            if self._pattern[self._at] == "-" and self._pattern[self._at + 1] != "]":
                self._at += 1
                high = self._member()
                low = (1 << high.bit_length()) - (low & -low)
            found |= low
        return _EVERY ^ (found & ~_HIGH) if is_negated else found

    def _member(self) -> int:
        """The bytes that one character, spelled plainly or escaped, stands for: all above ASCII for one that takes several."""
        char = self._pattern[self._at]
        self._at += 1
        if char != "\\":
            return 1 << ord(char) if char.isascii() else _HIGH
        char = self._pattern[self._at]
        self._at += 1
        if char == "x":
            return self._hexadecimal()
        if char in _ESCAPES:
            return _ESCAPES[char]
        if char.isalnum() or not char.isascii():
            raise ValueError(char)
        return 1 << ord(char)

    def _hexadecimal(self) -> int:
        if self._takes("{"):
            digits = self._until("}")
        else:
            digits = self._pattern[self._at : self._at + 2]
            self._at += 2
        if len(digits) != 2:
            raise ValueError(digits)
        return 1 << int(digits, 16)

    def _repeat(self) -> tuple[int, int]:
        if self._takes("*"):
            low, high = 0, _ENDLESS
        elif self._takes("+"):
            low, high = 1, _ENDLESS
        elif self._takes("?"):
            low, high = 0, 1
        elif self._takes("{"):
            first, comma, last = self._until("}").partition(",")
            low = int(first)
            high = int(last) if last else _ENDLESS if comma else low
        else:
            return 1, 1
        self._takes("?")
        return low, high


def _until_sure(items: Iterable[_Item]) -> Iterator[_Item]:
    """The items up to the first that takes something in any case."""
    for item in items:
        yield item
        if item.least:
            return


def _cased(alphabet: int) -> int:
    """The same bytes with the other case of every letter."""
    return alphabet | (alphabet & _UPPER) << 32 | (alphabet & _UPPER << 32) >> 32


def _worth(alphabet: int) -> float:
    """How much it says that a byte is one of these; a letter says 1."""
    count = alphabet.bit_count()
    return next(worth for most, worth in ((2, 1.0), (4, 0.8), (16, 0.5), (66, 0.25), (256, 0.05)) if count <= most)


def _union(alphabets: Iterable[int]) -> int:
    return reduce(or_, alphabets, 0)


def _of(text: bytes) -> int:
    return _union(1 << byte for byte in text)


_DIGIT: Final = _of(bytes(range(48, 58)))
_UPPER: Final = _of(bytes(range(65, 91)))
_WORD: Final = _DIGIT | _UPPER | _UPPER << 32 | _of(b"_")
_SPACE: Final = _of(b" \t\n\r\v\f")
_ESCAPES: Final = {
    "d": _DIGIT,
    "w": _WORD,
    "s": _SPACE,
    "D": _EVERY ^ _DIGIT,
    "W": _EVERY ^ _WORD,
    "S": _EVERY ^ _SPACE,
    "n": _of(b"\n"),
    "r": _of(b"\r"),
    "t": _of(b"\t"),
    "f": _of(b"\f"),
    "a": _of(b"\a"),
}
