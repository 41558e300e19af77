"""Passes: how a person gets past a gate on purpose. A refusal offers a code; allowing the code lets just that content pass.

A code stands for the refused findings, each at its path, in this repository, for a limited time; the commit that uses it ends
it. Both the offer and the use are kept in the repository's `gitshield` folder (0600), the reason goes to the journal.
"""

import json
import os
import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from gitshield.errors import UsageError
from gitshield.model.finding import Finding
from gitshield.model.place import CommitMessage

FILE: Final = "passes"
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Pass:
    """One offer: its code, what it covers (fingerprint and path each; rules for the journal), until when (epoch seconds), granted."""

    code: str
    covers: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    until: float
    is_granted: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """Where what it covers stands."""
        return tuple(dict.fromkeys(path for _fingerprint, path in self.covers))


def is_covered(finding: Finding, covers: Collection[tuple[str, str]]) -> bool:
    """Whether a finding is among what passes cover: at that very path; in a message, wherever the value may stand."""
    if isinstance(finding.place, CommitMessage):
        return any(finding.fingerprint == fingerprint for fingerprint, _path in covers)
    return (finding.fingerprint, finding.place.path) in covers


def offer(folder: str, findings: Sequence[Finding], *, minutes: int, now: float | None = None) -> str:
    """Give the code for these findings: the one offered before while it holds, otherwise a new one."""
    moment = time.time() if now is None else now
    covers = tuple(sorted({(finding.fingerprint, finding.place.path) for finding in findings}))
    passes = [p for p in _read(folder) if p.until > moment]
    for known in passes:
        if known.covers == covers and not known.is_granted:
            return known.code
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(2))
    rules = tuple(sorted({f.rule_id for f in findings}))
    _write(folder, [*passes, Pass(code, covers, rules, moment + 60 * minutes)])
    return code


def grant(folder: str, code: str, *, minutes: int, now: float | None = None) -> Pass:
    """Let the content of an offered code pass for `minutes` from now. Raises UsageError for a code that is not open here."""
    moment = time.time() if now is None else now
    passes = [p for p in _read(folder) if p.until > moment]
    for index, known in enumerate(passes):
        if secrets.compare_digest(known.code, code):
            granted = replace(known, is_granted=True, until=moment + 60 * minutes)
            _write(folder, [*passes[:index], granted, *passes[index + 1 :]])
            return granted
    raise UsageError(
        f"no open code {code!r} in this repository", hint="codes end after a while: try the refused command again for a new one"
    )


def granted(folder: str, *, now: float | None = None) -> frozenset[tuple[str, str]]:
    """What may pass now, as (fingerprint, path)."""
    moment = time.time() if now is None else now
    return frozenset(covered for p in _read(folder) if p.is_granted and p.until > moment for covered in p.covers)


def offered_paths(folder: str, fingerprint: str) -> tuple[str, ...]:
    """The paths of the refusals that hold a finding with this fingerprint."""
    return tuple(dict.fromkeys(path for p in _read(folder) for known, path in p.covers if known == fingerprint))


def use(folder: str, findings: Iterable[Finding]) -> tuple[Pass, ...]:
    """End the granted passes that cover any of `findings`, because a commit was made with them; give them for the journal."""
    used = tuple(findings)
    passes = _read(folder)
    spent = tuple(p for p in passes if p.is_granted and any(is_covered(finding, p.covers) for finding in used))
    if spent:
        _write(folder, [p for p in passes if p not in spent])
    return spent


def _read(folder: str) -> list[Pass]:
    try:
        with open(os.path.join(folder, FILE), encoding="utf-8") as file:
            entries = json.load(file)
        return [
            Pass(entry["code"], tuple((f, p) for f, p in entry["covers"]), tuple(entry["rules"]), entry["until"], entry["is_granted"])
            for entry in entries
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def _write(folder: str, passes: Sequence[Pass]) -> None:
    place = os.path.join(folder, FILE)
    aside = f"{place}.{os.getpid()}"
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(p) for p in passes], file)
        os.replace(aside, place)
    except OSError:
        return  # no code can be given then; the refusal stands all the same
