"""The gitleaks format: the JSON report of gitleaks 8, field by field, for tools that read it.

The order and the names are those of https://github.com/gitleaks/gitleaks/blob/v8.30.0/report/finding.go. It has no
place for a receipt: whether everything was read is in the exit code alone. `Match` is the secret, since a finding
keeps no more. Author, date and message are those of the commit where a scan of a history saw the secret first, the message its
first line; elsewhere they are empty. Where several repositories were asked for, a field of our own, `Repository`, says which it is.
"""

import json
from collections.abc import Iterator

from gitshield.report.neutral import readable
from gitshield.report.reach import ShownSighting
from gitshield.report.view import ShownFinding, View
from gitshield.report.words import stamp


def report(view: View) -> Iterator[str]:
    """Write a list of objects, `[]` for no findings."""
    objects = [_object(finding) for finding in view.findings]
    yield json.dumps(objects, indent=1) + "\n"


def fingerprint_of(finding: ShownFinding) -> str:
    """Give `commit:file:rule:line`, or `file:rule:line` outside of a commit, as a `.gitleaksignore` has it."""
    commit = commit_of(finding)
    where = f"{readable(finding.place.path)}:{finding.rule_id}:{finding.span.line}"
    return f"{commit}:{where}" if commit else where


def commit_of(finding: ShownFinding) -> str:
    """Give the commit's id: the place's own, else where the secret came first; empty outside of a history."""
    own = finding.place.commit if finding.place.kind == "commit" else None
    first = finding.reach.first if finding.reach is not None else None
    return own or (first.commit if first is not None else "")


def sighting_of(finding: ShownFinding) -> ShownSighting | None:
    """Give the sighting at that commit; None where there is none."""
    reach, commit = finding.reach, commit_of(finding)
    seen = (reach.first, *reach.events, reach.last) if reach is not None else ()
    return next((one for one in seen if one is not None and one.commit == commit), None)


def _object(finding: ShownFinding) -> dict[str, str | int | float | list[str]]:
    seen = sighting_of(finding)
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
        "Commit": commit_of(finding),
        "Entropy": finding.entropy,
        "Author": readable(seen.name) if seen is not None else "",
        "Email": readable(seen.address) if seen is not None else "",
        "Date": stamp(seen.time) if seen is not None else "",
        "Message": readable(seen.subject) if seen is not None else "",
        "Tags": list(finding.tags),
        "Fingerprint": fingerprint_of(finding),
        **({"Repository": readable(finding.repository)} if finding.repository is not None else {}),
    }
