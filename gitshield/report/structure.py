"""The structure of our own machine formats, version 1, as plain values. Its contract is in docs/reference/schemas/."""

from typing import Final

from gitshield.model.finding import Receipt, Skipped, Span
from gitshield.report.neutral import readable
from gitshield.report.reach import ShownReach, ShownSighting
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
        "places": [_place(place) for place in finding.places],
        "reach": reach_object(finding.reach) if finding.reach is not None else None,
        "repository": _path(finding.repository) if finding.repository is not None else None,
    }


def reach_object(reach: ShownReach) -> JsonObject:
    """Give how far a secret got. Times are seconds since 1970, UTC."""
    return {
        "first": _sighting(reach.first) if reach.first is not None else None,
        "last": _sighting(reach.last) if reach.last is not None else None,
        "commits": reach.commits,
        "paths": [_path(path) for path in reach.paths],
        "refs": _texts(reach.refs),
        "holding": _texts(reach.holding),
        "reflogs": _texts(reach.reflogs),
        "remotes": _texts(reach.remotes),
        "worktrees": _texts(reach.worktrees),
        "is_in_head": reach.is_in_head,
        "is_unreachable": reach.is_unreachable,
        "events": [_sighting(event) for event in reach.events],
    }


def receipt_object(receipt: Receipt) -> JsonObject:
    """Give a receipt. `seconds` and `bytes` are its duration and size."""
    return {
        "is_complete": receipt.is_complete,
        "asked": readable(receipt.asked),
        "rules": receipt.rules,
        "rule_set": receipt.rule_set,
        "read": receipt.read,
        "remembered": receipt.remembered,
        "bytes": receipt.size,
        "seconds": round(receipt.duration, 6),
        "skipped": [_skipped(skip) for skip in receipt.skipped],
        "allowed": {what: receipt.allowed[what] for what in sorted(receipt.allowed)},
        "notes": [readable(note) for note in receipt.notes],
        "repositories": [_path(name) for name in receipt.repositories],
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


def _sighting(seen: ShownSighting) -> JsonObject:
    return {
        "commit": seen.commit,
        "time": seen.time,
        "author": {"name": readable(seen.name), "address": readable(seen.address)},
        "subject": readable(seen.subject),
        "event": seen.event,
        "paths": [_path(path) for path in seen.paths],
    }


def _path(path: str) -> JsonObject:
    return {"path": readable(path), "path_bytes": _path_bytes(path)}


def _texts(texts: tuple[str, ...]) -> list[JsonValue]:
    return [readable(text) for text in texts]


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
