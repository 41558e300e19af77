"""Findings and the receipt of the scan that made them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitshield.model.place import Place
from gitshield.model.reach import Reach
from gitshield.model.secret import Secret


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a place: lines and columns count from 1, columns in bytes; `start` and `end` are byte offsets, end exclusive.

    The end column is the last byte's own column (inclusive), as editors mark it. A file that is itself the finding
    has the span of its first byte.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One secret at one place, by one rule. `secret` is None when the file itself is the finding.

    `severity` and `confidence` are the rule's words; `fingerprint` identifies (rule, value) or (rule, path) without
    giving the value away to somebody who does not have it: 16 hex digits of a keyed hash, see `scan/fingerprint.py`.
    In a scan of a history the same secret by the same rule is one finding: `place` is where it came first, `places` are the
    other ones, `reach` says how far it got, and `repository` is the folder or the URL (without credentials) of the repository that this
    is about, where it lies inside the one that was asked for or several were (None: it is the one).
    """

    rule_id: str
    description: str
    family: str
    severity: str
    confidence: str
    place: Place
    span: Span
    secret: Secret | None
    entropy: float
    fingerprint: str
    line_text: Secret | None = None
    tags: tuple[str, ...] = ()
    revoke_url: str | None = None
    revoke_steps: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    reach: Reach | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was asked for and not read to its end, and why. `is_failure` tells "could not" from "by policy"."""

    path: str
    reason: str
    is_failure: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a scan was asked, what it read, and what it did not: the proof that "no findings" means something.

    `read` counts files, blobs or messages, of which `remembered` were read by an earlier scan and not again; `size` is in bytes;
    `duration` in seconds; `allowed` counts the findings that were waved through, by what did it (`pragma`, `allow entry`, `baseline`,
    `.gitleaksignore`, `code`). `repositories` names those that were scanned, in order, when several were asked for; paths of `skipped`
    then begin with one of the names.
    """

    asked: str
    rules: int
    rule_set: str
    read: int
    size: int
    duration: float
    skipped: tuple[Skipped, ...] = ()
    allowed: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    remembered: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether something was read and nothing that was asked for failed."""
        return self.read > 0 and not any(skip.is_failure for skip in self.skipped)


@dataclass(frozen=True, slots=True)
class Result:
    """What a scan gives: its findings in the order of place and offset, and its receipt. Interrupted, it is a part of that."""

    findings: tuple[Finding, ...]
    receipt: Receipt
    is_interrupted: bool = False
