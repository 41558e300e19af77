"""Sources: what can be scanned, as fragments and as skips with their reasons. Files on disk, staged blobs, standard input."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader, FileIO
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, Protocol

from gitshield.errors import GitError
from gitshield.git.listing import unignored_files
from gitshield.git.objects import blobs, loose_blob
from gitshield.git.staged import staged_changes, unmerged_stages
from gitshield.model.finding import Skipped
from gitshield.model.place import CommitMessage, RepositoryFile, StagedBlob, StandardInput, WorkTreeFile
from gitshield.scan.archives import SCAN, Limits, members
from gitshield.scan.fragment import Fragment
from gitshield.scan.globs import fits
from gitshield.scan.magic import is_archive
from gitshield.scan.pieces import PIECE, Bounded, cut, pieces

_NEVER: Final = frozenset({".git", ".hg", ".svn", ".jj"})
_HISTORY: Final = "a version control system's own folder: what is only in the history is not read"
_OBJECTS: Final = "git's compressed objects: the history is not read; check it out and scan that"


class Source(Protocol):
    """Something that can be scanned."""

    @property
    def asked(self) -> str:
        """What was asked for, in words, for the receipt."""

    def fragments(self) -> Iterator[Fragment | Skipped]:
        """Give all fragments, and a Skipped for everything asked for that is not read to its end. Reads lazily."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file to read. A named one was asked for itself, not only as part of a folder; a listed one is in git's list."""

    path: str
    is_named: bool = False
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Files:
    """Files and folders on disk. A named file is always read, whatever it is called.

    Of a folder inside a git work tree, the files git does not ignore are read (all with `is_everything`); elsewhere all.
    Paths of findings are relative to `base` where they lie below it. Symbolic links are not followed below a folder.
    """

    paths: tuple[str, ...]
    base: str
    environment: Mapping[str, str]
    is_everything: bool = False
    excluded: tuple[str, ...] = ()
    max_size: int | None = None
    archives: Limits | None = SCAN

    @property
    def asked(self) -> str:
        """The paths as they were named."""
        return "files: " + ", ".join(self.paths)

    def fragments(self) -> Iterator[Fragment | Skipped]:
        """Read every file once, in the order of the paths."""
        for target in self.targets():
            yield from self.read(target)

    def targets(self) -> Iterator[Target | Skipped]:
        """List every file once, in the order of the paths, without opening it; one that is named and in a folder counts as named."""
        if len(self.paths) == 1:
            yield from self._below(self.paths[0])
            return
        named = {os.path.abspath(path) for path in self.paths if not os.path.isdir(path)}
        seen: set[str] = set()
        for item in (item for path in self.paths for item in self._below(path)):
            full = os.path.abspath(item.path)
            if full not in seen or isinstance(item, Skipped):
                seen.add(full)
                yield replace(item, is_named=True) if isinstance(item, Target) and full in named else item

    def _below(self, path: str) -> Iterator[Target | Skipped]:
        """The file at `path`, or every file below it."""
        if not os.path.isdir(path):
            yield Target(path, is_named=True)
        elif not self.is_everything and (listed := self._listed(path)) is not None:
            yield from listed
        else:
            yield from walk(path)

    def _listed(self, path: str) -> list[Target | Skipped] | None:
        """What git lists below a folder, with what it could not list; None outside of a work tree."""
        try:
            listed = unignored_files(path, environment=self.environment)
        except GitError as error:
            return [Skipped(path, str(error), is_failure=True)]
        if listed is None:
            return None
        found: list[Target | Skipped] = [Target(os.path.join(path, name), is_listed=True) for name in listed.names]
        found += [Skipped(path, warning, is_failure=True) for warning in listed.warnings]
        return found or [Skipped(path, "git lists no file in it (ignored, or empty): scan it with --ignored", is_failure=True)]

    def read(self, target: Target | Skipped) -> Iterator[Fragment | Skipped]:
        """Read one of the targets."""
        if isinstance(target, Skipped):
            yield target
            return
        shown = self._shown(target.path)
        if self.excluded and not target.is_named and any(fits(shown, pattern) for pattern in self.excluded):
            yield Skipped(shown, "excluded by configuration", is_failure=False)
            return
        yield from read_file(target, place=WorkTreeFile(shown), max_size=None if target.is_named else self.max_size, archives=self.archives)

    def _shown(self, path: str) -> str:
        full = os.path.abspath(path)
        return full[len(self.base) + 1 :] if full.startswith(self.base + os.sep) else path


