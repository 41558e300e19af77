"""The gitleaks format: the JSON report of gitleaks 8, field by field, for tools that read it.

The order and the names are those of https://github.com/gitleaks/gitleaks/blob/v8.30.0/report/finding.go. It has no
place for a receipt: whether everything was read is in the exit code alone. `Match` is the secret, since a finding
keeps no more; author, date and message are empty, since a finding does not hold them.
"""

import json
from collections.abc import Iterator

from gitshield.report.neutral import readable
from gitshield.report.view import ShownFinding, ShownPlace, View


def report(view: View) -> Iterator[str]:
    """Write a list of objects, `[]` for no findings."""
    objects = [_object(finding) for finding in view.findings]
    yield json.dumps(objects, indent=1) + "\n"


def fingerprint_of(finding: ShownFinding) -> str:
    """Give `commit:file:rule:line`, or `file:rule:line` outside of a commit, as a `.gitleaksignore` has it."""
    place = finding.place
    where = f"{readable(place.path)}:{finding.rule_id}:{finding.span.line}"
    return f"{place.commit}:{where}" if _has_commit(place) else where


def commit_of(place: ShownPlace) -> str:
    """Give the commit's id, empty outside of a commit."""
    return place.commit or "" if _has_commit(place) else ""


def _has_commit(place: ShownPlace) -> bool:
    return place.kind == "commit"


def _object(finding: ShownFinding) -> dict[str, str | int | float | list[str]]:
    return {
        "RuleID": finding.rule_id,
        "Description": finding.description,
        "StartLine": finding.span.line,
        "EndLine": finding.span.end_line,
        "StartColumn": finding.span.column,
        "EndColumn": finding.span.end_column,
        "Match": finding.secret or "",
        "Secret": finding.secret or "",
        "File": readable(finding.place.path),
        "SymlinkFile": "",
        "Commit": commit_of(finding.place),
        "Entropy": finding.entropy,
        "Author": "",
        "Email": "",
        "Date": "",
        "Message": "",
        "Tags": list(finding.tags),
        "Fingerprint": fingerprint_of(finding),
    }
