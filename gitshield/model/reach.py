"""Reach: how far a secret got. Which commits hold it, since when, and which refs, reflogs and remotes lead to them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sighting:
    """A commit at which a secret came, stayed or went. `time` is the committer's, in seconds since 1970 (UTC).

    `author` is as git stores it (`Name <address>`), undecodable bytes as surrogates; `event` is `added`, `changed` (still
    there, in another version or at another path) or `removed`.
    """

    commit: str
    time: int
    author: str
    subject: str
    event: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one secret is in a history.

    `first` is the earliest commit that holds it (by committer time among those that brought it, those that a ref reaches before
    others), `last` the latest one; both None when no commit does. `commits` counts those that hold it, `paths` are all it ever
    had. `refs` are the full names of refs from which such a commit is reached: what a clone of them brings along. `holding` are
    those whose own tip still has it. `reflogs` are entries (`HEAD@{2}`) that lead to one although no ref does. `remotes` have
    a remote-tracking branch among `refs`: it was pushed there or came from there. `worktrees` are linked ones whose HEAD has
    it. `events` are the sightings in order of time, at most a hundred.
    """

    first: Sighting | None = None
    last: Sighting | None = None
    commits: int = 0
    paths: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()
    reflogs: tuple[str, ...] = ()
    remotes: tuple[str, ...] = ()
    worktrees: tuple[str, ...] = ()
    is_in_head: bool = False
    events: tuple[Sighting, ...] = ()