@dataclass(frozen=True, slots=True)
class Staged:
    """What the index (that of GIT_INDEX_FILE, where set) holds and HEAD does not; all conflict stages of unmerged paths."""

    environment: Mapping[str, str]
    cwd: str
    objects: str | None = None
    limit: int = PIECE
    archives: Limits | None = SCAN

    @property
    def asked(self) -> str:
        """What was asked for."""
        return "staged changes"

    def fragments(self) -> Iterator[Fragment | Skipped]:
        """Read every added or changed blob from the index, never from the work tree."""
        changes = staged_changes(environment=self.environment, cwd=self.cwd)
        wanted = [(c.path, c.new, 0) for c in changes if c.new and c.status != "U"]
        if any(c.status == "U" for c in changes):
            wanted += unmerged_stages(environment=self.environment, cwd=self.cwd)
        contents: dict[str, list[tuple[str, int]]] = {}
        for path, oid, stage in wanted:
            contents.setdefault(oid, []).append((path, stage))
        yield from blob_fragments(
            contents, environment=self.environment, cwd=self.cwd, objects=self.objects, limit=self.limit, archives=self.archives
        )


@dataclass(frozen=True, slots=True)
class Stream:
    """Standard input, read to its end; `name` is what to call it for rules that look at file names."""

    stream: BinaryIO
    name: str | None = None
    is_message: bool = False
    archives: Limits | None = SCAN

    @property
    def asked(self) -> str:
        """What was asked for."""
        return "commit message" if self.is_message else "standard input"

    def fragments(self) -> Iterator[Fragment | Skipped]:
        """Read the stream in pieces; an archive is kept aside, as its members can only be found from its end."""
        place = CommitMessage() if self.is_message else StandardInput(self.name or "<stdin>")
        limits = None if self.is_message else self.archives
        with SpooledTemporaryFile(max_size=PIECE) as aside:
            for fragment in pieces(self.stream, place=place, path=self.name or ""):
                limits = limits if fragment.offset or is_archive(fragment.data) else None
                if limits is not None:
                    aside.write(fragment.data[fragment.fresh :])
                yield fragment
            if limits is not None:
                yield from members(aside, place, self.name or "", limits=limits)


def blob_fragments(
    wanted: Mapping[str, Sequence[tuple[str, int]]],
    *,
    environment: Mapping[str, str],
    cwd: str,
    objects: str | None,
    limit: int,
    archives: Limits | None = SCAN,
) -> Iterator[Fragment | Skipped]:
    """Give the fragments of staged blobs, `wanted` mapping each id to its (path, stage)s; loose ones are read directly.

    Members of archives come after the archive itself, within the limits for `archives`; None leaves them out.
    """
    rest: list[str] = []
    for oid, places in wanted.items():
        content = loose_blob(objects, oid, limit=limit) if objects else None
        if content is None:
            rest.append(oid)
        else:
            for path, stage in places:
                yield Fragment(StagedBlob(path, oid, stage), path, content)
                yield from _unpacked(content, StagedBlob(path, oid, stage), archives)
    try:
        for oid, found in blobs(rest, environment=environment, cwd=cwd, limit=1 << 30):
            for path, stage in wanted[oid]:
                if found is None:
                    yield Skipped(path, "over 1 GiB, too large for a staged scan", is_failure=True)
                else:
                    yield from cut(found, place=StagedBlob(path, oid, stage), path=path)
                    yield from _unpacked(found, StagedBlob(path, oid, stage), archives)
    except GitError as error:
        yield Skipped("staged content", str(error), is_failure=True)


def _unpacked(content: bytes, place: StagedBlob, archives: Limits | None) -> Iterator[Fragment | Skipped]:
    if archives is not None and is_archive(content):
        yield from members(content, place, place.path, limits=archives)


