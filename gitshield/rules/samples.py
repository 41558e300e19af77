"""Composed samples: texts with placeholders for random characters, so that no secret stands in a rule file."""

import hashlib
import re
import string
from collections.abc import Mapping
from typing import Final

from gitshield.errors import RuleError
from gitshield.rules.rule import Sample

OPEN: Final = "\u27e6"
CLOSE: Final = "\u27e7"
DEFAULT_PATH: Final = "example.txt"

_CHARSETS: Final[Mapping[str, str]] = {
    "digit": string.digits,
    "hex": string.digits + "abcdef",
    "HEX": string.digits + "ABCDEF",
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "alpha": string.ascii_letters,
    "alnum": string.ascii_letters + string.digits,
    "lownum": string.ascii_lowercase + string.digits,
    "upnum": string.ascii_uppercase + string.digits,
    "base32": string.ascii_uppercase + "234567",
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
    "password": string.ascii_letters + string.digits + "!#%*+-_.~",
}
_SLOT: Final = re.compile(r"\{\{(?:=([^{}]*)|(uuid)|(\w+):(\d+))\}\}")
_CONSONANTS: Final = "bdfgklmnprstv"
_VOWELS: Final = "aeiou"


class _Stream:
    """A repeatable stream of numbers, the same for the same seed on every machine."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._count = 0

    def below(self, limit: int) -> int:
        self._count += 1
        digest = hashlib.blake2b(self._seed + self._count.to_bytes(8, "big"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % limit

    def pick(self, alphabet: str, length: int) -> str:
        """Draw `length` characters, no neighbour twice, with each class of the alphabet in a long draw."""
        drawn: list[str] = []
        while len(drawn) < length:
            char = alphabet[self.below(len(alphabet))]
            if not drawn or drawn[-1] != char or len(alphabet) == 1:
                drawn.append(char)
        classes = [c for c in (string.digits, string.ascii_uppercase, string.ascii_lowercase) if set(c) & set(alphabet)]
        if length >= 2 * len(classes):
            for index, chars in enumerate(classes):
                if not set(chars) & set(drawn):
                    usable = sorted(set(chars) & set(alphabet))
                    drawn[2 * index + 1] = usable[self.below(len(usable))]
        return "".join(drawn)

    def word(self, length: int) -> str:
        return "".join((_CONSONANTS, _VOWELS)[i % 2][self.below((len(_CONSONANTS), 5)[i % 2])] for i in range(length))


def compose(template: str, *, seed: str) -> str:
    """Fill the `{{…}}` slots of `template`; the same `seed` always gives the same text.

    Raises RuleError for an unknown charset.
    """
    stream = _Stream(seed)

    def fill(slot: re.Match[str]) -> str:
        literal, uuid, charset, length = slot.groups()
        if literal is not None:
            return str(literal)
        if uuid:
            digits = stream.pick(_CHARSETS["hex"], 32)
            return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
        if charset == "word":
            return stream.word(int(length))
        if charset not in _CHARSETS:
            raise RuleError(f"sample of {seed}: no charset {charset!r}", hint=f"use one of {', '.join(_CHARSETS)}, word, uuid")
        return stream.pick(_CHARSETS[charset], int(length))

    return _SLOT.sub(fill, template)


def sample(template: str, *, seed: str, path: str = DEFAULT_PATH) -> Sample:
    """Compose `template` and take out the marks around what must be found. Raises RuleError for unpaired marks."""
    text = compose(template, seed=seed)
    secrets: list[bytes] = []
    plain: list[str] = []
    for index, piece in enumerate(text.split(OPEN)):
        if index == 0:
            plain.append(piece)
            continue
        inner, mark, rest = piece.partition(CLOSE)
        if not mark:
            raise RuleError(f"sample of {seed}: {OPEN} without {CLOSE}")
        secrets.append(inner.encode())
        plain.append(inner + rest)
    return Sample(text="".join(plain).encode(), path=path, secrets=tuple(secrets))
