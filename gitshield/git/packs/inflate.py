"""Inflating zlib streams: by ISA-L where it is there, by zlib elsewhere."""

import zlib
from collections.abc import Callable

from gitshield.errors import DamagedObject


def _fastest() -> Callable[[bytes, int], bytes]:
    try:
        from isal import isal_zlib  # half the time of zlib
    except ImportError:
        return lambda stream, size: zlib.decompress(stream, zlib.MAX_WBITS, size)
    return lambda stream, size: isal_zlib.decompress(stream, zlib.MAX_WBITS, size)


_decompress = _fastest()


def inflate(stream: bytes, size: int) -> bytes:
    """Inflate one whole zlib stream of `size` bytes. Raises DamagedObject when it is broken, cut off or of another size."""
    try:
        content = _decompress(stream, max(size, 1))
    except Exception as error:  # isal's error is zlib's or its own, by version
        raise DamagedObject(f"an object's stream is broken ({error})") from error
    if len(content) != size:
        raise DamagedObject(f"an object has {len(content)} bytes where its header says {size}")
    return content
