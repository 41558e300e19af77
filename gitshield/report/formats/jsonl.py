"""The jsonl format: a finding a line, then the receipt as the last. A file without that last line is cut off."""

import json
from collections.abc import Iterator

from gitshield.report.structure import VERSION, finding_object, receipt_object
from gitshield.report.view import View


def report(view: View) -> Iterator[str]:
    """Write the lines of docs/reference/schemas/report-line.schema.json, in ASCII."""
    for finding in view.findings:
        yield json.dumps({"kind": "finding", "version": VERSION, **finding_object(finding)}) + "\n"
    yield json.dumps({"kind": "receipt", "version": VERSION, "gitshield": view.version, **receipt_object(view.receipt)}) + "\n"
