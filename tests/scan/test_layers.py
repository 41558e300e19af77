"""Layers: a secret is found however it is written down, where it stands, once, and at a bounded cost."""

import base64
import gzip
import html
import tracemalloc
from collections.abc import Callable
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitshield.model.place import StandardInput
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.beneath import TOO_DEEP
from gitshield.scan.engine import Seen, scan_fragment
from gitshield.scan.fragment import Fragment
from gitshield.scan.layers import Budget, revealed
from tests.scan.rulesets import rules_of

RULES = rules_of(r"""
[[rules]]
id = "token"
regex = '\b(tok_[0-9a-zA-Z]{24,40})\b'
[[rules]]
id = "role"
regex = '''password["']?\s*[:=>]\s*["']?([\w%.\\;=+/-]{8,80})'''
""")
TOKEN = b"tok_" + b"aB3dE5gH7jK9mN1pQ2rS4tU6"

Coding = Callable[[bytes], bytes]
CODINGS: dict[str, Coding] = {
    "base64": base64.b64encode,
    "base64 in URLs": base64.urlsafe_b64encode,
    "base64 without padding": lambda text: base64.b64encode(text).rstrip(b"="),
    "base64 in lines": lambda text: base64.encodebytes(text).rstrip(b"\n"),
    "base64 in indented lines": lambda text: base64.encodebytes(text).rstrip(b"\n").replace(b"\n", b"\r\n    "),
    "base64 of UTF-16": lambda text: base64.b64encode(text.decode("latin-1").encode("utf-16-le")),
    "hex": lambda text: text.hex().encode(),
    "upper-case hex": lambda text: text.hex().upper().encode(),
    "percent": lambda text: b"".join(b"%%%02X" % byte for byte in text),
    "percent where needed": lambda text: b"%22" + quote(text, safe="").encode() + b"%22",
    "JSON": lambda text: b"".join(b"\\u%04x" % byte for byte in text),
    "JavaScript": lambda text: b"".join(b"\\u{%x}" % byte for byte in text),
    "C": lambda text: b"".join(b"\\x%02x" % byte for byte in text),
    "octal": lambda text: b"".join(b"\\%03o" % byte for byte in text),
    "decimal references": lambda text: b"".join(b"&#%d;" % byte for byte in text),
    "hex references": lambda text: b"".join(b"&#x%x;" % byte for byte in text),
    "named references": lambda text: html.escape(f'"{text.decode("latin-1")}"').encode("latin-1"),
    "after a newline's escape": lambda text: b'"\\n' + text + b'"',
    "after a tab's escape": lambda text: b'"\\t' + text + b'"',
}
TAGS = {"base64": ("base64",), "hex": ("hex",), "percent": ("percent",), "JSON": ("backslash",), "decimal references": ("entity",)}


def scanned(data: bytes, rules: RuleSet = RULES) -> list[Seen]:
    return scan_fragment(rules, Fragment(StandardInput(), "x", data))[0]


def values(data: bytes) -> list[bytes]:
    return [one.finding.secret.reveal() for one in scanned(data) if one.finding.secret]


@pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)
def test_a_coded_token_is_found_once(coding: Coding) -> None:
    assert values(b"one\nk = '" + coding(TOKEN) + b"' # two\n") == [TOKEN]


@pytest.mark.parametrize("name", TAGS)
def test_a_finding_stands_where_the_coded_text_does_and_names_the_coding(name: str) -> None:
    coded = CODINGS[name](TOKEN).rstrip(b"=")
    finding = scanned(b"one\nk = '" + coded + b"'\n")[0].finding
    assert finding.tags == TAGS[name]
    assert (finding.span.line, finding.span.column, finding.span.end_column) == (2, 6, 5 + len(coded))
    assert (finding.span.start, finding.span.end) == (9, 9 + len(coded))


