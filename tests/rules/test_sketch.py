"""Sketches: whatever a pattern matches, its sketch does too, and ordinary text stays without a hit."""

import random
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitshield.rules import ruleset
from gitshield.rules.pattern import compiled
from gitshield.rules.ruleset import RuleSet
from gitshield.rules.sketch import sketch
from gitshield.rules.toml_form import read_specimens
from gitshield.rules.vectorscan import Expression, compile_sketches, load_database


@cache
def built_in() -> RuleSet:
    return ruleset.opened(ruleset.load_or_build(ruleset.built_in_rule_files, key="test", cache=[])[0])


def examples() -> list[bytes]:
    read = (read_specimens(content, name=name) for name, content in ruleset.built_in_files())
    return [example.text for specimens in read for one in specimens for example in one.examples]


def hits(rules: RuleSet, text: bytes) -> set[str]:
    """The patterns that count everywhere and match in `text`."""
    found: set[int] = set()
    assert rules.anywhere is not None
    rules.anywhere.scan(text, match_event_handler=lambda number, *_rest: found.add(rules.image.anywhere_rules[number]))
    return {rules.rules[number].regex or "" for number in found}


def is_sketched(rules: RuleSet, text: bytes) -> bool:
    found: list[int] = []
    load_database(rules.image.sketches).scan(text, match_event_handler=lambda number, *_rest: found.append(number))
    return bool(found)


def test_every_example_of_the_packs_hits_its_sketches() -> None:
    rules, count = built_in(), 0
    for text in examples():
        found = hits(rules, text)
        count += len(found)
        assert [pattern for pattern in found if compiled(sketch(pattern)).search(text) is None] == []
        assert is_sketched(rules, text) or not found
    assert count > 1000


def test_mixes_of_pieces_of_examples_hit_the_sketches_of_what_matches() -> None:
    rules, texts, draw, count = built_in(), examples(), random.Random(7), 0
    for _ in range(800):
        pieces = []
        for text in draw.choices(texts, k=3):
            low = draw.choice((0, 0, draw.randrange(len(text) + 1)))
            pieces.append(text[low : draw.choice((len(text), draw.randrange(low, len(text) + 1)))])
        mixed = draw.choice((b"", b" ", b"\n", b'"')).join(pieces)
        found = hits(rules, mixed)
        count += len(found)
        assert [pattern for pattern in found if compiled(sketch(pattern)).search(mixed) is None] == []
        assert is_sketched(rules, mixed) or not found
    assert count > 1000


atoms = st.sampled_from(["a", "b", "c", "[ab]", "[^a]", "[a-c]", r"\w", r"\s", r"\W", ".", r"\b", "^", "$", r"\B", "[^b-c]", r"\x61"])
repeats = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,5}", "{2,9}", "{9}", "{3,}", "*?", "{0,1}", "{1,2}"])
openings = st.sampled_from(["(", "(?:", "(?i:", "(?P<n>"])


@st.composite
def patterns(draw: st.DrawFn, depth: int = 2) -> str:
    branches = []
    for _ in range(draw(st.integers(1, 3 if depth < 2 else 2))):
        parts = []
        for _ in range(draw(st.integers(1, 4))):
            if depth and draw(st.booleans()):
                opening = draw(openings).replace("(?P<n>", "(")
                parts.append(opening + draw(patterns(depth=depth - 1)) + ")" + draw(repeats))
            else:
                atom = draw(atoms)
                parts.append(atom + ("" if atom in ("^", "$", r"\b", r"\B") else draw(repeats)))
        branches.append("".join(parts))
    return draw(st.sampled_from(["", "", "(?i)"] if depth == 2 else [""])) + "|".join(branches)


@settings(max_examples=500, deadline=None)
@given(patterns(), st.lists(st.text(alphabet="abcABC \n_", max_size=24), min_size=1, max_size=8))
def test_a_sketch_matches_where_its_pattern_does(pattern: str, texts: list[str]) -> None:
    wide = compiled(sketch(pattern))
    for text in texts:
        content = text.encode()
        if compiled(pattern).search(content) is not None:
            assert wide.search(content) is not None, (pattern, sketch(pattern), content)


@pytest.mark.parametrize(
    "pattern", [r"(?=a)b", r"a\Qb\E", r"(?x)a b", r"a++", "[[:^alpha:]x", r"\p{L}", "a(?i)b", r"\x{100}", "a*", "(?:a|)"]
)
def test_a_pattern_that_is_not_understood_is_its_own_sketch(pattern: str) -> None:
    assert sketch(pattern) == pattern


def test_optional_edges_are_not_required() -> None:
    assert compiled(sketch(r"x(?:\b)?y{2}")).search(b"xyy") is not None


def test_rules_whose_sketches_cannot_be_compiled_have_none() -> None:
    assert compile_sketches([Expression("broken", "(")]) == b""


def test_ordinary_text_has_no_hit() -> None:
    rules = built_in()
    messages = [
        b"rules: the password prompt reads a token\n\nAnd why, in a line or two: it was slow.\n",
        b"Merge branch 'main' into topic\n",
    ]
    sources = [path.read_bytes() for path in sorted(Path(ruleset.__file__).parents[1].rglob("*.py"))]
    assert [message for message in messages if is_sketched(rules, message)] == []
    assert len([content for content in sources if is_sketched(rules, content)]) < 0.3 * len(sources)
    assert len(rules.image.sketches) < 0.3 * len(rules.image.anywhere)
