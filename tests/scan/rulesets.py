"""Small rule sets for tests of the scanner, compiled in no time."""

import datetime
from functools import lru_cache

from gitshield.rules.ruleset import RuleSet, build, built_in_files, built_in_rule_files, key_of, load_or_build, opened
from gitshield.rules.toml_form import read_rules
from gitshield.scan.allowances import Allowances
from gitshield.scan.known import KnownValues
from gitshield.scan.scan import Terms

TOKENS = """
[[rules]]
id = "token"
regex = 'tok_[0-9a-z]{6,40}'
"""


def rules_of(toml: str) -> RuleSet:
    """Compile the rules of a rule file."""
    return opened(build(read_rules(toml.encode(), name="test").rules, key=key_of([toml.encode()])))


def terms_of(toml: str = TOKENS, *, known: KnownValues | None = None) -> Terms:
    """The terms of a scan with these rules and nothing waved through."""
    return Terms(rules_of(toml), Allowances(), datetime.date(2030, 1, 1), known or KnownValues())


@lru_cache(maxsize=1)
def built_in_terms() -> Terms:
    """The terms of a scan with all built-in rules, compiled once a process; that takes seconds."""
    image, _ = load_or_build(built_in_rule_files, key=key_of(content for _, content in built_in_files()), cache=[])
    return Terms(opened(image), Allowances(), datetime.date(2030, 1, 1))
