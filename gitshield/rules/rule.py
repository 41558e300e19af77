"""A rule: one kind of secret, how to find it, how bad it is and what to do about it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Confidence = Literal["high", "medium", "low"]
Family = Literal["key", "provider", "file", "role", "foreign"]
Target = Literal["secret", "match", "line"]


class Severity(IntEnum):
    """How much harm a leaked secret of this kind does, worst highest."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The severity as rule files and reports spell it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Allowlist:
    """What a rule waves through (gitleaks' `allowlists`). Patterns are RE2 texts.

    With `needs_all` every kind of condition that is given must hold, otherwise one is enough.
    """

    regexes: tuple[str, ...] = ()
    target: Target = "secret"
    paths: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()
    commits: tuple[str, ...] = ()
    needs_all: bool = False


@dataclass(frozen=True, slots=True)
class Required:
    """Another rule that must match nearby for this one to count (gitleaks' `required`)."""

    rule_id: str
    within_lines: int | None = None
    within_columns: int | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    """How to make a leaked secret useless: the provider's page and the steps to take there."""

    url: str | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A composed text with the secrets a rule must find in it (none for a near miss)."""

    text: bytes
    path: str
    secrets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `regex` and `path` are in the dialect of `docs/formats/rules.md` and mean bytes, `entropy` is in bits per byte."""

    id: str
    description: str
    pack: str
    family: Family
    severity: Severity = Severity.HIGH
    confidence: Confidence = "medium"
    regex: str | None = None
    path: str | None = None
    reader: str | None = None
    trigger: str | None = None
    secret_group: int | None = None
    entropy: float = 0.0
    keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    allowlists: tuple[Allowlist, ...] = ()
    required: tuple[Required, ...] = ()
    skip_report: bool = False
    gate: bool = False
    globs: tuple[str, ...] = ()
    source: str | None = None
    revoke: Revoke | None = None
    plugin: str | None = None

    @property
    def is_file_rule(self) -> bool:
        """Whether the file itself is the finding, whatever it holds."""
        return self.regex is None and self.reader is None and self.plugin is None
