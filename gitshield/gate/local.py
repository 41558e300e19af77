"""The beginnings of what a developer's local dotenv files may hold as secrets, for the first look of a hook. Light, like `quick`.

A text in which none of them stands holds none of the values that `scan.known` looks for. There are more beginnings than
values: what is a secret, and where in a URL it stands, only the full gate knows.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_TEMPLATE_ENDINGS: Final = (".example", ".sample", ".template", ".dist", ".defaults")
_LARGEST: Final = 64 << 10
_SHORTEST: Final = 8  # scan.known.MIN_LENGTH
_LONGEST: Final = 16
# After one of these (and blanks, and a quote) a value begins, or the password within one; at one of the others it may end.
_BEFORE: Final = frozenset(b"=:/@&;,?\"'`")
_BLANK: Final = frozenset(b" \t")
_QUOTE: Final = frozenset(b"\"'`")
_END: Final = frozenset(b" \t\r\n\"'`@&;")


def has_local_dotenv(folder: str) -> bool:
    """Whether a dotenv file that is no template lies in `folder`: its values have to be looked for."""
    return _names(folder) != []


def beginnings(folder: str) -> tuple[bytes, ...] | None:
    """The first bytes of every possible value of the dotenv files in `folder`; None where only the full gate can tell."""
    names = _names(folder)
    found: set[bytes] = set()
    for name in names if names is not None else ():
        try:
            with open(f"{folder}/{name}", "rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError:
            return None
        if len(data) > _LARGEST:
            return None
        found |= _beginnings(data)
    return None if names is None or any(b"\\" in one for one in found) else tuple(sorted(found))


def _names(folder: str) -> list[str] | None:
    try:
        names = os.listdir(folder)
    except OSError:
        return None
    return [name for name in names if name.startswith(".env") and not name.endswith(_TEMPLATE_ENDINGS) and name != ".envrc"]


def _beginnings(data: bytes) -> set[bytes]:
    found = set()
    for before in range(len(data)):
        if data[before] not in _BEFORE:
            continue
        start = before + 1
        for skipped in (_BLANK, _QUOTE):
            while start < len(data) and data[start] in skipped:
                start += 1
        end = start
        while end < min(len(data), start + _LONGEST) and data[end] not in _END:
            end += 1
        beginning = data[start : max(end, start + _SHORTEST)]
        if len(beginning) >= _SHORTEST:
            found.add(beginning)
    return found
