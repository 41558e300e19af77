"""Extent: what of a repository a scan of its history takes in."""

from dataclasses import dataclass

from gitshield.scan.archives import SCAN, Limits


@dataclass(frozen=True, slots=True)
class Extent:
    """What of a repository to scan. `is_exhaustive` reads all bytes of every version, which finds the same and takes longer.

    With `is_worktree_included` the files on disk are read too, also those that git ignores. `archives` are read that far.
    With `revisions` (as for `git rev-list`) or `since` (a date) only the objects that came with these commits are judged, and nothing
    that surrounds them.
    """

    is_exhaustive: bool = False
    is_worktree_included: bool = False
    archives: Limits | None = SCAN
    revisions: tuple[str, ...] | None = None
    since: str | None = None

    @property
    def is_part(self) -> bool:
        """Whether only a part of the history is asked for."""
        return self.revisions is not None or self.since is not None
