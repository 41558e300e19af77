"""Login files in YAML; also the `NAME=value` lists of Compose files and Jinja's quotes around references."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import json_pairs, yaml_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.settings import live
from gitshield.rules.rule import Rule

_VARIABLE: Final = re.compile(rb"([A-Za-z_]\w{0,100})=(?=\S)")
_NAMES: Final = frozenset((b"name", b"key"))


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the values in order whose names say that they are secret. Never raises."""
    found = json_pairs.pairs(data) if data.lstrip().startswith(b"{") else yaml_pairs.pairs(data)
    yield from candidates(rule, data, live(data, _named(found)), path=path)


def _named(pairs: Iterator[Assignment]) -> Iterator[Assignment]:
    """Give `pairs` with the names that lists give them: `- NAME=value`, and `name: NAME` before `value: …`."""
    last: Assignment | None = None
    for each in pairs:
        variable = _VARIABLE.match(each.value) if each.where[-1:] and each.where[-1].isdigit() else None
        if variable is not None:
            width = variable.end()
            yield replace(each, name=variable.group(1), value=each.value[width:], start=min(each.start + width, each.end))
        elif each.name == b"value" and last is not None and last.where == each.where:
            yield replace(each, name=last.value)
        else:
            yield each
        last = each if each.name in _NAMES else last
