"""Passes: how a person gets past a gate on purpose. A refusal offers a code; allowing the code lets just that content pass.

A code stands for the fingerprints of the refused findings, in this repository, for a limited time; the commit that uses it
ends it. Both the offer and the use are kept in the repository's `gitshield` folder (0600), the reason goes to the journal.
"""

import json
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from gitshield.errors import UsageError
from gitshield.model.finding import Finding

FILE: Final = "passes"
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Pass:
    """One offer: its code, what it covers (fingerprints; rules and paths for the journal), until when (epoch seconds), granted or not."""

    code: str
    fingerprints: tuple[str, ...]
    rules: tuple[str, ...]
    paths: tuple[str, ...]
    until: float
    is_granted: bool = False


def offer(folder: str, findings: Sequence[Finding], *, minutes: int, now: float | None = None) -> str:
    """Give the code for these findings: the one offered before while it holds, otherwise a new one."""
    moment = time.time() if now is None else now
    prints = tuple(sorted({finding.fingerprint for finding in findings}))
    passes = [p for p in _read(folder) if p.until > moment]
    for known in passes:
        if known.fingerprints == prints and not known.is_granted:
            return known.code
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(2))
    rules = tuple(sorted({f.rule_id for f in findings}))
    paths = tuple(sorted({f.place.path for f in findings}))
    _write(folder, [*passes, Pass(code, prints, rules, paths, moment + 60 * minutes)])
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


def granted(folder: str, *, now: float | None = None) -> frozenset[str]:
    """The fingerprints that may pass now."""
    moment = time.time() if now is None else now
    return frozenset(mark for p in _read(folder) if p.is_granted and p.until > moment for mark in p.fingerprints)


def offered_paths(folder: str, fingerprint: str) -> tuple[str, ...]:
    """The paths of the refusals that hold a finding with this fingerprint."""
    return tuple(dict.fromkeys(path for p in _read(folder) if fingerprint in p.fingerprints for path in p.paths))


def use(folder: str, fingerprints: Iterable[str]) -> tuple[Pass, ...]:
    """End the granted passes that cover any of `fingerprints`, because a commit was made with them; give them for the journal."""
    used = frozenset(fingerprints)
    passes = _read(folder)
    spent = tuple(p for p in passes if p.is_granted and used & set(p.fingerprints))
    if spent:
        _write(folder, [p for p in passes if p not in spent])
    return spent


def _read(folder: str) -> list[Pass]:
    try:
        with open(os.path.join(folder, FILE), encoding="utf-8") as file:
            entries = json.load(file)
        return [Pass(**{**entry, **{key: tuple(entry[key]) for key in ("fingerprints", "rules", "paths")}}) for entry in entries]
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
