"""The engine: what it says of bytes, and what of them it says it did not judge."""

import os
from time import process_time

from gitshield.model.place import StandardInput
from gitshield.model.secret import Secret
from gitshield.scan.engine import scan_fragment
from gitshield.scan.fingerprint import MAX_SLOW, fingerprint
from gitshield.scan.fragment import Fragment
from gitshield.scan.known import KnownValues, collect, known_findings
from gitshield.scan.scan import scan
from gitshield.scan.sources import PIECE, Files
from tests.scan.rulesets import rules_of, terms_of

NETRC = """
[[rules]]
id = "netrc"
path = '\\.netrc$'
reader = "netrc"

[[rules]]
id = "kubernetes"
path = '\\.yaml$'
reader = "kubernetes_secret"
trigger = 'kind: Secret'
"""
WORDS = """
[[rules]]
id = "word"
regex = 'word=(\\w{6,11})\\b'
"""


def passwords(count: int) -> bytes:
    return b"".join(b"word=w%08d\n" % number for number in range(count))


def test_what_a_reader_cannot_read_as_a_whole_is_told_as_a_failure(tmp_path: "os.PathLike[str]") -> None:
    place = os.path.join(tmp_path, "big.netrc")
    with open(place, "wb") as file:
        file.write(b"# filler\n" * (PIECE // 8))
        file.write(b"machine example.org login me password " + b"hunter2" + b"hunter3\n")
    result = scan([Files((place,), str(tmp_path), os.environ)], terms_of(NETRC))
    assert [(skip.path, skip.is_failure) for skip in result.receipt.skipped] == [("big.netrc", True)]
    assert "rule netrc" in result.receipt.skipped[0].reason
    assert not result.receipt.is_complete


def test_a_piece_that_a_reader_would_not_read_is_no_failure() -> None:
    rules = rules_of(NETRC)
    assert scan_fragment(rules, Fragment(StandardInput(), "a.yaml", b"kind: Pod\n", is_whole=False))[1] == ()
    assert scan_fragment(rules, Fragment(StandardInput(), "a.yaml", b"kind: Secret\n", is_whole=False))[1] != ()


def test_thousands_of_short_values_cost_a_bounded_number_of_slow_functions() -> None:
    fragment = Fragment(StandardInput(), "x", passwords(3000))
    rules = rules_of(WORDS)
    began = process_time()
    found, _ = scan_fragment(rules, fragment)
    assert process_time() - began < 15  # one slow function takes about 10 ms, 3,000 of them half a minute and more
    names = [one.finding.fingerprint for one in found]
    assert len(set(names)) == 3000
    assert names == [one.finding.fingerprint for one in scan_fragment(rules, fragment)[0]]
    assert names[MAX_SLOW - 1] == fingerprint("word", b"w%08d" % (MAX_SLOW - 1))


def test_thousands_of_known_values_in_one_file_are_found_in_bounded_time() -> None:
    known = KnownValues(tuple((Secret(b"Zq%06dxW" % number), ".env") for number in range(2000)))
    text = b"\n".join(b"- Zq%06dxW" % number for number in range(2000))
    place = Fragment(StandardInput(), "x", text)
    began = process_time()
    found = list(known_findings(known, place, ()))
    assert process_time() - began < 10
    assert [one.finding.span.line for one in found] == list(range(1, 2001))


def test_a_known_value_inside_another_finding_is_one_finding() -> None:
    known = collect([(".env", b"SECRET_A=" + b"Zq81xWpL9v\n")])
    text = b"a tok_" + b"zq" + b" Zq81xWpL9v\nword=" + b"Zq81xWpL9v"
    fragment = Fragment(StandardInput(), "x", text)
    others, _ = scan_fragment(rules_of(WORDS), fragment)
    assert [one.finding.span.line for one in others] == [2]
    assert [one.finding.span.line for one in known_findings(known, fragment, others)] == [1]
