"""The blast map: how far one secret got, laid out as shapes. A time axis with its commits on the left, what leads to them on the right.

A pure function of a shown reach; it leaves out how shapes are written (see `templates/`). Lengths are in units of the drawing, which is
`WIDTH` wide; texts are neutral.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gitshield.report.neutral import neutral
from gitshield.report.reach import RefKind, ShownReach, ShownSighting, ref_kind
from gitshield.report.words import day_words, short

WIDTH: Final = 760
MAX_DOTS: Final = 24
MAX_ROWS: Final = 10
_LEFT: Final = 28
_RIGHT: Final = 476
_LABELS: Final = 552
_ROW: Final = 24
_TOP: Final = 18
_GAP: Final = 15.0
_TICK_ROOM: Final = 96.0
_ID_ROOM: Final = 74.0
_MAX_NAME: Final = 25
_AXIS: Final = 40
# For the days under the axis and the legend.
_FOOT: Final = 50

RowKind = RefKind | Literal["HEAD", "worktree", "reflog", "nothing", "more"]


@dataclass(frozen=True, slots=True)
class Dot:
    """A commit on the lane. `label` stands under it and may be empty; `title` says all of it. `event` may be `more`: several left out."""

    x: float
    event: str
    title: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A day on the axis."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """Something that leads to the secret. `has_it` when its own tip still has it; `path` is the line from the lane, as SVG has paths."""

    y: float
    kind: RowKind
    name: str
    title: str
    has_it: bool
    path: str


@dataclass(frozen=True, slots=True)
class BlastMap:
    """The drawing: its `height` (with room for a legend at its foot), the lane's `y` and its ends, the axis' `axis_y`."""

    height: float
    y: float
    start: float
    end: float
    axis_y: float
    label_x: float
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    summary: str
    width: int = WIDTH


def blast_map(reach: ShownReach) -> BlastMap:
    """Lay out a reach: at most MAX_DOTS commits and MAX_ROWS rows, a mark for those left out among them."""
    named = _rows(reach)
    span = (len(named) - 1) * _ROW
    y = _TOP + max(span / 2, 2.0)
    events = _shown_events(reach)
    xs = _places([event.time for event, _left_out in events])
    dots = tuple(_dot(x, event, left_out) for x, (event, left_out) in zip(xs, events, strict=True))
    rows = tuple(_row(_TOP + number * _ROW, y, one) for number, one in enumerate(named))
    axis = max(y + _AXIS, _TOP + span + _ROW * 0.75)
    return BlastMap(
        height=axis + _FOOT,
        y=y,
        start=min(xs, default=float(_LEFT)),
        end=float(_RIGHT),
        axis_y=axis,
        label_x=_LABELS,
        dots=_labelled(dots),
        ticks=_ticks(xs, [event.time for event, _left_out in events]),
        rows=rows,
        summary=_summary(reach, named),
    )


def _shown_events(reach: ShownReach) -> list[tuple[ShownSighting, int]]:
    """The first and the last events with, where some between are left out, how many. Without events what is known of the ends."""
    known = reach.events or tuple(dict.fromkeys(one for one in (reach.first, reach.last) if one is not None))
    if len(known) <= MAX_DOTS:
        return [(event, 0) for event in known]
    half = MAX_DOTS // 2
    rest = MAX_DOTS - half - 1
    left_out = known[half : len(known) - rest]
    return [
        *((event, 0) for event in known[:half]),
        (left_out[len(left_out) // 2], len(left_out)),
        *((event, 0) for event in known[-rest:]),
    ]


def _places(times: Sequence[int]) -> list[float]:
    """Where on the lane each time is: to scale, but never closer than dots can be told apart, in the order given."""
    if not times:
        return []
    low, span = min(times), (max(times) - min(times)) or 1
    xs = [_LEFT + (_RIGHT - _LEFT) * (time - low) / span for time in times]
    for number in range(1, len(xs)):
        xs[number] = max(xs[number], xs[number - 1] + _GAP)
    limit = float(_RIGHT)
    for number in range(len(xs) - 1, -1, -1):
        xs[number] = min(xs[number], limit)
        limit = xs[number] - _GAP
    return [round(x, 1) for x in xs]


def _dot(x: float, event: ShownSighting, left_out: int) -> Dot:
    if left_out:
        return Dot(x, "more", f"and {left_out} more commits between")
    told = (short(event.commit), day_words(event.time), neutral(event.name), neutral(event.subject))
    return Dot(x, event.event, f"{event.event}: " + ", ".join(part for part in told if part), short(event.commit)[:7])


def _labelled(dots: tuple[Dot, ...]) -> tuple[Dot, ...]:
    """Take the labels away for which there is no room; the first dot keeps its own, then the last."""
    kept = [dots[0].x] if dots else []
    last = dots[-1] if dots else None
    if last is not None and last.x - kept[0] >= _ID_ROOM:
        kept.append(last.x)
    for dot in dots[1:-1]:
        if all(abs(dot.x - x) >= _ID_ROOM for x in kept):
            kept.append(dot.x)
    return tuple(dot if dot.x in kept else Dot(dot.x, dot.event, dot.title) for dot in dots)


def _ticks(xs: Sequence[float], times: Sequence[int]) -> tuple[Tick, ...]:
    """Days under the first and the last dot and under others that have room, each day once."""
    if not xs:
        return ()
    chosen = [0] if len(xs) == 1 or xs[-1] - xs[0] < _TICK_ROOM else [0, len(xs) - 1]
    for number in range(1, len(xs) - 1):
        is_free = all(abs(xs[number] - xs[other]) >= _TICK_ROOM for other in chosen)
        if is_free and day_words(times[number]) not in {day_words(times[other]) for other in chosen}:
            chosen.append(number)
    return tuple(Tick(xs[number], day_words(times[number])) for number in sorted(chosen))


Named = tuple[RowKind, str, str, bool]


def _rows(reach: ShownReach) -> list[Named]:
    """Kind, name, title and whether it still has it; what left the repository first, then what a person works on."""
    holding = set(reach.holding)
    order = ("remote", "branch", "tag", "stash", "ref")
    refs = sorted(((*ref_kind(ref), ref) for ref in reach.refs), key=lambda one: (order.index(one[0]), one[2] not in holding))
    found: list[Named] = [("HEAD", "HEAD", "HEAD still has it", True)] if reach.is_in_head else []
    for kind, name, ref in refs:
        found.append((kind, _clipped(name), neutral(ref) + (" still has it" if ref in holding else " leads to it"), ref in holding))
    found += [("worktree", _clipped(path), f"work tree {neutral(path)}", True) for path in reach.worktrees]
    found += [("reflog", _clipped(entry), f"reflog entry {neutral(entry)}: no ref leads to it", False) for entry in reach.reflogs]
    if not found:
        return [("nothing", "nothing leads to it", "no ref or reflog leads to it: git keeps it until gc", False)]
    if len(found) > MAX_ROWS:
        more = len(found) - (MAX_ROWS - 1)
        found[MAX_ROWS - 1 :] = [("more", f"and {more:,} more", f"and {more:,} more refs and reflog entries", False)]
    return found


def _row(y: float, lane: float, named: Named) -> Row:
    """A row with its line: a bend from the lane's end to its mark."""
    kind, name, title, has_it = named
    bend = _RIGHT + (_LABELS - _RIGHT) / 2
    path = f"M{_RIGHT:g} {lane:g}C{bend:g} {lane:g} {bend:g} {y:g} {_LABELS - 10:g} {y:g}"
    return Row(y, kind, name, title, has_it, path)


def _summary(reach: ShownReach, named: Iterable[Named]) -> str:
    rows = ", ".join(name for _kind, name, _title, _has_it in named)
    return f"{len(reach.events):,} commits at which it came, changed or went; reached by: {rows}"


def _clipped(text: str) -> str:
    """A name that fits: its beginning and its end, since both tell refs apart."""
    text = neutral(text)
    half = _MAX_NAME // 2
    return text if len(text) <= _MAX_NAME else f"{text[:half]}…{text[-half:]}"