def read_file(
    target: Target,
    *,
    place: WorkTreeFile | RepositoryFile,
    max_size: int | None = None,
    path: str | None = None,
    archives: Limits | None = SCAN,
) -> Iterator[Fragment | Skipped]:
    """Read one file to its end as it is now, then what an archive holds. What is no regular file is skipped: a failure when named.

    `path` is what rules that look at names see, where that is not the place's own.
    """
    is_named = target.is_named
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if is_named else os.O_NOFOLLOW)
        descriptor = os.open(target.path, flags)
    except OSError as error:
        yield _unopened(target, place.path, error)
        return
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        folder = stat.S_ISDIR(status.st_mode)
        reason = "a repository of its own (submodule or nested): scan it by itself" if folder else "not a regular file"
        yield Skipped(place.path, reason, is_failure=is_named)
        return
    with open(descriptor, "rb", buffering=0) as file:
        if max_size is not None and status.st_size > max_size:
            yield Skipped(place.path, f"{status.st_size} bytes, over scan.max_file_size", is_failure=False)
        else:
            try:
                yield from _content(file, place, path or place.path, status.st_size, archives)
            except OSError as error:
                yield Skipped(place.path, os.strerror(error.errno or 0), is_failure=True)


def _content(
    file: FileIO, place: WorkTreeFile | RepositoryFile, path: str, size: int, archives: Limits | None
) -> Iterator[Fragment | Skipped]:
    """The fragments of an open file of `size` bytes, and of what it holds if it is an archive."""
    for fragment in pieces(Bounded(file, size + PIECE), place=place, path=path, expected=size):
        archives = archives if fragment.offset or is_archive(fragment.data) else None
        yield fragment
    if os.fstat(file.fileno()).st_size > size + PIECE:
        yield Skipped(place.path, "grew faster than it could be read", is_failure=True)
    elif archives is not None:
        stream = BufferedReader(file)
        yield from members(stream, place, place.path, limits=archives)
        stream.detach()


def walk(folder: str) -> Iterator[Target | Skipped]:
    """Every file below `folder` in order of name, links not followed, without version control's own folders, which are told.

    The objects of a git repository that were asked for (a bare one, the inside of `.git`) are a failure: they are compressed.
    """
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        if _is_object_store(current):
            yield Skipped(current, _OBJECTS, is_failure=True)
            continue
        try:
            with os.scandir(current) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield Skipped(current, os.strerror(error.errno or 0), is_failure=True)
            continue
        folders = [entry for entry in listed if entry.is_dir(follow_symlinks=False)]
        yield from (Target(entry.path) for entry in listed if not entry.is_dir(follow_symlinks=False))
        yield from (Skipped(entry.path, _HISTORY, is_failure=False) for entry in folders if entry.name in _NEVER)
        waiting.extend(entry.path for entry in reversed(folders) if entry.name not in _NEVER)


def _is_object_store(folder: str) -> bool:
    """Whether `folder` is, or is inside, the `objects` of a git repository (a folder with HEAD, refs and objects in it)."""
    at = os.path.abspath(folder)
    while at != (above := os.path.dirname(at)):
        is_git = os.path.basename(at) == "objects" and os.path.isdir(f"{above}/refs") and os.path.lexists(f"{above}/HEAD")
        if is_git:
            return True
        at = above
    return False


def _unopened(target: Target, path: str, error: OSError) -> Skipped:
    is_named = target.is_named
    if error.errno == errno.ELOOP:
        return Skipped(path, "a symbolic link", is_failure=is_named)
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and target.is_listed and not is_named:
        return Skipped(path, "deleted in the work tree, or left out of it by a sparse checkout", is_failure=False)
    if error.errno == errno.ENOENT and not is_named:
        return Skipped(path, "gone before it could be read", is_failure=False)
    if error.errno == errno.ENXIO:
        return Skipped(path, "a socket or a pipe without a writer", is_failure=is_named)
    return Skipped(path, os.strerror(error.errno or 0), is_failure=True)


def combined(sources: Iterable[Source]) -> str:
    """What several sources were asked, in one line."""
    return "; ".join(source.asked for source in sources)
