"""What every format promises: secrets stay hidden, anything can be encoded, no terminal is moved."""

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from time import process_time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitshield.errors import UsageError
from gitshield.model.finding import Finding, Result, Skipped
from gitshield.model.place import CommitMessage, CommittedBlob, RefName, TreeName, WorkTreeFile
from gitshield.report import format_names, render
from gitshield.report.mask import MASK
from tests.report import results
from tests.report.results import OID, PASSWORD, TOKEN, finding, reach, receipt, sighting, telling


def text_of(result: Result, name: str, *, show_secrets: bool = False, color: bool = False) -> str:
    return "".join(render(result, format=name, show_secrets=show_secrets, color=color, version="0.1.0"))


all_formats = pytest.mark.parametrize("name", format_names())


def forms_of(value: bytes) -> list[str]:
    coded = base64.b64encode(value)
    return [value.decode(), coded.decode().rstrip("="), value.hex(), quote(value, safe=""), json.dumps(value.decode())[1:-1]]


def test_formats_are_found() -> None:
    assert format_names() == ("csv", "gitleaks", "html", "json", "jsonl", "junit", "sarif", "text")


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


CUT = [
    (b"password: PW#9167wP", "password: ********…"),
    (b"k = 'PW''TAIL'", "k = '********…"),
    (b"http://u:PW@67TAIL@h/d", "http://u:********…"),
    (b'k = "PW" "TAIL"', 'k = "********…'),
    (b'k = "PW\\"TAIL"', 'k = "********…'),
    (b'k = "PW" # a comment', 'k = "********…'),
    (b"k = PW PW", "k = ********…"),
]
KEPT = [b"k = PW", b'k = "PW"', b"k('PW'); ", b'{"k": ["PW"]},\r', b"<PW>", b"k = `PW`,"]
with_lines = pytest.mark.parametrize("name", ["html", "json", "jsonl", "junit", "sarif", "text"])


def shown_line(name: str, result: Result) -> str:
    """The line of the one finding, as a format gives it."""
    text = text_of(result, name)
    match name:
        case "json":
            return str(json.loads(text)["findings"][0]["line"])
        case "jsonl":
            return str(json.loads(text.splitlines()[0])["line"])
        case "sarif":
            place = json.loads(text)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
            return str(place["contextRegion"]["snippet"]["text"])
        case "html":
            return html.unescape(re.findall(r"<pre><span>12</span>(.*)</pre>", text)[0])
        case "junit":
            return str(re.findall(r"(?m)^line: (.*)$", html.unescape(text))[0])
        case _:
            return str(re.findall(r"(?m)^    12 \| (.*)$", text)[0])


@with_lines
@pytest.mark.parametrize(("line", "expected"), CUT)
def test_what_may_be_the_rest_of_a_secret_is_not_shown(name: str, line: bytes, expected: str) -> None:
    value = b"Kes" + b"9!67"
    result = Result((finding(value, line=line.replace(b"PW", value)),), receipt())
    assert shown_line(name, result) == expected


@all_formats
@pytest.mark.parametrize("line", [line for line, _expected in CUT])
def test_no_format_shows_the_rest_of_a_secret(name: str, line: bytes) -> None:
    value = b"Kes" + b"9!67"
    text = text_of(Result((finding(value, line=line.replace(b"PW", value)),), receipt()), name)
    assert not [rest for rest in ("167wP", "TAIL", "a comment") if rest in text]


@pytest.mark.parametrize("line", KEPT)
def test_closing_punctuation_after_a_secret_is_shown(line: bytes) -> None:
    value = b"Kes" + b"9!67"
    result = Result((finding(value, line=line.replace(b"PW", value)),), receipt())
    assert shown_line("json", result) == line.decode().replace("PW", "********")


def test_columns_are_those_of_the_line_in_the_file() -> None:
    line = 'é = "PW" "TAIL"'.encode().replace(b"PW", TOKEN)
    assert json.loads(text_of(Result((finding(line=line),), receipt()), "json"))["findings"][0]["columns"] == [6, 45]


@all_formats
def test_who_asked_for_secrets_sees_the_rest_of_the_line(name: str) -> None:
    line = b'k = "' + TOKEN + b'" "TAIL"'
    shown = text_of(Result((finding(line=line),), receipt()), name, show_secrets=True)
    assert ("TAIL" in shown) == (name in ("html", "json", "jsonl", "junit", "sarif", "text"))


def test_the_rest_of_a_neighbour_is_not_shown() -> None:
    short = b"Kes" + b"9!67"
    line = b"u:" + short + b"@67TAIL " + TOKEN
    found = (finding(line=line), finding(short, line=line))
    assert [one["line"] for one in json.loads(text_of(Result(found, receipt()), "json"))["findings"]] == ["u:********…"] * 2


def test_the_rest_of_a_neighbour_further_off_is_not_shown() -> None:
    line = b"u:" + PASSWORD + b"x" * 300 + b" " + TOKEN
    found = (finding(line=line), finding(PASSWORD, line=line))
    assert [one["line"] for one in json.loads(text_of(Result(found, receipt()), "json"))["findings"]] == [None, "u:********…"]


