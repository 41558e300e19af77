"""A secret value that cannot be printed by accident."""

from typing import Final

_SHOWN: Final = 4
_MIN_FOR_SHOWN: Final = 16
_MASK: Final = "********"


class Secret:
    """The bytes of a secret, opaque: `str`, `repr`, formatting and pickling show or refuse, never reveal.

    `reveal()` is the only way out, so that every use can be found by searching for it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = bytes(value)

    def reveal(self) -> bytes:
        """Give the value itself. Whoever calls this answers for where it goes."""
        return self._value

    @property
    def mask(self) -> str:
        """The value as people may see it: a few leading characters of a long one, then stars (never its length)."""
        head = self._value[:_SHOWN] if len(self._value) >= _MIN_FOR_SHOWN else b""
        shown = "".join(chr(c) if 0x20 < c < 0x7F else "?" for c in head)
        return shown + _MASK

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"Secret({self.mask})"

    def __str__(self) -> str:
        return self.mask

    def __format__(self, spec: str) -> str:
        return format(self.mask, spec)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled; pass places, or reveal() on purpose")
