"""Inline pragmas. Those of detect-secrets are held against detect-secrets itself."""

import subprocess
import sys

import pytest
from detect_secrets.filters.allowlist import is_line_allowlisted
from detect_secrets.util.code_snippet import CodeSnippet
from hypothesis import example, given
from hypothesis import strategies as st

from gitshield.scan.pragma import allowed_by_pragma

OURS = "gitshield:" + "allow"
SECRET = b'key = "xyz" '


def allowed(line: str, before: str = "", rule: str = "rule-a") -> str | None:
    return allowed_by_pragma(rule, SECRET + line.encode(), before.encode())


def test_without_a_pragma_nothing_is_allowed() -> None:
    assert allowed_by_pragma("rule-a", b"we allow this", b"and allow that; pragma: once") is None


@pytest.mark.parametrize(
    "rest",
    [
        "",
        " ",
        " (a fixture)",
        " -- a fixture",
        "-->",
        " -->",
        " */",
        "*/",
        "\r",
        " rule-a",
        " rule-a reason",
        " rule-b,rule-a",
        " rule-b, rule-a why",
        ": rule-a",
        "=rule-a",
        "[rule-a]",
        "(rule-a)",
        " rule-a-->",
        " rule-a*/",
        "\trule-a",
        f" rule-b # {OURS} rule-a",
    ],
)
def test_ours_allows(rest: str) -> None:
    assert allowed(f"# {OURS}{rest}") == OURS


@pytest.mark.parametrize(
    "rest",
    [
        "ed",
        "_x",
        "-list",
        ".x",
        "1",
        " rule-b",
        " rule-ab",
        " rule",
        " RULE-A",
        ": rule-b",
        " rule-b rule-a",
        " fixture",
        "-next-line",
        " rule-b,",
        '"',
        "'",
        "/x",
    ],
)
def test_ours_does_not_allow(rest: str) -> None:
    assert allowed(f"# {OURS}{rest}") is None


@pytest.mark.parametrize(
    "mark", ["# ", "#", "## ", "//", "// ", "/* ", "/** ", "<!-- ", "-- ", "--", "; ", "% ", "(* ", "{# ", "REM ", "#\t"]
)
def test_ours_allows_in_a_comment(mark: str) -> None:
    assert allowed(f"{mark}{OURS}") == OURS
    assert allowed_by_pragma("rule-a", f"{mark}{OURS}".encode(), b"") == OURS
    assert allowed("", f"{mark}{OURS}-next-line") == f"{OURS}-next-line"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "http://",
        "http://x/",
        "http://x/#",
        "; url = 'http://",
        'x "',
        "x '",
        "key:// ",
        "x# ",
        "x//",
        "# http://x/",
        "# a ",
        "&#",
        "--note ",
    ],
)
def test_ours_does_not_allow_outside_a_comment(before: str) -> None:
    assert allowed(f"{before}{OURS}") is None
    assert allowed("", f"{before}{OURS}-next-line") is None


def test_a_url_is_no_comment_of_detect_secrets_either() -> None:
    assert allowed("http://pragma: allowlist secret") is None
    assert allowed("x// pragma: allowlist secret") == "pragma: allowlist secret"


def test_next_line_is_for_the_line_below_only() -> None:
    assert allowed("", f"// {OURS}-next-line") == f"{OURS}-next-line"
    assert allowed("", f"// {OURS}-next-line rule-a, rule-c because") == f"{OURS}-next-line"
    assert allowed("", f"// {OURS}-next-line rule-b") is None
    assert allowed("", f"// {OURS}-next-lines") is None
    assert allowed("", f"// {OURS}") is None


@pytest.mark.parametrize("name", ["gitleaks:" + "allow", "betterleaks:" + "allow"])
def test_those_of_gitleaks_and_its_successor_count_anywhere_on_the_line(name: str) -> None:
    assert allowed(f"# {name}") == name
    assert allowed(f'"{name}ed"') == name
    assert allowed("", f"# {name}") is None


starts = st.sampled_from(["#", "//", "/*", "'", "--", "<!--", "<!-- #", "<!--\t", ";", "%", "", "x #", "# #"])
words = st.sampled_from(["allowlist", "whitelist", "allow", "Allowlist"])
gaps = st.sampled_from([" ", "-", "", "  ", "\t", "_"])
ends = st.sampled_from(["", " ", " */", "*/", " -->", "-->", " --> x", " reason", "ive", " reason */", "\t", "*/ "])


@given(
    before=st.sampled_from(["", " ", "\t", 'k = "v" ', "pragma: "]),
    start=starts,
    gap=gaps,
    colon=st.sampled_from([":", ": ", ":  ", " :", ":\t"]),
    word=words,
    next_line=st.sampled_from(["", " nextline", "-nextline", "nextline"]),
    second_gap=gaps,
    end=ends,
)
@example(before="", start="#", gap=" ", colon=": ", word="allowlist", next_line="", second_gap=" ", end="")
@example(before="", start="/*", gap=" ", colon=": ", word="allowlist", next_line=" nextline", second_gap=" ", end=" */")
def test_those_of_detect_secrets_are_read_as_it_reads_them(
    before: str, start: str, gap: str, colon: str, word: str, next_line: str, second_gap: str, end: str
) -> None:
    comment = f"{before}{start}{gap}pragma{colon}{word}{next_line}{second_gap}secret{end}"
    for line, above in ((comment, ""), ("", comment), ("x", comment)):
        snippet = CodeSnippet([above, line], 1, 1)
        expected = is_line_allowlisted("file", line, snippet)
        assert (allowed_by_pragma("rule-a", line.encode(), above.encode()) is not None) == expected


def test_a_carriage_return_at_the_end_changes_nothing() -> None:
    assert allowed("/* pragma: allowlist secret */\r") == "pragma: allowlist secret"
    assert allowed(f"# {OURS} rule-a\r") == OURS


@given(rule=st.text(max_size=10), line=st.binary(max_size=60), before=st.binary(max_size=60))
def test_any_bytes_can_be_judged(rule: str, line: bytes, before: bytes) -> None:
    for word in (OURS.encode(), b"pragma: allowlist "):
        allowed_by_pragma(rule, line + word + before, before + word + line)


def test_the_module_is_light() -> None:
    code = "import sys; before = set(sys.modules); import gitshield.scan.pragma; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"gitshield", "gitshield.scan", "gitshield.scan.pragma", "__future__"}
