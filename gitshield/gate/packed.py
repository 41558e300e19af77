"""Packed: findings in archives and behind encodings, whose values no comparison of bytes finds in what was there before."""

from collections.abc import Iterable

from gitshield.model.finding import Finding
from gitshield.model.place import ArchiveMember, StandardInput
from gitshield.scan.archives import GATE, members
from gitshield.scan.layers import CODINGS
from gitshield.scan.magic import is_archive
from gitshield.scan.pieces import cut
from gitshield.scan.scan import Terms, take
from gitshield.scan.tally import Tally


def stored_path(finding: Finding) -> str:
    """The path that git knows: of the archive, where the finding is in one."""
    return finding.place.container.path if isinstance(finding.place, ArchiveMember) else finding.place.path


def is_packed(finding: Finding) -> bool:
    """Whether the finding is in an archive or behind an encoding."""
    return isinstance(finding.place, ArchiveMember) or not CODINGS.isdisjoint(finding.tags)


def packed_key(finding: Finding) -> tuple[str, str]:
    """What two findings of the same packed secret have in common."""
    return finding.rule_id, finding.fingerprint


def packed_in(contents: Iterable[bytes], terms: Terms) -> frozenset[tuple[str, str]]:
    """The keys of all findings in these contents, whose paths do not count."""
    tally, place = Tally(), StandardInput("before")
    for content in contents:
        for fragment in cut(content, place=place, path=""):
            take(fragment, terms, tally)
        for item in members(content, place, "", limits=GATE) if is_archive(content) else ():
            take(item, terms, tally)
    return frozenset(packed_key(finding) for finding in tally.findings)
