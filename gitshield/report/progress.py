"""The progress display: how far a long scan is, drawn on the terminal that standard error is. Anywhere else there is none.

rich is imported when there is something to draw, and the display is gone when the work is over: what stays is the report.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import Final

from gitshield.model.progress import Silence
from gitshield.report.neutral import neutral
from gitshield.report.words import size_words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from rich.progress import Progress as Display
    from rich.progress import TaskID

    from gitshield.model.progress import Progress

# A terminal is drawn at most this often, so that counting costs next to nothing; in seconds.
_PACE: Final = 0.1
_DUMB: Final = ("dumb", "unknown", "")


@contextmanager
def progress(stream: TextIO | None, *, environment: Mapping[str, str], is_quiet: bool = False) -> Iterator[Progress]:
    """Give what a long work may tell how far it is, and draw it on `stream` while the block runs.

    Nothing is drawn, and rich is not imported, when `stream` (standard error; None when it is closed) is no terminal, when TERM
    says that it cannot move the cursor, or when `is_quiet`. With NO_COLOR it is drawn without colour (https://no-color.org).
    """
    if stream is None or not _is_drawn(stream, environment, is_quiet=is_quiet):
        yield Silence()
        return
    with _display(stream, environment) as display:
        yield _Drawn(display)


def _is_drawn(stream: TextIO, environment: Mapping[str, str], *, is_quiet: bool) -> bool:
    return not is_quiet and not stream.closed and stream.isatty() and environment.get("TERM", "") not in _DUMB


def _display(stream: TextIO, environment: Mapping[str, str]) -> Display:
    """Make rich's display. It gets no thread of its own, since scans start processes: it is drawn when something was counted."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=stream, force_terminal=True, no_color=bool(environment.get("NO_COLOR")), _environ=environment)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}", markup=False),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _Drawn:
    """Counts, and draws from time to time."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._task: TaskID | None = None
        self._objects = self._size = 0
        self._drawn = 0.0

    def phase(self, name: str, total: int | None = None) -> None:
        if self._task is not None:
            self._display.remove_task(self._task)
        self._objects = self._size = 0
        self._task = self._display.add_task(neutral(name), total=total, size="")
        self._draw()

    def advance(self, objects: int = 1, size: int = 0) -> None:
        self._objects += objects
        self._size += size
        if time.monotonic() - self._drawn >= _PACE:
            self._draw()

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        if self._task is not None:
            self._display.update(self._task, completed=self._objects, size=size_words(self._size) if self._size else "")
        self._display.refresh()
