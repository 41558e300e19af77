"""The page: a view as the HTML template takes it. Every text is neutral and plain; escaping is the template's, for every text."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from gitshield.model.finding import Receipt
from gitshield.report.blast import MAX_DOTS, BlastMap, blast_map
from gitshield.report.neutral import neutral
from gitshield.report.reach import ShownReach, ShownSighting
from gitshield.report.trail import next_steps, trail
from gitshield.report.view import ShownFinding, View
from gitshield.report.words import count_words, day_words, read_words, short

SEVERITIES: Final = ("critical", "high", "medium", "low")
_MAX_PLACES: Final = 30
_MAX_SKIPPED: Final = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of a finding's table of commits."""

    event: str
    commit: str
    day: str
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Card:
    """A finding. `spread` has words to filter by (`pushed`, `head`, `reflog`, `nothing`); `link` is the page to revoke at, if it is one."""

    number: int
    severity: str
    rule: str
    family: str
    title: str
    secret: str | None
    where: str
    repository: str | None
    commit: str | None
    since: str
    line: tuple[int, str] | None
    spread: tuple[str, ...]
    trail: tuple[tuple[str, str], ...]
    map: BlastMap | None
    moments: tuple[Moment, ...]
    more_moments: int
    places: tuple[str, ...]
    more_places: int
    link: str | None
    steps: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of the summary, and the word it goes with."""

    word: str
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the page; `cards` can be taken once."""

    title: str
    asked: str
    version: str
    is_complete: bool
    warning: str
    total: int
    severities: tuple[Sum, ...]
    spread: tuple[Sum, ...]
    rules: tuple[Sum, ...]
    families: tuple[Sum, ...]
    cards: Iterator[Card]
    steps: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    repositories: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    skipped: tuple[tuple[str, str], ...]
    more_skipped: int
    notes: tuple[str, ...]


def page_of(view: View) -> Page:
    """Make the page of a view."""
    receipt, found = view.receipt, view.findings
    failed = [(neutral(skip.path), neutral(skip.reason)) for skip in receipt.skipped if skip.is_failure]
    skipped = [(neutral(skip.path), neutral(skip.reason)) for skip in receipt.skipped if not skip.is_failure]
    nothing = "No findings" if receipt.is_complete else "No findings in what was read"
    return Page(
        title=count_words(len(found), "finding") if found else nothing,
        asked=neutral(receipt.asked),
        version=neutral(view.version),
        is_complete=receipt.is_complete,
        warning=_warning(receipt, len(failed)),
        total=len(found),
        severities=_severities(found),
        spread=_spread([one.reach for one in found if one.reach is not None]),
        rules=_sums(one.rule_id for one in found),
        families=_sums(one.family for one in found),
        cards=(_card(number, finding) for number, finding in enumerate(found, 1)),
        steps=tuple(next_steps(found)),
        facts=tuple(_receipt(receipt)),
        repositories=tuple(map(neutral, receipt.repositories)),
        failed=tuple(failed),
        skipped=tuple(skipped[:_MAX_SKIPPED]),
        more_skipped=max(0, len(skipped) - _MAX_SKIPPED),
        notes=tuple(map(neutral, receipt.notes)),
    )


def _warning(receipt: Receipt, failed: int) -> str:
    if receipt.is_complete:
        return ""
    return f"{count_words(failed, 'item')} could not be read" if failed else "Nothing was read, so nothing is known"


def _severities(found: Iterable[ShownFinding]) -> tuple[Sum, ...]:
    counts = Counter(finding.severity for finding in found)
    words = (*SEVERITIES, *sorted(counts.keys() - set(SEVERITIES)))
    return tuple(Sum(neutral(word), counts[word]) for word in words if word in counts)


def _sums(words: Iterable[str]) -> tuple[Sum, ...]:
    counts = Counter(map(neutral, words))
    return tuple(Sum(word, counts[word]) for word in sorted(counts))


def _spread(reaches: list[ShownReach]) -> tuple[Sum, ...]:
    if not reaches:
        return ()
    counts = Counter(word for reach in reaches for word in _spread_words(reach))
    return tuple(Sum(word, counts[word]) for word in ("pushed", "head", "reflog", "nothing") if counts[word] or word in ("pushed", "head"))


def _spread_words(reach: ShownReach | None) -> tuple[str, ...]:
    if reach is None:
        return ()
    asked = {"pushed": reach.is_pushed, "head": reach.is_in_head, "reflog": reach.is_reflog_only, "nothing": reach.is_unreachable}
    return tuple(word for word, is_so in asked.items() if is_so)


def _card(number: int, finding: ShownFinding) -> Card:
    reach, place = finding.reach, finding.place
    moments, more_moments = _moments(reach)
    where = neutral(place.path) + (f":{finding.span.line}:{finding.span.column}" if finding.secret is not None else "")
    lines = tuple(_place(neutral(one.path), one.commit) for one in finding.places[:_MAX_PLACES])
    return Card(
        number=number,
        severity=neutral(finding.severity),
        rule=neutral(finding.rule_id),
        family=neutral(finding.family),
        title=neutral(finding.description),
        secret=neutral(finding.secret) if finding.secret is not None else None,
        where=where,
        repository=neutral(finding.repository) if finding.repository is not None else None,
        commit=short(place.commit) if place.commit is not None else None,
        since=_since(reach),
        line=(finding.span.line, neutral(finding.line.expandtabs(4).strip())) if finding.line is not None else None,
        spread=_spread_words(reach),
        trail=tuple(trail(finding)),
        map=blast_map(reach) if reach is not None else None,
        moments=moments,
        more_moments=more_moments,
        places=lines,
        more_places=len(finding.places) - len(lines),
        link=_link(finding.revoke_url),
        steps=tuple(map(neutral, finding.revoke_steps)),
        facts=(
            ("fingerprint", finding.fingerprint),
            ("confidence", neutral(finding.confidence)),
            ("entropy", f"{finding.entropy:.2f} bits a byte"),
        ),
    )


def _since(reach: ShownReach | None) -> str:
    first = reach.first if reach is not None else None
    return f"since {day_words(first.time)}" if first is not None else ""


def _place(path: str, commit: str | None) -> str:
    return f"{path}  in {short(commit)}" if commit is not None else path


def _moments(reach: ShownReach | None) -> tuple[tuple[Moment, ...], int]:
    events = reach.events if reach is not None else ()
    return tuple(map(_moment, events[:MAX_DOTS])), max(0, len(events) - MAX_DOTS)


def _moment(event: ShownSighting) -> Moment:
    return Moment(neutral(event.event), short(event.commit), day_words(event.time), neutral(event.name), neutral(event.subject))


def _link(url: str | None) -> str | None:
    """The page to revoke at, where it is a page of the web: rules may come from others, and `javascript:` is an address, too."""
    if url is None or not url.isprintable():
        return None
    try:
        return url if urlsplit(url).scheme in ("https", "http") else None
    except ValueError:
        return None


def _receipt(receipt: Receipt) -> Iterator[tuple[str, str]]:
    yield "asked", neutral(receipt.asked)
    yield "read", f"{read_words(receipt)}, in {receipt.duration:.2f} s"
    yield "rules", f"{receipt.rules:,} (set {receipt.rule_set[:12]})"
    if receipt.allowed:
        yield "allowed", ", ".join(f"{receipt.allowed[what]} by {neutral(what)}" for what in sorted(receipt.allowed))
