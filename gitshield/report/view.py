"""The view: a result as reports may show it. Made once, by the only code of this package that looks into secrets.

Every text in it is masked unless secrets were asked for, so a format cannot leak by itself. Paths keep the surrogates
of undecodable bytes, since SARIF can spell them; `readable` or `neutral` is for the format to apply.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Literal

from gitshield.model.finding import Finding, Receipt, Result, Span
from gitshield.model.place import (
    ArchiveMember,
    CommitHeader,
    CommitMessage,
    CommittedBlob,
    Place,
    RefName,
    RepositoryFile,
    StagedBlob,
    StandardInput,
    TagObject,
    TreeName,
    WorkTreeFile,
)
from gitshield.model.secret import Secret
from gitshield.report.mask import LONG, Masker, clear_line, masked, masked_line, masker_of_values
from gitshield.report.reach import Show, ShownReach, shown_reach

PlaceKind = Literal["file", "staged", "commit", "message", "header", "tag", "name", "ref", "repository", "stdin"]
_KINDS: Final[Mapping[type, PlaceKind]] = {
    WorkTreeFile: "file",
    StagedBlob: "staged",
    CommittedBlob: "commit",
    CommitMessage: "message",
    CommitHeader: "header",
    TagObject: "tag",
    TreeName: "name",
    RefName: "ref",
    RepositoryFile: "repository",
    StandardInput: "stdin",
}
# Places whose secret stands in what a report shows of any commit, ref or path, also of those of other findings.
_IN_NAMES: Final = (CommitMessage, CommitHeader, TagObject, TreeName, RefName)
_WORD: Final = 6
_NOTHING: Final = masker_of_values(())


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """Where a finding is. Ids are in hex and None where a place has none."""

    kind: PlaceKind
    path: str
    commit: str | None = None
    oid: str | None = None
    stage: int | None = None


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with its secret as text: the mask, or the value for those who asked. None when the file is the finding.

    `line` is the part of its line around it, up to the first secret (then `…`), None where that cannot be shown;
    `columns` are the first and last column in characters, None where the line is not known whole.
    """

    rule_id: str
    description: str
    family: str
    severity: str
    confidence: str
    place: ShownPlace
    span: Span
    columns: tuple[int, int] | None
    secret: str | None
    line: str | None
    entropy: float
    fingerprint: str
    tags: tuple[str, ...]
    revoke_url: str | None
    revoke_steps: tuple[str, ...]
    places: tuple[ShownPlace, ...] = ()
    reach: ShownReach | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What a format writes: findings in the result's order, the receipt, version, colour or not, the command."""

    findings: tuple[ShownFinding, ...]
    receipt: Receipt
    version: str
    color: bool = False
    command: str = "gitshield"


def view_of(result: Result, *, show_secrets: bool, version: str, color: bool = False, command: str = "gitshield") -> View:
    """Make the view of a result."""
    secrets = [(finding, finding.secret.reveal()) for finding in result.findings if finding.secret is not None]
    everywhere = masker_of_values(() if show_secrets else (value for _finding, value in secrets))
    near, firsts = _by_line(secrets), _firsts(finding for finding, _value in secrets)
    covers = _covers(() if show_secrets else secrets)
    shown: list[ShownFinding] = []
    for finding in result.findings:
        maskers = None if show_secrets else (everywhere, near.get(_line_of(finding), _NOTHING))
        line = _line(finding, maskers, first=firsts.get(_line_of(finding), 1))
        own = covers if show_secrets else _covers_of(finding, covers)
        shown.append(_shown(finding, line, own, show_secrets=show_secrets))
    return View(tuple(shown), _receipt(result.receipt, covers.name), version, color, command)


def place_of(place: Place) -> ShownPlace:
    """Give a place in the form of reports."""
    inner = place.container if isinstance(place, ArchiveMember) else place
    commit, oid, stage = (getattr(inner, name, None) for name in ("commit", "oid", "stage"))
    return ShownPlace(_KINDS[type(inner)], place.path, commit=commit, oid=oid, stage=stage)


@dataclass(frozen=True, slots=True)
class _Covers:
    """What masks a text: `name` a path or a word of the receipt, `text` what a person chose freely (an author, a subject, a ref)."""

    name: Show
    text: Show


def _covers(secrets: Iterable[tuple[Finding, bytes]]) -> _Covers:
    """Mask long secrets everywhere, and of the short ones those that stand in names already.

    In what people chose freely every secret of at least 6 bytes is masked, too; in a path such a one may be a word of everyday.
    """
    secrets = tuple(secrets)
    values = {value for _finding, value in secrets}
    named = {value for finding, value in secrets if _is_in_names(finding)}
    words = {value for finding, value in secrets if finding.reach is not None and len(value) >= _WORD}
    name = _remembering(masker_of_values(values, exact=named))
    return _Covers(name, _remembering(masker_of_values(values, exact=named | words)) if words - named else name)


