"""The words of a `git push`: what it was asked to do, read as git itself reads them (git-push(1), gitcli(7)).

A pre-push hook sees the same lines for a force and for a lease; only the words of the command tell them apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

_SWITCHES: Final = (
    "all branches mirror delete tags dry-run porcelain force force-if-includes thin set-upstream progress prune verify "
    "follow-tags atomic ipv4 ipv6 verbose quiet"
).split()
_WITH_VALUE: Final = ("repo", "receive-pack", "exec", "push-option", "recurse-submodules")
# Their value stands behind `=` or is left out.
_MAYBE_VALUE: Final = ("force-with-lease", "signed")
_LONG: Final = (*_SWITCHES, *_WITH_VALUE, *_MAYBE_VALUE)
_LETTERS: Final = {"v": "verbose", "q": "quiet", "d": "delete", "n": "dry-run", "f": "force", "u": "set-upstream", "4": "ipv4", "6": "ipv6"}
_VALUE_LETTER: Final = "o"


@dataclass(frozen=True, slots=True)
class Refspec:
    """A refspec: `+` before it forces; `source` is empty in a deletion, and without a colon `target` is the same."""

    source: str
    target: str
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class PushWords:
    """What a push was asked to do.

    `has_lease` is `--force-with-lease` for all refs; `leases` maps those named in `--force-with-lease=REF[:ID]` to the id that is
    expected there, None where that is the remote-tracking branch's. `unknown` are options that this version of ours does not know.
    """

    remote: str | None = None
    refspecs: tuple[Refspec, ...] = ()
    is_forced: bool = False
    has_lease: bool = False
    leases: Mapping[str, str | None] = field(default_factory=dict)
    is_mirror: bool = False
    is_pruning: bool = False
    is_deleting: bool = False
    unknown: tuple[str, ...] = ()


def read_push(words: Sequence[str]) -> PushWords:
    """Read the words after `git push`. Of options that contradict each other the last one counts, as for git."""
    asked, others, repository = PushWords(), list[str](), None
    for name, value in _options(words, others):
        if name == "repo":
            repository = value
        asked = _with(asked, name, value)
    remote = others[0] if others else repository
    return replace(asked, remote=remote, refspecs=tuple(refspecs(others[1:], is_deleting=asked.is_deleting)))


def refspecs(words: Sequence[str], *, is_deleting: bool = False) -> Iterator[Refspec]:
    """Read refspecs, as they stand in a command or in `remote.NAME.push`."""
    waiting = iter(words)
    for word in waiting:
        if word == "tag" and (name := next(waiting, None)) is not None:
            yield Refspec(f"refs/tags/{name}", f"refs/tags/{name}")
            continue
        plain = word.removeprefix("+")
        source, colon, target = plain.rpartition(":")
        source, target = (source, target or source) if colon else (plain, plain)
        yield Refspec("" if is_deleting else source, target, is_forced=word.startswith("+"))


def _options(words: Sequence[str], others: list[str]) -> Iterator[tuple[str, str | None]]:
    """Give each option by its whole name (`no-` before it where it is taken back) with its value; the rest goes to `others`."""
    waiting = iter(words)
    for word in waiting:
        if word in ("--", "--end-of-options"):
            others.extend(waiting)
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            whole = _whole(name)
            if whole in _WITH_VALUE and not equals:
                yield whole, next(waiting, None)
            else:
                yield whole, value if equals else None
        elif word.startswith("-") and len(word) > 1:
            yield from _cluster(word[1:], waiting)
        else:
            others.append(word)


def _cluster(letters: str, waiting: Iterator[str]) -> Iterator[tuple[str, str | None]]:
    """Options of one letter each, several in a word; `-o` takes the rest of the word, or the next one."""
    for at, letter in enumerate(letters):
        if letter == _VALUE_LETTER:
            yield "push-option", letters[at + 1 :] or next(waiting, None)
            return
        yield _LETTERS.get(letter, f"-{letter}"), None


def _whole(name: str) -> str:
    """The whole name of a long option: git takes what begins only one, `no-` before it too. Unknown ones stay as they are."""
    if name in _LONG or (name.startswith("no-") and name[3:] in _LONG):
        return name
    names = [*_LONG, *(f"no-{one}" for one in _LONG)]
    fitting = [one for one in names if one.startswith(name)]
    return fitting[0] if len(fitting) == 1 else name


def _with(asked: PushWords, name: str, value: str | None) -> PushWords:
    is_on, base = not name.startswith("no-"), name.removeprefix("no-")
    match base:
        case "force":
            return replace(asked, is_forced=is_on)
        case "mirror":
            return replace(asked, is_mirror=is_on)
        case "prune":
            return replace(asked, is_pruning=is_on)
        case "delete":
            return replace(asked, is_deleting=is_on)
        case "force-with-lease":
            return _with_lease(asked, value, is_on=is_on)
        case _:
            return asked if base in _LONG else replace(asked, unknown=(*asked.unknown, name))


def _with_lease(asked: PushWords, value: str | None, *, is_on: bool) -> PushWords:
    if not is_on:
        return replace(asked, has_lease=False, leases={})
    if value is None:
        return replace(asked, has_lease=True)
    ref, colon, expected = value.partition(":")
    return replace(asked, leases={**asked.leases, ref: expected if colon else None})
