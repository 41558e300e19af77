"""Settings of a known login file, judged by their names: what the readers of one form each share."""

from collections.abc import Iterable, Iterator

from gitshield.rules.readers.assignment import Assignment
from gitshield.rules.readers.judgement import is_live, secret_part


def live(data: bytes, pairs: Iterable[Assignment]) -> Iterator[Assignment]:
    """Give those of `pairs` that hold a live secret, in order, narrowed to the password of a URL or connection string.

    `data` is the file they stand in.
    """
    for each in pairs:
        if is_live(each.name, each.value):
            part = secret_part(each.value) if b"PRIVATE KEY" not in each.value else None
            yield each.part(data, *part) if part else each
