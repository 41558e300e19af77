"""The csv format: gitleaks' columns, one row a finding, for spreadsheets. It has no place for a receipt.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, and control characters are written as
escapes, so that a row is always one line: https://owasp.org/www-community/attacks/CSV_Injection.
"""

import csv
import io
from collections.abc import Iterator
from typing import Final

from gitshield.report.formats.gitleaks import commit_of, fingerprint_of
from gitshield.report.neutral import neutral
from gitshield.report.view import ShownFinding, View

COLUMNS: Final = (
    "RuleID", "Commit", "File", "SymlinkFile", "Secret", "Match", "StartLine", "EndLine", "StartColumn", "EndColumn",
    "Author", "Message", "Date", "Email", "Fingerprint", "Tags",
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
    before = (finding.rule_id, commit_of(finding.place), finding.place.path, "", secret, secret)
    after = ("", "", "", "", fingerprint_of(finding), " ".join(finding.tags))
    return (*before, *numbers, *after)


def _row(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(text: str) -> str:
    text = neutral(text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
