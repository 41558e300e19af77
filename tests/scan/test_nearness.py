"""Nearness: what a rule requires must match close enough, and thousands of matches side by side cost little."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from gitshield.model.place import StandardInput
from gitshield.scan.engine import scan_fragment
from gitshield.scan.fragment import Fragment
from gitshield.scan.nearness import near
from tests.scan.rulesets import rules_of

PAIR = """
[[rules]]
id = "key"
regex = 'key[0-9]{6}'
required = [{{ id = "user", {} }}]

[[rules]]
id = "user"
regex = 'user[0-9]{{6}}'
skipReport = true
""".replace("key[0-9]{6}", "key[0-9]{{6}}")

positions = st.sets(st.tuples(st.integers(0, 8), st.integers(1, 8)), max_size=12)
distances = st.none() | st.integers(0, 5)


@given(places=positions, others=positions, lines=distances, columns=distances)
def test_near_gives_what_a_look_at_every_pair_gives(
    places: set[tuple[int, int]], others: set[tuple[int, int]], lines: int | None, columns: int | None
) -> None:
    pairs = {
        (line, column)
        for line, column in places
        for other_line, other_column in others
        if (lines is None or abs(line - other_line) <= lines) and (columns is None or abs(column - other_column) <= columns)
    }
    assert near(places, others, lines=lines, columns=columns) == pairs


def found(text: bytes, distance: str) -> list[int]:
    seen, _ = scan_fragment(rules_of(PAIR.format(distance)), Fragment(StandardInput(), "x", text))
    return [one.finding.span.line for one in seen]


def test_a_match_counts_where_its_required_rule_matches_close_enough() -> None:
    text = b"user000001\n\nkey000001\n\n\n\nkey000002\n"
    assert found(text, "withinLines = 2") == [3]
    assert found(text, "withinLines = 6") == [3, 7]
    assert found(b"user000001 key000001\n        key000002", "withinColumns = 8") == [2]
    assert found(b"key000001\n", "withinLines = 6") == []


def test_thousands_of_matches_are_compared_in_about_linear_time() -> None:
    text = b"".join(b"user%06d\n" % n for n in range(4000)) + b"".join(b"key%06d\n" % n for n in range(4000))
    began = process_time()
    assert found(text, "withinLines = 0") == []
    assert process_time() - began < 20  # half a second; it was minutes when every pair was looked at
