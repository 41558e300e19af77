"""The csv format: gitleaks' columns, then ours, one row a finding, for spreadsheets. It has no place for a receipt.

What our columns list is joined by line feeds, written as escapes; they are empty outside of a history,
`Repository` is where one alone was asked for.
A cell that a spreadsheet would take for a formula gets an apostrophe in front, and control characters are written as
escapes, so that a row is always one line: https://owasp.org/www-community/attacks/CSV_Injection.
"""

import csv
import io
from collections.abc import Iterator
from typing import Final

from gitshield.report.formats.gitleaks import commit_of, fingerprint_of, sighting_of
from gitshield.report.neutral import neutral
from gitshield.report.reach import ShownReach
from gitshield.report.view import ShownFinding, View
from gitshield.report.words import stamp

COLUMNS: Final = (
    "RuleID", "Commit", "File", "SymlinkFile", "Secret", "Match", "StartLine", "EndLine", "StartColumn", "EndColumn",
    "Author", "Message", "Date", "Email", "Fingerprint", "Tags",
    "Places", "Commits", "FirstCommit", "FirstDate", "LastCommit", "LastDate", "Paths", "Refs", "Reflogs", "Remotes", "InHead",
    "Unreachable", "Repository",
)  # fmt: skip
# The last four are what spreadsheets in East Asian locales take for the first four.
_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def report(view: View) -> Iterator[str]:
    """Write the header, also when there are no findings, and the rows."""
    yield _row(COLUMNS)
    for finding in view.findings:
        yield _row(_cells(finding))


def _cells(finding: ShownFinding) -> tuple[str, ...]:
    span, secret = finding.span, finding.secret or ""
    numbers = tuple(str(number) for number in (span.line, span.end_line, span.column, span.end_column))
    before = (finding.rule_id, commit_of(finding), finding.place.path, "", secret, secret)
    seen = sighting_of(finding)
    commit = (seen.name, seen.subject, stamp(seen.time), seen.address) if seen is not None else ("", "", "", "")
    after = (*commit, fingerprint_of(finding), " ".join(finding.tags))
    return (*before, *numbers, *after, str(1 + len(finding.places)), *_reach(finding.reach), finding.repository or "")


def _reach(reach: ShownReach | None) -> tuple[str, ...]:
    if reach is None:
        return ("",) * 11
    ends = [(one.commit, stamp(one.time)) if one is not None else ("", "") for one in (reach.first, reach.last)]
    lists = ("\n".join(texts) for texts in (reach.paths, reach.refs, reach.reflogs, reach.remotes))
    switches = ("true" if is_so else "false" for is_so in (reach.is_in_head, reach.is_unreachable))
    return (str(reach.commits), *ends[0], *ends[1], *lists, *switches)


def _row(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(text: str) -> str:
    text = neutral(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
