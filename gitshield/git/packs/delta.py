"""Deltas (gitformat-pack(5), "Deltified representation"): applying one, and reading the instructions of many at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from gitshield.errors import DamagedObject
from gitshield.git.packs.files import LARGEST, TOO_LARGE
from gitshield.git.packs.index import Numbers

_WIDEST_COPY: Final = 0x10000
# Below this many deltas at once a step in numpy costs more than one in Python.
_FEW: Final = 12
_PADDING: Final = 16
_WIDEST_SIZE: Final = 63


def apply_slowly(base: bytes, delta: bytes) -> bytes:
    """Make the object that `delta` makes of `base`, in plain Python. Raises DamagedObject."""
    base_size, size, at = header(delta)
    if base_size != len(base):
        raise DamagedObject(f"a delta is for a base of {base_size} bytes, and its base has {len(base)}")
    parts: list[bytes] = []
    for _, length, source in _instructions(delta, at):
        if source is None:
            raise DamagedObject("a delta is cut off or has an unknown instruction")
        parts.append(delta[-source - 1 : -source - 1 + length] if source < 0 else base[source : source + length])
    content = b"".join(parts)
    if len(content) != size:
        raise DamagedObject(f"a delta makes {len(content)} bytes where it says {size}")
    return content


def _fastest() -> Callable[[bytes, bytes], bytes]:
    try:
        from dulwich._pack import apply_delta  # compiled; a private name, so its answers are compared with ours in the tests
    except ImportError:
        return apply_slowly

    def apply(base: bytes, delta: bytes) -> bytes:
        try:
            made = apply_delta(base, delta)
        except Exception as error:  # its own class of error lives in a slow module
            raise DamagedObject(f"a delta does not fit its base ({error})") from error
        return made if type(made) is bytes else b"".join(made)

    return apply


_apply = _fastest()


def apply(base: bytes, delta: bytes) -> bytes:
    """Make the object that `delta` makes of `base`. Raises DamagedObject for a delta that is broken or made for another base."""
    header(delta)
    return _apply(base, delta)


def header(delta: bytes) -> tuple[int, int, int]:
    """The sizes of a delta's base and of what it makes, and where its instructions begin. Raises DamagedObject.

    A delta may claim to make more than there is memory for: one that makes more than is read is told from its head alone.
    """
    sizes, at = [0, 0], 0
    try:
        for which in (0, 1):
            shift = 0
            while (byte := delta[at]) & 128 and shift < _WIDEST_SIZE:
                sizes[which] |= (byte & 127) << shift
                at, shift = at + 1, shift + 7
            sizes[which] |= byte << shift
            at += 1
    except IndexError:
        raise DamagedObject("a delta is cut off") from None
    if max(sizes) > LARGEST:
        raise DamagedObject(TOO_LARGE.format(max(sizes)))
    return sizes[0], sizes[1], at


def _instructions(delta: bytes, at: int) -> "list[tuple[int, int, int | None]]":
    """The instructions from `at` on as (place in the result, length, source).

    A source of -n - 1 is the literal at byte n of the delta, None ends a broken delta.
    """
    found: list[tuple[int, int, int | None]] = []
    made, end = 0, len(delta)
    while at < end:
        byte = delta[at]
        at += 1
        if byte & 128:
            source = length = 0
            for bit in range(7):
                if byte >> bit & 1:
                    if at >= end:
                        found.append((made, 0, None))
                        return found
                    if bit < 4:
                        source |= delta[at] << 8 * bit
                    else:
                        length |= delta[at] << 8 * (bit - 4)
                    at += 1
            length = length or _WIDEST_COPY
            found.append((made, length, source))
        else:
            if byte == 0 or at + byte > end:
                found.append((made, 0, None))
                return found
            length = byte
            found.append((made, length, -at - 1))
            at += byte
        made += length
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Instructions:
    """Instructions of many deltas, sorted by delta and place in the result.

    `lanes` says which delta each belongs to, `places` where in its result it writes, `lengths` how much; `sources` is where in
    the base it copies from, -1 for a literal.
    """

    lanes: Numbers
    places: Numbers
    lengths: Numbers
    sources: Numbers


def instructions(deltas: Sequence[bytes], begins: Sequence[int]) -> Instructions:
    """Read the instructions of many deltas side by side; `begins` says where those of each begin.

    A broken delta gives what can be read of it: applying it raises.
    """
    lengths = np.fromiter(map(len, deltas), dtype=np.int64, count=len(deltas))
    ends = np.cumsum(lengths)
    joined = b"".join((*deltas, bytes(_PADDING)))
    data = np.frombuffer(joined, dtype=np.uint8)
    words = np.ndarray((len(data) - 7,), dtype="<u8", buffer=joined, strides=(1,))
    at = ends - lengths + np.asarray(begins, dtype=np.int64)
    lanes, made = np.arange(len(deltas), dtype=np.int64), np.zeros(len(deltas), dtype=np.int64)
    alive = at < ends
    lanes, at, made, ends = lanes[alive], at[alive], made[alive], ends[alive]
    steps: list[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]] = []
    while len(lanes) > _FEW:
        length, source, following = _step(data, words, at)
        steps.append((lanes, np.full(len(lanes), len(steps), dtype=np.int64), made, length, source))
        made = made + length
        alive = following < ends
        if bool(alive.all()):
            at = following
        else:
            lanes, at, made, ends = lanes[alive], following[alive], made[alive], ends[alive]
    steps.extend(_rest(joined, lanes, at, made, ends, len(steps)))
    return _sorted(steps, len(deltas))


def _sorted(steps: "list[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]]", count: int) -> Instructions:
    """Put what the steps read into the order of the deltas. Each delta takes part in all steps up to its last."""
    if not steps:
        none = np.zeros(0, dtype=np.int64)
        return Instructions(none, none, none, none)
    lanes, numbers, *columns = (np.concatenate(column) for column in zip(*steps, strict=True))
    counts = np.bincount(lanes, minlength=count)
    targets = (np.cumsum(counts) - counts)[lanes] + numbers
    ordered = [np.empty_like(lanes) for _ in range(4)]
    for target, column in zip(ordered, (lanes, *columns), strict=True):
        target[targets] = column
    return Instructions(*ordered)


def _step(data: npt.NDArray[np.uint8], words: npt.NDArray[np.uint64], at: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Read one instruction at each place: its length, its source (-1 for a literal), and where the next one begins."""
    code = data[at]
    is_copy = code >= 128
    copies = np.flatnonzero(is_copy)
    length, source, following = code.astype(np.int64), np.full(len(at), -1, dtype=np.int64), at + _WIDTHS[code]
    if len(copies):
        code, word = code[copies], words[at[copies] + 1]
        offset = (word & _OFFSET_MASKS[code]).astype(np.int64)
        size = (word >> _SIZE_SHIFTS[code] & _SIZE_MASKS[code]).astype(np.int64)
        for odd in np.flatnonzero(_IS_ODD[code]).tolist():  # bytes that are zero are left out, seldom others than the highest
            offset[odd], size[odd] = _spread(int(code[odd]), int(word[odd]))
        size[size == 0] = _WIDEST_COPY
        length[copies], source[copies] = size, offset
    return length, source, following


