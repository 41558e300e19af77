"""Wide encodings: a secret is found however the text around it is encoded, as a whole or in parts."""

from time import process_time

import pytest

from gitshield.model.place import StandardInput
from gitshield.scan.decode import encoding_of
from gitshield.scan.engine import scan_fragment
from gitshield.scan.fragment import Fragment
from tests.scan.rulesets import TOKENS, rules_of

TOKEN = "tok_" + "a1b2c3d4e5f6"
WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


def found(data: bytes) -> list[tuple[bytes, int]]:
    seen, _ = scan_fragment(rules_of(TOKENS), Fragment(StandardInput(), "x", data))
    return [(one.finding.secret.reveal(), one.finding.span.line) for one in seen if one.finding.secret]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("encoding", WIDE)
def test_a_secret_in_wide_text_is_found_on_its_line(encoding: str, mark: str) -> None:
    assert found((mark + f"a\r\nb = {TOKEN}\r\n").encode(encoding)) == [(TOKEN.encode(), 2)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_secret_in_wide_text_that_was_appended_to_a_long_file_of_another_encoding_is_found(encoding: str) -> None:
    assert found(b"A = 1\n" * 2000 + f"b = {TOKEN}\r\n".encode(encoding)) == [(TOKEN.encode(), 2001)]


@pytest.mark.parametrize("shift", [0, 1])
def test_a_secret_in_a_wide_text_of_a_program_is_found(shift: int) -> None:
    noise = bytes(range(128, 256)) * 50 + b"\x00" * shift
    assert [value for value, _ in found(noise + f"key {TOKEN} ".encode("utf-16-le") + noise)] == [TOKEN.encode()]


@pytest.mark.parametrize("data", [b"", b"\x00", b"plain", b"\x00" * 9000, bytes(range(256)) * 40, b"a\x00b\x00" + b"\xff" * 5000])
def test_what_has_no_wide_text_is_read_as_it_is(data: bytes) -> None:
    assert encoding_of(data) is None


def test_looking_for_parts_takes_linear_time() -> None:
    began = process_time()
    for data in (b"a\x00" * 7 + b"\xff", b"\x00a", b"a\x00" * 7 + b"\x00"):
        encoding_of(b"\xff" * 5000 + data * (1 << 19))
    assert process_time() - began < 20
