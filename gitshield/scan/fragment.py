"""A fragment: bytes of one place, whole or a piece of a large one, with where they began."""

from dataclasses import dataclass

from gitshield.model.place import Place


@dataclass(frozen=True, slots=True)
class Fragment:
    """`data` begins at byte `offset` of the place, on line `line` (from 1), in column `column` (from 1, in bytes).

    `fresh` is where the part not seen in the fragment before begins: matches that end before it were reported there.
    """

    place: Place
    path: str
    data: bytes
    offset: int = 0
    line: int = 1
    column: int = 1
    fresh: int = 0
    is_whole: bool = True
    encoding: str | None = None
