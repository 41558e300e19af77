"""Tips: where a walk of the history begins, because somebody can get there by a name. Refs, HEADs, pseudo refs, reflogs, stashes."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from gitshield.errors import GitError
from gitshield.git.layout import Layout
from gitshield.git.process import run
from gitshield.git.reflogs import has_reftable, reflog_entries
from gitshield.git.worktrees import Worktree, environment_for, worktrees
from gitshield.model.finding import Skipped

Kind = Literal["branch", "tag", "remote", "note", "stash", "other", "reflog", "head", "worktree"]

_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("refs/heads/", "branch"),
    ("refs/tags/", "tag"),
    ("refs/remotes/", "remote"),
    ("refs/notes/", "note"),
)
_STASH: Final = "refs/stash"
# Refs that each work tree has for itself: git-worktree(1), REFS.
_OWN: Final = ("refs/bisect", "refs/worktree", "refs/rewritten")
# What git names at the top of its folder: ORIG_HEAD, FETCH_HEAD, MERGE_HEAD, AUTO_MERGE, BISECT_EXPECTED_REV, …
_PSEUDO: Final = re.compile(r"[A-Z][A-Z_]*")
_STATES: Final = tuple(
    "rebase-merge/orig-head rebase-merge/onto rebase-merge/stopped-sha rebase-merge/autostash rebase-merge/squash-onto "
    "rebase-apply/orig-head rebase-apply/onto rebase-apply/original-commit rebase-apply/autostash sequencer/head".split()
)
_IN_TABLES: Final = ("ORIG_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "AUTO_MERGE", "BISECT_HEAD")
_OID: Final = re.compile(rb"^(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-f])", re.MULTILINE)
_LARGEST: Final = 1 << 20
_PORTION: Final = 100_000


@dataclass(frozen=True, slots=True)
class Tip:
    """A name and the id in hex of what it leads to: an annotated tag's is that of what it tags in the end, `tag` is its own.

    `name` is whole (`refs/heads/…`), but for reflog entries, which are as short as git takes them (`main@{2}`, `stash@{0}`).
    What is another work tree's begins with `worktrees/NAME/` or `main-worktree/`, as git knows it. The object may be missing.
    """

    name: str
    oid: str
    kind: Kind
    tag: str | None = None


def tips(layout: Layout, environment: Mapping[str, str]) -> list[Tip | Skipped]:
    """All tips of a repository: its refs of every namespace, then HEADs and pseudo refs, then stashes and reflog entries.

    Git's warnings of broken refs and what could not be read come as Skipped. Raises GitError when git cannot list refs at all.
    """
    found: list[Tip | Skipped] = list(_refs(layout, environment))
    for worktree in worktrees(layout, environment):
        try:
            found += _of_worktree(layout, worktree, environment)
        except GitError as error:  # a folder of a work tree that is damaged: the others can be asked about
            found.append(Skipped(worktree.git_dir, str(error), is_failure=True))
    found += _logged(layout, environment)
    return list(dict.fromkeys(found))


def _of_worktree(layout: Layout, worktree: Worktree, environment: Mapping[str, str]) -> Iterator[Tip | Skipped]:
    yield from _heads(layout, worktree, environment)
    if worktree.prefix:
        yield from _refs(layout, environment, worktree)
    yield from _pseudo_refs(layout, worktree, environment)


def ref_names(layout: Layout, environment: Mapping[str, str]) -> list[str]:
    """The whole names of all refs, also of those that are symbolic and lead nowhere."""
    ours = environment_for(layout, environment)
    return [os.fsdecode(row) for row in run(["for-each-ref", "--format=%(refname)"], environment=ours, cwd=layout.git_dir).out.splitlines()]


def kind_of(ref: str) -> Kind:
    """What kind of a tip a ref is, by its whole name."""
    if ref == _STASH:
        return "stash"
    return next((kind for prefix, kind in _KINDS if ref.startswith(prefix)), "other")


def _refs(layout: Layout, environment: Mapping[str, str], worktree: Worktree | None = None) -> Iterator[Tip | Skipped]:
    """The refs that the layout's own work tree has or, given another one, those it has for itself."""
    git_dir = worktree.git_dir if worktree else layout.git_dir
    prefix = worktree.prefix if worktree else ""
    ours = environment_for(layout, environment, git_dir)
    # Nothing is asked that needs an object: git ends at the first one that is missing.
    words = ["for-each-ref", "--format=%(refname)%00%(objectname)", *(_OWN if worktree else ())]
    done = run(words, environment=ours, cwd=git_dir)
    for warning in done.err.decode("utf-8", "replace").splitlines():
        yield Skipped("refs", warning.removeprefix("warning: "), is_failure="dangling symref" not in warning)
    rows = [row.split(b"\0") for row in done.out.split(b"\n")[:-1]]
    named = [(os.fsdecode(name), oid.decode()) for name, oid in rows]
    maybe_tags = [oid for name, oid in named if not name.startswith(("refs/heads/", "refs/remotes/"))]
    peeled = _peeled(maybe_tags, ours, git_dir)
    for name, oid in named:
        end = peeled.get(oid, oid)
        yield Tip(prefix + name, end, kind_of(name), oid if end != oid else None)


