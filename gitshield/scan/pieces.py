"""Pieces: a stream of any length as fragments that overlap, in bounded memory."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Final, Protocol

from gitshield.model.place import Place
from gitshield.scan.fragment import Fragment

PIECE: Final = 16 << 20
OVERLAP: Final = 64 << 10


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes | None:
        """Give at most `size` bytes, nothing at the end."""


class Bounded:
    """A stream that ends after `left` bytes, however long the one below it is."""

    def __init__(self, stream: Readable, left: int) -> None:
        self._stream = stream
        self.left = left

    def read(self, size: int, /) -> bytes | None:
        """Give at most `size` bytes, nothing at the end."""
        piece = self._stream.read(min(size, self.left))
        self.left -= len(piece or b"")
        return piece


def pieces(stream: Readable, *, place: Place, path: str, expected: int = PIECE) -> Iterator[Fragment]:
    """Cut a stream into fragments of PIECE bytes that overlap by OVERLAP, in bounded memory. An empty stream is one fragment.

    `expected` is how many bytes are likely to come: a small file is not asked for a whole piece.
    """
    read = stream.read
    data, offset, line, column, fresh = _full(read, PIECE, first=expected + 1), 0, 1, 1, 0
    if len(data) < PIECE:
        yield Fragment(place, path, data)
        return
    while True:
        yield Fragment(place, path, data, offset, line, column, fresh, is_whole=False)
        following = _full(read, PIECE - OVERLAP)
        if not following:
            return
        cut_at = len(data) - OVERLAP
        line += data.count(b"\n", 0, cut_at)
        newline = data.rfind(b"\n", 0, cut_at)
        column = cut_at - newline if newline >= 0 else column + cut_at
        offset += cut_at
        fresh = OVERLAP
        data = data[cut_at:] + following


def cut(content: bytes, *, place: Place, path: str) -> Iterator[Fragment]:
    """The fragments of content that is in memory already."""
    yield from pieces(BytesIO(content), place=place, path=path)


def _full(read: Callable[[int], bytes | None], size: int, *, first: int | None = None) -> bytes:
    """Read `size` bytes unless the stream ends before; the first request is for `first` bytes at most."""
    start = read(min(size, first) if first else size) or b""
    if len(start) in (0, size):
        return start
    parts, got = [start], len(start)
    while got < size and (part := read(size - got)):
        parts.append(part)
        got += len(part)
    return b"".join(parts)
