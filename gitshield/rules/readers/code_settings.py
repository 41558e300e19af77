"""Settings written as program text (PHP, Python, Ruby, Lua, irssi): quoted values assigned to names. Nothing of it is run."""

import re
from collections.abc import Iterator
from typing import Final

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.settings import live
from gitshield.rules.rule import Rule

_PAIR: Final = re.compile(
    rb"""(?<![\w.\-])([A-Za-z_][\w.\-]{0,120})["']?[\]) \t]{0,20}(?:=>|:=|[=:,])[ \t]{0,20}"""
    rb"""(?:[rbuf]?"([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)"|[rbu]?'([^'\\\n]*+(?:\\.[^'\\\n]*+)*+)')"""
)
_CALL: Final = re.compile(rb"""(?:getenv|environ|env|config|getParameter|get)["']?\]?[(\[.]?[^\n]{0,3}$""", re.IGNORECASE)
_ESCAPE: Final = re.compile(rb"""\\([\\"'$])""")


def pairs(data: bytes) -> Iterator[Assignment]:
    """Give each quoted text that is assigned to a name, in order: `X = "v"`, `'x' => 'v'`, `define('X', 'v')`, `"x": "v"`."""
    for match in _PAIR.finditer(data):
        group = 2 if match.group(2) is not None else 3
        if _CALL.search(data, max(0, match.start() - 20), match.start()) is None:
            yield Assignment(match.group(1), _ESCAPE.sub(rb"\1", match.group(group)), *match.span(group))


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the quoted texts in order whose names say that they are secret; a default of `getenv` is none. Never raises."""
    yield from candidates(rule, data, live(data, pairs(data)), path=path)