def _peeled(oids: list[str], environment: Mapping[str, str], cwd: str) -> dict[str, str]:
    """What annotated tags tag in the end; ids of other objects, and of missing ones, are not in it."""
    wanted = list(dict.fromkeys(oids))
    found: dict[str, str] = {}
    for low in range(0, len(wanted), _PORTION):
        portion = wanted[low : low + _PORTION]
        stdin = "".join(f"{oid}^{{}}\n" for oid in portion).encode()
        rows = run(["cat-file", "--batch-check=%(objectname)"], environment=environment, cwd=cwd, stdin=stdin).out.splitlines()
        found.update((oid, end.decode()) for oid, end in zip(portion, rows, strict=True) if _OID.fullmatch(end) and end.decode() != oid)
    return found


def _heads(layout: Layout, worktree: Worktree, environment: Mapping[str, str]) -> Iterator[Tip]:
    ours = environment_for(layout, environment, worktree.git_dir)
    done = run(["rev-parse", "-q", "--verify", "HEAD"], environment=ours, cwd=worktree.git_dir, accept=(0, 1, 128))
    if done.status == 0 and _OID.fullmatch(oid := done.out.strip()):
        yield Tip(f"{worktree.prefix}HEAD", oid.decode(), "worktree" if worktree.prefix else "head")


def _pseudo_refs(layout: Layout, worktree: Worktree, environment: Mapping[str, str]) -> Iterator[Tip | Skipped]:
    """What the files at the top of a git folder name, and those of a rebase or a sequence of picks under way."""
    oids: dict[str, list[str]] = {}
    for item in _pseudo_files(worktree.git_dir):
        if isinstance(item, Skipped):
            yield item
        else:
            oids[item[0]] = [oid.decode() for oid in _OID.findall(item[1])]
    ours = environment_for(layout, environment, worktree.git_dir)
    for name in _IN_TABLES if has_reftable(worktree.git_dir) else ():
        told = run(["rev-parse", "-q", "--verify", name], environment=ours, cwd=worktree.git_dir, accept=(0, 1, 128))
        oids.setdefault(name, []).extend(oid.decode() for oid in _OID.findall(told.out))
    peeled = _peeled([oid for found in oids.values() for oid in found], ours, worktree.git_dir)
    for name, oid in ((name, oid) for name, found in oids.items() for oid in found):
        end = peeled.get(oid, oid)
        yield Tip(worktree.prefix + name, end, "other", oid if end != oid else None)


def _pseudo_files(git_dir: str) -> Iterator[tuple[str, bytes] | Skipped]:
    """The names, relative to the git folder, and the contents of the files that may name objects."""
    try:
        names = sorted(name for name in os.listdir(git_dir) if _PSEUDO.fullmatch(name) and name != "HEAD")
    except OSError as error:
        yield Skipped(git_dir, os.strerror(error.errno or 0), is_failure=True)
        return
    for path in (os.path.join(git_dir, name) for name in (*names, *_STATES)):
        try:
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    yield os.path.relpath(path, git_dir), file.read(_LARGEST)
        except OSError as error:
            yield Skipped(path, os.strerror(error.errno or 0), is_failure=True)


def _logged(layout: Layout, environment: Mapping[str, str]) -> Iterator[Tip | Skipped]:
    for entry in reflog_entries(layout, environment):
        if isinstance(entry, Skipped):
            yield entry
        else:
            yield Tip(f"{_short(entry.log)}@{{{entry.number}}}", entry.oid, "stash" if entry.log == _STASH else "reflog")


def _short(log: str) -> str:
    """A ref's name as `NAME@{n}` takes it. One that could be taken for something else stays whole."""
    if log == _STASH:
        return "stash"
    short = next((log[len(prefix) :] for prefix in ("refs/heads/", "refs/remotes/") if log.startswith(prefix)), log)
    return log if _PSEUDO.fullmatch(short) and short != log else short
