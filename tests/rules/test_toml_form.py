"""Rule files that cannot mean what they say are refused when they are loaded, with the rule's name."""

from time import process_time

import pytest

from gitshield.errors import RuleError
from gitshield.rules.readers import read_with, reader_names
from gitshield.rules.ruleset import built_in_rule_files
from gitshield.rules.toml_form import read_rules


def load(*lines: str) -> None:
    read_rules("\n".join(("[[rules]]", 'id = "shaky"', *lines)).encode(), name="mine.toml")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("regex = 'a(b)'", "secretGroup = 2"), "secretGroup is 2, but it has a regex with 1 group"),
        (("regex = 'ab'", "secretGroup = 1"), "regex with 0 groups"),
        (("path = 'ab'", "secretGroup = 1"), "no regex"),
        (("regex = 'a(b)'", "secretGroup = -1"), "secretGroup"),
        (("regex = 'a(b)'", "secretGroup = '1'"), "secretGroup"),
        (("regex = 'a(b)'", "secretGroup = true"), "secretGroup"),
        (("regex = 'ab'", "required = [{ id = 'x', withinLines = '3' }]"), "withinLines"),
        (("regex = 'ab'", "required = [{ id = 'x', withinColumns = -3 }]"), "withinColumns"),
        (("regex = 'ab'", "entropy = nan"), "entropy"),
        (("regex = 'ab'", "entropy = 9"), "entropy"),
        (("regex = 'ab'", "entropy = '3'"), "entropy"),
        (("regex = 'ab'", "skipReport = 'false'"), "skipReport"),
        (("regex = 'ab'", "gate = 1"), "gate"),
        (("path = 'ab'", "reader = 'os'"), "no reader 'os'"),
        (("path = 'ab'", "reader = 'judgement'"), "no reader 'judgement'"),
        (("regex = 'ab'", "reader = 'netrc'"), "needs the path"),
        (("regex = 'ab'", "revoke = { url = 1 }"), "url"),
        (("regex = 'ab'", "revoke = { steps = 'abc' }"), "steps"),
        (('regex = "a\\u0000|b"',), "zero character"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_by_name(lines: tuple[str, ...], words: str) -> None:
    with pytest.raises(RuleError, match=words) as caught:
        load(*lines)
    assert "'shaky'" in str(caught.value)


def test_a_secret_group_that_is_there_is_taken() -> None:
    load("regex = 'a(b)(c)'", "secretGroup = 2")
    load("regex = 'abc'", "secretGroup = 0")


def test_a_list_of_rules_to_turn_off_that_is_none_is_refused() -> None:
    with pytest.raises(RuleError, match="disabledRules"):
        read_rules(b"[extend]\ndisabledRules = 'abc'\n", name="mine.toml")


@pytest.mark.parametrize("key", ["a." * 50_000 + "b = 1", "[" + "'a' . " * 50_000 + "b]", "x = { " + '"a".' * 50_000 + "b = 1 }"])
def test_a_key_of_endless_parts_is_refused_at_once(key: str) -> None:
    began = process_time()
    with pytest.raises(RuleError, match=r"mine\.toml: a key of over 64 parts"):
        read_rules(key.encode(), name="mine.toml")
    assert process_time() - began < 5


def test_looking_for_endless_keys_takes_linear_time() -> None:
    began = process_time()
    for text in ("a" * 200_000, "a." * 60 + " " * 100_000, "'" * 50_000, ("a." * 63 + "=\n") * 1_000):
        with pytest.raises(RuleError):
            read_rules(text.encode(), name="mine.toml")
    assert process_time() - began < 10


def test_a_byte_order_mark_does_no_harm() -> None:
    assert [rule.id for rule in read_rules(b"\xef\xbb\xbf[[rules]]\nid = 'a'\nregex = 'b'\n", name="mine.toml").rules] == ["a"]


def test_every_reader_that_is_named_can_be_read_with() -> None:
    used = {rule.reader: rule for file in built_in_rule_files() for rule in file.rules if rule.reader}
    assert set(used) <= set(reader_names())
    assert len(used) > 15
    for rule in used.values():
        assert list(read_with(rule, b"", path="x")) == []
