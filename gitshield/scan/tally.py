"""A tally: what a scan has found, skipped and counted so far."""

from collections import Counter
from dataclasses import dataclass, field

from gitshield.model.finding import Finding, Skipped
from gitshield.model.place import WorkTreeFile
from gitshield.scan.fragment import Fragment


@dataclass(slots=True, frozen=True)
class Tally:
    """What a scan has counted so far; the only thing it writes to while it runs.

    `sizes` is [places read, bytes read], `names` are the paths of the files on disk that were read, in order.
    """

    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    allowed: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=lambda: [0, 0])
    names: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """How much there is to tell: findings, also those waved through, and what was skipped."""
        return len(self.findings) + len(self.skipped) + self.allowed.total()

    def count(self, fragment: Fragment) -> None:
        """Count one fragment as read (a place once, its bytes without the overlap)."""
        self.sizes[0] += 1 if fragment.offset == 0 else 0
        self.sizes[1] += len(fragment.data) - fragment.fresh
        if fragment.offset == 0 and isinstance(fragment.place, WorkTreeFile):
            self.names.append(fragment.path)

    def add(self, other: "Tally") -> None:
        """Add another tally to this one."""
        self.findings.extend(other.findings)
        self.skipped.extend(other.skipped)
        self.allowed.update(other.allowed)
        self.sizes[0] += other.sizes[0]
        self.sizes[1] += other.sizes[1]
        self.names.extend(other.names)
