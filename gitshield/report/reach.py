"""The shown reach: how far a secret got as reports may show it, every text of it masked.

Paths, refs and reflogs keep the surrogates of undecodable bytes, as in the whole view.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from gitshield.model.reach import Reach, Sighting

Show = Callable[[str], str]
RefKind = Literal["branch", "remote", "tag", "stash", "ref"]
_KINDS: Final[tuple[tuple[str, RefKind], ...]] = (
    ("refs/heads/", "branch"),
    ("refs/remotes/", "remote"),
    ("refs/tags/", "tag"),
)


@dataclass(frozen=True, slots=True)
class ShownSighting:
    """A commit at which a secret came, stayed or went. `name` and `address` are the author's; `time` is in seconds since 1970."""

    commit: str
    time: int
    name: str
    address: str
    subject: str
    event: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownReach:
    """How far a secret got, see `Reach`."""

    first: ShownSighting | None
    last: ShownSighting | None
    commits: int
    paths: tuple[str, ...]
    refs: tuple[str, ...]
    holding: tuple[str, ...]
    reflogs: tuple[str, ...]
    remotes: tuple[str, ...]
    worktrees: tuple[str, ...]
    is_in_head: bool
    events: tuple[ShownSighting, ...]

    @property
    def is_pushed(self) -> bool:
        """Whether a remote-tracking branch leads to it: it went there, or came from there."""
        return bool(self.remotes)

    @property
    def is_unreachable(self) -> bool:
        """Whether nothing leads to it: no ref, no reflog, no work tree."""
        return not (self.refs or self.reflogs or self.worktrees or self.is_in_head)

    @property
    def is_reflog_only(self) -> bool:
        """Whether reflogs alone lead to it."""
        return bool(self.reflogs) and not (self.refs or self.worktrees or self.is_in_head)


def shown_reach(reach: Reach, *, name: Show, text: Show) -> ShownReach:
    """Give a reach for reports. `name` masks paths, `text` what a person chose freely (authors, subjects, refs)."""

    def sighting(seen: Sighting | None) -> ShownSighting | None:
        return _sighting(seen, name=name, text=text) if seen is not None else None

    return ShownReach(
        first=sighting(reach.first),
        last=sighting(reach.last),
        commits=reach.commits,
        paths=tuple(map(name, reach.paths)),
        refs=tuple(map(text, reach.refs)),
        holding=tuple(map(text, reach.holding)),
        reflogs=tuple(map(text, reach.reflogs)),
        remotes=tuple(map(text, reach.remotes)),
        worktrees=tuple(map(text, reach.worktrees)),
        is_in_head=reach.is_in_head,
        events=tuple(_sighting(event, name=name, text=text) for event in reach.events),
    )


def ref_kind(ref: str) -> tuple[RefKind, str]:
    """Give what kind of ref it is and its short name; of refs without a kind of their own the whole name."""
    if ref == "refs/stash":
        return "stash", "stash"
    return next(((kind, ref.removeprefix(head)) for head, kind in _KINDS if ref.startswith(head)), ("ref", ref))


def short_refs(refs: tuple[str, ...]) -> tuple[str, ...]:
    """Give refs by the names people use, in order: branches, remote-tracking ones, tags, the stash, others."""
    order = ("branch", "remote", "tag", "stash", "ref")
    return tuple(name for _kind, name in sorted(map(ref_kind, refs), key=lambda found: order.index(found[0])))


def _sighting(seen: Sighting, *, name: Show, text: Show) -> ShownSighting:
    author, _opening, address = text(seen.author).rpartition("<")
    if not _opening:
        author, address = address, ""
    return ShownSighting(
        commit=seen.commit,
        time=seen.time,
        name=author.strip(),
        address=address.rpartition(">")[0] or address,
        subject=text(seen.subject),
        event=seen.event,
        paths=tuple(map(name, seen.paths)),
    )
