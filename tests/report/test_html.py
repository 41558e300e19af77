"""The html format: a page that is whole without network and script, and inert whatever stands in it."""

import base64
import hashlib
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from time import process_time

import pytest

from gitshield.model.finding import Result
from gitshield.model.place import CommittedBlob
from gitshield.report import render
from tests.report import pictures, results
from tests.report.chromium import chromium, dom_of, print_to, screenshot
from tests.report.results import COMMIT, OID, finding, reach, receipt, sighting, telling

in_chromium = pytest.mark.skipif(chromium() is None, reason="no chromium on PATH")
PAYLOADS = (
    "<script>document.title='ran'</script>",
    "<img src=x onerror=\"document.title='ran'\">",
    "\"'><svg onload=document.title='ran'>",
    "]]></style></script><script>document.title='ran'</script>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u2066\x00\x1b[2J",
    "javascript:document.title='ran'",
)
VOID = {"meta", "input", "br", "img", "link"}


class Parsed(HTMLParser):
    """The elements of a page, and whether each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def page(result: Result, *, show_secrets: bool = False) -> str:
    return "".join(render(result, format="html", show_secrets=show_secrets, version="0.1.0"))


def hostile(payload: str) -> Result:
    """A result in which every text of others is the payload."""
    told = telling(payload)
    own = finding(place=CommittedBlob(payload, OID, COMMIT), line=b"token = " + results.TOKEN, reach=told.reach, places=told.places)
    skipped = results.Skipped(payload, payload, is_failure=True)
    texts = {"rule_id": payload, "description": payload, "family": payload, "severity": payload, "confidence": payload}
    words = {**texts, "revoke_url": payload, "revoke_steps": (payload,), "tags": (payload,)}
    return Result((results.replace(own, **words), own), receipt(asked=payload, skipped=(skipped,), notes=(payload,)))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The page of a history, incomplete."""
    file = tmp_path / "report.html"
    file.write_text(page(pictures.incomplete()), encoding="utf-8")
    return file


@pytest.mark.parametrize("result", [results.history(), results.ordinary(), results.hostile(), results.empty(), results.nothing_read()])
def test_the_page_is_well_formed(result: Result) -> None:
    parsed = Parsed(page(result))
    assert (parsed.faults, parsed.open) == ([], [])
    assert parsed.tags["h1"] == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_texts_of_others_make_no_elements(payload: str) -> None:
    parsed, harmless = Parsed(page(hostile(payload))), Parsed(page(hostile("harmless")))
    assert (parsed.faults, parsed.open) == ([], [])
    assert parsed.tags.keys() == harmless.tags.keys()
    assert parsed.tags["script"] == 1
    names = {name for _tag, name, _value in parsed.attributes}
    assert names == {name for _tag, name, _value in harmless.attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]


def test_it_asks_for_nothing_from_elsewhere() -> None:
    parsed = Parsed(page(results.history()))
    links = [(tag, value) for tag, name, value in parsed.attributes if name in ("href", "src", "action", "xlink:href", "srcset", "data")]
    assert [tag for tag, value in links if not value.startswith("#")] == ["a"] * 11
    assert not re.search(r"@import|url\(", page(results.history()))


def test_its_policy_allows_its_own_style_and_script_alone() -> None:
    text = page(results.history())
    policy = next(value for _tag, name, value in Parsed(text).attributes if name == "content")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (source,) = re.findall(rf"(?s)<{tag}>(.*?)</{tag}>", text)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "http://[", "https://x\u202e/"])
def test_only_pages_of_the_web_are_links(url: str) -> None:
    found = results.replace(finding(), revoke_url=url)
    assert "a" not in Parsed(page(Result((found,), receipt()))).tags


def test_what_could_not_be_read_comes_before_the_findings() -> None:
    text = page(pictures.incomplete())
    assert 0 < text.index("Not everything was checked") < text.index("objects/7c/41f0") < text.index('class="finding')
    assert "proves nothing" in page(results.nothing_read())
    assert "Not everything" not in page(results.empty())


def test_a_finding_tells_its_reach_in_words_and_in_a_map() -> None:
    text = page(Result((finding(reach=reach()),), receipt()))
    assert "yes: remote-tracking branches of origin reach it" in text
    assert "<title>added: 0101010101, 2026-03-02, Ada Lovelace, work of day 1</title>" in text
    assert "<title>refs/heads/topic still has it</title>" in text


def test_the_filters_are_hidden_without_a_script() -> None:
    assert '<form id="filters" hidden>' in page(results.history())


def test_thousands_of_findings_are_written_at_once() -> None:
    events = tuple(sighting(number) for number in range(8))
    found = tuple(finding(b"ghp_%036d" % number, reach=reach(events=events)) for number in range(2000))
    began = process_time()
    text = page(Result(found, receipt()))
    assert process_time() - began < 20  # about one second
    assert len(text) < 2000 * 8000


@in_chromium
def test_the_script_shows_the_filters_and_counts(written: Path) -> None:
    dom = dom_of(written)
    assert re.search(r'<form id="filters">', dom)
    assert "Content-Security-Policy" in dom
    assert len(re.findall(r'<details class="finding', dom)) == 4


@in_chromium
def test_texts_of_others_are_inert(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    found = tuple(one for payload in PAYLOADS for one in hostile(payload).findings)
    file.write_text(
        page(Result((*found, *results.hostile().findings), receipt(notes=PAYLOADS, asked=" ".join(PAYLOADS)))), encoding="utf-8"
    )
    dom = dom_of(file)
    assert "<title>28 findings · gitshield</title>" in dom
    assert "<img" not in dom
    assert dom.count("<script>") == 1
    assert not set("\0\x1b\u202e\u2066") & set(dom)


@in_chromium
def test_a_script_that_got_in_would_not_run(written: Path) -> None:
    planted = "<script>document.title='ran'</script><b onclick='1' style='color: red'>"
    written.write_text(written.read_text().replace("<h1>", f"{planted}<h1>"))
    assert "<title>4 findings" in dom_of(written)


@in_chromium
def test_filters_leave_what_fits(written: Path) -> None:
    text = written.read_text()
    script = (
        "for (const [name, value] of [['rule', ''], ['path', 'QUEUE'], ['spread', 'head']])"
        " document.forms[0].elements[name].value = value;"
        " document.forms[0].dispatchEvent(new Event('input'));"
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = text.replace("script-src ", f"script-src &#39;sha256-{digest}&#39; ").replace("</body>", f"<script>{script}</script></body>")
    written.write_text(text)
    shown = re.findall(r"<details class=\"finding (\w+)\"([^>]*)>", dom_of(written))
    assert [severity for severity, rest in shown if "hidden" not in rest] == ["high"]


@in_chromium
def test_pictures_and_paper_can_be_made_of_it(written: Path, tmp_path: Path) -> None:
    for dark in (False, True):
        screenshot(written, tmp_path / f"{dark}.png", size=(900, 700), dark=dark)
    pictures_made = [(tmp_path / f"{dark}.png").read_bytes() for dark in (False, True)]
    assert all(picture.startswith(b"\x89PNG") and len(picture) > 10_000 for picture in pictures_made)
    assert pictures_made[0] != pictures_made[1]
    print_to(written, tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    if (program := shutil.which("pdftotext")) is not None:
        said = subprocess.run([program, str(tmp_path / "report.pdf"), "-"], capture_output=True, check=True).stdout.decode()
        assert "no ref or reflog leads to it" in said
        assert "Skipped by policy" in said
