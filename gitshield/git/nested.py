"""Repositories inside a repository: submodules, also those that are no longer checked out, and nested ones in the work trees."""

import os
from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, replace

from gitshield.errors import RepositoryError
from gitshield.git.layout import Layout, find_layout
from gitshield.git.process import clean_environment
from gitshield.git.worktrees import is_git_folder, worktrees
from gitshield.model.finding import Skipped


def repositories_below(layout: Layout, environment: Mapping[str, str]) -> Iterator[Layout | Skipped]:
    """Give every repository that lies in the folders of one, at any depth, each once; linked work trees are no repositories.

    Each is to be asked about with `clean_environment`. One that git does not open (it belongs to somebody else) is a failure.
    """
    search = _Search({os.path.realpath(layout.common)}, clean_environment(environment))
    yield from search.below(layout, environment)


@dataclass(frozen=True, slots=True)
class _Search:
    """A search under way: the git folders that were met so far."""

    met: set[str]
    environment: Mapping[str, str]

    def below(self, layout: Layout, environment: Mapping[str, str]) -> Iterator[Layout | Skipped]:
        passed = {layout.common, layout.objects, layout.folder}
        for top in (layout.common, *(tree.folder for tree in worktrees(layout, environment))):
            if top is not None:
                yield from self._walk(top, passed - {top})

    def _walk(self, top: str, passed: Collection[str]) -> Iterator[Layout | Skipped]:
        """The repositories in the folders below `top`, without those that are `passed`; links are not followed."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    listed = sorted(entries, key=lambda entry: entry.name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError as error:
                yield Skipped(folder, os.strerror(error.errno or 0), is_failure=True)
                continue
            names = {entry.name for entry in listed}
            is_repository = ".git" in names or {"HEAD", "refs", "objects"} <= names
            if folder != top and is_repository and (yield from self._opened(folder)):
                continue
            folders = [entry for entry in listed if entry.is_dir(follow_symlinks=False)]
            waiting.extend(entry.path for entry in reversed(folders) if entry.path not in passed and entry.name != ".git")

    def _opened(self, folder: str) -> Generator[Layout | Skipped, None, bool]:
        """Give the repository of a folder and all below it; say whether the folder is done with."""
        own = os.path.join(folder, ".git")
        if os.path.lexists(own):
            if not (os.path.isfile(own) or is_git_folder(own)):
                return False
        elif not is_git_folder(folder):
            return False
        try:
            found = self._layout(folder)
        except RepositoryError as error:
            yield Skipped(folder, str(error), is_failure=True)
            return False
        place = os.path.realpath(found.common)
        if place in self.met:
            return False
        if not place.startswith(os.path.join(os.path.realpath(folder), "")) and place != os.path.realpath(folder):
            yield Skipped(folder, f"a work tree of another repository, {found.common}: scan that by itself", is_failure=False)
            return False
        self.met.add(place)
        yield found
        yield from self.below(found, self.environment)
        return True

    def _layout(self, folder: str) -> Layout:
        """Open what is in a folder. A submodule's work tree may be gone, and git does not start where its configuration leads then."""
        try:
            return find_layout(folder, environment=self.environment)
        except RepositoryError as error:
            if "cannot chdir" not in str(error):
                raise
            return replace(find_layout(folder, environment={**self.environment, "GIT_WORK_TREE": folder}), top=None)
