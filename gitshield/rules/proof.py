"""Proof of rules by their own samples: each example found exactly, each near miss left alone."""

from collections.abc import Iterator

from gitshield.rules.allowlist import is_path_allowed, stays
from gitshield.rules.candidate import Candidate
from gitshield.rules.confirm import confirm
from gitshield.rules.pattern import compiled
from gitshield.rules.readers import read_with
from gitshield.rules.rule import Rule, Sample
from gitshield.rules.toml_form import read_rules, read_specimens
from gitshield.rules.vectorscan import Expression, compile_expressions, load_database


def faults(content: bytes, *, name: str) -> list[str]:
    """Say what is wrong with the built-in pack `content`: samples that are missing or fail, facts that are missing.

    Raises RuleError for a pack that cannot be read at all.
    """
    pack = read_rules(content, name=name, built_in=True)
    rules = {rule.id: rule for rule in pack.rules}
    found = [] if len(rules) == len(pack.rules) else [f"{name}: a rule id stands twice"]
    for specimens in read_specimens(content, name=name):
        rule = rules[specimens.rule_id]
        found.extend(f"{rule.id}: {text}" for text in _missing(rule, len(specimens.examples), len(specimens.near_misses)))
        for index, example in enumerate(specimens.examples):
            if (got := values_in(rule, example)) != list(example.secrets) or not (got or rule.is_file_rule):
                found.append(f"{rule.id}: example {index} {example.text!r}: found {got}, wanted {list(example.secrets)}")
            if rule.is_file_rule and not _is_file_found(rule, example.path):
                found.append(f"{rule.id}: example {index}: path {example.path!r} is not found")
        for index, near in enumerate(specimens.near_misses):
            got = values_in(rule, near)
            if got or (rule.is_file_rule and _is_file_found(rule, near.path)):
                found.append(f"{rule.id}: near miss {index} {near.text!r} ({near.path}): found {got}")
    return found


def values_in(rule: Rule, text: Sample) -> list[bytes]:
    """The secrets that `rule` alone finds in a sample, in order, by the same path as a scan: Vectorscan, RE2, filters, allowlists."""
    return [candidate.value for candidate in _candidates(rule, text) if stays(candidate)]


def _candidates(rule: Rule, text: Sample) -> Iterator[Candidate]:
    if not _path_fits(rule, text.path):
        return
    if rule.reader is not None:
        yield from read_with(rule, text.text, path=text.path)
    if rule.regex is not None:
        hits: list[int] = []
        database = load_database(compile_expressions([Expression(rule.id, rule.regex)]))
        database.scan(text.text, match_event_handler=lambda _id, _low, end, _flags, _context: hits.append(end))
        yield from confirm(rule, text.text, hits, path=text.path)


def _is_file_found(rule: Rule, path: str) -> bool:
    return _path_fits(rule, path) and not is_path_allowed(rule, path)


def _path_fits(rule: Rule, path: str) -> bool:
    return rule.path is None or compiled(rule.path).search(path.encode("utf-8", "surrogateescape")) is not None


def _missing(rule: Rule, examples: int, near_misses: int) -> Iterator[str]:
    if not examples:
        yield "has no example"
    if not near_misses:
        yield "has no near miss"
    if rule.source is None:
        yield "has no source"
    if rule.family == "provider" and (rule.revoke is None or not rule.revoke.url or not rule.revoke.steps):
        yield "does not say how to revoke (url and steps)"
