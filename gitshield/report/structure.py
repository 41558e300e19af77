"""The structure of our own machine formats, version 1, as plain values. Its contract is in docs/reference/schemas/."""

from typing import Final

from gitshield.model.finding import Receipt, Skipped, Span
from gitshield.report.neutral import readable
from gitshield.report.view import ShownFinding, ShownPlace

VERSION: Final = 1

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]


def finding_object(finding: ShownFinding) -> JsonObject:
    """Give a finding. `columns` count characters, the columns of `span` bytes."""
    return {
        "rule_id": finding.rule_id,
        "description": finding.description,
        "family": finding.family,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "place": _place(finding.place),
        "span": _span(finding.span),
        "columns": list(finding.columns) if finding.columns else None,
        "secret": finding.secret,
        "line": finding.line,
        "entropy": finding.entropy,
        "fingerprint": finding.fingerprint,
        "tags": list(finding.tags),
        "revoke": {"url": finding.revoke_url, "steps": list(finding.revoke_steps)},
    }


def receipt_object(receipt: Receipt) -> JsonObject:
    """Give a receipt. `seconds` and `bytes` are its duration and size."""
    return {
        "is_complete": receipt.is_complete,
        "asked": readable(receipt.asked),
        "rules": receipt.rules,
        "rule_set": receipt.rule_set,
        "read": receipt.read,
        "bytes": receipt.size,
        "seconds": round(receipt.duration, 6),
        "skipped": [_skipped(skip) for skip in receipt.skipped],
        "allowed": {what: receipt.allowed[what] for what in sorted(receipt.allowed)},
        "notes": [readable(note) for note in receipt.notes],
    }


def _place(place: ShownPlace) -> JsonObject:
    return {
        "kind": place.kind,
        "path": readable(place.path),
        "path_bytes": _path_bytes(place.path),
        "commit": place.commit,
        "oid": place.oid,
        "stage": place.stage,
    }


def _path_bytes(path: str) -> str | None:
    """The path's bytes in hex where `path` cannot be text, else None."""
    return path.encode("utf-8", "surrogateescape").hex() if readable(path) != path else None


def _span(span: Span) -> JsonObject:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "start": span.start,
        "end": span.end,
    }


def _skipped(skip: Skipped) -> JsonObject:
    return {
        "path": readable(skip.path),
        "path_bytes": _path_bytes(skip.path),
        "reason": readable(skip.reason),
        "is_failure": skip.is_failure,
    }
