"""Vectorscan: many patterns in one pass over bytes. It says which pattern ends where; precise spans are RE2's business."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import hyperscan

from gitshield.errors import RuleError

LIBRARY_VERSION: Final = f"hyperscan-{hyperscan.__version__}"  # type: ignore[attr-defined]
PREFILTER: Final = hyperscan.HS_FLAG_PREFILTER


class Database(Protocol):
    """What this project uses of a compiled database."""

    def scan(self, data: bytes | memoryview, match_event_handler: Callable[[int, int, int, int, object], bool | None]) -> None:
        """Call the handler with (pattern number, start, end, flags, context) for every end of every match."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One pattern to compile, with Vectorscan's flags for it; `name` stands for it in messages."""

    name: str
    pattern: str
    flags: int = 0


def compile_expressions(expressions: Sequence[Expression]) -> bytes:
    """Compile `expressions`, numbered by their place, to a database in its serialised form.

    Raises RuleError that names every expression Vectorscan refuses.
    """
    if not expressions:
        return b""
    try:
        return _compiled(expressions, list(range(len(expressions))))
    except hyperscan.error as error:
        refused = [f"{e.name} ({reason})" for e in expressions if (reason := _refusal(e))]
        raise RuleError(f"patterns that cannot be compiled: {'; '.join(refused) or error}") from error


def compile_sketches(expressions: Sequence[Expression]) -> bytes:
    """Compile `expressions` to a database that says that one of them matches, not which; empty when that cannot be done.

    They all have one number, so that what they have in common is kept once.
    """
    distinct = {(e.pattern, e.flags): Expression(e.name, e.pattern, e.flags | hyperscan.HS_FLAG_SINGLEMATCH) for e in expressions}
    try:
        return _compiled(list(distinct.values()), [0] * len(distinct)) if distinct else b""
    except hyperscan.error:
        return b""  # then the patterns themselves are looked for


def load_database(serialised: bytes) -> Database:
    """Make a compiled database usable. Raises ValueError when the bytes are damaged or of another version or machine."""
    try:
        database = hyperscan.loadb(serialised, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.error as error:
        raise ValueError(f"database cannot be loaded: {error}") from error
    return cast(Database, database)


def has_match(database: Database | None, data: bytes) -> bool:
    """Whether a pattern of the database matches somewhere; the scan ends at the first."""
    if database is None or not data:
        return False
    try:
        database.scan(data, match_event_handler=lambda _number, _low, _end, _flags, _context: True)
    except hyperscan.ScanTerminated:
        return True
    return False


def _compiled(expressions: Sequence[Expression], numbers: list[int]) -> bytes:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    patterns, flags = [e.pattern.encode("utf-8") for e in expressions], [e.flags for e in expressions]
    database.compile(expressions=patterns, ids=numbers, elements=len(expressions), flags=flags)
    return bytes(hyperscan.dumpb(database))


def _refusal(expression: Expression) -> str | None:
    try:
        _compiled([expression], [0])
    except hyperscan.error as error:
        return str(error)
    return None
