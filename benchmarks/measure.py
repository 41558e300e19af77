"""Measuring: commands run in turns, what each run cost, and rows of a table. It knows nothing of what it runs."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost: seconds of wall and of CPU time, bytes at the peak."""

    wall: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing to run in turn with others: how it is shown, the command, what comes before each run (given the round)."""

    shown: str
    argv: tuple[str, ...]
    cwd: Path
    prepare: Callable[[int], None] = field(default=lambda _round: None)
    accept: frozenset[int] = frozenset({0})
    extra: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Variants that are compared with the first of them."""

    title: str
    runs: int
    variants: tuple[Variant, ...]
    remark: str = ""


def measure(variant: Variant, environment: Mapping[str, str]) -> Cost:
    """Run a command once, its output thrown away. Raises RuntimeError for an exit code that is not expected."""
    actions = [(os.POSIX_SPAWN_OPEN, at, os.devnull, os.O_RDWR, 0) for at in (0, 1, 2)]
    os.chdir(variant.cwd)
    began = time.perf_counter()
    pid = os.posix_spawnp(variant.argv[0], list(variant.argv), {**environment, **variant.extra}, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - began
    code = os.waitstatus_to_exitcode(status)
    if code not in variant.accept:
        raise RuntimeError(f"exit code {code}: {' '.join(variant.argv)}")
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2)
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)


def in_turns(group: Group, environment: Mapping[str, str]) -> list[list[Cost]]:
    """The costs of every variant, one list each. The first round fills caches and is left out."""
    costs: list[list[Cost]] = [[] for _ in group.variants]
    for turn in range(group.runs + 1):
        for variant, own in zip(group.variants, costs, strict=True):
            variant.prepare(turn + 1)
            cost = measure(variant, environment)
            if turn:
                own.append(cost)
    return costs


def rows(group: Group, costs: Sequence[Sequence[Cost]], floor: int) -> Iterator[str]:
    """The group as rows of the table."""
    yield f"| **{group.title}** | | | | | |"
    base = statistics.median(cost.wall for cost in costs[0])
    for variant, own in zip(group.variants, costs, strict=True):
        middle = statistics.median(cost.wall for cost in own)
        peak = max(cost.peak for cost in own)
        cells = (
            f"`{variant.shown}` {variant.note}".rstrip(),
            _time(middle),
            _time(min(cost.wall for cost in own)),
            _time(statistics.median(cost.cpu for cost in own)),
            f"{peak / 1e6:.0f} MB" if peak > 1.2 * floor else "small",
            f"{middle / base:.2f}",
        )
        yield f"| {' | '.join(cells)} |"
    if group.remark:
        yield f"| {group.remark} | | | | | |"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"
