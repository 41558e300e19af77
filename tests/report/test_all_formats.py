"""What every format promises: secrets stay hidden, anything can be encoded, no terminal is moved."""

import base64
import json
from itertools import accumulate
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitshield.errors import UsageError
from gitshield.model.finding import Finding, Result, Skipped
from gitshield.model.place import WorkTreeFile
from gitshield.report import format_names, render
from tests.report import results
from tests.report.results import PASSWORD, TOKEN, finding, receipt


def text_of(result: Result, name: str, *, show_secrets: bool = False, color: bool = False) -> str:
    return "".join(render(result, format=name, show_secrets=show_secrets, color=color, version="0.1.0"))


all_formats = pytest.mark.parametrize("name", format_names())


def forms_of(value: bytes) -> list[str]:
    coded = base64.b64encode(value)
    return [value.decode(), coded.decode().rstrip("="), value.hex(), quote(value, safe=""), json.dumps(value.decode())[1:-1]]


def test_formats_are_found() -> None:
    assert format_names() == ("csv", "gitleaks", "json", "jsonl", "junit", "sarif", "text")


def test_an_unknown_format_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="no report format 'xml'") as caught:
        render(results.empty(), format="xml", show_secrets=False, version="0")
    assert "text" in (caught.value.hint or "")


@all_formats
def test_a_secret_is_never_shown(name: str) -> None:
    text = text_of(results.ordinary(), name)
    assert not [form for form in forms_of(TOKEN) if form in text]
    assert "ghp_********" in text


@all_formats
def test_a_secret_is_shown_to_who_asked(name: str) -> None:
    assert TOKEN.decode() in text_of(results.ordinary(), name, show_secrets=True)


@all_formats
@pytest.mark.parametrize(
    "line",
    [
        b"a = " + TOKEN + b"; b = " + TOKEN,
        b"a = " + TOKEN + TOKEN,
        b"a = " + TOKEN + b" # " + base64.b64encode(TOKEN),
        b"a = " + TOKEN + b" # " + base64.b64encode(b"u:" + TOKEN + b"!"),
        b"a = " + TOKEN + b" # " + TOKEN.hex().encode() + b" " + TOKEN.hex().upper().encode(),
        b"a = " + TOKEN + b"x" * 3000 + TOKEN[:30],
    ],
    ids=["twice", "joined", "base64", "base64 inside", "hex", "cut"],
)
def test_the_same_secret_elsewhere_in_the_line_is_hidden(name: str, line: bytes) -> None:
    text = text_of(Result((finding(line=line),), receipt()), name)
    assert not [form for form in forms_of(TOKEN) if form in text]
    assert TOKEN.decode()[:20] not in text
    assert base64.b64encode(b"u:" + TOKEN + b"!").decode()[4:40] not in text


@all_formats
def test_another_secret_of_the_line_is_hidden_however_short(name: str) -> None:
    line = b"u:" + PASSWORD + b"@" + TOKEN
    short = b"hunt" + b"er2"
    line += b" " + short
    found = (
        finding(line=line),
        finding(PASSWORD, line=line, rule_id="basic-auth"),
        finding(short, line=line, rule_id="password"),
    )
    text = text_of(Result(found, receipt()), name)
    assert not [value for value in (TOKEN, PASSWORD, short) if value.decode() in text]


def crowded(count: int) -> Result:
    """Findings side by side on one line, each with the part of the line around it that the engine keeps."""
    values = [b"ghp_" + b"%036d" % number if number % 3 else b"pw-%06d" % number for number in range(count)]
    starts = [0, *accumulate(len(value) + 1 for value in values)]
    line = b" ".join(values)
    found: list[Finding] = []
    for value, start in zip(values, starts, strict=False):
        found.append(finding(value, line=line[max(0, start - 2000) : start + 2000], column=start + 1))
    return Result(tuple(found), receipt())