def _covers_of(finding: Finding, covers: _Covers) -> _Covers:
    """Mask a finding's own secret, however short, in all that is told about it beyond its line."""
    value = finding.secret.reveal() if finding.secret is not None else b""
    if len(value) >= LONG or not (finding.reach is not None or _is_in_names(finding)):
        return covers
    own = masker_of_values((), exact=(value,))
    return _Covers(lambda text: masked(covers.name(text), own), lambda text: masked(covers.text(text), own))


def _is_in_names(finding: Finding) -> bool:
    return any(isinstance(place, _IN_NAMES) for place in (finding.place, *finding.places))


def _remembering(masker: Masker) -> Callable[[str], str]:
    """Mask, and remember it for the texts seen last: the findings of a history share their commits and refs."""
    return lru_cache(maxsize=1 << 14)(lambda text: masked(text, masker))


def _shown(finding: Finding, line: str | None, covers: _Covers, *, show_secrets: bool) -> ShownFinding:
    places = tuple(replace(place, path=covers.name(place.path)) for place in map(place_of, (finding.place, *finding.places)))
    return ShownFinding(
        rule_id=finding.rule_id,
        description=finding.description,
        family=finding.family,
        severity=finding.severity,
        confidence=finding.confidence,
        place=places[0],
        span=finding.span,
        columns=_columns(finding),
        secret=_secret(finding.secret, show_secrets=show_secrets),
        line=line,
        entropy=round(finding.entropy, 4),
        fingerprint=finding.fingerprint,
        tags=finding.tags,
        revoke_url=finding.revoke_url,
        revoke_steps=finding.revoke_steps,
        places=places[1:],
        reach=shown_reach(finding.reach, name=covers.name, text=covers.text) if finding.reach is not None else None,
        repository=covers.name(finding.repository) if finding.repository is not None else None,
    )


def _secret(secret: Secret | None, *, show_secrets: bool) -> str | None:
    if secret is None:
        return None
    return secret.reveal().decode("utf-8", "replace") if show_secrets else secret.mask


_Line = tuple[str | None, Place, int]


def _line_of(finding: Finding, number: int | None = None) -> _Line:
    """The line a finding begins on, or another one of its place."""
    return finding.repository, finding.place, number or finding.span.line


def _by_line(secrets: Iterable[tuple[Finding, bytes]]) -> Mapping[_Line, Masker]:
    """For each line a masker of the short secrets that begin on it; the long ones are masked everywhere."""
    short: dict[_Line, set[bytes]] = {}
    for finding, value in secrets:
        if len(value) < LONG:
            short.setdefault(_line_of(finding), set()).add(value)
    return {where: masker_of_values((), exact=values) for where, values in short.items()}


def _firsts(findings: Iterable[Finding]) -> Mapping[_Line, int]:
    """For each line the column of the first secret on it, 0 where one of a line before goes on there."""
    firsts: dict[_Line, int] = {}
    for finding in findings:
        span, line = finding.span, _line_of(finding)
        firsts[line] = min(span.column, firsts.get(line, span.column))
        firsts.update((_line_of(finding, number), 0) for number in range(span.line + 1, span.end_line + 1))
    return firsts


def _line(finding: Finding, maskers: tuple[Masker, ...] | None, *, first: int) -> str | None:
    if finding.secret is None or finding.line_text is None:
        return None
    line, own, column = finding.line_text.reveal(), finding.secret.reveal(), finding.span.column
    if maskers is None:
        return clear_line(line, own, column=column).decode("utf-8", "replace")
    cleared = masked_line(line, own, mask=finding.secret.mask, column=column, first=first, maskers=maskers)
    return cleared.decode("utf-8", "replace") if cleared is not None else None


def _columns(finding: Finding) -> tuple[int, int] | None:
    """Count the columns in characters, where the line is there from its beginning."""
    if finding.secret is None or finding.line_text is None:
        return None
    line, own, at = finding.line_text.reveal(), finding.secret.reveal(), finding.span.column - 1
    if finding.span.line != finding.span.end_line or not line.startswith(own, at):
        return None
    first = len(line[:at].decode("utf-8", "replace")) + 1
    return first, first + len(own.decode("utf-8", "replace")) - 1


def _receipt(receipt: Receipt, show: Show) -> Receipt:
    return replace(
        receipt,
        asked=show(receipt.asked),
        skipped=tuple(replace(skip, path=show(skip.path), reason=show(skip.reason)) for skip in receipt.skipped),
        notes=tuple(show(note) for note in receipt.notes),
        repositories=tuple(show(name) for name in receipt.repositories),
    )
