"""The json format: one document with findings and receipt. ASCII only, so that no terminal acts on it."""

import json
from collections.abc import Iterator

from gitshield.report.structure import VERSION, finding_object, receipt_object
from gitshield.report.view import View


def report(view: View) -> Iterator[str]:
    """Write the document of docs/reference/schemas/report.schema.json, a finding a line."""
    yield f'{{"schema": "gitshield-report", "version": {VERSION}, "gitshield": {json.dumps(view.version)}, "findings": ['
    for number, finding in enumerate(view.findings):
        yield (",\n" if number else "\n") + json.dumps(finding_object(finding))
    yield "\n" if view.findings else ""
    yield f'], "receipt": {json.dumps(receipt_object(view.receipt))}}}\n'