def test_neighbours_in_a_crowd_are_hidden_in_every_excerpt() -> None:
    result = crowded(300)
    values = [found.secret.reveal().decode() for found in result.findings if found.secret is not None]
    text = text_of(result, "jsonl")
    assert text.count("********") > 5 * len(values)  # so the excerpts are there
    assert not [value for value in values if value in text or value[2:] in text or value[:-2] in text]


def test_a_crowd_on_one_line_is_written_in_about_linear_time() -> None:
    began = process_time()
    text_of(crowded(4000), "jsonl")
    assert process_time() - began < 20  # about one second; it was minutes when each looked for each


@all_formats
def test_secrets_that_overlap_hide_all_of_both(name: str) -> None:
    other = TOKEN[-8:] + b"-and-more-of-it"
    line = b"x " + TOKEN + b"-and-more-of-it y"
    text = text_of(Result((finding(line=line), finding(other, line=line)), receipt()), name)
    assert "and-more" not in text
    assert TOKEN.decode()[5:] not in text


@all_formats
def test_a_secret_of_several_lines_shows_none_of_them(name: str) -> None:
    body = b"MIIEpAIBAAKC" + b"x9" * 20
    value = b"-----BEGIN " + b"RSA PRIVATE KEY-----\n" + body + b"\n-----END"
    first = value.splitlines()[0]
    neighbour = finding(line=body + b" " + TOKEN)
    text = text_of(Result((finding(value, line=first, column=1), neighbour), receipt()), name)
    assert body.decode() not in text


@all_formats
def test_a_secret_in_a_path_or_a_reason_is_hidden(name: str) -> None:
    path = f"dump/{TOKEN.decode()}.txt"
    skipped = (Skipped(path, f"cannot open {path}", is_failure=True),)
    result = Result((finding(place=WorkTreeFile(path)),), receipt(asked=f"files: {path}", skipped=skipped, notes=(path,)))
    assert TOKEN.decode() not in text_of(result, name)


@all_formats
@pytest.mark.parametrize("show_secrets", [False, True])
def test_hostile_names_are_neutralised(name: str, show_secrets: bool) -> None:
    text = text_of(results.hostile(), name, show_secrets=show_secrets)
    assert not [char for char in text if not (char.isprintable() or char == "\n")]


@all_formats
def test_hostile_content_is_neutralised(name: str) -> None:
    line = b"\x1b]0;title\x07 \xff\xfe\r\n " + TOKEN + b" \xe2\x80\xae\x9b31m"
    text = text_of(Result((finding(line=line),), receipt()), name)
    assert not [char for char in text if not (char.isprintable() or char == "\n")]


@all_formats
@pytest.mark.parametrize("result", [results.empty(), results.incomplete(), results.nothing_read()])
def test_a_result_without_findings_can_be_written(name: str, result: Result) -> None:
    assert text_of(result, name).endswith("\n")


@all_formats
@given(
    value=st.binary(min_size=1, max_size=60),
    before=st.binary(max_size=30),
    path=st.binary(min_size=1, max_size=30),
    show=st.booleans(),
)
def test_any_bytes_can_be_written(name: str, value: bytes, before: bytes, path: bytes, show: bool) -> None:
    place = WorkTreeFile(path.decode("utf-8", "surrogateescape"))
    found = finding(value, place=place, line=before + value, column=len(before) + 1)
    text_of(Result((found,), receipt(notes=(place.path,))), name, show_secrets=show).encode("utf-8")


@all_formats
@given(body=st.text("abcXYZ012_-", min_size=12, max_size=60), around=st.text("abcXYZ012_-= ", max_size=40), copies=st.integers(1, 3))
def test_no_line_shows_its_secret(name: str, body: str, around: str, copies: int) -> None:
    value = f"%{body}%".encode()
    line = (around.encode() + value) * copies + around.encode()
    assert value.decode() not in text_of(Result((finding(value, line=line),), receipt()), name)
