"""Login files in XML: FileZilla, Maven, Jenkins, NuGet, .NET, Tomcat."""

from collections.abc import Iterator

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import xml_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.encoding import decoded
from gitshield.rules.readers.judgement import is_password
from gitshield.rules.readers.naming import Role, role_of
from gitshield.rules.readers.settings import live
from gitshield.rules.rule import Rule


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the secrets in order: texts and attributes named as such; passwords in base64 are judged decoded. Never raises."""
    yield from candidates(rule, data, _secrets(data), path=path)


def _secrets(data: bytes) -> Iterator[Assignment]:
    for each in xml_pairs.pairs(data):
        if each.where[1:] == (b"base64",) and role_of(each.name) is Role.PASSWORD:
            plain = decoded(each.value)
            if plain is not None and is_password(plain):
                yield each
        else:
            yield from live(data, (each,))
