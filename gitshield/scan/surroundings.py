"""What surrounds the objects of a repository: git's own files, names of refs, files of work trees. Objects are read elsewhere.

The person's own configuration (`~/.gitconfig`) is not part of a repository and not read.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gitshield.errors import GitError
from gitshield.git.indexes import index_files
from gitshield.git.layout import Layout
from gitshield.git.reflogs import has_reftable, log_names, reftable_logs
from gitshield.git.tips import ref_names
from gitshield.git.worktrees import is_git_folder, worktrees
from gitshield.model.finding import Skipped
from gitshield.model.place import RepositoryFile
from gitshield.scan.fragment import Fragment
from gitshield.scan.sources import Files, Source, Target, read_file

_PACK: Final = b"PACK\x00\x00\x00"
_TABLE: Final = b"REFT"
_BUNDLES: Final = (b"# v2 git bundle\n", b"# v3 git bundle\n")
_CONFIGURATIONS: Final = ("config", "config.worktree")
_OURS: Final = "gitshield's own folder"
_PACKED: Final = "a pack outside of the object store: what is in it is not read"
_BUNDLED: Final = "a bundle: what is packed in it is not read; clone it and scan that"


@dataclass(frozen=True, slots=True)
class RepositoryFiles:
    """Every regular file in a repository's folder and in those of its work trees, but for objects, indexes and tables of refs.

    Objects and indexes are read with the objects; the logs of a reftable are asked from git. Repositories inside the folder
    (submodules) are left out: they are scanned as what they are. Symbolic links are told and not followed.
    """

    layout: Layout
    environment: Mapping[str, str]
    max_size: int | None = None

    @property
    def asked(self) -> str:
        """The folder."""
        return f"git's own files: {self.layout.common}"

    def fragments(self) -> Iterator[Fragment | Skipped]:
        """Read every file once, in the order of the paths, then the logs that are in tables."""
        found = self._resolved()
        indexes = {path for tree in worktrees(found.layout, self.environment) for path in index_files(tree.git_dir)}
        for folder in dict.fromkeys((found.layout.common, found.layout.git_dir)):
            if folder != found.layout.common and folder.startswith(os.path.join(found.layout.common, "")):
                continue  # a linked work tree's, which lies in the shared one
            for item in found._walk(folder):
                if isinstance(item, Skipped):
                    yield item
                elif item not in indexes:
                    yield from found._read(item)
        yield from found._tables()

    def _resolved(self) -> "RepositoryFiles":
        """The same without links on the way: git resolves them in some of the paths it gives, and not in others."""
        real, old = os.path.realpath, self.layout
        return replace(self, layout=replace(old, git_dir=real(old.git_dir), common=real(old.common), objects=real(old.objects)))

    def _walk(self, top: str) -> Iterator[str | Skipped]:
        """The paths of all files below a git folder that are not left out."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except OSError as error:
                yield Skipped(self._shown(folder), os.strerror(error.errno or 0), is_failure=error.errno != errno.ENOENT)
                continue
            below: list[str] = []
            for entry in listed:
                if entry.path in (self.layout.objects, os.path.join(top, "objects")):
                    continue
                if not entry.is_dir(follow_symlinks=False):
                    yield entry.path
                elif entry.path == self.layout.folder:
                    yield Skipped(self._shown(entry.path), _OURS, is_failure=False)
                elif not is_git_folder(entry.path):
                    below.append(entry.path)
            waiting.extend(reversed(below))

    def _read(self, path: str) -> Iterator[Fragment | Skipped]:
        """Read one file. Of a bundle only its head is text, and packs and tables hold nothing that can be read as it stands."""
        place = RepositoryFile(self._shown(path))
        # rules know the configuration by its usual name
        name = ".git/config" if os.path.basename(path) in _CONFIGURATIONS else place.path
        for item in read_file(Target(path), place=place, max_size=self.max_size, path=name):
            if isinstance(item, Fragment) and item.offset == 0 and item.data.startswith((_PACK, _TABLE, *_BUNDLES)):
                if item.data.startswith(_BUNDLES):
                    yield Fragment(place, name, item.data.partition(b"\n\n")[0])
                if not item.data.startswith(_TABLE):
                    yield Skipped(place.path, _PACKED if item.data.startswith(_PACK) else _BUNDLED, is_failure=True)
                return
            yield item

    def _tables(self) -> Iterator[Fragment | Skipped]:
        """The reflogs of work trees whose refs are in tables."""
        for tree in worktrees(self.layout, self.environment):
            if not has_reftable(tree.git_dir):
                continue
            shown = self._shown(os.path.join(tree.git_dir, "reftable"))
            try:
                for log, entries in reftable_logs(self.layout, tree, self.environment):
                    yield Fragment(RepositoryFile(f"{shown} ({log})"), "", b"\n".join(entries))
            except GitError as error:
                yield Skipped(shown, str(error), is_failure=True)

    def _shown(self, path: str) -> str:
        """A path as reports name it: from the top of the work tree where it lies below that."""
        top = self.layout.top
        return os.path.relpath(path, top) if top and path.startswith(os.path.join(top, "")) else path


def surroundings(
    layout: Layout,
    environment: Mapping[str, str],
    *,
    is_worktree_included: bool = False,
    excluded: tuple[str, ...] = (),
    max_size: int | None = None,
) -> tuple[Source, ...]:
    """The sources of a history scan beside its objects.

    With `is_worktree_included` the files of all work trees are read as they are on disk, those too that git ignores;
    `excluded` and `max_size` count for them alone.
    """
    own = RepositoryFiles(layout, environment)
    folders = tuple(tree.folder for tree in worktrees(layout, environment) if tree.folder is not None)
    if not is_worktree_included or not folders:
        return (own,)
    return own, Files(folders, layout.root, environment, is_everything=True, excluded=excluded, max_size=max_size)


def all_ref_names(layout: Layout, environment: Mapping[str, str]) -> list[str]:
    """The whole names of all refs, each once: those that git lists, those that only have a reflog left, and broken ones.

    A name that a linked work tree alone has begins with `worktrees/NAME/`.
    """
    names = ref_names(layout, environment) + log_names(layout, environment)
    for tree in worktrees(layout, environment):
        for folder, _, files in os.walk(os.path.join(tree.git_dir, "refs")):
            names += [tree.prefix + os.path.relpath(os.path.join(folder, name), tree.git_dir) for name in files]
    return list(dict.fromkeys(names))
