"""The allow file."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitshield.errors import ConfigurationError
from gitshield.scan.allow_file import (
    MAX_LINE,
    MAX_SALTS,
    MAX_SIZE,
    AllowFile,
    Entry,
    add,
    entry_for_file,
    entry_for_value,
    match,
    parse,
    remove,
    render,
)

TOKEN = b"ghp_" + b"a1B2" * 9
PASSWORD = b"hunt" + b"er2"
SALT = b"\x01" * 8
TODAY = datetime.date(2030, 1, 15)
HASH = "0123456789abcdef" * 2

texts = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\ =#\n\r\t\x1b\x7f\u2028\udcff'), min_size=1, max_size=30
).filter(lambda text: text.strip() != "")
paths = st.text("abcé._-/ \"\\'=#", min_size=1, max_size=20)
dates = st.dates(min_value=datetime.date(1000, 1, 1))
value_entries = st.builds(
    Entry,
    rule=texts,
    owner=texts,
    reason=texts,
    salt=st.sampled_from([SALT, b"\x02" * 8]),
    digest=st.binary(min_size=16, max_size=16),
    path=st.none() | paths,
    expires=st.none() | dates,
)
file_entries = st.builds(Entry, rule=texts, owner=texts, reason=texts, path=paths, expires=st.none() | dates)
entries = value_entries | file_entries


def value_entry(value: bytes = TOKEN, rule: str = "rule-a", path: str | None = None, expires: datetime.date | None = None) -> Entry:
    return entry_for_value(rule, value, owner="me", reason="a test value", salt=SALT, path=path, expires=expires)


def matched(
    entry: Entry, value: bytes | None = TOKEN, *, rule: str = "rule-a", path: str = "src/a.py", today: datetime.date = TODAY
) -> bool:
    return match(AllowFile((entry,)), rule_id=rule, value=value, path=path, today=today) is entry


@given(st.lists(entries, max_size=6))
def test_what_is_rendered_parses_to_the_same(found: list[Entry]) -> None:
    content = render(found)
    assert set(parse(content).entries) == set(found)
    assert render(parse(content).entries) == content
    content.decode("utf-8")


@given(entries)
def test_a_line_is_printable(entry: Entry) -> None:
    assert entry.line.isprintable()


@given(st.lists(entries, max_size=6), st.randoms())
def test_adding_one_by_one_in_any_order_is_rendering_all(found: list[Entry], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    content = b""
    for entry in shuffled:
        content = add(content, entry)
    assert not found or content == render(found)


@given(st.lists(entries, max_size=4), st.lists(entries, max_size=4), st.lists(entries, max_size=4))
def test_a_union_merge_of_two_sides_has_the_entries_of_both(base: list[Entry], ours: list[Entry], theirs: list[Entry]) -> None:
    one, other = render(base + ours), render(base + theirs)
    merged = one + other.removeprefix(one[: one.index(b"\n\n")])
    assert set(parse(merged).entries) == {*base, *ours, *theirs}


@given(st.lists(entries, min_size=1, max_size=5))
def test_removing_takes_out_one_and_nothing_else(found: list[Entry]) -> None:
    rest = [entry for entry in found if entry != found[0]]
    assert remove(render(found), [found[0]]) == render(rest)


def test_adding_leaves_every_other_byte() -> None:
    content = b"\xef\xbb\xbf# ours\r\n\r\n# why\r\n" + value_entry(rule="b").line.encode() + b"\r\n\r\n# end"
    first, last = entry_for_file("a", "x", owner="me", reason="r"), value_entry(rule="a")
    grown = add(add(content, first), last)
    assert b"\r\n\r\n" + first.line.encode() + b"\r\n" in grown
    assert grown.replace(first.line.encode() + b"\r\n", b"").replace(last.line.encode() + b"\r\n", b"").rstrip() == content
    assert add(grown, first) == grown


def test_a_comment_stays_above_its_entry() -> None:
    later, earlier = sorted((value_entry(rule=rule) for rule in ("a", "b")), key=lambda entry: entry.line, reverse=True)
    content = b"# head\n\n# why\n" + later.line.encode() + b"\n"
    assert add(content, earlier) == b"# head\n\n" + earlier.line.encode() + b"\n# why\n" + later.line.encode() + b"\n"


def test_the_file_holds_no_value() -> None:
    content = render([value_entry(), value_entry(PASSWORD)])
    assert TOKEN not in content
    assert PASSWORD not in content


@pytest.mark.parametrize("value", [TOKEN, PASSWORD, b"", b"\xff\x00"])
def test_an_entry_matches_its_value_alone(value: bytes) -> None:
    assert matched(value_entry(value), value)
    assert not matched(value_entry(value), value + b"x")
    assert not matched(value_entry(value), None)


def test_an_entry_matches_its_rule_or_any() -> None:
    assert not matched(value_entry(rule="rule-b"))
    assert matched(value_entry(rule="*"))


@pytest.mark.parametrize(
    ("glob", "is_in"),
    [
        ("src/*.py", True),
        ("a.py", True),
        ("src", True),
        ("**/a.py", True),
        ("src/a.py", True),
        ("tests/*", False),
        ("*.toml", False),
    ],
)
def test_a_path_narrows_an_entry(glob: str, is_in: bool) -> None:
    assert matched(value_entry(path=glob)) == is_in


def test_an_entry_counts_through_its_last_day() -> None:
    entry = value_entry(expires=TODAY)
    assert matched(entry)
    assert not matched(entry, today=TODAY + datetime.timedelta(days=1))


def test_expired_entries_are_listed() -> None:
    old, new = value_entry(expires=TODAY - datetime.timedelta(days=1)), value_entry(expires=TODAY)
    assert AllowFile((old, new)).expired(TODAY) == (old,)


def test_of_two_entries_for_a_value_the_one_that_counts_is_used() -> None:
    old, new = value_entry(expires=TODAY - datetime.timedelta(days=1)), value_entry(expires=TODAY)
    for pair in ((old, new), (new, old)):
        assert match(AllowFile(pair), rule_id="rule-a", value=TOKEN, path="x", today=TODAY) is new


def test_a_file_entry_allows_its_exact_file_and_nothing_in_it() -> None:
    entry = entry_for_file("dotenv-file", "conf/.env", owner="me", reason="no secrets in it")
    assert entry.line == 'v1 - - rule=dotenv-file path=conf/.env owner=me reason="no secrets in it"'
    assert matched(entry, None, rule="dotenv-file", path="conf/.env")
    assert not matched(entry, None, rule="dotenv-file", path="other/conf/.env")
    assert not matched(entry, None, rule="key-file", path="conf/.env")
    assert not matched(entry, TOKEN, rule="dotenv-file", path="conf/.env")


def test_further_entries_take_the_salt_of_the_file() -> None:
    assert parse(render([value_entry()])).salt == SALT
    assert AllowFile().salt is None
    drawn = entry_for_value("a", TOKEN, owner="me", reason="r")
    assert len(drawn.salt or b"") == 8
    assert matched(drawn, rule="a")


def test_a_line_is_a_promise_over_versions() -> None:
    assert value_entry(path="a b", expires=TODAY).line == (
        'v1 0101010101010101 790362d49a48e8cc8ca5c2b2dc9cfbb4 rule=rule-a path="a b" expires=2030-01-15 owner=me reason="a test value"'
    )
    assert value_entry(PASSWORD).line == 'v1 0101010101010101 1b94823d8206c20d79b605b68e7fc4a4 rule=rule-a owner=me reason="a test value"'


GOOD = f'v1 {"01" * 8} {HASH} rule=rule-a owner=me reason="r"'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "not an entry"),
        ("<<<<<<< HEAD", "not an entry"),
        (GOOD.replace("v1", "v2"), "another version"),
        (GOOD.replace("v1", "v1\t"), "not an entry"),
        ("v1", "no rule="),
        (GOOD.replace("0101", "01"), "the salt is neither 16 hex digits"),
        (GOOD.replace(HASH, HASH.upper()), "the hash is neither 32 hex digits"),
        (GOOD.replace(HASH, "-"), "salt and hash are given together"),
        (GOOD.replace("01" * 8, "-"), "salt and hash are given together"),
        (f"{GOOD} colour=red", "not one of rule="),
        (f"{GOOD} word", "not one of rule="),
        (f"{GOOD} rule=b", "rule= stands there twice"),
        (GOOD.replace(" owner=me", ""), "no owner="),
        (GOOD.replace(' reason="r"', ""), "no reason="),
        (GOOD.replace('"r"', '""'), "may not be empty"),
        (GOOD.replace('"r"', '"r'), "not quoted"),
        (GOOD.replace('"r"', '"r"x'), "goes on after its closing quote"),
        (GOOD.replace('"r"', '"\\q"'), "not quoted"),
        (GOOD.replace("=me", "=m'e"), "need double quotes"),
        (f"{GOOD} expires=tomorrow", "no date"),
        (f"{GOOD} expires=20300101", "no date"),
        (f"{GOOD} expires=2030-13-01", "no date"),
        ("v1 - - rule=a owner=me reason=r", "neither a hash nor a path"),
        ("v1 - - rule=a path=**/.env owner=me reason=r", "exact"),
        (GOOD.replace('"r"', f'"{"r" * MAX_LINE}"'), "at most"),
        (GOOD + "\udcff", "not UTF-8"),
    ],
)
def test_a_bad_line_is_named(line: str, words: str) -> None:
    content = f"# head\n{GOOD}\n{line}\n".encode("utf-8", "surrogateescape")
    with pytest.raises(ConfigurationError, match=f"^.gitshield-allow, line 3: .*{words}"):
        parse(content)


def test_nothing_is_an_empty_file() -> None:
    assert parse(b"").entries == parse(b"\xef\xbb\xbf# x\r\n\r\n").entries == ()


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="at most"):
        parse(b"#" * (MAX_SIZE + 1))


def test_many_salts_are_refused_because_each_costs_a_slow_hash_a_short_value() -> None:
    content = "".join(GOOD.replace("01" * 8, f"{number:016x}") + "\n" for number in range(MAX_SALTS + 1)).encode()
    with pytest.raises(ConfigurationError, match="salts"):
        parse(content)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for attempt in (content, GOOD.encode() + content, b"v1 " + content):
        try:
            assert isinstance(parse(attempt), AllowFile)
        except ConfigurationError:
            continue


def test_the_page_shows_entries_as_they_are() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats" / "allow-file.md").read_text(encoding="utf-8")
    blocks = page.split("```")
    example = next(block for block in blocks if block.startswith("gitshield-allow\n")).partition("\n")[2]
    assert len(parse(example.encode()).entries) == 3
    assert render(parse(example.encode()).entries).decode() == example
