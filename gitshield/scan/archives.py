"""Archives: the files inside zip (jar, whl, docx, …), tar and compressed files, nested ones too, as fragments of their own.

Nothing is written to disk but an archive inside another one, to a temporary file without a name. 7z and rar are not read, which
is told.
"""

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from gitshield.model.finding import Skipped
from gitshield.model.place import MEMBER, ArchiveMember, Container
from gitshield.scan.fragment import Fragment
from gitshield.scan.magic import HEAD, UNREAD, archive_kind
from gitshield.scan.pieces import PIECE, Readable, pieces
from gitshield.scan.unpack import Damaged, Unpacked, tar_members

_COPY: Final = 1 << 20
_END: Final = b"PK\x05\x06"
_LARGE_END: Final = b"PK\x06\x06"
_TAIL: Final = (64 << 10) + 22
_MAX_DIRECTORY: Final = 16 << 20
_ENCRYPTED: Final = 1
# What a file that only looks like an archive raises from the libraries that read it.
_FAULTS: Final = (
    Damaged, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
    MemoryError, struct.error,
)  # fmt: skip
_ENDINGS: Final = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".tzst": ".tar", ".svgz": ".svg"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How far archives are read: members, archives in archives, unpacked bytes.

    Those are at most `total`, and at most `ratio` times the size of the archive, but `least` in any case. With
    `is_strict` what is not read to its end is a failure.
    """

    members: int = 10_000
    depth: int = 5
    total: int = 1 << 30
    ratio: int = 200
    least: int = 64 << 20
    is_strict: bool = True


SCAN: Final = Limits()
# A hook must not keep anybody waiting, nor stop a file because it is large or odd: a scan says so.
GATE: Final = Limits(members=2_000, total=128 << 20, is_strict=False)


class _Over(Exception):
    """A limit is reached; the message says which."""


def members(source: bytes | IO[bytes], place: Container, path: str, *, limits: Limits = SCAN) -> Iterator[Fragment | Skipped]:
    """Give the files in the archive `source` (one that can be sought in) at `place`, each in pieces, nested archives' files too.

    The place of each is an ArchiveMember, its path the one inside its archive; `path` is the archive's own name. What is not
    read to its end is a Skipped. What follows a member's pieces is read only when it is asked for.
    """
    stream = BytesIO(source) if isinstance(source, bytes) else source
    size = stream.seek(0, os.SEEK_END)
    reading = _Reading(place, limits, min(limits.total, max(limits.least, limits.ratio * size)))
    try:
        yield from reading.inside(stream, "", os.path.basename(path), limits.depth)
    except _Over as error:
        yield Skipped(place.path, str(error), is_failure=limits.is_strict)


class _Reading:
    """One archive being read: what of its limits is left."""

    def __init__(self, place: Container, limits: Limits, left: int) -> None:
        self._place = place
        self._limits = limits
        self._members = limits.members
        self._allowed = self._left = left

    def inside(self, stream: IO[bytes], trail: str, name: str, depth: int) -> Iterator[Fragment | Skipped]:
        """The members of the archive `name` in `stream`; `trail` is its path and `!/`, empty for the outermost one."""
        stream.seek(0)
        kind = archive_kind(stream.read(HEAD))
        stream.seek(0)
        try:
            if kind in UNREAD:
                yield Skipped(self._where(trail), f"{kind} archives are not read", is_failure=False)
            elif kind == "zip":
                yield from self._zip(stream, trail, depth)
            elif kind == "tar":
                yield from self._tar(stream, trail, depth)
            elif kind is not None:
                yield from self._compressed(Unpacked(stream, kind), trail, name, depth)
        except _FAULTS as error:
            yield self._damaged(self._where(trail), error)

    def count(self, size: int) -> None:
        """Count unpacked bytes. Raises _Over when there were enough."""
        self._left -= size
        if self._left < 0:
            raise _Over(f"unpacks to more than {self._allowed >> 20} MiB: the rest is not read")

    def _zip(self, stream: IO[bytes], trail: str, depth: int) -> Iterator[Fragment | Skipped]:
        if _directory_size(stream) > _MAX_DIRECTORY:
            raise _Over(f"more than {self._limits.members} members: they are not read")
        with zipfile.ZipFile(stream) as archive:
            files = [entry for entry in archive.infolist() if not entry.is_dir()]
            sealed = [entry for entry in files if entry.flag_bits & _ENCRYPTED]
            if sealed:
                reason = f"{len(sealed)} of {len(files)} members are encrypted and can be read with the password only"
                yield Skipped(self._where(trail), reason, is_failure=False)
            for entry in files:
                if not entry.flag_bits & _ENCRYPTED:
                    try:
                        with archive.open(entry) as content:
                            yield from self._member(content, trail, entry.filename, depth)
                    except _FAULTS as error:
                        yield self._damaged(self._where(trail + entry.filename + MEMBER), error)

    def _tar(self, stream: Readable, trail: str, depth: int) -> Iterator[Fragment | Skipped]:
        counted = stream if isinstance(stream, _Counted) else _Counted(stream, self)
        for name, content in tar_members(counted):
            yield from self._member(_Counted(content, None), trail, name, depth)

    def _compressed(self, stream: Readable, trail: str, name: str, depth: int) -> Iterator[Fragment | Skipped]:
        """A compressed tar archive is one archive, another compressed file is one with a single member."""
        content = _Counted(stream, self)
        if archive_kind(content.look(HEAD)) == "tar":
            yield from self._tar(content, trail, depth)
        else:
            root, ending = os.path.splitext(name)
            yield from self._member(content, trail, root + _ENDINGS.get(ending, "") or "content", depth)

    def _member(self, stream: Readable, trail: str, name: str, depth: int) -> Iterator[Fragment | Skipped]:
        self._members -= 1
        if self._members < 0:
            raise _Over(f"more than {self._limits.members} members: the rest is not read")
        content = stream if isinstance(stream, _Counted) else _Counted(stream, self)
        place = ArchiveMember(self._place, trail + name)
        if archive_kind(content.look(HEAD)) is None:
            yield from pieces(content, place=place, path=name)
            return
        with SpooledTemporaryFile(max_size=PIECE) as aside:
            while piece := content.read(_COPY):
                aside.write(piece)
            aside.seek(0)
            yield from pieces(aside, place=place, path=name)
            if depth > 1:
                yield from self.inside(aside, place.member + MEMBER, os.path.basename(name), depth - 1)
            else:
                reason = f"archives are read {self._limits.depth} deep, not deeper"
                yield Skipped(place.path, reason, is_failure=self._limits.is_strict)

    def _where(self, trail: str) -> str:
        return ArchiveMember(self._place, trail.removesuffix(MEMBER)).path if trail else self._place.path

    def _damaged(self, where: str, error: BaseException) -> Skipped:
        said = str(error).partition("\n")[0] or type(error).__name__
        return Skipped(where, f"a damaged archive, or one of a kind that is not read: {said}", is_failure=self._limits.is_strict)


class _Counted:
    """A stream whose bytes count, unless they did already, and whose beginning can be looked at."""

    def __init__(self, stream: Readable, reading: _Reading | None) -> None:
        self._stream = stream
        self._reading = reading
        self._ready = b""

    def look(self, size: int) -> bytes:
        """Give the next `size` bytes, fewer at the end, without taking them."""
        while len(self._ready) < size and (piece := self._stream.read(size - len(self._ready))):
            self._count(piece)
            self._ready += piece
        return self._ready

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes, nothing at the end."""
        if self._ready:
            given, self._ready = self._ready[:size], self._ready[size:]
            return given
        piece = self._stream.read(min(size, _COPY)) or b""
        self._count(piece)
        return piece

    def _count(self, piece: bytes) -> None:
        if self._reading is not None:
            self._reading.count(len(piece))


def _directory_size(stream: IO[bytes]) -> int:
    """How many bytes the list of a zip archive's members has, by the record at its end (APPNOTE.TXT 4.3.16); 0 without one."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - _TAIL))
    tail = stream.read(_TAIL)
    stream.seek(0)
    end, large_end = tail.rfind(_END), tail.rfind(_LARGE_END)
    if large_end >= 0 and large_end + 48 <= len(tail):
        return int.from_bytes(tail[large_end + 40 : large_end + 48], "little")
    return int.from_bytes(tail[end + 12 : end + 16], "little") if end >= 0 else 0
