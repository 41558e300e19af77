"""Allowances: which word for what, and in which order."""

import datetime
import json
from hashlib import sha1

from gitshield.model.finding import Finding, Span
from gitshield.model.place import WorkTreeFile
from gitshield.model.secret import Secret
from gitshield.scan.allow_file import entry_for_file, entry_for_value, render
from gitshield.scan.allowances import Allowances, allowed_by, notes, parse_allowances

TOKEN = b"ghp_" + b"a1B2" * 9
TODAY = datetime.date(2030, 1, 15)
ALLOW = render([entry_for_value("rule-a", TOKEN, owner="me", reason="r"), entry_for_file("rule-a", "a.py", owner="me", reason="r")])
BASELINE = json.dumps({"results": {"a.py": [{"hashed_secret": sha1(TOKEN, usedforsecurity=False).hexdigest()}]}}).encode()
IGNORE = b"a.py:rule-a:1\n"


def finding(value: bytes | None = TOKEN) -> Finding:
    secret = Secret(value) if value is not None else None
    return Finding("rule-a", "d", "key", "high", "high", WorkTreeFile("a.py"), Span(1, 1, 1, 1, 0, 1), secret, 0.0, "0" * 16)


def word(allowances: Allowances, found: Finding, *, line: bytes = b"x", line_before: bytes = b"") -> str | None:
    return allowed_by(allowances, found, line=line, line_before=line_before, today=TODAY)


def test_nothing_allows_nothing() -> None:
    assert word(Allowances(), finding()) is None
    assert word(parse_allowances(), finding(None)) is None


def test_each_has_its_word() -> None:
    assert word(Allowances(), finding(), line=b"x # gitleaks:" + b"allow") == "pragma"
    assert word(Allowances(), finding(), line_before=b"# gitshield:" + b"allow-next-line rule-a") == "pragma"
    assert word(parse_allowances(allow_file_content=ALLOW), finding()) == "allow entry"
    assert word(parse_allowances(baseline_content=BASELINE), finding()) == "baseline"
    assert word(parse_allowances(gitleaksignore_content=IGNORE), finding()) == ".gitleaksignore"


def test_the_first_in_this_order_is_named() -> None:
    everything = parse_allowances(allow_file_content=ALLOW, baseline_content=BASELINE, gitleaksignore_content=IGNORE)
    assert word(everything, finding(), line=b"x # gitleaks:" + b"allow") == "pragma"
    assert word(everything, finding()) == "allow entry"


def test_another_value_on_an_allowed_line_is_not_allowed_by_what_is_bound_to_values() -> None:
    assert word(parse_allowances(allow_file_content=ALLOW, baseline_content=BASELINE), finding(TOKEN[::-1])) is None


def test_a_file_is_allowed_by_its_path_and_by_no_pragma() -> None:
    assert word(parse_allowances(allow_file_content=ALLOW), finding(None)) == "allow entry"
    assert word(parse_allowances(baseline_content=BASELINE), finding(None), line=b"gitleaks:" + b"allow") is None
    assert word(parse_allowances(gitleaksignore_content=IGNORE), finding(None)) == ".gitleaksignore"


def test_notes_say_what_is_there_and_counts_no_more() -> None:
    old = entry_for_value("rule-a", TOKEN, owner="me", reason="r", expires=datetime.date(2030, 1, 1))
    bare = json.dumps({"results": {"a": [{"hashed_secret": sha1(b"ghp", usedforsecurity=False).hexdigest()}]}}).encode()
    found = parse_allowances(allow_file_content=render([old]), baseline_content=bare, gitleaksignore_content=b"x\n")
    assert [note.partition(",")[0] for note in notes(found, today=TODAY)] == [
        ".gitshield-allow: 1 expired",
        ".secrets.baseline: 1 ignored",
        ".gitleaksignore: 1 ignored",
    ]
    assert list(notes(Allowances(), today=TODAY)) == []
