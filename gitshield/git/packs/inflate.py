"""Inflating zlib streams: by ISA-L where it is there, by zlib elsewhere."""

import zlib
from collections.abc import Callable
from typing import Protocol

from gitshield.errors import DamagedObject
from gitshield.git.packs.files import LARGEST, TOO_LARGE


class _Inflater(Protocol):
    """What zlib and ISA-L inflate with."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _fastest() -> Callable[[], _Inflater]:
    try:
        from isal import isal_zlib  # half the time of zlib
    except ImportError:
        return zlib.decompressobj
    return isal_zlib.decompressobj


_inflater = _fastest()


def inflate(stream: bytes, size: int) -> bytes:
    """Inflate one whole zlib stream of `size` bytes. Raises DamagedObject when it is broken, cut off or of another size.

    Bytes behind the stream are damage, too: in a pack they would be an object that no index names.
    """
    if size > LARGEST:
        raise DamagedObject(TOO_LARGE.format(size))
    inflater = _inflater()
    try:
        content = inflater.decompress(stream, size + 1)  # one more than there should be, so that more is seen
    except Exception as error:  # isal's error is zlib's or its own, by version
        raise DamagedObject(f"an object's stream is broken ({error})") from error
    if len(content) != size:
        raise DamagedObject(f"an object has {len(content)} bytes or more where its header says {size}")
    if not inflater.eof:
        raise DamagedObject("an object's stream is cut off")
    if inflater.unused_data:
        raise DamagedObject(f"{len(inflater.unused_data)} bytes behind an object belong to none")
    return content
