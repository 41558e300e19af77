"""The day it is, for expiry dates; the library is told it."""

import datetime


def today() -> datetime.date:
    """Today's date in local time."""
    return datetime.datetime.now(tz=datetime.UTC).astimezone().date()
