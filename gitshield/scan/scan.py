"""A scan: sources through the engine, local allowances, one result with its receipt."""

import datetime
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gitshield.model.finding import Receipt, Result, Skipped
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.allowances import Allowances, allowed_by
from gitshield.scan.containers import without_packed, without_parts
from gitshield.scan.engine import Seen, scan_fragment, without_line
from gitshield.scan.fragment import Fragment
from gitshield.scan.known import KnownValues, known_findings
from gitshield.scan.names import found_in_names
from gitshield.scan.parallel import scan_files
from gitshield.scan.sources import Files, Source, combined
from gitshield.scan.tally import Tally


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms to scan: rules, what is waved through, the values of local dotenv files, the day for expiry dates."""

    rules: RuleSet
    allowances: Allowances
    today: datetime.date
    known: KnownValues = field(default_factory=KnownValues)
    notes: tuple[str, ...] = ()
    are_pragmas_read: bool = True


def scan(sources: Iterable[Source], terms: Terms, *, jobs: int = 1) -> Result:
    """Scan all of `sources`, files with up to `jobs` processes. An interrupt (KeyboardInterrupt) goes through to the caller."""
    started, tally, asked = time.monotonic(), Tally(), list(sources)
    for source in asked:
        if jobs > 1 and isinstance(source, Files):
            scan_files(source, tally, jobs=jobs, judge=lambda item, part: take(item, terms, part))
            continue
        for item in source.fragments():
            take(item, terms, tally)
    _take_names(terms, tally)
    return result_of(tally, terms, asked=combined(asked), duration=time.monotonic() - started)


def take(item: Fragment | Skipped, terms: Terms, tally: Tally) -> None:
    """Judge one item of a source and write what came of it to `tally`."""
    if isinstance(item, Skipped):
        tally.skipped.append(item)
        return
    tally.count(item)
    seen, unjudged = scan_fragment(terms.rules, item)
    tally.skipped.extend(Skipped(item.place.path, reason, is_failure=True) for reason in unjudged)
    keep((*seen, *known_findings(terms.known, item, seen)), terms, tally)


def keep(seen: Sequence[Seen], terms: Terms, tally: Tally) -> None:
    """Write the findings of one place to the tally, but for those that are waved through, which are counted."""
    judged = [(one, _allowed(one, terms)) for one in seen]
    quiet = {one.finding.span.line for one, reason in judged if reason is not None}
    tally.allowed.update(reason for _, reason in judged if reason is not None)
    # a value that was waved through is still a value: its line is not shown for another one's sake
    left = ((without_line(one) if one.finding.span.line in quiet else one).finding for one, reason in judged if reason is None)
    tally.findings.extend(without_parts(list(left)))


def _take_names(terms: Terms, tally: Tally) -> None:
    """Judge the names of the files that were read; what is found in one comes with what is found in the file."""
    before = len(tally.findings)
    for _path, seen in found_in_names(terms.rules, tally.names):
        keep(seen, terms, tally)
    if len(tally.findings) > before:
        order = {path: number for number, path in enumerate(tally.names)}
        tally.findings.sort(key=lambda finding: order.get(finding.place.path, len(order)))


def result_of(tally: Tally, terms: Terms, *, asked: str, duration: float) -> Result:
    """Close a tally to a result."""
    receipt = Receipt(
        asked=asked,
        rules=len(terms.rules.rules),
        rule_set=terms.rules.image.key,
        read=tally.sizes[0],
        size=tally.sizes[1],
        duration=duration,
        skipped=tuple(dict.fromkeys(tally.skipped)),
        allowed=dict(tally.allowed),
        notes=terms.notes,
    )
    return Result(tuple(without_packed(tally.findings)), receipt)


def _allowed(seen: Seen, terms: Terms) -> str | None:
    if not terms.are_pragmas_read:
        return allowed_by(terms.allowances, seen.finding, line=b"", line_before=b"", today=terms.today)
    return allowed_by(terms.allowances, seen.finding, line=seen.line, line_before=seen.line_before, today=terms.today)
