"""Fingerprints."""

import hashlib
import time

from hypothesis import given
from hypothesis import strategies as st

from gitshield.scan.fingerprint import SHORT, fingerprint, stretched

TOKEN = b"ghp_" + b"a1B2" * 9
SALT = b"12345678"


def test_a_fingerprint_is_a_promise_over_versions() -> None:
    assert fingerprint("github-pat-classic", TOKEN) == "700374a7248ba24e"  # gitshield:allow
    assert fingerprint("dotenv-file", b".env") == "a4aad0dcdbf6e35a"


def test_another_rule_or_value_has_another_fingerprint() -> None:
    found = {fingerprint(rule, value) for rule in ("a", "b", "ab") for value in (TOKEN, TOKEN[:-1], b"b", b"ab", b"")}
    assert len(found) == 15


@given(value=st.binary(max_size=40))
def test_a_fingerprint_has_16_hex_digits_and_no_plain_hash(value: bytes) -> None:
    found = fingerprint("rule", value)
    assert len(found) == 16
    assert int(found, 16) >= 0
    plain = hashlib.blake2b(b"rule\x00" + value, digest_size=8).hexdigest()
    assert found != plain


def test_short_values_are_stretched_and_long_ones_are_not() -> None:
    assert stretched(b"x" * SHORT, salt=SALT) == b"\x01" + b"x" * SHORT
    short = stretched(b"x" * (SHORT - 1), salt=SALT)
    assert len(short) == 33
    assert short[0] == 0
    assert short != stretched(b"x" * (SHORT - 1), salt=b"87654321")


def test_guessing_a_short_value_is_slow() -> None:
    started = time.process_time()
    for number in range(10):
        fingerprint("rule", b"guess %d" % number)
    assert time.process_time() - started > 0.01


def test_the_same_short_value_is_stretched_once() -> None:
    fingerprint("rule", b"hunt" + b"er2")
    started = time.process_time()
    for number in range(1000):
        fingerprint(f"rule-{number}", b"hunt" + b"er2")
    assert time.process_time() - started < 1
