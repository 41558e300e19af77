"""Places: where bytes with a secret in them lie. A tagged union; each place can say its path for people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkTreeFile:
    """A file on disk. `path` is as the caller named it, undecodable bytes as surrogates (`os.fsdecode`)."""

    path: str


@dataclass(frozen=True, slots=True)
class StagedBlob:
    """An index entry: its path relative to the work tree's root, stage 0 to 3, object id in hex."""

    path: str
    oid: str
    stage: int = 0


@dataclass(frozen=True, slots=True)
class CommittedBlob:
    """A blob at a path of a commit, both ids in hex."""

    path: str
    oid: str
    commit: str


@dataclass(frozen=True, slots=True)
class CommitMessage:
    """The message of a commit being made (`commit` is None) or of one that exists (its id in hex)."""

    commit: str | None = None

    @property
    def path(self) -> str:
        """How reports name this place in a column of paths."""
        return f"commit message {self.commit[:12]}" if self.commit else "commit message"


@dataclass(frozen=True, slots=True)
class StandardInput:
    """Bytes read from standard input; `path` is the file name the caller gave them, for rules that look at names."""

    path: str = "<stdin>"


Place = WorkTreeFile | StagedBlob | CommittedBlob | CommitMessage | StandardInput
