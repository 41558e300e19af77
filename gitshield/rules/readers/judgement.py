"""Judgement of a value from a settings file: a live secret, a stand-in for one, or a harmless setting.

The shapes of values are the filters' business (`gitshield.rules.filters_shape`); here they are weighed by the name's role.
"""

import re
from typing import Final, assert_never

from gitshield.rules.filters_shape import (
    entropy,
    is_dull,
    is_encoded_nothing,
    is_masked,
    is_path,
    is_please,
    is_prose,
    is_reference,
    is_template,
    is_type,
    is_uuid,
    is_weak,
)
from gitshield.rules.filters_words import is_made_of_words
from gitshield.rules.readers.naming import Role, role_of

_MAX_VALUE: Final = 32 << 10
# Longer values are no words; what fills or begs in a short value occurs by chance in a long one.
_MAX_WORDS: Final = 120
_NO_PART: Final = (0, 0)

_SEALED_FILES: Final = (
    *(b"\0GITCRYPT\0", b"$ANSIBLE_VAULT;", b"age-encryption.org/"),
    *(b"-----BEGIN AGE ENCRYPTED FILE", b"-----BEGIN PGP MESSAGE"),
)
_SEALED: Final = re.compile(rb"encrypted:|ENC\[|ENC\(|\{cipher\}|\$ANSIBLE_VAULT;|AgA[A-Za-z0-9+/]{100}|\{[A-Za-z0-9+/=]{16,}\}$")
_ELSEWHERE: Final = re.compile(rb"(?:vault|op|ref\+\w{1,20}|aws-?sm|awsssm|keyvault|gcp|bw|pass|akv|secret-?manager|sops)://?")
_LEFT_OPEN: Final = re.compile(rb"(?i)your|(?:secret|key|token|password)[ _\-]?here$|^(?:tbd|none|n/a|ask|see)\b|^[\x00-/:-@\[-`{-~]*$")
_DIGIT: Final = re.compile(rb"[0-9]")
_SPECIAL: Final = re.compile(rb"[!#$%^&*+~?@=|]")
_TOKEN: Final = re.compile(rb"[A-Za-z0-9+/=_\-.~!@#$%^&*:|]{16,4096}")
_SEPARATOR: Final = re.compile(rb"[\-_.:|~]")
_HEX: Final = re.compile(rb"[0-9a-fA-F]+")
_HARMLESS: Final = re.compile(
    rb"(?i)[\d.,:\-+ /]*|[\d.,]{1,7} ?[a-z%]{0,3}|v?\d+(?:\.\d+)+[\w.\-+]{0,20}|\d{4}-\d\d-\d\d[T ].*|"
    rb"[\w.+\-]{1,64}@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,10}|"
    rb"(?-i:\*?\.?(?:[a-z0-9_\-]+\.)+[a-z]{2,10}(?::\d+)?\.?)|[\w.\-]+:\d{1,5}|[\da-f:]*::[\da-f:]*|"
    rb"(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-ssh\S+) AAAA.*|(?:sha\d+|md5)[:\-].*|pk_(?:test|live)_.*"
)
_PUBLIC: Final = (b"-----BEGIN CERT", b"-----BEGIN PUBLIC", b"-----BEGIN RSA PUBLIC", b"-----BEGIN PGP PUBLIC", b"age1", b"ssh-")
_URL: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]{1,30}:(?://|[a-z0-9:]{1,30}//)")
_USER_PART: Final = re.compile(rb"//([^\s:/?#@]{0,500}):([^\s]{0,1000})@[^\s@/]+|//([^\s:/?#@]{20,500})@")
_NAMED_PART: Final = re.compile(
    rb"(?i)(?:^|[?&;,\s])(?:password|passwd|pwd|sig|signature|access_token|auth_token|token|api_?key|client_secret|secret|accountkey|"
    rb"sharedaccesskey|sharedsecret|secretkey|userpwd)[ ]?=[ ]?[\"']?([^&;\s\"']{6,2000})"
)


def is_sealed(data: bytes) -> bool:
    """Whether a whole file is encrypted (git-crypt, ansible-vault, age, OpenPGP), and so may be in git."""
    return data[:200].lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(_SEALED_FILES)


def is_stand_in(value: bytes) -> bool:
    """Whether `value` is empty, encrypted, filled in from elsewhere, or says of itself that it is not the real one."""
    value = value.strip()
    if not value or _SEALED.match(value) or _ELSEWHERE.match(value):
        return True
    if len(value) > _MAX_WORDS:
        return b"${" in value or b"{{" in value
    if is_template(value) or is_reference(value) or is_type(value):
        return True
    return is_masked(value) or is_please(value) or is_encoded_nothing(value) or _LEFT_OPEN.search(value) is not None


def is_password(value: bytes) -> bool:
    """Whether a value that stands in the place of a password is a real one: any text from 4 bytes but stand-ins.

    A word everybody tries first (`postgres`) is none; with digits (`Secret2024`) it is, since people do choose such.
    """
    if len(value) < 4 or is_stand_in(value) or is_prose(value):
        return False
    return not is_weak(value) or _DIGIT.search(value) is not None


def is_secret(name: bytes, value: bytes) -> bool:
    """Whether `value` is a live secret: `name` has a secret role, or it looks random.

    Never for settings: ports, booleans, hosts, URLs without credentials, e-mail addresses, versions, words, file paths, public
    keys, identifiers. A URL or connection string counts when its password does; `secret_part` says where that is.
    """
    value = value.strip()
    if not 6 <= len(value) <= _MAX_VALUE or is_stand_in(value):
        return False
    if b"PRIVATE KEY" in value:
        return len(value) > _MAX_WORDS
    if (part := secret_part(value)) is not None:
        return part != _NO_PART
    if is_weak(value):
        return False
    role = role_of(name)
    if role is Role.PASSWORD and value.isdigit():
        return True
    return not is_setting(value) and _is_named_secret(role, value)


def is_live(name: bytes, value: bytes) -> bool:
    """`is_secret` for a file that is known to keep logins: there a word is a password too, when its name says so."""
    if role_of(name) is Role.PASSWORD and secret_part(value) is None:
        return is_password(value)
    return is_secret(name, value)


def is_random(value: bytes) -> bool:
    """Whether `value` looks drawn at random: 16 bytes or more of token characters, not words, not an identifier's form."""
    if not _TOKEN.fullmatch(value) or is_uuid(value) or is_setting(value):
        return False
    if _HEX.fullmatch(value):
        return len(value) >= 32 and not value.isdigit() and entropy(value) > 3.0
    return not is_dull(value) and entropy(value) >= 3.3 and max(map(len, _SEPARATOR.split(value))) >= 10


def is_setting(value: bytes) -> bool:
    """Whether `value` has the form of something harmless: number, version, host, address, path, sentence, list, public key."""
    if value.startswith(_PUBLIC):
        return True
    if len(value) > 300:
        return False
    if _HARMLESS.fullmatch(value) or is_path(value) or is_prose(value):
        return True
    return b"," in value and all(is_made_of_words(piece) or len(piece) < 3 for piece in value.split(b","))


def secret_part(value: bytes) -> tuple[int, int] | None:
    """Where in a URL or connection string the secret is, as [low, high) of `value`.

    None for any other value; (0, 0) for a URL or connection string without a live secret.
    """
    is_url = _URL.match(value) is not None
    user = _USER_PART.search(value) if is_url else None
    if user is not None:
        return _user_span(user, value)
    is_named = False
    for match in _NAMED_PART.finditer(value[:_MAX_VALUE]):
        is_named = True
        if is_password(match.group(1)):
            return match.span(1)
    return _NO_PART if is_url or (is_named and b";" in value) else None


def _user_span(user: re.Match[bytes], value: bytes) -> tuple[int, int]:
    """The live one of a URL's user and password: a token may stand in either place. (0, 0) for none."""
    name, password, alone = user.groups()
    if alone is not None:
        return user.span(3) if is_random(alone) and b"sentry" not in value else _NO_PART
    if is_password(password) and password not in (name, b"x-oauth-basic"):
        return user.span(2)
    return user.span(1) if is_random(name) else _NO_PART


def _is_named_secret(role: Role, value: bytes) -> bool:
    match role:
        case Role.HARMLESS | Role.IDENTIFIER:
            return False
        case Role.PASSWORD:
            return not is_made_of_words(value) or _DIGIT.search(value) is not None or _SPECIAL.search(value) is not None
        case Role.TOKEN:
            return not is_dull(value)
        case Role.NEUTRAL:
            return value[:1] not in b"{[" and is_random(value)
        case _:
            assert_never(role)
