"""Progress: what long work tells whoever watches it. The library only speaks; drawing is in `gitshield/report/progress.py`."""

from typing import Protocol


class Progress(Protocol):
    """Somebody who is told how far the work is. Both methods are cheap enough for every object that is read."""

    def phase(self, name: str, total: int | None = None) -> None:
        """Begin a phase; what came before it is over. `total` is how many objects it has, None where nobody knows yet."""

    def advance(self, objects: int = 1, size: int = 0) -> None:
        """Count objects of the present phase as done, with `size` bytes in them."""


class Silence:
    """The progress nobody watches."""

    __slots__ = ()

    def phase(self, name: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, objects: int = 1, size: int = 0) -> None:
        """Do nothing."""
