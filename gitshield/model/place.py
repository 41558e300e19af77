"""Places: where bytes with a secret in them lie. A tagged union; each place can say its path for people."""

from dataclasses import dataclass
from typing import Final

MEMBER: Final = "!/"


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
    """A blob of the history, ids in hex: at a path of a commit, the first one that has it there.

    `commit` is None where no commit of the repository has the blob (staged once, kept by a tag, left over): its `path` is then
    the blob's own id.
    """

    path: str
    oid: str
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class CommitMessage:
    """The message of a commit being made (`commit` is None) or of one that exists (its id in hex)."""

    commit: str | None = None

    @property
    def path(self) -> str:
        """How reports name this place in a column of paths."""
        return f"commit message {self.commit[:12]}" if self.commit else "commit message"


@dataclass(frozen=True, slots=True)
class CommitHeader:
    """What stands before the message of a commit: author and committer, signatures, merged tags. Its id in hex."""

    commit: str

    @property
    def path(self) -> str:
        """How reports name this place in a column of paths."""
        return f"commit header {self.commit[:12]}"


@dataclass(frozen=True, slots=True)
class TagObject:
    """An annotated tag: its message and its header. `oid` is the tag object's own id in hex."""

    oid: str

    @property
    def path(self) -> str:
        """How reports name this place in a column of paths."""
        return f"tag {self.oid[:12]}"


@dataclass(frozen=True, slots=True)
class TreeName:
    """The name of a file or folder in the history: the name itself is what holds the secret. `oid` is what it names, in hex."""

    path: str
    oid: str


@dataclass(frozen=True, slots=True)
class RefName:
    """The name of a ref, whole (`refs/heads/…`)."""

    ref: str

    @property
    def path(self) -> str:
        """The ref's name."""
        return self.ref


@dataclass(frozen=True, slots=True)
class RepositoryFile:
    """A file of git's own in a repository's folder: configuration, a reflog, a message.

    `path` begins at the work tree's root where it lies below it (`.git/config`), else it is absolute; undecodable bytes as
    surrogates.
    """

    path: str


@dataclass(frozen=True, slots=True)
class StandardInput:
    """Bytes read from standard input; `path` is the file name the caller gave them, for rules that look at names."""

    path: str = "<stdin>"


Container = (
    WorkTreeFile
    | StagedBlob
    | CommittedBlob
    | CommitMessage
    | CommitHeader
    | TagObject
    | TreeName
    | RefName
    | RepositoryFile
    | StandardInput
)


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """A file inside an archive that lies at another place. `member` is its path in there, of nested ones joined by `!/`."""

    container: Container
    member: str

    @property
    def path(self) -> str:
        """The archive's path and the member's, as Java writes it (`lib.jar!/app.properties`)."""
        return f"{self.container.path}{MEMBER}{self.member}"


Place = Container | ArchiveMember