def _spread(code: int, word: int) -> tuple[int, int]:
    """Put the bytes that stand behind a copy instruction where its bits say that they belong."""
    value = 0
    for bit in range(7):
        if code >> bit & 1:
            value |= (word & 255) << 8 * bit
            word >>= 8
    return value & 0xFFFFFFFF, value >> 32


def _rest(
    joined: bytes, lanes: Numbers, at: Numbers, made: Numbers, ends: Numbers, step: int
) -> "list[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]]":
    """The instructions of the few longest deltas that are left, one delta after another."""
    steps: list[tuple[Numbers, Numbers, Numbers, Numbers, Numbers]] = []
    for lane, low, done, high in zip(lanes.tolist(), at.tolist(), made.tolist(), ends.tolist(), strict=True):
        rows = [(done + place, length, source) for place, length, source in _instructions(joined[low:high], 0) if source is not None]
        if rows:
            table = np.asarray(rows, dtype=np.int64)
            numbers = np.arange(step, step + len(rows), dtype=np.int64)
            steps.append((np.full(len(rows), lane, dtype=np.int64), numbers, table[:, 0], table[:, 1], np.maximum(table[:, 2], -1)))
    return steps


# By the first byte of an instruction: how long all of it is, and what of the word behind it is offset and size.
_CODES: Final = range(256)
_WIDTHS: Final = np.array([1 + (code & 127).bit_count() if code & 128 else 1 + code for code in _CODES], dtype=np.int64)
_OFFSET_MASKS: Final = np.array([(1 << 8 * (code & 15).bit_count()) - 1 for code in _CODES], dtype=np.uint64)
_SIZE_SHIFTS: Final = np.array([8 * (code & 15).bit_count() for code in _CODES], dtype=np.uint64)
_SIZE_MASKS: Final = np.array([(1 << 8 * (code >> 4 & 7).bit_count()) - 1 for code in _CODES], dtype=np.uint64)
_IS_ODD: Final = np.array([code & 15 not in (0, 1, 3, 7, 15) or code >> 4 & 7 not in (0, 1, 3, 7) for code in _CODES])
