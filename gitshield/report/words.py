"""Words for numbers and times, as reports for people write them."""

from datetime import UTC, datetime
from typing import Final

from gitshield.model.finding import Receipt

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
_STEP: Final = 1000


def count_words(number: int, noun: str) -> str:
    """Give a number with its noun: `1 commit`, `2,000 commits`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size_words(size: float) -> str:
    """Give a size in bytes with a unit, in steps of 1000."""
    unit = 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size /= _STEP
        unit += 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def read_words(receipt: Receipt) -> str:
    """Give what a scan read: how many things, of how many bytes, and how many of them an earlier scan read in its place."""
    before = f" ({receipt.remembered:,} by an earlier scan)" if receipt.remembered else ""
    return f"{count_words(receipt.read, 'item')}{before}, {size_words(receipt.size)}"


def some_of(texts: tuple[str, ...], most: int) -> str:
    """Give the first `most` of `texts`, and how many there are more."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f" and {more:,} more" if more > 0 else "")


def moment(time: int) -> datetime | None:
    """Give seconds since 1970 as a date in UTC; None for one outside of the years 1 to 9999, which commits may claim."""
    try:
        return datetime.fromtimestamp(time, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def day_words(time: int) -> str:
    """Give the day, `2026-11-28`; the bare number where there is no such day."""
    at = moment(time)
    return at.date().isoformat() if at is not None else f"@{time}"


def stamp(time: int) -> str:
    """Give date and time in UTC as RFC 3339 has it; empty where there is no such day."""
    at = moment(time)
    return at.isoformat().replace("+00:00", "Z") if at is not None else ""


def short(oid: str) -> str:
    """Give the first characters of an object id, as many as people type."""
    return oid[:10]
