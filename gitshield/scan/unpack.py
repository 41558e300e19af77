"""Unpacking: compressed streams (gzip, bzip2, xz, zstd) and tar archives, read from front to back in bounded memory."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from gitshield.scan.pieces import Bounded, Readable

_READ: Final = 64 << 10
_MEMORY: Final = 128 << 20
# Of zstd so little at a time that what it unpacks to stays small: a block of four bytes may stand for 128 KiB.
_SIP: Final = 256
_BLOCK: Final = 512
_MAX_HEADER: Final = 1 << 20
_FILES: Final = (b"0", b"\x00", b"7", b"S")


class Damaged(Exception):
    """An archive is cut off or broken; the message says how."""


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes: ...


class _Gzip:
    """zlib's decoder with the interface of the others."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inflate.eof

    @property
    def needs_input(self) -> bool:
        return not self._inflate.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inflate.unused_data

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        return self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)


class _Zstd:
    """zstd's decoder with the interface of the others; gives what a sip of the input stands for, whatever was asked for."""

    def __init__(self) -> None:
        import zstandard  # seldom needed

        self._fault = zstandard.ZstdError
        self._frame = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
        self._waiting = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._frame.eof

    @property
    def needs_input(self) -> bool:
        return not self._waiting

    @property
    def unused_data(self) -> bytes:
        return self._frame.unused_data + bytes(self._waiting)

    def decompress(self, data: bytes, max_length: int = -1, /) -> bytes:
        self._waiting = memoryview(data) if data else self._waiting
        sip, self._waiting = self._waiting[:_SIP], self._waiting[_SIP:]
        try:
            return self._frame.decompress(sip)
        except self._fault as error:
            raise Damaged(str(error)) from error


_DECODERS: Final[Mapping[str, tuple[bytes, Callable[[], _Decoder]]]] = {
    "gzip": (b"\x1f\x8b\x08", _Gzip),
    "bzip2": (b"BZh", bz2.BZ2Decompressor),
    "xz": (b"\xfd7zXZ\x00", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY)),
    "zstd": (b"(\xb5/\xfd", _Zstd),
}


class Unpacked:
    """What a compressed stream of one of the kinds stands for, as a stream; several that follow one another are one.

    Raises Damaged when it is cut off; what follows it and is none of its kind is left out.
    """

    def __init__(self, stream: Readable, kind: str) -> None:
        self._stream = stream
        self._magic, self._start = _DECODERS[kind]
        self._decoder = self._start()
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, nothing at the end."""
        while not self._ready:
            if self._decoder.eof:
                following = (self._decoder.unused_data + (self._stream.read(_READ) or b"")).lstrip(b"\x00")
                if not following.startswith(self._magic):
                    return b""
                self._decoder = self._start()
            elif not self._decoder.needs_input:
                following = b""
            elif not (following := self._stream.read(_READ) or b""):
                raise Damaged("cut off")
            self._ready = self._decoder.decompress(following, max(1, size))
        given, self._ready = self._ready[:size], self._ready[size:]
        return given


def tar_members(stream: Readable) -> Iterator[tuple[str, Readable]]:
    """Give (path, content) of every regular file of a tar archive (POSIX.1-2017 pax, ustar, GNU); what is not read is passed over.

    Raises Damaged where the archive is cut off or a header is none.
    """
    long_name: bytes | None = None
    words: Mapping[bytes, bytes] = {}
    while block := _exactly(stream, _BLOCK):
        if not block.strip(b"\x00"):
            continue
        kind, size = _checked(block)
        if kind in (b"L", b"K", b"x", b"g"):
            content = _header_text(stream, size)
            long_name = content.rstrip(b"\x00") if kind == b"L" else long_name
            words = _pax(content) if kind == b"x" else words
            continue
        size = _decimal(words[b"size"]) if b"size" in words else size
        if kind == b"S":
            _pass_sparse_map(stream, block)
        body = Bounded(stream, size)
        if kind in _FILES:
            name = words.get(b"path") or long_name or _name(block)
            yield name.decode("utf-8", "surrogateescape"), body
        while body.read(_READ):
            pass
        if body.left or len(_exactly(stream, -size % _BLOCK)) < -size % _BLOCK:
            raise Damaged("cut off")
        long_name, words = None, {}


def _exactly(stream: Readable, size: int) -> bytes:
    content = b""
    while len(content) < size and (piece := stream.read(size - len(content))):
        content += piece
    return content


def _checked(block: bytes) -> tuple[bytes, int]:
    """The kind and the size that a header tells."""
    counted = block[:148] + b" " * 8 + block[156:]
    total = sum(counted)
    signed = total - 256 * sum(byte > 127 for byte in counted)  # as some old programs add them up
    if len(block) < _BLOCK or _octal(block[148:156]) not in (total, signed):
        raise Damaged("cut off" if len(block) < _BLOCK else "a header of a member is broken")
    sized = block[124:136]
    size = int.from_bytes(sized[1:], "big") if sized[0] == 0x80 else _octal(sized)  # GNU's form for over 8 GiB
    kind = block[156:157]
    return kind, 0 if kind in (b"1", b"2", b"3", b"4", b"5", b"6") else size


def _octal(field: bytes) -> int:
    try:
        return int(field.split(b"\x00")[0].strip() or b"0", 8)
    except ValueError as error:
        raise Damaged("a header of a member is broken") from error


def _decimal(field: bytes) -> int:
    if not field.isdigit():
        raise Damaged("a header of a member is broken")
    return int(field)


def _name(block: bytes) -> bytes:
    name, prefix = block[:100].split(b"\x00")[0], block[345:500].split(b"\x00")[0]
    return prefix + b"/" + name if prefix and block[257:263] == b"ustar\x00" else name


def _header_text(stream: Readable, size: int) -> bytes:
    if size > _MAX_HEADER:
        raise Damaged("a header of a member is broken")
    content = _exactly(stream, size + -size % _BLOCK)
    if len(content) < size:
        raise Damaged("cut off")
    return content[:size]


def _pax(content: bytes) -> Mapping[bytes, bytes]:
    """The records `length key=value` of an extended header."""
    found: dict[bytes, bytes] = {}
    while content:
        length = _decimal(content.split(b" ", 1)[0])
        record, content = content[:length], content[max(1, length) :]
        key, _, value = record.partition(b" ")[2].partition(b"=")
        found[key] = value.removesuffix(b"\n")
    return found


def _pass_sparse_map(stream: Readable, block: bytes) -> None:
    """Read over the further blocks of an old GNU sparse map; the parts of the file follow one another after it."""
    at = 482
    while block[at : at + 1] == b"\x01":
        block, at = _exactly(stream, _BLOCK), 504
