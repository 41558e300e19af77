"""Blobs by object id: loose objects read directly (what was just staged is loose), everything else through `git cat-file`."""

from __future__ import annotations

import zlib

from gitshield.git.process import git_error, run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final

_READ: Final = 1 << 20
_PORTION: Final = 256
_PORTION_SIZE: Final = 32 << 20


def loose_blob(folder: str, oid: str, *, limit: int) -> bytes | None:
    """Read the loose blob `oid` (hex) of at most `limit` bytes in an objects `folder`.

    None when it is not there loose, is larger, is no blob, or is damaged: whoever needs it asks git then.
    """
    try:
        with open(f"{folder}/{oid[:2]}/{oid[2:]}", "rb") as file:
            inflate = zlib.decompressobj()
            content = inflate.decompress(file.read(_READ), limit + 64)
            while not inflate.eof and len(content) <= limit + 64:
                piece = file.read(_READ) if not inflate.unconsumed_tail else b""
                if not piece and not inflate.unconsumed_tail:
                    return None
                content += inflate.decompress(inflate.unconsumed_tail + piece, limit + 64 - len(content) + 1)
    except (OSError, zlib.error):
        return None
    head, separator, body = content.partition(b"\x00")
    kind, _, size = head.partition(b" ")
    if not separator or kind != b"blob" or not size.isdigit() or int(size) != len(body):
        return None
    return body


def blobs(oids: Iterable[str], *, environment: Mapping[str, str], cwd: str | None, limit: int) -> Iterator[tuple[str, bytes | None]]:
    """Give (oid, content) of each blob by `git cat-file`, None for one over `limit` bytes.

    Raises GitError for an object that is missing or no blob. Blobs are read in portions of at most 32 MiB, a larger one
    by itself, so memory stays bounded by about one large blob.
    """
    wanted = list(dict.fromkeys(oids))
    for low in range(0, len(wanted), _PORTION):
        sizes = _sizes(wanted[low : low + _PORTION], environment, cwd)
        yield from ((oid, None) for oid, size in sizes.items() if size > limit)
        for portion in _portions({oid: size for oid, size in sizes.items() if size <= limit}):
            yield from _contents(portion, environment, cwd)


def _portions(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Cut the blobs, in their order, into portions of at most _PORTION_SIZE bytes; a larger blob is a portion of its own."""
    portion: list[str] = []
    left = _PORTION_SIZE
    for oid, size in sizes.items():
        if portion and size > left:
            yield portion
            portion, left = [], _PORTION_SIZE
        portion.append(oid)
        left -= size
    if portion:
        yield portion


def _sizes(oids: list[str], environment: Mapping[str, str], cwd: str | None) -> dict[str, int]:
    stdin = "".join(f"{oid}\n" for oid in oids).encode()
    out = run(["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)"], environment=environment, cwd=cwd, stdin=stdin).out
    sizes: dict[str, int] = {}
    for line in out.decode("ascii", "replace").splitlines():
        oid, _, rest = line.partition(" ")
        kind, _, size = rest.partition(" ")
        if kind != "blob":
            raise git_error(f"object {oid[:12]} is {rest or 'unreadable'}", "look at the repository with `git fsck`")
        sizes[oid] = int(size)
    if len(sizes) != len(oids):
        raise git_error("git cat-file gave fewer objects than it was asked for", "look at the repository with `git fsck`")
    return sizes


def _contents(oids: list[str], environment: Mapping[str, str], cwd: str | None) -> Iterator[tuple[str, bytes]]:
    if len(oids) == 1:  # maybe a large one: not to be cut out of anything, which would copy it
        yield oids[0], run(["cat-file", "blob", oids[0]], environment=environment, cwd=cwd).out
        return
    stdin = "".join(f"{oid}\n" for oid in oids).encode()
    out = run(["cat-file", "--batch"], environment=environment, cwd=cwd, stdin=stdin).out
    at = 0
    for oid in oids:
        end = out.find(b"\n", at)
        fields = out[at:end].split(b" ")
        if end < 0 or len(fields) != 3:
            raise git_error(f"object {oid[:12]} cannot be read", "look at the repository with `git fsck`")
        size = int(fields[2])
        yield oid, out[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
