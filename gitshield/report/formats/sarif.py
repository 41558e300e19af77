"""The sarif format: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.

An incomplete receipt is an invocation that did not succeed; each skip and note is a notification of it. The other places of a
secret are related locations; how far it got is in the properties of its result, as in our own JSON.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote

from gitshield.model.finding import Receipt, Skipped
from gitshield.report.neutral import readable
from gitshield.report.structure import JsonObject, JsonValue, reach_object
from gitshield.report.view import ShownFinding, ShownPlace, View

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT: Final = "gitshieldFingerprint/v1"
# GitHub takes at most a thousand locations of a result and shows the first hundred.
_MAX_RELATED: Final = 100
_LOGICAL: Final = {"message": "commit message", "header": "commit header", "tag": "tag", "ref": "ref", "name": "name"}
_LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# GitHub sorts by this number: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}


def report(view: View) -> Iterator[str]:
    """Write one run, in ASCII."""
    rules: dict[str, ShownFinding] = {}
    for finding in view.findings:
        rules.setdefault(finding.rule_id, finding)
    numbers = {rule_id: number for number, rule_id in enumerate(rules)}
    driver: JsonObject = {"name": "gitshield", "version": view.version, "rules": [_rule(finding) for finding in rules.values()]}
    run: JsonObject = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(view.receipt)],
        "results": [_result(finding, numbers[finding.rule_id]) for finding in view.findings],
    }
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(finding: ShownFinding) -> JsonObject:
    rule: JsonObject = {
        "id": finding.rule_id,
        "shortDescription": {"text": finding.description},
        "defaultConfiguration": {"level": _LEVELS.get(finding.severity, "error")},
        "help": _help(finding),
        "properties": {
            "tags": ["security", finding.family],
            "precision": {"high": "very-high", "medium": "high"}.get(finding.confidence, "medium"),
            "security-severity": _SCORES.get(finding.severity, "8.0"),
        },
    }
    if finding.revoke_url:
        rule["helpUri"] = finding.revoke_url
    return rule


def _help(finding: ShownFinding) -> JsonObject:
    steps: Sequence[str] = finding.revoke_steps or ("Make the secret useless where it was issued.",)
    steps = (*steps, "Take it out of the file, and out of the history if it was committed.")
    where = f"Revoke at {finding.revoke_url}" if finding.revoke_url else "Revoke it"
    plain = "\n".join((f"{where}:", *(f"{number}. {step}" for number, step in enumerate(steps, 1))))
    link = f"[Revoke]({finding.revoke_url})" if finding.revoke_url else "Revoke"
    marked = "\n".join((f"{link} it:", "", *(f"{number}. {step}" for number, step in enumerate(steps, 1))))
    return {"text": plain, "markdown": marked}


def _result(finding: ShownFinding, number: int) -> JsonObject:
    place = finding.place
    value = f": {finding.secret}" if finding.secret is not None else ""
    properties: JsonObject = {"severity": finding.severity, "confidence": finding.confidence, "entropy": finding.entropy}
    ids = {"commit": place.commit, "blob": place.oid, "stage": place.stage}
    properties.update({name: found for name, found in ids.items() if found is not None})
    if finding.repository is not None:
        properties["repository"] = readable(finding.repository)
    if finding.places:
        properties["places"] = 1 + len(finding.places)
    if finding.reach is not None:
        properties["reach"] = reach_object(finding.reach)
    result: JsonObject = {
        "ruleId": finding.rule_id,
        "ruleIndex": number,
        "level": _LEVELS.get(finding.severity, "error"),
        "message": {"text": readable(finding.description + value)},
        "locations": [_location(place, finding)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {**properties, "tags": list(finding.tags)},
    }
    if finding.places:
        result["relatedLocations"] = [_related(place, number) for number, place in enumerate(finding.places[:_MAX_RELATED], 1)]
    return result


def _location(place: ShownPlace, finding: ShownFinding) -> JsonObject:
    if place.kind in _LOGICAL:
        return _logical(place)
    physical: JsonObject = {"artifactLocation": _artifact(place.path), "region": _region(finding)}
    if finding.line is not None:
        physical["contextRegion"] = {"startLine": finding.span.line, "snippet": {"text": readable(finding.line)}}
    return {"physicalLocation": physical}


def _related(place: ShownPlace, number: int) -> JsonObject:
    """Another place of the same secret, without a region: a finding knows the line of its first place alone."""
    physical: JsonObject = {"physicalLocation": {"artifactLocation": _artifact(place.path)}}
    where = _logical(place) if place.kind in _LOGICAL else physical
    at = f", in commit {place.commit}" if place.commit is not None else ""
    return {"id": number, **where, "message": {"text": readable(f"also in {place.path}{at}")}}


def _logical(place: ShownPlace) -> JsonObject:
    return {"logicalLocations": [{"name": readable(place.path), "kind": _LOGICAL[place.kind]}]}


def _artifact(path: str) -> JsonObject:
    """The path as a URI: its bytes percent-coded, so that no path is lost."""
    raw = path.encode("utf-8", "surrogateescape")
    return {"uri": f"file://{quote(raw)}"} if path.startswith("/") else {"uri": quote(raw), "uriBaseId": "%SRCROOT%"}


def _region(finding: ShownFinding) -> JsonObject:
    """The region; SARIF's end column is the one after the last. A file that is the finding has its first line."""
    span = finding.span
    if finding.secret is None:
        return {"startLine": 1}
    first, last = finding.columns or (span.column, span.end_column)
    return {"startLine": span.line, "startColumn": first, "endLine": span.end_line, "endColumn": last + 1}


def _invocation(receipt: Receipt) -> JsonObject:
    notifications: list[JsonValue] = [_notification(skip) for skip in receipt.skipped]
    if receipt.read == 0:
        notifications.append({"level": "error", "message": {"text": "nothing was read"}})
    notifications += [{"level": "note", "message": {"text": readable(note)}} for note in receipt.notes]
    return {
        "executionSuccessful": receipt.is_complete,
        "toolExecutionNotifications": notifications,
        "properties": {
            "asked": readable(receipt.asked),
            "rules": receipt.rules,
            "ruleSet": receipt.rule_set,
            "read": receipt.read,
            "remembered": receipt.remembered,
            "bytes": receipt.size,
            "seconds": round(receipt.duration, 6),
            "allowed": {what: receipt.allowed[what] for what in sorted(receipt.allowed)},
            "repositories": [readable(name) for name in receipt.repositories],
        },
    }


def _notification(skip: Skipped) -> JsonObject:
    return {
        "level": "error" if skip.is_failure else "note",
        "message": {"text": readable(f"{skip.path}: {skip.reason}")},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(skip.path)}}],
    }