def test_a_token_in_a_long_coded_text_has_its_own_place() -> None:
    text = b"".join(b"line %d of a long text\n" % number for number in range(30)) + TOKEN
    coded = base64.encodebytes(text)
    span = scanned(b"x: |\n" + coded)[0].finding.span
    at = len(text) - len(TOKEN)
    line, column = divmod(at // 3 * 4, 76)
    assert (span.line, span.end_line) == (line + 2, coded.count(b"\n") + 1)
    assert abs(span.column - column) <= 4


def test_nested_codings_are_all_named() -> None:
    coded = CODINGS["percent"](base64.b64encode(TOKEN.hex().encode()))
    assert scanned(b"k = " + coded)[0].finding.tags == ("percent", "base64", "hex")


def test_the_line_of_coded_text_is_not_shown_for_any_finding_on_it() -> None:
    plain = b"tok_" + b"zZ9yY8xX7wW6vV5uU4tT3sS2"
    seen = scanned(b"a = " + plain + b" b = " + base64.b64encode(TOKEN) + b"\n")
    assert sorted(one.finding.secret.reveal() for one in seen if one.finding.secret) == sorted([plain, TOKEN])
    assert [one.finding.line_text for one in seen] == [None, None]
    assert all(plain in one.line for one in seen)  # pragmas are read from it all the same


def test_a_role_is_read_from_the_name_that_stands_beside_an_escape() -> None:
    assert values(b'{"q": "password%3DhunTer2xyz%26a=b"}') == [b"hunTer2xyz"]
    assert values(b"&lt;password&gt;" + b"hunTer2xyz&lt;/password&gt;") == [b"hunTer2xyz"]


def test_what_stands_in_the_clear_on_an_escaped_line_is_reported_once_and_without_a_tag() -> None:
    seen = scanned(b"a%20b " + TOKEN + b" \\u0041")
    assert [(one.finding.tags, one.finding.span.start) for one in seen] == [((), 6)]


def test_a_coded_token_that_a_role_rule_sees_too_is_one_finding() -> None:
    seen = scanned(b"password = '" + base64.b64encode(TOKEN) + b"'")
    assert len(seen) == 1


def test_all_secrets_of_one_coded_text_are_found() -> None:
    tokens = [b"tok_" + b"%02d" % number + b"aB3dE5gH7jK9mN1pQ2rS4tU6" for number in range(9)]
    for coded in (base64.b64encode(b"\n".join(tokens)), base64.b64encode(gzip.compress(b"\n".join(tokens), mtime=0))):
        assert sorted(values(b"k: " + coded)) == tokens


def test_a_value_that_is_coded_differently_twice_is_found_at_both_places() -> None:
    seen = scanned(b"a " + base64.b64encode(TOKEN) + b"\nb " + TOKEN.hex().encode())
    assert [(one.finding.span.line, one.finding.tags) for one in seen] == [(1, ("base64",)), (2, ("hex",))]


def test_what_ends_in_the_part_that_was_seen_before_is_not_reported_again() -> None:
    data = base64.b64encode(TOKEN) + b"\n" + b"x" * 50 + b"\n"
    piece = Fragment(StandardInput(), "x", data, offset=100, fresh=len(data) - 20, is_whole=False)
    assert scan_fragment(RULES, piece)[0] == []


@pytest.mark.parametrize(
    "text",
    [
        b"org/apache/commons/lang3/StringUtilsAndEvenMoreOfIt/AbstractSingletonProxyFactoryBean\n",
        b"sha256:" + b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0bA822cd15d6c15b0f00a08"[:64] + b"\n",
        b"printf(\"%2d %4d %s\\n\", a, b, c); \\newcommand \\textbf{x} &amp; 100% of it\n",
        b"-----------------------------------------------------------------------------\n",
    ],
)  # fmt: skip
def test_ordinary_text_has_no_layers_worth_a_finding(text: bytes) -> None:
    assert scanned(text * 3) == []


AROUND = st.binary(max_size=60)
EDGES = st.sampled_from([b"\n", b" ", b'"', b"'", b": ", b", ", b"<", b"(", b"\t"])


@settings(max_examples=300, deadline=None)
@given(before=AROUND, after=AROUND, edges=st.tuples(EDGES, EDGES), chain=st.lists(st.sampled_from(sorted(CODINGS)), min_size=1, max_size=3))
def test_a_token_behind_any_chain_of_codings_in_any_text_is_found(
    before: bytes, after: bytes, edges: tuple[bytes, bytes], chain: list[str]
) -> None:
    coded = TOKEN
    for name in chain:
        coded = CODINGS[name](coded)
    assert TOKEN in values(before + edges[0] + coded + edges[1] + after)


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([f(TOKEN * 2) for f in CODINGS.values()])), max_size=8))
def test_layers_come_from_where_they_say(parts: list[bytes]) -> None:
    data = b"".join(parts)
    for layer in revealed(data):
        assert 0 <= layer.start < layer.end <= len(data)
        last = layer.start
        for at in range(0, len(layer.text), 7):
            low, high = layer.origin(at, min(at + 7, len(layer.text)))
            assert layer.start <= low <= high <= layer.end
            assert low >= last
            last = low


def bombs() -> dict[str, bytes]:
    nested = b"x" * 100_000
    for _ in range(8):
        nested = base64.b64encode(nested)
    return {
        "one run": base64.b64encode(b"plain text, and more of it. " * 150_000),
        "many runs": (base64.b64encode(b"plain text, and more of it") + b"\n") * 100_000,
        "nested": nested,
        "hex in hex": (b"a" * 500_000).hex().encode().hex().encode(),
        "a line of escapes": b"%41" * 1_000_000,
        "lines of escapes": b"%41\n" * 700_000,
        "escaped escapes": b"%2525252525252541" * 200_000,
        "references": b"&#65;" * 600_000,
        "unfinished": b"&#x" * 1_000_000,
        "backslashes": b"\\" * 3_000_000,
        "long lines": (b"\\u0041" + b"x" * 5000) * 600,
        "zipped": base64.b64encode(gzip.compress(b"\x00" * (256 << 20), 9, mtime=0)),
    }


@pytest.mark.parametrize("name", bombs())
def test_no_text_takes_more_than_bounded_time_and_memory(name: str) -> None:
    data = bombs()[name]
    for _ in revealed(data[:1000]):
        pass
    began = process_time()
    decoded = sum(len(layer.text) for layer in revealed(data))
    assert process_time() - began < 15
    assert decoded <= 4 * len(data) + (1 << 20)
    tracemalloc.start()
    for _ in revealed(data[: 1 << 20]):
        pass
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert used < 64 << 20


def test_what_is_not_decoded_any_more_is_told() -> None:
    data = b"k: " + base64.b64encode(gzip.compress(b"word " * (4 << 20), mtime=0))
    budget = Budget(len(data))
    assert list(revealed(data, budget)) == []
    assert budget.is_cut
    assert scan_fragment(RULES, Fragment(StandardInput(), "x", data))[1] == (TOO_DEEP,)
