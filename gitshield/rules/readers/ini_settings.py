"""Login files of `name = value` lines: INI, TOML, properties, Terraform variables."""

from collections.abc import Iterator

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import ini_pairs
from gitshield.rules.readers.assignment import candidates
from gitshield.rules.readers.settings import live
from gitshield.rules.rule import Rule


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the values in order whose names say that they are secret. Never raises."""
    yield from candidates(rule, data, live(data, ini_pairs.pairs(data)), path=path)
