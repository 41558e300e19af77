"""The trail of a secret through a history, in words: what the formats for people say about its reach, in neutral text."""

from collections.abc import Iterator
from typing import Final

from gitshield.report.neutral import neutral
from gitshield.report.reach import ShownReach, ShownSighting, short_refs
from gitshield.report.view import ShownFinding
from gitshield.report.words import count_words, day_words, short, some_of

_FEW: Final = 4
_MAX_WIDTH: Final = 60


def trail(finding: ShownFinding) -> Iterator[tuple[str, str]]:
    """Give (label, words) in the order in which people ask: where first, where since, how far. Nothing without a reach."""
    reach = finding.reach
    if reach is None:
        return
    yield "first", _sighting(reach.first, path=finding.place.path) if reach.first is not None else _nowhere(finding)
    if reach.last is not None and reach.last != reach.first:
        yield "last", _sighting(reach.last)
    yield from _extent(reach)
    yield "pushed", pushed_words(reach)
    yield "HEAD", head_words(reach)
    if kept := kept_words(reach):
        yield "kept", kept


def _extent(reach: ShownReach) -> Iterator[tuple[str, str]]:
    """In how many commits, and the names of what has it or leads to it, the first few of each."""
    if reach.commits:
        yield "in", count_words(reach.commits, "commit")
    verb = "has" if len(reach.holding) == 1 else "have"
    lists = (
        ("paths", reach.paths, "{}"),
        ("refs", short_refs(reach.refs), "{}"),
        ("tips", short_refs(reach.holding), f"{{}} still {verb} it"),
        ("also", reach.worktrees, "work tree {}"),
    )
    for label, texts, form in lists:
        if texts:
            yield label, form.format(some_of(_neutral(texts), _FEW))


def pushed_words(reach: ShownReach) -> str:
    """Say what remote-tracking branches tell; they know nothing of a push by URL, nor of another clone."""
    if reach.is_pushed:
        return f"yes: remote-tracking branches of {some_of(_neutral(reach.remotes), _FEW)} reach it"
    return "it seems never to have left this repository: no remote-tracking branch reaches it"


def head_words(reach: ShownReach) -> str:
    """Say whether it is in what is checked out."""
    return "still has it" if reach.is_in_head else "does not have it (any more)"


def kept_words(reach: ShownReach) -> str | None:
    """Say what keeps a secret to which no ref leads; None where one does."""
    if reach.is_unreachable:
        return "no ref or reflog leads to it: git keeps it until gc"
    if reach.is_reflog_only:
        return f"by reflogs alone, until they expire: {some_of(_neutral(reach.reflogs), _FEW)}"
    return None


def next_steps(findings: tuple[ShownFinding, ...]) -> Iterator[str]:
    """Say what to do about secrets in a history, the most urgent first; commands take the first finding they are for."""
    found = [(one, one.reach) for one in findings if one.reach is not None and one.secret is not None]
    pushed = [one for one, reach in found if reach.is_pushed]
    if pushed:
        where = next((f" at {neutral(one.revoke_url)}" for one in pushed if one.revoke_url), "")
        yield f"revoke first what was pushed ({len(pushed)} of {len(found)}){where}: what was seen stays seen"
    elif found:
        yield "was it ever shared? then revoke it first: what was seen stays seen"
    firsts = [(reach, reach.first) for _one, reach in found if reach.first is not None]
    for _reach, first in firsts[:1]:
        yield f"see where it came from: `git show {short(first.commit)}`"
    if any(reach.is_in_head for _one, reach in found):
        yield "take the value out of the files you have now, or keep it in a file that git ignores"
    own = next((first for reach, first in firsts if reach.refs and not reach.is_pushed), None)
    if own is not None:
        yield f"not pushed yet? take it out of its commit before you push: `git rebase -i {short(own.commit)}~1`, mark it `edit`"
    if any(reach.is_unreachable for _one, reach in found):
        yield "what nothing leads to goes with `git gc --prune=now`, and with it all other lost work that could still be rescued"


def _nowhere(finding: ShownFinding) -> str:
    return f"{neutral(finding.place.path)} (in no commit)"


def _sighting(seen: ShownSighting, *, path: str | None = None) -> str:
    where = (path,) if path is not None else seen.paths[:1]
    parts = (short(seen.commit), day_words(seen.time), _clipped(neutral(seen.name or seen.address)), *map(neutral, where))
    return "  ".join(part for part in parts if part)


def _neutral(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(neutral, texts))


def _clipped(text: str) -> str:
    return text if len(text) <= _MAX_WIDTH else text[: _MAX_WIDTH - 1] + "…"
