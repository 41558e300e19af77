"""Facts about a push, asked from git: what each line of it is, whether its lease is real, and what it would take away."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from gitshield.errors import GitError
from gitshield.git.process import run
from gitshield.policy.push_words import PushWords, Refspec, read_push, refspecs
from gitshield.policy.updates import Facts, Kind, Lease, Protected, RefUpdate, names

_HEADS: Final = "refs/heads/"
_TAGS: Final = "refs/tags/"
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Lost:
    """What an update takes from the other side: how many commits, of how many people, and the newest of them in words."""

    commits: int
    people: int
    newest: tuple[str, ...]


@dataclass(frozen=True)
class Push:
    """A push under way: the remote as it was named, its URL, the words of the command (None where they cannot be read).

    `environment` and `cwd` are those that git is asked with, `asking` is the environment for asking the other side.
    """

    remote: str
    url: str
    updates: tuple[RefUpdate, ...]
    words: PushWords | None
    environment: Mapping[str, str]
    asking: Mapping[str, str]
    cwd: str

    @cached_property
    def configured(self) -> tuple[Refspec, ...]:
        """The refspecs that count because the command names none: those of `remote.NAME.push`."""
        if self.words is not None and self.words.refspecs:
            return ()
        return tuple(refspecs(self._config(f"remote.{self.remote}.push")))

    @cached_property
    def is_mirror(self) -> bool:
        """Whether everything on the other side is to become as it is here."""
        return (self.words is not None and self.words.is_mirror) or self._config(f"remote.{self.remote}.mirror", "--bool") == ["true"]

    @cached_property
    def is_pruning(self) -> bool:
        """Whether what is not here is to go from the other side. Git does not list these deletions."""
        return self.is_mirror or (self.words is not None and self.words.is_pruning)

    @cached_property
    def default(self) -> str | None:
        """The default branch of the remote, as far as it is known here."""
        head = f"refs/remotes/{self.remote}/HEAD"
        shown = run(["symbolic-ref", "--quiet", head], environment=self.environment, cwd=self.cwd, accept=(0, 1, 128))
        return os.fsdecode(shown.out).strip().removeprefix(f"refs/remotes/{self.remote}/") or None

    @cached_property
    def known_there(self) -> list[str]:
        """What the remote-tracking branches say the other side has: ids in hex."""
        shown = run(["for-each-ref", "--format=%(objectname)", f"refs/remotes/{self.remote}/"], environment=self.environment, cwd=self.cwd)
        return list(dict.fromkeys(shown.out.decode("ascii").split()))

    @cached_property
    def unlisted(self) -> tuple[RefUpdate, ...]:
        """The deletions that git does not list: what is on the other side and not here. Raises GitError when it cannot be asked."""
        if not self.is_pruning:
            return ()
        there = run(["ls-remote", "--refs", self.url], environment=self.asking, cwd=self.cwd).out.decode("utf-8", "surrogateescape")
        rows = [line.split("\t", 1) for line in there.splitlines() if "\t" in line]
        shown = run(["for-each-ref", "--format=%(refname)"], environment=self.environment, cwd=self.cwd).out
        here = {os.fsdecode(name) for name in shown.splitlines()}
        listed = {update.ref for update in self.updates}
        gone = [(ref, oid) for oid, ref in rows if ref not in here and ref not in listed]
        return tuple(RefUpdate(ref, oid, None) for ref, oid in gone if self.is_mirror or self._is_named_by_a_refspec(ref))

    def facts(self, update: RefUpdate, protected: Protected) -> Facts:
        """What there is to know about one update."""
        is_known = update.old is not None and self.is_here(update.old)
        kind = self._kind(update, is_known=is_known)
        held = replace(protected, branches=(*protected.branches, *([self.default] if self.default else []))).has(update.ref)
        lease = self._lease(update, is_known=is_known) if kind == "forced update" else Lease(None, is_exact=False, is_integrated=False)
        return Facts(update, kind, held, is_known, lease)

    def lost(self, update: RefUpdate) -> Lost:
        """What an update takes away, of what is known here."""
        words = self._taken(update)
        if words is None:
            return Lost(0, 0, ())
        rows = run(["log", "--format=%aE%x09%h %aN: %s", *words], environment=self.environment, cwd=self.cwd).out
        told = [line.split("\t", 1) for line in rows.decode("utf-8", "replace").splitlines()]
        return Lost(len(told), len({person for person, _ in told}), tuple(text for _, text in told[:_SHOWN]))

    def kept(self, update: RefUpdate) -> list[str]:
        """The arguments for `git rev-list` that name what the other side still has after an update, in the form `--not …`."""
        others = [one.new for one in self.updates if one.new is not None]
        overwritten = [one.ref.removeprefix(_HEADS) for one in (*self.updates, *self.unlisted, update) if one.ref.startswith(_HEADS)]
        excluded = [f"--exclude={self.remote}/{branch}" for branch in (*overwritten, "HEAD")]  # that one leads to another of them
        return ["--not", *others, *excluded, f"--remotes={self.remote}"]

    def _is_named_by_a_refspec(self, ref: str) -> bool:
        """Whether pruning may be about a reference: it goes by the right sides of the refspecs, and by any name where there is none."""
        asked = (*(self.words.refspecs if self.words is not None else ()), *self.configured)
        return not asked or any(_is_target(ref, one.target) for one in asked)

    def _taken(self, update: RefUpdate) -> list[str] | None:
        if update.old is None or not self.is_here(update.old):
            return None
        return [update.old, *self.kept(update), "--"]

    def _kind(self, update: RefUpdate, *, is_known: bool) -> Kind:
        if update.new is None:
            return "deleted"
        if update.old is None:
            return "new"
        if not is_known or update.ref.startswith(_TAGS):
            return "forced update"
        asked = ["merge-base", "--is-ancestor", update.old, update.new]
        done = run(asked, environment=self.environment, cwd=self.cwd, accept=(0, 1, 128))
        return "fast-forward" if done.status == 0 else "forced update"

    def _lease(self, update: RefUpdate, *, is_known: bool) -> Lease:
        words, old = self.words, update.old or ""
        is_integrated = is_known and self._is_integrated(update)
        if words is None:
            return Lease(None, is_exact=False, is_integrated=is_integrated)
        expected = [value for ref, value in words.leases.items() if _is_named(update.ref, ref)]
        is_asked = words.has_lease or bool(expected)
        is_forced = (
            words.is_forced
            or self.is_mirror
            or any(one.is_forced and _is_target(update.ref, one.target) for one in (*words.refspecs, *self.configured))
        )
        is_exact = any(value is not None and names(value, old) for value in expected)
        return Lease(is_asked and not is_forced, is_exact=is_exact, is_integrated=is_integrated)

    def _is_integrated(self, update: RefUpdate) -> bool:
        """Whether what is there now was in the local branch once: what `--force-if-includes` asks (git-push(1))."""
        branch = update.source if update.source is not None and update.source.startswith(_HEADS) else "HEAD"
        logged = run(["reflog", "show", "--format=%H", branch, "--"], environment=self.environment, cwd=self.cwd, accept=(0, 128)).out
        tips = list(dict.fromkeys(logged.decode("ascii", "replace").split()))
        if not tips or update.old is None:
            return False
        # Revisions on standard input are not negated by a `--not` on the command line (git 2.39 and 2.55).
        stdin = "".join([f"{update.old}\n", *(f"^{tip}\n" for tip in tips)]).encode()
        done = run(["rev-list", "--max-count=1", "--stdin"], environment=self.environment, cwd=self.cwd, stdin=stdin, accept=(0, 128))
        return done.status == 0 and not done.out.strip()

    def is_here(self, oid: str) -> bool:
        """Whether an object is in this repository."""
        return run(["cat-file", "-e", oid], environment=self.environment, cwd=self.cwd, accept=(0, 1, 128)).status == 0

    def _config(self, key: str, *options: str) -> list[str]:
        done = run(["config", *options, "-z", "--get-all", key], environment=self.environment, cwd=self.cwd, accept=(0, 1, 128))
        return [os.fsdecode(value) for value in done.out.split(b"\0")[:-1]]


def read_updates(lines: Iterable[bytes]) -> tuple[RefUpdate, ...]:
    """Read what git tells a pre-push hook: `local-ref local-id remote-ref remote-id` a line (githooks(5)). Raises GitError."""
    updates: list[RefUpdate] = []
    for line in lines:
        words = os.fsdecode(line).split()
        if not words:
            continue
        if len(words) < 4:
            raise GitError("git told the pre-push hook something that is no update")
        # a local side like `HEAD~1` or `:/some words` may hold blanks; the last three words never do
        source, (new, ref, old) = " ".join(words[:-3]), words[-3:]
        local = source if source.startswith("refs/") or source == "HEAD" else None
        updates.append(RefUpdate(ref, _oid(old), _oid(new), local))
    return tuple(updates)


def words_of_push(commands: Sequence[Sequence[bytes]]) -> PushWords | None:
    """The words of the `git push` that runs us, from the git commands above (nearest first); None where they cannot be read."""
    if not commands or not commands[0] or commands[0][0] != b"push":
        return None
    return read_push([os.fsdecode(word) for word in commands[0][1:]])


def _oid(word: str) -> str | None:
    return word if word.strip("0") else None


def _is_named(ref: str, name: str) -> bool:
    """Whether a reference is the one that a lease names, as git takes names: whole, or without what stands before the branch."""
    return ref in (name, f"refs/{name}", f"{_HEADS}{name}", f"{_TAGS}{name}")


def _is_target(ref: str, target: str) -> bool:
    """Whether a refspec's right side may be this reference; where it does not say, as of HEAD, it may be any."""
    if target in ("HEAD", "@", ""):
        return True
    if "*" in target:
        head, _, tail = target.partition("*")
        return any(ref.startswith(prefix + head) and ref.endswith(tail) for prefix in ("", "refs/", _HEADS, _TAGS))
    return _is_named(ref, target)
