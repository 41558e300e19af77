"""The layout of the blast map: everything is on the drawing, nothing on top of another, and what is left out is said."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitshield.model.reach import Reach
from gitshield.report.blast import MAX_DOTS, MAX_ROWS, WIDTH, BlastMap, blast_map
from gitshield.report.reach import shown_reach
from tests.report.results import reach, sighting


def map_of(made: Reach) -> BlastMap:
    return blast_map(shown_reach(made, name=str, text=str))


def at_days(*days: int, **changes: Any) -> BlastMap:
    return map_of(reach(events=tuple(sighting(day % 256, time=day * 86_400) for day in days), **changes))


def test_commits_are_to_scale_in_time() -> None:
    first, middle, last = at_days(0, 30, 120).dots
    assert (middle.x - first.x) / (last.x - first.x) == pytest.approx(0.25, abs=0.01)


def test_a_dot_says_its_commit_day_author_and_subject() -> None:
    dot = map_of(reach()).dots[0]
    assert dot.title == "added: 0101010101, 2026-03-02, Ada Lovelace, work of day 1"
    assert (dot.event, dot.label) == ("added", "0101010")


@given(times=st.lists(st.integers(-(2**63), 2**63), max_size=100).map(sorted))
def test_dots_are_in_order_apart_and_on_the_lane(times: list[int]) -> None:
    made = map_of(reach(events=tuple(sighting(1, time=time) for time in times), first=None, last=None))
    xs = [dot.x for dot in made.dots]
    assert len(xs) == min(len(times), MAX_DOTS)
    assert all(after - before >= 14.8 for before, after in pairwise(xs))
    assert not xs or 0 < xs[0] <= xs[-1] <= made.end < made.label_x < WIDTH
    assert all(after.x - before.x >= 95 for before, after in pairwise(made.ticks))
    labelled = [dot.x for dot in made.dots if dot.label]
    assert all(after - before >= 73 for before, after in pairwise(labelled))
    assert len(labelled) >= bool(times)


def test_commits_that_are_left_out_are_counted_between_the_first_and_the_last() -> None:
    made = at_days(*range(60))
    titles = [dot.title for dot in made.dots if dot.event == "more"]
    assert titles == [f"and {60 - MAX_DOTS + 1} more commits between"]
    assert "0000000000" in made.dots[0].title
    assert "3b3b3b3b3b" in made.dots[-1].title


def test_what_left_the_repository_stands_first_then_what_still_has_it() -> None:
    rows = map_of(reach()).rows
    assert [(row.kind, row.name, row.has_it) for row in rows] == [
        ("remote", "origin/main", False),
        ("branch", "topic", True),
        ("branch", "main", False),
        ("tag", "v1.0", True),
        ("stash", "stash", False),
    ]
    assert rows[1].title == "refs/heads/topic still has it"


def test_head_work_trees_and_reflogs_have_rows() -> None:
    rows = map_of(reach(refs=(), is_in_head=True, worktrees=("../w",), reflogs=("HEAD@{2}",))).rows
    assert [(row.kind, row.name) for row in rows] == [("HEAD", "HEAD"), ("worktree", "../w"), ("reflog", "HEAD@{2}")]


def test_nothing_that_leads_to_it_is_said_in_a_row() -> None:
    (row,) = map_of(Reach(first=sighting(1))).rows
    assert (row.kind, row.name) == ("nothing", "nothing leads to it")


@given(count=st.integers(0, 400))
def test_rows_are_bounded_apart_and_inside(count: int) -> None:
    made = map_of(reach(refs=tuple(f"refs/heads/b{number}" for number in range(count))))
    ys = [row.y for row in made.rows]
    assert 1 <= len(ys) <= MAX_ROWS
    assert all(after - before >= 20 for before, after in pairwise(ys))
    assert 0 < ys[0] <= made.y <= ys[-1] + 2 < made.axis_y < made.height or count < 2
    if count > MAX_ROWS:
        assert made.rows[-1].name == f"and {count - MAX_ROWS + 1} more"


def test_long_names_keep_both_ends() -> None:
    ref = "refs/heads/feature/" + "very-" * 12 + "long"
    row = next(row for row in map_of(reach(refs=(ref,))).rows)
    assert row.name.startswith("feature/very")
    assert row.name.endswith("-long")
    assert len(row.name) <= 25
    assert row.title == f"{ref} leads to it"


def test_names_are_neutral() -> None:
    event = sighting(1, author="\x1b[31m\u202e <a@x>", subject="a\nb")
    made = map_of(replace(reach(), refs=("refs/heads/\x07",), events=(event,)))
    texts = [made.summary, *(dot.title for dot in made.dots), *(text for row in made.rows for text in (row.name, row.title))]
    assert all(text.isprintable() for text in texts)
