"""One thing at one place is one finding: key stores with their parts, and files that several rules know by name."""

import os
from pathlib import Path
from time import process_time

from gitshield.model.finding import Finding, Span
from gitshield.model.place import StandardInput
from gitshield.model.secret import Secret
from gitshield.scan.containers import without_parts
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files
from tests.scan.rulesets import terms_of

STORE = bytes.fromhex("3082010002010330")
KEY = bytes.fromhex("308200800201003006")


def key(start: int, value: bytes = KEY, *, family: str = "key", severity: str = "high") -> Finding:
    span = Span(1, start + 1, 1, start + len(value), start, start + len(value))
    return Finding("rule", "d", family, severity, "high", StandardInput(), span, Secret(value), 0.0, "0" * 16)


def file() -> Finding:
    return Finding("store-file", "d", "file", "critical", "high", StandardInput(), Span(1, 1, 1, 1, 0, 0), None, 0.0, "0" * 16)


def test_a_key_inside_of_a_store_is_a_part_of_it() -> None:
    store, inside, outside = key(0, STORE), key(60), key(0x104)
    assert without_parts([store, inside, outside]) == [store, outside]


def test_without_its_store_a_part_stands_for_itself() -> None:
    assert without_parts([key(60)]) == [key(60)]


def test_a_text_secret_inside_of_a_store_is_no_part_of_it() -> None:
    store, token = key(0, STORE), key(60, b"tok_" + b"abcdefgh")
    assert without_parts([store, token]) == [store, token]
    other = key(60, KEY, family="provider")
    assert without_parts([store, other]) == [store, other]


def test_a_store_that_is_the_file_is_not_told_as_a_file_as_well() -> None:
    assert without_parts([file(), key(0, STORE)]) == [key(0, STORE)]
    assert without_parts([file(), key(9, STORE)]) == [file(), key(9, STORE)]
    assert without_parts([file(), key(0, STORE, severity="low")])[0] == file()  # no gate refuses that one


def test_a_file_that_does_not_belong_and_a_secret_in_it_are_two_findings() -> None:
    pem = key(0, b"-----BEGIN RSA " + b"PRIVATE KEY-----")
    assert without_parts([file(), pem]) == [file(), pem]


def test_broken_lengths_hide_nothing() -> None:
    for head in ("30", "3080", "30ff01020304", "3000010203", "30850000"):
        assert without_parts([key(0, bytes.fromhex(head)), key(60)])[1:] == [key(60)]


def test_thousands_of_stores_are_judged_in_about_linear_time() -> None:
    many = [key(number * 8, STORE) for number in range(20_000)]
    began = process_time()
    assert without_parts(many)[0] == many[0]
    assert process_time() - began < 10


NAMES = """
[[rules]]
id = "told"
path = 'id_rsa$'
severity = "critical"

[[rules]]
id = "refused"
path = 'rsa$'
severity = "high"
gate = true
"""


def test_a_file_that_several_rules_know_by_its_name_is_one_finding_by_the_one_a_gate_refuses(tmp_path: Path) -> None:
    (tmp_path / "id_rsa").write_text("x")
    result = scan([Files((str(tmp_path),), str(tmp_path), os.environ)], terms_of(NAMES))
    assert [found.rule_id for found in result.findings] == ["refused"]
