"""Filters: what a reviewer waves through although a pattern matched. Each is a plain predicate over one candidate."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.filters_context import (
    is_about,
    is_documentation_host,
    is_in_config,
    is_in_test,
    is_in_translation,
    is_own_name,
    is_public_digest,
)
from gitshield.rules.filters_shape import (
    entropy,
    is_dull,
    is_identifier,
    is_masked,
    is_nothing,
    is_password_hash,
    is_reference,
    is_sequence,
    is_template,
    is_uuid,
    is_weak,
)
from gitshield.rules.filters_words import has_digit, has_letter, is_made_of_words, is_stand_in, reads_like_word, word_share
from gitshield.rules.pattern import compiled

Filter = Callable[[Candidate], bool]

# Strict, for providers' tokens, which are random: a short word may well occur in one, so it counts only where it stands alone.
_PLACEHOLDER: Final = (
    r"(?i)^(?:x{3,}|\*{3,}|\.{3,}|#{3,}|-{3,}|0{6,}|1{6,})$|x{6,}|\*{4,}|\.{4,}|0{8,}|#{6,}|123456789|abcdefgh|<[a-z _\-]+>|"
    r"example|placeholder|redacted|change[_\-.]?me|replace[_\-.]?(?:me|with|this)|not[_\-.]?a[_\-.]?real|"
    r"(?:your|insert)(?:[_\-.]|access|api|app|auth|client|key|secret|token)|(?:^|[^a-z])(?:sample|dummy|fake|todo|"
    r"fixme)(?:[^a-z]|$)"
)
_CROSSED_OUT: Final = r"(?i)x{6,}|\*{4,}|\.{8,}|0{8,}|a{8,}|example|salt\$|hash"
_HASHES_OF_NOTHING: Final = frozenset((b"d41d8cd98f00b204e9800998ecf8427e", b"da39a3ee5e6b4b0d3255bfef95601890afd80709"))
_SECRET_UUID: Final = (
    r"(?i)secret|token|pass|pwd|licen[cs]e|(?:api|access|auth|account|private|subscription|app|storage|"
    r"instrumentation)[_\-. ]?key"
)
_LONGEST_PASSWORD: Final = 160
_SPECIAL: Final = r"[!#$%^&*+~?@=|]"


def is_placeholder(candidate: Candidate) -> bool:
    """Whether the value says of itself that it stands for another one. Strict: meant for tokens that are random."""
    return compiled(_PLACEHOLDER).search(candidate.value) is not None


def is_unlike_password(candidate: Candidate) -> bool:
    """Whether a reviewer would say: no password stands here.

    People's passwords are weak, so a word with digits counts where it is in force. In tests, examples and documentation
    only what looks real counts; in code a bare word is a label or a name.
    """
    value = candidate.value
    mixed = has_digit(value)
    if not 4 <= len(value) <= _LONGEST_PASSWORD or (not (mixed and value.isascii()) and is_in_translation(candidate)):
        return True
    if is_nothing(value) or is_password_hash(value) or is_about(candidate) or is_own_name(candidate) or is_public_digest(candidate):
        return True
    weak = is_weak(value)
    if (weak or len(value) < 6 or not (mixed or len(value) >= 8)) and is_in_test(candidate):
        return True
    if weak:
        return not mixed
    if is_identifier(value) or (not mixed and is_made_of_words(value) and compiled(_SPECIAL).search(value) is None):
        return not _is_word_in_force(candidate)
    return False


def is_unlike_secret(candidate: Candidate) -> bool:
    """Whether a reviewer would say: no shared secret stands here. Stricter than for passwords, less so than for tokens."""
    value = candidate.value
    if not is_in_test(candidate):
        return (
            len(value) < 6
            or not (has_digit(value) and has_letter(value))
            or word_share(value) > 0.8
            or is_unlike_password(candidate)
            or _is_mere_id(candidate)
        )
    return is_unlike_token(candidate)


def is_unlike_token(candidate: Candidate) -> bool:
    """Whether a reviewer would say: no token or key that a program made stands here. It has to look random."""
    value = candidate.value
    return (
        is_dull(value)
        or is_nothing(value)
        or is_about(candidate)
        or is_own_name(candidate)
        or is_public_digest(candidate)
        or is_identifier(value)
        or _is_mere_id(candidate)
    )


def is_unlike_basic(candidate: Candidate) -> bool:
    """Whether the value is not base64 of `user:password`, or the password in it is none."""
    password = _basic_password(candidate.value)
    if password is None:
        return True
    return is_unlike_password(Candidate(candidate.rule, password, 0, len(password), 0, len(password), candidate.path))


def is_unlike_credential(candidate: Candidate) -> bool:
    """Whether a credential that may be `user:password`, base64 of that, or a token, is none of these."""
    if _basic_password(candidate.value) is not None:
        return is_unlike_basic(candidate)
    user, colon, password = candidate.value.partition(b":")
    if colon and is_identifier(user) and not password.startswith(b"/"):
        return is_unlike_password(replace(candidate, start=candidate.start + len(user) + 1))
    return is_unlike_token(candidate)


def is_unlike_role(candidate: Candidate) -> bool:
    """Judge by what the name says the value is: a password, a shared secret, or a token or key."""
    name = candidate.name or b""
    if compiled("(?i)pass|pwd|_pw$").search(name) is not None:
        return is_unlike_password(candidate)
    if compiled("(?i)secret").search(name) is not None:
        return is_unlike_secret(candidate)
    return is_unlike_token(candidate)


def is_unlike_url_password(candidate: Candidate) -> bool:
    """Whether the password of a URL is none, or the URL goes nowhere (RFC 2606)."""
    if compiled(r"^\d{1,5}(?:[/?].*)?$").search(candidate.value) is not None:
        return True
    return is_documentation_host(candidate) or _is_user_of_no_account(candidate) or is_unlike_password(candidate)


def is_unlike_argument(candidate: Candidate) -> bool:
    """Whether the argument of a command is no password: another option, a file, a bare word as in an explanation."""
    value = candidate.value
    if value.startswith(b"-") or is_identifier(value):
        return True
    return is_unlike_password(candidate)


def is_unlike_password_in_prose(candidate: Candidate) -> bool:
    """Whether a text for people names no password: it has to look like one by itself, with digits and more."""
    value = candidate.value
    classes = sum(compiled(chars).search(value) is not None for chars in ("[a-z]", "[A-Z]", "[0-9]", r"[!#$%^&*+~@?]"))
    return classes < 3 or not has_digit(value) or is_weak(value) or is_unlike_password(candidate)


def is_unlike_hash(candidate: Candidate) -> bool:
    """Whether the value is a hash in form only: crossed out, or that of nothing."""
    value = candidate.value
    return (
        value.lower() in _HASHES_OF_NOTHING
        or compiled(_CROSSED_OUT).search(value) is not None
        or is_sequence(value)
        or entropy(value) < 2.5
    )


def has_few_words(candidate: Candidate) -> bool:
    """Whether a phrase repeats its words too often to be drawn."""
    words = candidate.value.split()
    return len(set(words)) < 0.8 * len(words)


def is_made_of_dictionary_words(candidate: Candidate) -> bool:
    """Whether most of the words between the blanks of the value read like language."""
    words = candidate.value.split()
    return sum(map(reads_like_word, words)) > len(words) // 2 or is_masked(candidate.value)


def _basic_password(value: bytes) -> bytes | None:
    """The password in base64 of `user:password`; None when the value is none."""
    try:
        user, colon, password = base64.b64decode(value + b"=" * (-len(value) % 4), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (
        password
        if colon and len(password) > 2 and user.isascii() and password.isascii() and (user + password).decode().isprintable()
        else None
    )


def _is_user_of_no_account(candidate: Candidate) -> bool:
    """Whether the user of a URL has the same name as his password, the default of a fresh installation, or is called `username`."""
    before = candidate.data[max(0, candidate.start - _LONGEST_PASSWORD - 20) : candidate.start].lower()
    return before.endswith((b"/" + candidate.value.lower() + b":", b"/username:", b"/your_username:"))


def _is_word_in_force(candidate: Candidate) -> bool:
    """Whether the value is one plain word where it is in force: a weak password rather than a label."""
    if is_in_test(candidate) or is_in_translation(candidate):
        return False
    shape = r"^[A-Za-z]{5,24}[0-9]{0,6}$" if is_in_config(candidate) else "^[a-z]{6,16}$"
    return compiled(shape).search(candidate.value) is not None


def _is_mere_id(candidate: Candidate) -> bool:
    """Whether the value is a UUID whose name does not say that it is a secret."""
    return is_uuid(candidate.value) and compiled(_SECRET_UUID).search(candidate.name or b"") is None


FILTERS: Final[Mapping[str, Filter]] = {
    "about": is_about,
    "dictionary-words": is_made_of_dictionary_words,
    "documentation-host": is_documentation_host,
    "few-words": has_few_words,
    "identifier": lambda candidate: is_identifier(candidate.value),
    "nothing": lambda candidate: is_nothing(candidate.value),
    "own-name": is_own_name,
    "placeholder": is_placeholder,
    "public-digest": is_public_digest,
    "reference": lambda candidate: is_reference(candidate.value),
    "stand-in": lambda candidate: is_stand_in(candidate.value),
    "template": lambda candidate: is_template(candidate.value),
    "test": is_in_test,
    "translation": is_in_translation,
    "unlike-argument": is_unlike_argument,
    "unlike-basic": is_unlike_basic,
    "unlike-credential": is_unlike_credential,
    "unlike-hash": is_unlike_hash,
    "unlike-password": is_unlike_password,
    "unlike-password-in-prose": is_unlike_password_in_prose,
    "unlike-role": is_unlike_role,
    "unlike-secret": is_unlike_secret,
    "unlike-token": is_unlike_token,
    "unlike-url-password": is_unlike_url_password,
    "uuid": lambda candidate: is_uuid(candidate.value),
    "weak": lambda candidate: is_weak(candidate.value),
}


def is_waved_through(candidate: Candidate) -> bool:
    """Whether the rule's entropy or one of its filters waves this candidate through."""
    rule = candidate.rule
    if rule.entropy and entropy(candidate.value) <= rule.entropy:
        return True
    return any(FILTERS[name](candidate) for name in rule.filters)
