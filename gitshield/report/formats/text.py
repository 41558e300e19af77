"""The text format: for people. A block a finding, a summary, what was read and what was not, and what to type next.

A finding of a history begins with its secret and goes on with how far that got; others begin with their place.
"""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from gitshield.model.finding import Receipt
from gitshield.report.mask import MASK
from gitshield.report.neutral import neutral
from gitshield.report.trail import next_steps, trail
from gitshield.report.view import ShownFinding, View
from gitshield.report.words import read_words

_SEVERITIES: Final = ("critical", "high", "medium", "low")
_COLORS: Final = {"critical": "1;31", "high": "31", "medium": "33", "low": "36", "good": "32", "bold": "1", "dim": "2"}
_WIDTH: Final = 8
_MAX_SKIPPED: Final = 20


def report(view: View) -> Iterator[str]:
    """Write the report, with terminal colours when the view wants them. Text of others is neutralised first."""
    paint = _Paint(is_on=view.color)
    for finding in view.findings:
        yield from (f"{line}\n" for line in _finding(finding, paint))
        yield "\n"
    yield from (f"{line}\n" for line in _summary(view, paint))
    yield from (f"{line}\n" for line in _receipt(view.receipt, paint))
    yield from (f"{line}\n" for line in _hints(view, paint))


class _Paint:
    """Colours text, or does not."""

    def __init__(self, *, is_on: bool) -> None:
        self._is_on = is_on

    def __call__(self, text: str, color: str) -> str:
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self._is_on and color in _COLORS else text


def _finding(finding: ShownFinding, paint: _Paint) -> Iterator[str]:
    where = neutral(finding.place.path)
    if finding.secret is not None:
        where += f":{finding.span.line}:{finding.span.column}"
    rule = f"{neutral(finding.rule_id)}  {neutral(finding.description)}"
    severity = paint(finding.severity, finding.severity)
    yield f"{paint(where, 'bold')}  {severity}  {rule}" if finding.reach is None else f"{severity}  {rule}"
    if finding.repository is not None:
        yield f"    repository: {paint(neutral(finding.repository), 'bold')}"
    if finding.reach is None and finding.place.commit is not None:
        yield f"    commit: {finding.place.commit}"
    if finding.secret is not None:
        yield f"    secret: {paint(neutral(finding.secret), 'bold' if finding.reach is not None else '')}"
    yield from _trail(finding, paint)
    if finding.line is not None:
        yield f"    {paint(f'{finding.span.line} |', 'dim')} {neutral(finding.line.expandtabs(4).strip())}"
    if finding.revoke_url:
        yield f"    revoke: {neutral(finding.revoke_url)}"
    elif finding.revoke_steps:
        yield f"    revoke: {neutral(' '.join(finding.revoke_steps))}"
    yield f"    fingerprint: {finding.fingerprint}"


def _trail(finding: ShownFinding, paint: _Paint) -> Iterator[str]:
    reach = finding.reach
    bad = {"pushed": reach.is_pushed, "HEAD": reach.is_in_head} if reach is not None else {}
    for label, words in trail(finding):
        yield f"    {label + ':':<{_WIDTH}}{paint(words, 'high' if bad.get(label) else '')}"


def _summary(view: View, paint: _Paint) -> Iterator[str]:
    if not view.findings:
        yield paint("no findings", "good") if view.receipt.is_complete else paint("no findings in what was read", "medium")
        return
    counts = Counter(finding.severity for finding in view.findings)
    known = [word for word in _SEVERITIES if word in counts]
    by_severity = ", ".join(f"{counts[word]} {word}" for word in (*known, *sorted(counts.keys() - set(_SEVERITIES))))
    places = len(
        {(finding.repository, place.path, place.commit) for finding in view.findings for place in (finding.place, *finding.places)}
    )
    yield paint(f"{_count(len(view.findings), 'finding')} in {_count(places, 'place')}: {by_severity}", known[0] if known else "high")
    yield from _spread(view)


def _spread(view: View) -> Iterator[str]:
    """How many secrets of a history went how far."""
    reaches = [finding.reach for finding in view.findings if finding.reach is not None]
    counts = {
        "pushed": sum(reach.is_pushed for reach in reaches),
        "in HEAD": sum(reach.is_in_head for reach in reaches),
        "kept by reflogs alone": sum(reach.is_reflog_only for reach in reaches),
        "reached by nothing": sum(reach.is_unreachable for reach in reaches),
    }
    if reaches:
        yield "reach: " + ", ".join(f"{count} {what}" for what, count in counts.items())


def _receipt(receipt: Receipt, paint: _Paint) -> Iterator[str]:
    yield f"asked: {neutral(receipt.asked)}"
    rules = f"{_count(receipt.rules, 'rule')} (set {receipt.rule_set[:12]})"
    yield f"read: {read_words(receipt)} in {receipt.duration:.2f} s, with {rules}"
    yield from _listed(f"repositories: {len(receipt.repositories)}", list(receipt.repositories))
    if receipt.allowed:
        yield "allowed: " + ", ".join(f"{receipt.allowed[what]} by {what}" for what in sorted(receipt.allowed))
    by_policy = [f"{skip.path}: {skip.reason}" for skip in receipt.skipped if not skip.is_failure]
    failed = [f"{skip.path}: {skip.reason}" for skip in receipt.skipped if skip.is_failure]
    yield from _listed(f"skipped: {len(by_policy)}", by_policy)
    yield from _listed(paint(f"could not be read: {len(failed)}", "critical"), failed)
    yield from (f"note: {neutral(note)}" for note in receipt.notes)
    if receipt.read == 0:
        yield paint("nothing was read, so nothing is known", "critical")
    elif not receipt.is_complete:
        yield paint("not everything was checked", "critical")


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"    {neutral(line)}" for line in lines[:_MAX_SKIPPED])
    if len(lines) > _MAX_SKIPPED:
        yield f"    … and {len(lines) - _MAX_SKIPPED} more: `--format json` lists all"


def _hints(view: View, paint: _Paint) -> Iterator[str]:
    """The next commands to type; they use the first finding as their example."""
    hint = paint("hint:", "bold")
    if any(finding.reach is not None for finding in view.findings):
        yield from (f"{hint} {step}" for step in next_steps(view.findings))
    elif any(finding.secret is not None for finding in view.findings):
        yield f"{hint} was it ever shared? then revoke it first: what was seen stays seen"
        yield f"{hint} take the value out of the file, or keep it in a file that git ignores"
    for path in _removable(view.findings):
        yield f"{hint} keep the file and take it out of git: `git rm --cached -- {path}`"
    if view.findings:
        yield f'{hint} no secret at all? `{view.command} allow --add {view.findings[0].fingerprint} --reason "…"`'
    if not view.receipt.is_complete:
        yield f"{hint} make readable what could not be read, and scan again: until then this result proves nothing"


def _removable(findings: Iterable[ShownFinding]) -> tuple[str, ...]:
    """The first tracked file that should not be there at all, quoted for a shell; none when its name cannot be typed."""
    paths = (f.place.path for f in findings if f.secret is None and f.place.kind in ("file", "staged"))
    path = next(paths, None)
    return (shlex.quote(path),) if path is not None and path.isprintable() and MASK not in path else ()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
