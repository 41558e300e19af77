"""The gitleaks, csv and junit formats, as other programs read them."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitshield.model.finding import Result
from gitshield.model.place import CommittedBlob, WorkTreeFile
from gitshield.report import render
from gitshield.report.formats.csv import COLUMNS
from tests.report import results
from tests.report.results import COMMIT, finding, reach, receipt, sighting

any_path = st.binary(min_size=1, max_size=40).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


def written(result: Result, name: str, *, show_secrets: bool = False) -> str:
    return "".join(render(result, format=name, show_secrets=show_secrets, version="0.1.0"))


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_gitleaks_has_exactly_its_fields_in_its_order() -> None:
    fields = (
        "RuleID Description StartLine EndLine StartColumn EndColumn Match Secret File SymlinkFile Commit Entropy Author Email "
        "Date Message Tags Fingerprint"
    ).split()
    assert all(list(found) == fields for found in json.loads(written(results.ordinary(), "gitleaks")))


def test_gitleaks_fingerprints_are_those_of_an_ignore_file() -> None:
    found = json.loads(written(results.ordinary(), "gitleaks"))
    assert found[0]["Fingerprint"] == "src/app.py:github-pat-classic:12"
    assert found[3]["Fingerprint"] == f"{COMMIT}:lib/é.py:github-pat-classic:12"
    assert [item["Commit"] for item in found] == ["", "", "", COMMIT, "", ""]


def test_gitleaks_of_a_history_names_the_commit_where_the_secret_came() -> None:
    found = json.loads(written(results.history(), "gitleaks"))[0]
    fields = {name: found[name] for name in ("Commit", "Author", "Email", "Date", "Message")}
    assert fields == {
        "Commit": "01" * 20,
        "Author": "Ada Lovelace",
        "Email": "ada@example.org",
        "Date": "2026-03-02T12:00:00Z",
        "Message": "work of day 1",
    }
    assert found["Fingerprint"] == f"{'01' * 20}:conf/app.py:github-pat-classic:12"


def test_gitleaks_never_gives_one_commit_the_author_of_another() -> None:
    found = finding(place=CommittedBlob("a", "1f" * 20, "ee" * 20), reach=reach())
    (item,) = json.loads(written(Result((found,), receipt()), "gitleaks"))
    assert (item["Commit"], item["Author"], item["Date"]) == ("ee" * 20, "", "")


@pytest.mark.parametrize("time", [10**15, -(10**15)])
def test_a_day_that_does_not_exist_is_no_date(time: int) -> None:
    seen = sighting(1, time=time)
    (item,) = json.loads(written(Result((finding(reach=reach(first=seen)),), receipt()), "gitleaks"))
    assert (item["Date"], item["Author"]) == ("", "Ada Lovelace")


@pytest.mark.parametrize(
    ("author", "name", "address"),
    [
        ("Ada <a@x>", "Ada", "a@x"),
        ("Ada", "Ada", ""),
        ("<a@x>", "", "a@x"),
        ("A <b> <a@x", "A <b>", "a@x"),
        ("", "", ""),
    ],
)
def test_authors_are_taken_apart_however_git_stored_them(author: str, name: str, address: str) -> None:
    found = finding(reach=reach(first=sighting(1, author=author)))
    (item,) = json.loads(written(Result((found,), receipt()), "gitleaks"))
    assert (item["Author"], item["Email"]) == (name, address)


def test_csv_has_the_reach_after_the_columns_of_gitleaks() -> None:
    head, first, *others = rows_of(written(results.history(), "csv"))
    row = dict(zip(head, first, strict=True))
    assert head[: head.index("Places")] == list(COLUMNS[:16])
    assert (row["Places"], row["Commits"], row["FirstDate"], row["LastCommit"]) == ("7", "7", "2026-03-02T12:00:00Z", "04" * 20)
    assert (row["Remotes"], row["InHead"], row["Unreachable"]) == ("origin", "false", "false")
    assert row["Paths"] == "conf/app.py\\nconf/old.py"
    assert others[-1][head.index("Commits") :] == [""] * 12


def test_junit_has_the_reach_in_its_details() -> None:
    suite = ElementTree.fromstring(written(results.history(), "junit").encode())
    text = suite.findall(".//failure")[0].text or ""
    assert "pushed: yes: remote-tracking branches of origin reach it" in text
    assert "also at: conf/old.py" in text


def test_gitleaks_of_nothing_is_an_empty_list() -> None:
    assert json.loads(written(results.empty(), "gitleaks")) == []


@pytest.mark.parametrize("path", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\uff1d1"])
def test_csv_has_no_formulas(path: str) -> None:
    row = rows_of(written(Result((finding(place=WorkTreeFile(path)),), receipt()), "csv"))[1]
    assert row[2].startswith(("'", "\\t"))
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d")) for cell in row)


@given(path=any_path, value=st.binary(min_size=1, max_size=40), show=st.booleans())
def test_csv_is_one_row_a_finding_for_any_bytes(path: str, value: bytes, show: bool) -> None:
    text = written(Result((finding(value, place=WorkTreeFile(path), line=value),), receipt()), "csv", show_secrets=show)
    assert text.count("\n") == 2
    assert [len(row) for row in rows_of(text)] == [len(COLUMNS)] * 2


@given(path=any_path, value=st.binary(min_size=1, max_size=40), show=st.booleans())
def test_junit_is_well_formed_for_any_bytes(path: str, value: bytes, show: bool) -> None:
    result = Result((finding(value, place=WorkTreeFile(path), line=value),), receipt(asked=path, notes=(path,)))
    suite = ElementTree.fromstring(written(result, "junit", show_secrets=show).encode())
    assert len(suite.findall(".//failure")) == 1


@pytest.mark.parametrize(("result", "errors"), [(results.empty(), 0), (results.incomplete(), 1), (results.nothing_read(), 1)])
def test_junit_fails_when_not_everything_was_read(result: Result, errors: int) -> None:
    suites = ElementTree.fromstring(written(result, "junit").encode())
    assert suites.attrib == {"tests": "1", "failures": "0", "errors": str(errors)}
    assert len(suites.findall(".//error")) == errors


def test_junit_counts_agree_with_its_cases() -> None:
    suite = ElementTree.fromstring(written(results.hostile(), "junit").encode())[0]
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
