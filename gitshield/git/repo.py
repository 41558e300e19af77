"""The repository through pygit2, opened as the environment says (`FROM_ENV`), or the reason why it cannot be."""

import os
from collections.abc import Iterable

import pygit2
from pygit2.enums import RepositoryOpenFlag

from gitshield.errors import RepositoryError


def open_repository(path: str) -> "pygit2.Repository":
    """Open the repository around `path`, honouring GIT_DIR and its kin.

    Raises RepositoryError for no repository, and for the formats libgit2 cannot read (SHA-256 object ids, reftable).
    """
    try:
        return pygit2.Repository(path, RepositoryOpenFlag.FROM_ENV)
    except (pygit2.GitError, KeyError, ValueError) as error:
        words = str(error)
        if "objectformat" in words or "object format" in words or "refstorage" in words or "oid type" in words:
            raise RepositoryError(
                f"{path}: a repository format that gitshield cannot read yet ({words})",
                hint="SHA-256 and reftable repositories are not supported: nothing was installed, nothing was checked",
            ) from error
        if "not found" in words.lower():
            raise RepositoryError(f"{path} is not inside a git repository", hint="go into one, or make one with `git init`") from error
        raise RepositoryError(f"{path}: {words}") from error


def missing_objects(objects: str, oids: Iterable[str]) -> frozenset[str]:
    """Those of `oids` (hex) that an objects folder and its alternates do not hold. Git itself would ask the promisor for them."""
    held = pygit2.Odb(objects)
    return frozenset(oid for oid in oids if oid not in held)


def operation_of(repository: "pygit2.Repository") -> str | None:
    """The operation under way (merge, rebase, cherry-pick, …) in git's word for it, None when there is none."""
    for name, word in (
        ("MERGE_HEAD", "merge"),
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
        ("BISECT_LOG", "bisect"),
    ):
        if os.path.exists(os.path.join(repository.path, name)):
            return word
    return None
