"""Base64 in settings files: strict, whole, any alphabet."""

import base64
import binascii


def decoded(value: bytes) -> bytes | None:
    """What base64 `value` stands for, blanks in it ignored and padding not needed; None when it is not base64."""
    packed = b"".join(value.split()).rstrip(b"=")
    if not packed or len(packed) % 4 == 1:
        return None
    alphabet = b"-_" if b"-" in packed or b"_" in packed else b"+/"
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), altchars=alphabet, validate=True)
    except (binascii.Error, ValueError):
        return None
