"""The error tree and the one table of exit codes; what each command prints of an error is the command line's business."""

import enum
from typing import ClassVar


class ExitCode(enum.IntEnum):
    """How a gitshield command ends. One table for all commands; `docs/reference/exit-codes.md` is made from it."""

    CLEAN = 0, "clean, allowed, done"
    FOUND = 1, "findings, denied"
    USAGE = 2, "wrong usage"
    INCOMPLETE = 3, "could not check everything (fail closed)"
    CONFIGURATION = 4, "configuration that cannot be used"
    REPOSITORY = 10, "not a repository, or one that cannot be opened"
    LOCKED = 11, "vault locked"
    DAMAGED = 12, "snapshot or vault damaged"
    INTERNAL = 70, "internal error"
    INTERRUPTED = 130, "interrupted"

    meaning: str

    def __new__(cls, value: int, meaning: str) -> "ExitCode":
        """Make the member `value` that carries its `meaning` for people."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class GitshieldError(Exception):
    """Something a caller can tell a person: what happened, and the next command to type (`hint`).

    The message never holds a secret: it is printed and logged.
    """

    code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(GitshieldError):
    """The words of a call do not fit together."""

    code = ExitCode.USAGE


class IncompleteError(GitshieldError):
    """Something that had to be checked could not be."""

    code = ExitCode.INCOMPLETE


class ConfigurationError(GitshieldError):
    """A configuration or rule file cannot be used; nothing of it has taken effect."""

    code = ExitCode.CONFIGURATION


class RuleError(ConfigurationError):
    """A rule cannot be used. The message names the rule and its file."""


class RepositoryError(GitshieldError):
    """There is no repository here, or none that can be opened."""

    code = ExitCode.REPOSITORY


class GitError(RepositoryError):
    """The git program failed. The message carries its own words, shortened."""


class DamagedObject(GitError):
    """An object, a pack or an index of the object database is broken, cut off or not what it says it is."""


class ProtectError(GitshieldError):
    """A protection cannot be installed or removed without losing something."""

    code = ExitCode.CONFIGURATION
