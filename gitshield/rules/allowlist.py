"""gitleaks' allowlists: what a rule, or a whole rule file, waves through by pattern, path or stop word."""

from collections.abc import Iterable

from gitshield.rules.candidate import Candidate
from gitshield.rules.filters import is_waved_through
from gitshield.rules.pattern import compiled
from gitshield.rules.rule import Allowlist, Rule


def stays(candidate: Candidate, everywhere: Iterable[Allowlist] = ()) -> bool:
    """Whether the candidate is still one after its rule's entropy, filters and allowlists and those in force `everywhere`."""
    if is_waved_through(candidate):
        return False
    return not any(is_allowed(candidate, allowlist) for allowlist in (*candidate.rule.allowlists, *everywhere))


def is_path_allowed(rule: Rule, path: str) -> bool:
    """Whether a rule about whole files waves this path through."""
    name = path.encode("utf-8", "surrogateescape")
    return any(compiled(pattern).search(name) for allowlist in rule.allowlists for pattern in allowlist.paths)


def is_allowed(candidate: Candidate, allowlist: Allowlist) -> bool:
    """Whether one allowlist waves the candidate through. Its commits are for scans of a history to judge."""
    text = {"secret": candidate.value, "match": candidate.match, "line": candidate.line}[allowlist.target]
    path = candidate.path.encode("utf-8", "surrogateescape")
    verdicts: list[bool] = []
    if allowlist.regexes:
        verdicts.append(any(compiled(pattern).search(text) for pattern in allowlist.regexes))
    if allowlist.paths:
        verdicts.append(any(compiled(pattern).search(path) for pattern in allowlist.paths))
    if allowlist.stopwords:
        lower = candidate.value.lower()
        verdicts.append(any(word.lower().encode() in lower for word in allowlist.stopwords))
    return bool(verdicts) and (all(verdicts) if allowlist.needs_all else any(verdicts))
