"""The baseline of detect-secrets and the ignore file of gitleaks."""

import hashlib
import json

import pytest
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.private_key import PrivateKeyDetector
from detect_secrets.settings import transient_settings
from hypothesis import given
from hypothesis import strategies as st

from gitshield.errors import ConfigurationError
from gitshield.model.place import CommittedBlob, WorkTreeFile
from gitshield.scan.foreign_allow import (
    MAX_BASELINE,
    MAX_IGNORE,
    Baseline,
    IgnoreFile,
    is_in_baseline,
    is_in_ignore_file,
    parse_baseline,
    parse_ignore_file,
)

TOKEN = "ghp_" + "a1B2" * 9
COMMIT = "c0" * 20


def baseline(value: str = TOKEN, path: str = "src/a.py", **more: object) -> bytes:
    digest = PotentialSecret.hash_secret(value)
    results = {path: [{"type": "T", "filename": path, "hashed_secret": digest, "line_number": 3, "is_verified": False}]}
    return json.dumps({"version": "1.5.0", "results": results, **more}).encode()


def test_a_value_is_known_in_its_file_alone() -> None:
    found = parse_baseline(baseline())
    assert is_in_baseline(found, value=TOKEN.encode(), path="src/a.py")
    assert not is_in_baseline(found, value=TOKEN.encode(), path="src/b.py")
    assert not is_in_baseline(found, value=TOKEN.encode() + b"x", path="src/a.py")
    assert found.ignored == 0


def test_a_path_of_windows_is_the_same_file() -> None:
    assert is_in_baseline(parse_baseline(baseline(path="src\\a.py")), value=TOKEN.encode(), path="src/a.py")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_baseline_may_be_in_what_shells_write(encoding: str) -> None:
    assert parse_baseline(baseline().decode().encode(encoding)).known


@pytest.mark.parametrize("version", [{}, {"version": "0.12.0"}, {"plugins_used": [{"path": "file:///evil.py", "name": "Evil"}]}])
def test_nothing_but_results_is_read(version: dict[str, object]) -> None:
    assert len(parse_baseline(baseline(**version)).known) == 1


@pytest.mark.parametrize("filters", [[{"path": "file:///evil.py::f"}], [{"path": "os.system"}], "x", None])
def test_filters_and_plug_ins_are_never_looked_at(filters: object) -> None:
    assert len(parse_baseline(baseline(filters_used=filters, plugins_used=filters)).known) == 1


@pytest.mark.parametrize(
    ("detector", "line"),
    [(GitHubTokenDetector, f"{kind}_{'a1B2' * 9}") for kind in ("ghp", "gho", "ghu", "ghs", "ghr")]
    + [(GitLabTokenDetector, f"{kind}-{'a1B2' * 5}") for kind in ("glpat", "gldt", "glft", "glsoat", "glrt", "glcbt")]
    + [(GitLabTokenDetector, f"glcbt-4F_{'a1B2' * 5}")]
    + [(PrivateKeyDetector, f"-----BEGIN {kind}PRIVATE KEY-----") for kind in ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "SSH2 ENCRYPTED ")]
    + [(PrivateKeyDetector, "-----BEGIN PGP PRIVATE KEY BLOCK-----"), (PrivateKeyDetector, "PuTTY-User-Key-File-2: ssh-rsa")],
)
def test_what_detect_secrets_records_without_the_value_is_ignored_and_counted(detector: type, line: str) -> None:
    with transient_settings({"plugins_used": [], "filters_used": []}):
        recorded = {secret.secret_value for secret in detector().analyze_line(filename="f", line=line, line_number=1)}
    assert recorded
    for value in recorded:
        found = parse_baseline(baseline(value, path="f"))
        assert (found.known, found.ignored) == (frozenset(), 1)
        assert not is_in_baseline(found, value=value.encode(), path="f")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe\xff",
        b'{"results": []}',
        b'{"results": {"a": {}}}',
        b'{"results": {"a": [1]}}',
        b'{"results": {"a": [{}]}}',
        b'{"results": {"a": [{"hashed_secret": 1}]}}',
        b'{"results": {"a": [{"hashed_secret": "abc"}]}}',
        b'{"results": {"a": [{"hashed_secret": "' + b"G" * 40 + b'"}]}}',
        b"[" * 200_000,
        b'{"results": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_malformed_baseline_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"\.secrets\.baseline"):
        parse_baseline(content)


def test_huge_files_are_refused_unread() -> None:
    with pytest.raises(ConfigurationError, match="at most"):
        parse_baseline(b" " * (MAX_BASELINE + 1))
    with pytest.raises(ConfigurationError, match="at most"):
        parse_ignore_file(b"#" * (MAX_IGNORE + 1))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_json_is_read_or_refused(document: object) -> None:
    for wrapped in (document, {"results": document}, {"results": {"a": document}}, {"results": {"a": [document]}}):
        try:
            assert isinstance(parse_baseline(json.dumps(wrapped).encode()), Baseline)
        except ConfigurationError:
            continue


@given(path=st.text(st.characters(exclude_categories=["Cs"]), min_size=1), value=st.binary(min_size=6))
def test_what_a_baseline_records_is_found_again(path: str, value: bytes) -> None:
    digest = hashlib.sha1(value, usedforsecurity=False).hexdigest()
    found = parse_baseline(json.dumps({"results": {path: [{"hashed_secret": digest}]}}).encode())
    assert is_in_baseline(found, value=value, path=path)


def ignored(content: str, *, path: str = "src/a.py", commit: str | None = None, line: int = 12) -> bool:
    place = CommittedBlob(path, "1f" * 20, commit) if commit else WorkTreeFile(path)
    return is_in_ignore_file(parse_ignore_file(content.encode()), rule_id="rule-a", place=place, line=line)


def test_a_line_without_a_commit_counts_everywhere() -> None:
    assert ignored("# x\n\n  src/a.py:rule-a:12  \r\n")
    assert ignored("src/a.py:rule-a:12", commit=COMMIT)


@pytest.mark.parametrize("line", ["src/b.py:rule-a:12", "src/a.py:rule-b:12", "src/a.py:rule-a:13", "#src/a.py:rule-a:12", "src/a.py"])
def test_another_file_rule_or_line_is_not_ignored(line: str) -> None:
    assert not ignored(line)


def test_a_line_with_a_commit_counts_in_it_alone() -> None:
    line = f"{COMMIT}:src/a.py:rule-a:12"
    assert ignored(line, commit=COMMIT)
    assert not ignored(line, commit="d0" * 20)
    assert not ignored(line)


def test_backslashes_are_slashes() -> None:
    assert ignored("src\\a.py:rule-a:12")


def test_lines_that_can_be_no_fingerprint_are_counted() -> None:
    assert parse_ignore_file(b"a:b:1\na:b\nx\na:b:c\n") == IgnoreFile(frozenset({"a:b:1"}), 3)


@given(st.binary(max_size=200))
def test_any_ignore_file_can_be_read(content: bytes) -> None:
    parse_ignore_file(content)
