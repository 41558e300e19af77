"""The role of a name: whether what is assigned to it is meant to be secret."""

import enum
import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_MAX_NAME: Final = 200

_PASSWORDS: Final = tuple(b"password passwords passwd passwort passphrase passcode kennwort pwd pass passw".split())
_TOKENS: Final = tuple(
    b"secret secrets token tokens apikey accesskey secretkey privatekey authtoken credential credentials salt pepper mnemonic "
    b"bearer accountkey signingkey masterkey authkey encryptionkey".split()
)
_LAST: Final = frozenset(b"auth authorization dsn jwt sas pat nonce cookie psk".split())
# Words that make the word "key" next to them a secret one.
_KEY_OWNERS: Final = frozenset(
    b"api access secret private encryption encrypt encrypted decryption signing sign auth authentication authorization "
    b"master app application service admin account session cookie jwt hmac deploy storage shared webhook write ingest "
    b"server rest management license integration user developer consumer customer client ssh gpg pgp tls ssl logged nonce "
    b"crypt cipher base aes fernet mail sms".split()
)
# A last word that says the value only tells about a secret, or where it is.
_ABOUT: Final = frozenset(
    b"id ids name names file files filename path paths dir directory folder url uri urls endpoint host hostname port ttl "
    b"expiry expires expiration expire in timeout age lifetime duration type types header headers field fields prefix "
    b"suffix enabled enable disabled required policy algorithm algo alg issuer audience count limit min max size length "
    b"len version region rounds cost hint label arn format mode method provider scheme store driver engine manager command "
    b"cmd eval prompt mask pattern regex column param parameter description title text placeholder env var variable ref "
    b"reference location bucket table scope scopes usage strategy class reset change changed confirmation validity "
    b"fingerprint checksum user username login email interval retries seconds minutes hours days rotation source selector "
    b"display visible strength score charset encoding hash_algorithm allowed supported".split()
)
_PUBLIC: Final = frozenset(b"public publishable pub anon anonymous sitekey publickey".split())
_BOUNDS: Final = frozenset(b"max min num number no use has is allow disable enable require show hide skip".split())
_REVISIONS: Final = frozenset(
    b"commit sha sha1 sha256 sha512 md5 hash digest checksum integrity revision rev etag version build id uuid guid "
    b"fingerprint tag release image trace span request container pool client tenant subscription project account resource "
    b"object address zone".split()
)


class Role(enum.Enum):
    """What a name says of its value."""

    PASSWORD = "password"
    TOKEN = "token"
    NEUTRAL = "neutral"
    IDENTIFIER = "identifier"
    HARMLESS = "harmless"


@lru_cache(maxsize=8192)
def role_of(name: bytes) -> Role:
    """Judge `name` (any case: snake, kebab, camel, dotted). HARMLESS is a name that has the secret word but not the secret."""
    words = tuple(word.lower() for word in _WORD.findall(name[-_MAX_NAME:]))
    if not words:
        return Role.NEUTRAL
    if _PUBLIC.intersection(words) or words[-2:] == (b"site", b"key"):
        return Role.HARMLESS
    if words[-1] in _ABOUT or words[0] in _BOUNDS:
        return Role.TOKEN if words[-2:] == (b"secret", b"id") else _about(words)
    return _role(words) or (Role.IDENTIFIER if _REVISIONS.intersection(words) else Role.NEUTRAL)


def _about(words: tuple[bytes, ...]) -> Role:
    """The role of a name that ends like a remark: an identifier, or harmless when the remark is about a secret."""
    return Role.HARMLESS if _role(words[:-1]) else Role.IDENTIFIER


def _role(words: tuple[bytes, ...]) -> Role | None:
    """PASSWORD or TOKEN where one of `words` says so, the nearest to the end first."""
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        if word == b"pw" or (word.endswith(_PASSWORDS) and not word.endswith((b"bypass", b"compass", b"multipass"))):
            return Role.PASSWORD
        if word.endswith(_TOKENS) or (word in _LAST and index == len(words) - 1):
            return Role.TOKEN
        if word == b"key" and (_KEY_OWNERS.intersection(words[max(0, index - 3) : index + 2])):
            return Role.TOKEN
    return None
