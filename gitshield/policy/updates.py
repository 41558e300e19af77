"""Updates of references on another side: what they are in git's words, and which of them need a real lease."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

Kind = Literal["new", "deleted", "fast-forward", "forced update"]
_HEADS: Final = "refs/heads/"
_TAGS: Final = "refs/tags/"
_SHORTEST: Final = 7


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """An update of `ref` (its whole name on the other side) from `old` to `new`: ids in hex, None where there is nothing.

    `source` is the local reference that `new` was taken from, None where it was an id or nothing.
    """

    ref: str
    old: str | None
    new: str | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """What stands behind a forced update.

    `is_asked` says whether the words of the push ask for a lease on this reference, with nothing that cancels it; None where they
    cannot be read. `is_exact`: they name the very id that is there. `is_integrated`: what is there was in the local branch once.
    """

    is_asked: bool | None
    is_exact: bool
    is_integrated: bool

    @property
    def is_real(self) -> bool:
        """Whether whoever pushes knows what is replaced. Where the words cannot be read, what was integrated decides alone."""
        return self.is_integrated if self.is_asked is None else self.is_asked and (self.is_exact or self.is_integrated)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an update. `is_known` says whether what is on the other side now is here too."""

    update: RefUpdate
    kind: Kind
    is_protected: bool
    is_known: bool
    lease: Lease


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an update may pass; `reason` says why not. What it takes from the other side is to be saved first where `is_losing`."""

    is_allowed: bool
    reason: str = ""
    is_losing: bool = False


@dataclass(frozen=True, slots=True)
class Protected:
    """What is protected: patterns of branches and tags, `*` stands for any characters. `free` ones of either are not.

    A pattern that begins with `refs/` is one of whole names.
    """

    branches: tuple[str, ...]
    tags: tuple[str, ...]
    free: tuple[str, ...] = ()

    def has(self, ref: str) -> bool:
        """Whether a reference is one of them."""
        is_held = _is_one(ref, _HEADS, self.branches) or _is_one(ref, _TAGS, self.tags)
        return is_held and not (_is_one(ref, _HEADS, self.free) or _is_one(ref, _TAGS, self.free))


def _is_one(ref: str, head: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(ref, one if one.startswith("refs/") else head + one) for one in patterns)


def judge(facts: Facts, *, is_strict_everywhere: bool = False) -> Verdict:
    """Judge one update. What is not protected may be forced and deleted, unless all references are to be treated alike."""
    is_losing = facts.kind in ("deleted", "forced update")
    if not is_losing:
        return Verdict(is_allowed=True)
    if not (facts.is_protected or is_strict_everywhere):
        return Verdict(is_allowed=True, is_losing=True)
    if facts.kind == "deleted":
        return Verdict(is_allowed=not facts.is_protected, reason="it is protected, and this would delete it", is_losing=True)
    if not facts.is_known:
        return Verdict(is_allowed=False, reason="what it holds now was never fetched here", is_losing=True)
    if facts.lease.is_real:
        return Verdict(is_allowed=True, is_losing=True)
    return Verdict(is_allowed=False, reason=_why_not(facts.lease), is_losing=True)


def _why_not(lease: Lease) -> str:
    if lease.is_asked is False:
        return "this would replace what it holds by force, without a lease"
    return "the lease is none: what it holds now was fetched, but never was in your branch"


def names(expected: str, oid: str) -> bool:
    """Whether `expected`, as in `--force-with-lease=REF:EXPECTED`, names the id itself. A name of a reference follows every fetch."""
    return len(expected) >= _SHORTEST and oid.startswith(expected.lower())
