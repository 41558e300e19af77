"""The junit format: a failed test case a finding, and one case for the receipt that fails when not everything was read."""

from collections.abc import Iterator, Mapping
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from gitshield.model.finding import Receipt
from gitshield.report.neutral import neutral
from gitshield.report.trail import trail
from gitshield.report.view import ShownFinding, View

_MAX_PLACES: Final = 100


def report(view: View) -> Iterator[str]:
    """Write one suite. What XML 1.0 has no character for is written as an escape."""
    errors = 0 if view.receipt.is_complete else 1
    counts = {"tests": str(len(view.findings) + 1), "failures": str(len(view.findings)), "errors": str(errors)}
    seconds = f"{view.receipt.duration:.3f}"
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites{_attributes(counts)}>\n"
    yield f" <testsuite{_attributes({'name': 'gitshield', **counts, 'time': seconds})}>\n"
    for finding in view.findings:
        yield from _finding(finding)
    yield from _receipt(view.receipt, seconds)
    yield " </testsuite>\n</testsuites>\n"


def _finding(finding: ShownFinding) -> Iterator[str]:
    where = f"{finding.place.path}:{finding.span.line}:{finding.span.column}"
    where += f" of {finding.repository}" if finding.repository is not None else ""
    message = f"{finding.rule_id} at {where}"
    details = {
        "severity": finding.severity,
        "secret": finding.secret,
        "line": finding.line,
        "repository": finding.repository,
        "commit": finding.place.commit,
        "fingerprint": finding.fingerprint,
        "revoke": finding.revoke_url,
        **dict(trail(finding)),
        "also at": "\n".join(place.path for place in finding.places[:_MAX_PLACES]) or None,
    }
    case = {"classname": finding.rule_id, "name": message, "file": finding.place.path, "line": str(finding.span.line)}
    yield f"  <testcase{_attributes(case)}>\n"
    yield f"   <failure{_attributes({'message': f'{finding.description} at {where}', 'type': finding.severity})}>"
    yield escape("\n".join(f"{name}: {neutral(text)}" for name, text in details.items() if text is not None))
    yield "</failure>\n  </testcase>\n"


def _receipt(receipt: Receipt, seconds: str) -> Iterator[str]:
    yield f"  <testcase{_attributes({'classname': 'receipt', 'name': 'everything asked for was read', 'time': seconds})}>\n"
    if not receipt.is_complete:
        failed = [f"{skip.path}: {skip.reason}" for skip in receipt.skipped if skip.is_failure]
        yield f"   <error{_attributes({'message': 'not everything was checked', 'type': 'incomplete'})}>"
        yield escape("\n".join(neutral(line) for line in failed) or "nothing was read")
        yield "</error>\n"
    lines = [
        f"asked: {receipt.asked}",
        f"read: {receipt.read}",
        f"remembered: {receipt.remembered}",
        f"bytes: {receipt.size}",
        f"rules: {receipt.rules}",
    ]
    lines += [f"skipped: {skip.path}: {skip.reason}" for skip in receipt.skipped if not skip.is_failure]
    lines += [f"allowed by {what}: {receipt.allowed[what]}" for what in sorted(receipt.allowed)]
    lines += [f"note: {note}" for note in receipt.notes]
    lines += [f"repository: {name}" for name in receipt.repositories]
    yield f"   <system-out>{escape(chr(10).join(neutral(line) for line in lines))}</system-out>\n  </testcase>\n"


def _attributes(values: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(neutral(value))}" for name, value in values.items())
