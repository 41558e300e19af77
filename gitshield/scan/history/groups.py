"""Groups: what was found in a history, one finding for each secret and rule, with the places where it is and how far it got."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from gitshield.model.finding import Finding
from gitshield.model.place import ArchiveMember, CommitHeader, CommitMessage, CommittedBlob, Place, RepositoryFile, TagObject, TreeName
from gitshield.model.reach import Reach
from gitshield.scan.history.reach import Group

_PLACES: Final = 200
Key = tuple[str, bytes | str]


@dataclass(frozen=True, slots=True)
class Found:
    """All findings of one secret by one rule, or of one file by its name, in the order in which they were made."""

    findings: list[Finding] = field(default_factory=list)


def grouped(findings: Iterable[Finding]) -> list[Found]:
    """Put findings together by rule and secret; those about a whole file by rule and path."""
    groups: dict[Key, Found] = {}
    for finding in findings:
        value = finding.secret.reveal() if finding.secret is not None else finding.place.path
        groups.setdefault((finding.rule_id, value), Found()).findings.append(finding)
    return list(groups.values())


def commits_of(found: Found) -> Iterator[str]:
    """The ids of the commits whose own texts hold a group."""
    for place in (_holder(finding.place) for finding in found.findings):
        if isinstance(place, CommitMessage | CommitHeader) and place.commit is not None:
            yield place.commit


def group_of(
    found: Found,
    *,
    number: Callable[[str], int],
    commit: Callable[[str], int | None],
    below: Callable[[bytes], Iterable[tuple[bytes, int]]],
) -> Group:
    """Say where a group is in terms of the store.

    The functions give the number of an object and the place of a commit by id, and the (path, blob) pairs at and below a path.
    """
    pairs: set[tuple[bytes, int]] = set()
    texts: set[int] = set()
    objects: set[str] = set()
    for place in (_holder(finding.place) for finding in found.findings):
        match place:
            case CommittedBlob(path, oid):
                objects.add(oid)
                if path != oid:
                    pairs.add((path.encode("utf-8", "surrogateescape"), number(oid)))
            case TreeName(path):
                pairs.update(below(path.encode("utf-8", "surrogateescape")))
            case CommitMessage(commit=oid) | CommitHeader(commit=oid):
                if oid is not None and (at := commit(oid)) is not None:
                    texts.add(at)
            case TagObject(oid):
                objects.add(oid)
            case _:
                pass
    return Group(frozenset(pairs), frozenset(texts), frozenset(objects))


def _holder(place: Place) -> Place:
    return place.container if isinstance(place, ArchiveMember) else place


def told(found: Found, reach: Reach | None) -> Finding:
    """Make the one finding of a group: placed where the secret came first, with its other places, one for each path."""
    first = reach.first if reach is not None else None
    paths = first.paths if first is not None else ()
    ordered = sorted(found.findings, key=lambda finding: (_holder(finding.place).path not in paths, _vagueness(finding.place)))
    chosen = ordered[0]
    if first is not None:
        chosen = replace(chosen, place=_at(chosen.place, first.commit))
    seen = {chosen.place.path}
    others: list[Place] = []
    for finding in ordered[1:]:
        if finding.place.path not in seen and len(others) < _PLACES:
            seen.add(finding.place.path)
            others.append(finding.place)
    return replace(chosen, places=tuple(others), reach=reach)


def _vagueness(place: Place) -> int:
    """Of several places of one secret the one that says most comes first: a file in an archive before all of the archive.

    Git's own files come last, since the names of refs stand in several of them once more.
    """
    return 0 if isinstance(place, ArchiveMember) else 2 if isinstance(place, RepositoryFile) else 1


def _at(place: Place, commit: str) -> Place:
    match place:
        case ArchiveMember(container=CommittedBlob() as blob):
            return replace(place, container=replace(blob, commit=commit))
        case CommittedBlob(path, oid) if path != oid:
            return replace(place, commit=commit)
        case _:
            return place
