"""One repository that has a token of its own in each of many places where tokens hide, and what is to be said of each."""

import hashlib
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.builder import Repository
from tests.history import hiding_commits, hiding_files, hiding_objects

_ALPHABET: Final = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Hidden:
    """A token and where it is: the kind of place by its class, its path, the first commit that has it, the refs that reach it.

    `refs` are whole names, sorted, empty when none reaches it. `repository` is the path of the git folder of another repository
    that has it (a submodule's). `is_on_disk` marks those that only a scan of work-tree files can find; `is_coded` those whose
    text has to be decoded first.
    """

    name: str
    token: str
    kind: str
    path: str | None = None
    commit: str | None = None
    refs: tuple[str, ...] = ()
    repository: str | None = None
    is_on_disk: bool = False
    is_coded: bool = False


def token_of(name: str) -> str:
    """A token of the form of GitHub's, another one for every name."""
    digest = hashlib.sha512(name.encode()).digest()
    return "ghp_" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:36])


@dataclass(frozen=True, slots=True)
class Hiding:
    """A repository under construction, and what is hidden in it so far. `root` is a commit that holds nothing."""

    repository: Repository
    root: str
    aside: Path
    found: list[Hidden] = field(default_factory=list)

    def token(self, name: str) -> str:
        """The token for a place."""
        return token_of(name)

    def hide(self, name: str, kind: str, path: str | None = None, commit: str | None = None, **more: object) -> None:
        """Note that the token `name` is at a place."""
        self.found.append(Hidden(name, token_of(name), kind, path, commit, **more))  # type: ignore[arg-type]


def hidden_repository(folder: Path) -> tuple[Repository, list[Hidden]]:
    """Make the repository in the new folder `hidden` below `folder`, with all that belongs to it beside it."""
    repository = Repository.create(folder / "hidden")
    root = repository.commit("root", files={"README": "nothing\n"})
    aside = folder / "aside"
    aside.mkdir()
    hiding = Hiding(repository, root, aside)
    hiding_objects.stash(hiding)
    hiding_objects.leave_to_the_reflog(hiding)
    hiding_commits.commit_all(hiding)
    hiding_objects.tag(hiding)
    hiding_objects.annotate(hiding)
    hiding_objects.name_refs(hiding)
    hiding_files.submodule(hiding)
    hiding_objects.pack(hiding)
    hiding_files.worktrees(hiding)
    hiding_files.git_files(hiding)
    hiding_objects.cut_off(hiding)
    return repository, hiding.found
