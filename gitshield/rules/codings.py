"""Codings: patterns for places where text may stand in another form: base64, hex digits, escapes. Decoding is the scanner's business.

The patterns are for Vectorscan. A base64 group of four characters that stands for three printable ASCII bytes has a first
character below 32, no bit 3 in its second and no bit 1 in its third one: six of those in a row are hardly ever anything else.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

# The shortest run of base64 or hex digits that is looked at: a pure repeat is what Vectorscan skips through fastest, and
# 24 bytes are about as short as a secret that is known by its form alone.
SHORTEST: Final = 32
RUN: Final = f"[A-Za-z0-9+/]{{{SHORTEST}}}"

_ANY: Final = "[A-Za-z0-9+/]"
_TEXT_GROUP: Final = rf"[CDI-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]{_ANY}"
# Three zero bytes in every six: ASCII in UTF-16, as PowerShell's -EncodedCommand has it.
_WIDE_GROUP: Final = rf"(?:[CDI-Za-f][AQgw][AB]{_ANY}A[A-H][AEIMQUYcgkosw048]A)"

BASE64: Final = f"(?:{_TEXT_GROUP}){{6}}"
HEX: Final = "(?:[2-7][0-9a-fA-F]){16}"
WIDE: Final = f"{_WIDE_GROUP}{{3}}"
GZIP: Final = f"H4sI{_ANY}{{20}}"
# In the order of their numbers. Every match ends GROUPS_SIZE characters after it began.
INSIDE_RUNS: Final = (BASE64, HEX, WIDE, GZIP)
SIZES: Final = (24, 32, 24, 24)

# Percent coding, \u0067, \x67, \147, what is glued to \n, \r or \t, the slashes of a URL in JSON, HTML's references.
ESCAPES: Final = (
    r"%[2-7][0-9A-Fa-f]|\\(?:u00[2-7]|u\{0{0,4}[2-7]|x[2-7]|[nrt][A-Za-z0-9_\-+/]{16}|/\\/|[01][0-7]{2}\\)"
    r"|&(?:#[0-9xX]|quot;|apos;|lt;|gt;)"
)
ALL: Final = (*INSIDE_RUNS, ESCAPES)