def test_the_rest_of_a_secret_that_began_on_a_line_before_is_not_shown() -> None:
    value = b"begin" + b"\nends"
    first = finding(value, line=b"begin", column=1)
    first = replace(first, span=replace(first.span, line=11))
    text = text_of(Result((first, finding(line=b"ends-TAIL " + TOKEN)), receipt()), "json")
    assert [one["line"] for one in json.loads(text)["findings"]] == [None, None]


@pytest.mark.parametrize(
    "copy",
    [
        lambda text: quote(text, safe="/"),
        lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%3C", "%3c").replace("%C3%A9", "%c3%a9"),
        html.escape,
        lambda text: html.escape(text, quote=False),
        lambda text: html.escape(text).replace("&#x27;", "&#39;"),
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
        lambda text: json.dumps(text)[1:-1].replace("<", "\\u003c").replace("&", "\\u0026").replace("'", "\\u0027"),
    ],
    ids=["percent, slash kept", "percent, lower case", "HTML", "HTML, quotes kept", "HTML, number", "JSON", "JSON, slash", "JSON, page"],
)
def test_a_copy_before_the_secret_is_hidden_however_it_is_written(copy: Callable[[str], str]) -> None:
    value = "Kes/9" + "<&'\"é67"
    line = f"x={copy(value)} {value}".encode()
    assert shown_line("json", Result((finding(value.encode(), line=line, column=line.rfind(b" ") + 2),), receipt())) == "x=********…"


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
    shown = [json.loads(line).get("line") for line in text.splitlines()]
    assert shown.count("********…") > 3  # so there are excerpts; those after a far neighbour are none
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


SHORT = "hunt" + "er2"


@all_formats
@pytest.mark.parametrize("value", [TOKEN.decode(), PASSWORD.decode(), SHORT, "Q7" + "z"])
@pytest.mark.parametrize("is_in_names", [False, True])
def test_a_secret_in_anything_that_a_history_tells_is_hidden(name: str, value: str, is_in_names: bool) -> None:
    told = telling(value)
    result = Result((told if is_in_names else replace(told, places=told.places[:1]),), receipt())
    text = text_of(result, name)
    assert not [form for form in (value, value.encode().hex(), html.escape(value), quote(value)) if form in text]
    assert MASK in text


@all_formats
@pytest.mark.parametrize("value", [TOKEN.decode(), PASSWORD.decode(), SHORT])
def test_the_history_of_another_secret_does_not_tell_one(name: str, value: str) -> None:
    told = replace(telling(value), places=())
    seen = sighting(1, author=f"{value} <a@x>", subject=f"use {value}")
    words = dict.fromkeys(("refs", "holding", "reflogs", "remotes", "worktrees"), (f"fix-{value}",))
    other = replace(telling("x9" * 9), reach=reach(first=seen, events=(seen,), **words))
    assert value not in text_of(Result((other, told), receipt()), name)


@all_formats
@pytest.mark.parametrize("place", [TreeName(f"t/{SHORT}", OID), RefName(f"refs/heads/{SHORT}"), CommitMessage(OID)])
def test_a_short_secret_that_stands_in_a_name_is_hidden_in_every_name(name: str, place: TreeName | RefName | CommitMessage) -> None:
    told = finding(SHORT.encode(), place=place, line=b"x")
    other = replace(telling("x9" * 9), reach=telling(SHORT).reach, place=CommittedBlob(f"a/{SHORT}", OID))
    notes = (f"looked at {SHORT}",)
    skipped = (Skipped(f"a/{SHORT}", "gone", is_failure=True),)
    assert SHORT not in text_of(Result((told, other), receipt(skipped=skipped, notes=notes)), name)


@all_formats
def test_a_history_is_told_to_who_asked_for_secrets(name: str) -> None:
    assert SHORT in text_of(Result((telling(SHORT),), receipt()), name, show_secrets=True)


@all_formats
def test_a_history_is_told_by_every_format(name: str) -> None:
    text = text_of(results.history(), name)
    assert not [form for form in forms_of(TOKEN) if form in text]
    assert [word for word in ("Ada Lovelace", "0101010101") if word not in text] == []


@all_formats
@given(value=st.text("abcXYZ012_-é<&", min_size=6, max_size=40), around=st.text("ab <>/é", max_size=9))
def test_no_history_tells_its_secret(name: str, value: str, around: str) -> None:
    value = f"%{value}%"
    assert value not in html.unescape(text_of(Result((telling(value), telling(around + "x" * 14)), receipt()), name))


@all_formats
@given(told=st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape")), time=st.integers(-(2**63), 2**63))
def test_any_bytes_of_a_history_can_be_written(name: str, told: str, time: int) -> None:
    seen = sighting(1, author=told, subject=told, paths=(told,), time=time)
    words = dict.fromkeys(("paths", "refs", "holding", "reflogs", "remotes", "worktrees"), (told, told))
    found = finding(reach=reach(first=seen, last=seen, events=(seen,) * 3, **words))
    text_of(Result((found,), receipt()), name).encode("utf-8")


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
