"""The first look at a reference update: is there anything at all to judge in the commits it brings? Light, like `quick`.

It reads what git has just written (loose objects) and no more; whatever is packed, large, a merge with changes of its own or
odd in any other way is for the full gate.
"""

from __future__ import annotations

import zlib

from gitshield.gate.quick import LIMIT, Look, add_clean, read_clean
from gitshield.git.process import hook_environment, start
from gitshield.git.staged import parse_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Final

    from gitshield.git.staged import Change

MAX_COMMITS: Final = 200
_FEW_REFS: Final = 8
_HEADS: Final = "refs/heads/"
# What was judged or is not ours: all that a reference reaches. A stash holds what nobody judged, a replacement is none of the history.
KNOWN_ALREADY: Final = ("--not", "--exclude=refs/stash", "--exclude=refs/replace/*", "--all")
# Everything a person's configuration of `git log` could change is said.
_LOG: Final = (
    "log -z --format=%H --raw --no-renames --no-abbrev --ignore-submodules=none --root -c --no-show-signature --no-color --no-notes"
).split()


def is_clean_update(environment: Mapping[str, str], folder: str, lines: Sequence[str]) -> bool:
    """Whether surely nothing that the lines of a reference transaction (`old new ref`) bring is to be judged.

    `folder` is the repository's own `gitshield`. The commits are those that no reference reaches yet.
    """
    tips = _tips(lines)
    if not tips or len(tips) > MAX_COMMITS:
        return not tips
    arguments = [*_LOG, f"--max-count={MAX_COMMITS + 1}", *tips, *KNOWN_ALREADY, "--"]
    running = start(arguments, environment=hook_environment(environment))
    try:
        look = Look.of(environment, folder)
        done = running.finish()
        return done.status == 0 and look is not None and _is_clean(look, folder, done.out)
    except (OSError, ValueError, EOFError, TypeError, KeyError, ImportError, IndexError):
        return False  # the full gate says what is wrong, in words


def is_clean_push(environment: Mapping[str, str], folder: str, remote: str, lines: Sequence[str]) -> bool:
    """Whether surely nothing of a push (`local-ref id remote-ref id` a line) is to be judged.

    It only adds commits to branches, all of them clean, and nothing goes unsaid: no mirror, nothing pruned.
    """
    updates = [line.split() for line in lines]
    if not 0 < len(updates) <= _FEW_REFS or not all(len(one) == 4 and one[1].strip("0") and one[2].startswith(_HEADS) for one in updates):
        return False
    if _may_delete(environment, remote):
        return False
    new, moved = [one[1] for one in updates], [one for one in updates if one[3].strip("0")]
    hook = hook_environment(environment)
    arguments = [*_LOG, f"--max-count={MAX_COMMITS + 1}", *new, "--not", *(one[3] for one in moved), f"--remotes={remote}", "--"]
    running = start(arguments, environment=hook)
    # what is there is known here, and comes before what it is moved to
    ancestors = [start(["rev-list", "--max-count=1", one[3], f"^{one[1]}"], environment=hook) for one in moved]
    try:
        look = Look.of(environment, folder)
        done, others = running.finish(), [one.finish() for one in ancestors]
        if look is None or any(one.status or one.out for one in others) or any(look.may_say(one[2].encode()) for one in updates):
            return False
        return done.status == 0 and _is_clean(look, folder, done.out)
    except (OSError, ValueError, EOFError, TypeError, KeyError, ImportError, IndexError):
        return False


def _may_delete(environment: Mapping[str, str], remote: str) -> bool:
    """Whether the push that runs us may delete what git does not list: its words, or the remote's configuration, speak of it."""
    from gitshield.git.ancestry import git_commands

    commands = git_commands()
    if not commands or commands[0][:1] != [b"push"] or any(word.startswith((b"--m", b"--p")) for word in commands[0]):
        return True
    asked = start(["config", "--get-all", f"remote.{remote}.mirror"], environment=hook_environment(environment)).finish()
    return bool(asked.out)


def _tips(lines: Sequence[str]) -> list[str]:
    """The new values of branches and HEAD, as `references.new_tips` reads them."""
    tips: dict[str, None] = {}
    for line in lines:
        words = line.split()
        if len(words) == 3 and (words[2] == "HEAD" or words[2].startswith("refs/heads/")) and words[1].strip("0") and ":" not in words[1]:
            tips[words[1]] = None
    return list(tips)


def _is_clean(look: Look, folder: str, out: bytes) -> bool:
    known, fresh = read_clean(folder, look.key), set[str]()
    for number, (commit, raw) in enumerate(_commits(out)):
        message = _message(look.objects, commit)
        if number >= MAX_COMMITS or raw.startswith(b"::") or message is None or look.may_say(message):
            return False
        changes = [change for change in parse_raw(raw) if change.new]
        if not all(_is_clean_change(look, change, known, fresh) for change in changes):
            return False
    if fresh:
        add_clean(folder, look.key, known, sorted(fresh))
    return True


def _is_clean_change(look: Look, change: Change, known: frozenset[str], fresh: set[str]) -> bool:
    oid = change.new or ""
    if change.status not in "AM" or look.may_matter_at(change.path, oid):
        return False
    if oid not in fresh and look.is_to_read(oid, known):
        if look.may_hold(oid):
            return False
        fresh.add(oid)
    return True


def _commits(out: bytes) -> Iterator[tuple[str, bytes]]:
    """Each commit with its raw changes. Raises ValueError for output that is something else."""
    fields, at = out.split(b"\0"), 0
    if fields.pop():
        raise ValueError("git log was cut off")
    while at < len(fields):
        commit, at = fields[at].decode("ascii"), at + 1
        begin = at
        while at < len(fields) and fields[at].lstrip(b"\n").startswith(b":"):
            at += 2
        if not commit.isalnum() or at > len(fields):
            raise ValueError("git log says something else")
        yield commit, b"".join(field + b"\0" for field in fields[begin:at]).lstrip(b"\n")


def _message(objects: str, oid: str) -> bytes | None:
    """The message of a loose commit, None when it cannot be read here."""
    with open(f"{objects}/{oid[:2]}/{oid[2:]}", "rb") as file:
        inflate = zlib.decompressobj()
        try:
            content = inflate.decompress(file.read(LIMIT), LIMIT)
        except zlib.error:
            return None
    head, _, body = content.partition(b"\0")
    if not inflate.eof or head != b"commit %d" % len(body):
        return None
    return body.partition(b"\n\n")[2]
