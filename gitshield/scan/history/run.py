"""A run: one repository whose history is being scanned, with what is opened for that and what is known of it already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

from gitshield.git.indexes import Indexed, indexed
from gitshield.git.layout import Layout
from gitshield.git.packs.opening import open_store
from gitshield.git.packs.store import ObjectStore
from gitshield.git.tips import Tip, tips
from gitshield.git.worktrees import environment_for
from gitshield.model.finding import Skipped
from gitshield.model.progress import Progress
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.eyes import Eyes
from gitshield.scan.history.memory import Judged, Memory, Share, Structure, memory_of, nothing_judged, nothing_said
from gitshield.scan.scan import Terms
from gitshield.scan.tally import Tally


@dataclass(frozen=True)
class Run:
    """A scan under way.

    `folder` is where what is clean is remembered, None when all is to be read; `looked` is what others have looked at already.
    Refs and indexes are asked for before the store is opened: git writes objects before what names them.
    """

    layout: Layout
    environment: Mapping[str, str]
    terms: Terms
    jobs: int
    extent: Extent
    watching: Progress
    tally: Tally
    folder: str | None = None
    looked: Sequence[Share] = ()

    @cached_property
    def _opened(self) -> tuple[list[Tip | Skipped], list[Indexed | Skipped], ObjectStore]:
        named, entries = tips(self.layout, self.environment), list(indexed(self.layout, self.environment))
        return named, entries, open_store([self.layout.objects], hash_size=self.hash_size)

    @property
    def hash_size(self) -> int:
        """The length of an object id in bytes."""
        return 32 if self.layout.hash_name == "sha256" else 20

    @property
    def named(self) -> Sequence[Tip | Skipped]:
        """The tips of the repository."""
        return self._opened[0]

    @property
    def entries(self) -> Sequence[Indexed | Skipped]:
        """The entries of its indexes."""
        return self._opened[1]

    @property
    def store(self) -> ObjectStore:
        """The objects of the repository."""
        return self._opened[2]

    def start_anew(self) -> None:
        """Forget what was read: refs are asked for and packs opened again, nothing is counted."""
        self.__dict__.pop("_opened", None)
        for column in (self.tally.findings, self.tally.skipped, self.tally.names):
            column.clear()
        self.tally.allowed.clear()
        self.tally.sizes[:] = [0, 0]

    @cached_property
    def eyes(self) -> Eyes:
        """The quick look, with this scan's rules."""
        return Eyes(self.terms.rules, self.terms.known)

    @cached_property
    def is_exhaustive(self) -> bool:
        """Whether all bytes are looked at: asked for, or because the rules are not known to be found in windows."""
        return self.extent.is_exhaustive or not self.eyes.are_windows_enough

    @cached_property
    def git(self) -> dict[str, str]:
        """The environment for git, tied to nothing but what is asked."""
        return environment_for(self.layout, self.environment)

    @cached_property
    def memory(self) -> Memory | None:
        """Where what is clean is remembered, None when all is to be read."""
        if self.folder is None:
            return None
        return memory_of(self.layout.objects, self.terms, self.extent.archives, folder=self.folder, hash_size=self.hash_size)

    @cached_property
    def judged(self) -> Judged:
        """What earlier scans found clean, and what others looked at for this one."""
        return reduce(Judged.joined, (share.judged for share in self.looked), self.remembered)

    @cached_property
    def remembered(self) -> Judged:
        """What earlier scans found clean."""
        return self.memory.judged() if self.memory is not None else nothing_judged(self.hash_size)

    @cached_property
    def structure(self) -> Structure:
        """What earlier scans know of commits and tags."""
        return self.memory.structure() if self.memory is not None else nothing_said(self.hash_size)
