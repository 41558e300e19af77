"""Readers: credential files read by their own format. One module a reader, found by its name.

Modules here without a `read` are the forms that readers share (`json_pairs`, `yaml_pairs` …) and their judgement of values.
A reader takes the file's bytes as data only: it imports and runs nothing of it, and its time is linear in the length.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from gitshield.errors import RuleError
from gitshield.rules.candidate import Candidate
from gitshield.rules.rule import Rule


class Reader(Protocol):
    """What a reader module offers: `read`."""

    def read(self, rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
        """Give the secrets of a file of this format in order. Never raises for malformed content: it gives what it can read."""


@cache
def reader_names() -> tuple[str, ...]:
    """The names of all readers, sorted."""
    names = sorted(module.name for module in iter_modules(__path__))
    return tuple(name for name in names if hasattr(import_module(f"{__name__}.{name}"), "read"))


def read_with(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Read `data` with the rule's reader; a file that is encrypted as a whole yields nothing.

    Raises RuleError when there is no such reader.
    """
    from gitshield.rules.readers.judgement import is_sealed

    if rule.reader is None or not rule.reader.isidentifier():
        raise RuleError(f"{rule.id}: {rule.reader!r} is no reader")
    name = f"gitshield.rules.readers.{rule.reader}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise RuleError(f"{rule.id}: there is no reader {rule.reader!r}") from error
    if not hasattr(module, "read"):
        raise RuleError(f"{rule.id}: {rule.reader!r} is no reader")
    if not is_sealed(data):
        yield from cast(Reader, module).read(rule, data, path=path)
