"""Allowances: all that a repository declares to be no leak, and the one question whether a finding is among it."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gitshield.model.finding import Finding
from gitshield.scan import allow_file, foreign_allow
from gitshield.scan.allow_file import AllowFile
from gitshield.scan.foreign_allow import Baseline, IgnoreFile
from gitshield.scan.pragma import allowed_by_pragma

PRAGMA: Final = "pragma"
ALLOW_ENTRY: Final = "allow entry"
BASELINE: Final = "baseline"
GITLEAKSIGNORE: Final = ".gitleaksignore"


@dataclass(frozen=True, slots=True)
class Allowances:
    """What waves findings through besides comments in the content itself. A file that is not there is an empty one."""

    allow_file: AllowFile = field(default_factory=AllowFile)
    baseline: Baseline = field(default_factory=Baseline)
    gitleaksignore: IgnoreFile = field(default_factory=IgnoreFile)


def parse_allowances(
    *,
    allow_file_content: bytes | None = None,
    baseline_content: bytes | None = None,
    baseline_name: str = foreign_allow.BASELINE_NAME,
    gitleaksignore_content: bytes | None = None,
) -> Allowances:
    """Read the three files, None for one that is not there. Raises ConfigurationError for one that cannot be used."""
    return Allowances(
        allow_file.parse(allow_file_content or b""),
        foreign_allow.parse_baseline(baseline_content, name=baseline_name) if baseline_content is not None else Baseline(),
        foreign_allow.parse_ignore_file(gitleaksignore_content or b""),
    )


def allowed_by(allowances: Allowances, finding: Finding, *, line: bytes, line_before: bytes, today: datetime.date) -> str | None:
    """Say what waves `finding` through (PRAGMA, ALLOW_ENTRY, BASELINE or GITLEAKSIGNORE), None when nothing does.

    `line` is the one the finding begins on and `line_before` the one above it, both without their ends; a file
    rule's finding has neither. An entry bound to a value waves through no other value, wherever it stands.
    """
    path = finding.place.path
    value = finding.secret.reveal() if finding.secret is not None else None
    if value is not None and allowed_by_pragma(finding.rule_id, line, line_before) is not None:
        return PRAGMA
    if allow_file.match(allowances.allow_file, rule_id=finding.rule_id, value=value, path=path, today=today) is not None:
        return ALLOW_ENTRY
    if value is not None and foreign_allow.is_in_baseline(allowances.baseline, value=value, path=path):
        return BASELINE
    ignored = foreign_allow.is_in_ignore_file(
        allowances.gitleaksignore, rule_id=finding.rule_id, place=finding.place, line=finding.span.line
    )
    return GITLEAKSIGNORE if ignored else None


def notes(allowances: Allowances, *, today: datetime.date) -> Iterator[str]:
    """What a receipt should say about the allowances themselves: entries that are there and wave nothing through."""
    if expired := allowances.allow_file.expired(today):
        last = max(entry.expires for entry in expired if entry.expires is not None)
        yield f"{allow_file.NAME}: {len(expired)} expired, the last on {last.isoformat()}"
    if allowances.baseline.ignored:
        yield (
            f"{foreign_allow.BASELINE_NAME}: {allowances.baseline.ignored} ignored, "
            "made of a token's prefix or a key's header alone, which every such secret has"
        )
    if allowances.gitleaksignore.ignored:
        yield f"{foreign_allow.IGNORE_NAME}: {allowances.gitleaksignore.ignored} ignored, not of the form file:rule:line"
