"""A scan: sources through the engine, local allowances, one result with its receipt."""

import datetime
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gitshield.model.finding import Finding, Receipt, Result, Skipped
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.allowances import Allowances, allowed_by
from gitshield.scan.engine import Seen, scan_fragment
from gitshield.scan.fragment import Fragment
from gitshield.scan.known import KnownValues, known_findings
from gitshield.scan.sources import Source, combined


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms to scan: rules, what is waved through, the values of local dotenv files, the day for expiry dates."""

    rules: RuleSet
    allowances: Allowances
    today: datetime.date
    known: KnownValues = field(default_factory=KnownValues)
    notes: tuple[str, ...] = ()


@dataclass(slots=True, frozen=True)
class Tally:
    """What a scan has counted so far; the only thing it writes to while it runs."""

    findings: list[Finding] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    allowed: Counter[str] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=lambda: [0, 0])

    def count(self, fragment: Fragment) -> None:
        """Count one fragment as read (a place once, its bytes without the overlap)."""
        self.sizes[0] += 1 if fragment.offset == 0 else 0
        self.sizes[1] += len(fragment.data) - fragment.fresh


def scan(sources: Iterable[Source], terms: Terms) -> Result:
    """Scan all of `sources`. An interrupt (KeyboardInterrupt) goes through to the caller."""
    started, tally, asked = time.monotonic(), Tally(), list(sources)
    for source in asked:
        for item in source.fragments():
            take(item, terms, tally)
    return result_of(tally, terms, asked=combined(asked), duration=time.monotonic() - started)


def take(item: Fragment | Skipped, terms: Terms, tally: Tally) -> None:
    """Judge one item of a source and write what came of it to `tally`."""
    if isinstance(item, Skipped):
        tally.skipped.append(item)
        return
    tally.count(item)
    seen, cut = scan_fragment(terms.rules, item)
    tally.skipped.extend(
        Skipped(item.path, f"rule {rule} matched too often to be judged to the end", is_failure=True) for rule in cut
    )
    for one in (*seen, *known_findings(terms.known, item, seen)):
        if (reason := _allowed(one, terms)) is None:
            tally.findings.append(one.finding)
        else:
            tally.allowed[reason] += 1


def result_of(tally: Tally, terms: Terms, *, asked: str, duration: float) -> Result:
    """Close a tally to a result."""
    receipt = Receipt(
        asked=asked,
        rules=len(terms.rules.rules),
        rule_set=terms.rules.image.key,
        read=tally.sizes[0],
        size=tally.sizes[1],
        duration=duration,
        skipped=tuple(tally.skipped),
        allowed=dict(tally.allowed),
        notes=terms.notes,
    )
    return Result(tuple(tally.findings), receipt)


def _allowed(seen: Seen, terms: Terms) -> str | None:
    return allowed_by(terms.allowances, seen.finding, line=seen.line, line_before=seen.line_before, today=terms.today)


def only_new(findings: Iterable[Finding], known: Iterable[bytes]) -> Iterator[Finding]:
    """Of `findings` those whose secret is not among the `known` values: what a change adds, not what was there before."""
    there = frozenset(known)
    return (f for f in findings if f.secret is None or f.secret.reveal() not in there)
