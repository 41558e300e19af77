"""Terraform state and plans in JSON: what Terraform itself calls sensitive, and attributes that are named like secrets.

https://developer.hashicorp.com/terraform/language/manage-sensitive-data
"""

from collections.abc import Iterator

from gitshield.rules.candidate import Candidate
from gitshield.rules.readers import json_pairs
from gitshield.rules.readers.assignment import Assignment, candidates
from gitshield.rules.readers.judgement import is_live, is_password, secret_part
from gitshield.rules.readers.naming import Role, role_of
from gitshield.rules.rule import Rule

Place = tuple[bytes, ...]


def read(rule: Rule, data: bytes, *, path: str) -> Iterator[Candidate]:
    """Give the secrets in order. Never raises."""
    yield from candidates(rule, data, _secrets(data), path=path)


def _secrets(data: bytes) -> Iterator[Assignment]:
    found = list(json_pairs.pairs(data))
    marked = _marked(found)
    for pair in found:
        place = (*pair.where, pair.name)
        is_marked = place in marked or pair.where in marked
        if pair.value in (b"true", b"false", b"null") or pair.where[-1:] == (b"sensitive_attributes",):
            continue
        is_named = role_of(pair.name) in (Role.PASSWORD, Role.TOKEN) or secret_part(pair.value) is not None
        if (is_marked and is_password(pair.value)) or (is_named and is_live(pair.name, pair.value)):
            part = secret_part(pair.value) if b"PRIVATE KEY" not in pair.value else None
            yield pair.part(data, *part) if part and part != (0, 0) else pair


def _marked(found: list[Assignment]) -> frozenset[Place]:
    """The places that are marked sensitive: outputs, `sensitive_values`, and `sensitive_attributes` of a resource."""
    marked: set[Place] = set()
    for pair in found:
        if pair.name == b"sensitive" and pair.value == b"true":
            marked.add((*pair.where, b"value"))
        elif pair.value == b"true" and b"sensitive_values" in pair.where:
            at = pair.where.index(b"sensitive_values")
            marked.add((*pair.where[:at], b"values", *pair.where[at + 1 :], pair.name))
        elif b"sensitive_attributes" in pair.where and pair.name == b"value":
            at = pair.where.index(b"sensitive_attributes")
            marked.add((*pair.where[:at], b"attributes", pair.value))
    return frozenset(marked)
