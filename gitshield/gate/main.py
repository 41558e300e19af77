"""The full gate: what the hook scripts reach when the first look was not enough. One function a hook, each gives an exit code."""

import contextlib
import datetime
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from tempfile import TemporaryDirectory
from typing import IO, TextIO

from gitshield.errors import ConfigurationError, ExitCode, GitshieldError
from gitshield.gate import passes
from gitshield.gate.attributes import empty_repository, hidden_filter
from gitshield.gate.filter_process import serve
from gitshield.gate.judge import (
    Judgement,
    Scene,
    judge_index,
    made_anew,
    merge_parents,
    new_in_message,
    rebased_range,
    refused_among,
    without,
)
from gitshield.gate.quick import PASSED, mark_passed
from gitshield.gate.reach import git_version
from gitshield.gate.references import is_judged, judge_commits, new_commits, new_tips, way_out
from gitshield.gate.refusal import refusal
from gitshield.gate.staging import is_our_turn, take_out
from gitshield.gate.terms import Settings, settle
from gitshield.git.ancestry import git_commands
from gitshield.git.layout import Layout, find_layout
from gitshield.git.process import asking_environment, hook_environment, run
from gitshield.git.staged import parse_raw
from gitshield.model.place import StagedBlob
from gitshield.report.neutral import neutral
from gitshield.scan.pieces import pieces
from gitshield.scan.scan import result_of, take
from gitshield.scan.sources import Stream
from gitshield.scan.tally import Tally
from gitshield.vault.journal import Journal

_READS = frozenset(
    b"diff status checkout switch restore stash merge rebase reset cherry-pick revert ls-files blame annotate log show grep describe "
    b"difftool mergetool clone pull read-tree checkout-index diff-files diff-index archive worktree submodule sparse-checkout bisect "
    b"rm mv clean fsck gc cat-file am apply".split()
)
_REFERENCES_SINCE = (2, 28)


@dataclass(frozen=True)
class Gate:
    """What every gate works with: the environment, the repository, what is in force there, and where to talk to the person."""

    environment: Mapping[str, str]
    layout: Layout
    err: TextIO
    is_built_in: bool = False

    @cached_property
    def settings(self) -> Settings:
        """What is in force, gathered at the first question: git must go on where nothing has to be judged.

        With `is_built_in`, what is in force without any configuration. Raises ConfigurationError for a file that cannot be used.
        """
        today = datetime.datetime.now(tz=datetime.UTC).astimezone().date()
        if self.is_built_in:  # our own folder holds no configuration
            return settle(None, {**self.environment, "XDG_CONFIG_HOME": os.path.abspath(self.folder)}, today=today, cwd=self.folder)
        return settle(self.layout, self.environment, today=today)

    @cached_property
    def empty(self) -> "TemporaryDirectory[str]":
        """An empty repository, to ask for attributes with."""
        return empty_repository(self.environment)

    @cached_property
    def gone(self) -> frozenset[str]:
        """The base names of files that HEAD has, and neither the index nor the work tree any more."""
        asked = ["diff-index", "--raw", "-z", "--no-renames", "--no-abbrev", "--diff-filter=D", "HEAD"]
        listed = run(asked, environment=self.scene.environment, cwd=self.layout.root, accept=(0, 128))
        paths = (change.path for change in parse_raw(listed.out))
        return frozenset(os.path.basename(path) for path in paths if not os.path.lexists(os.path.join(self.layout.root, path)))

    @property
    def journal(self) -> Journal:
        """Where what was refused and passed is written down."""
        return Journal.of(self.layout.common, self.environment)

    @property
    def command(self) -> str:
        """How gitshield is called here."""
        return self.environment.get("GITSHIELD_COMMAND") or "gitshield"

    @property
    def folder(self) -> str:
        """Our own folder: that of the hook script that called, or of the repository."""
        return self.environment.get("GITSHIELD_HOME") or self.layout.folder

    @property
    def scene(self) -> Scene:
        """Where git is asked: with the hook's own environment, as the index and the objects may be elsewhere."""
        env = hook_environment(self.environment)
        parents = merge_parents(self.environment, self.layout.git_dir)
        objects = self.environment.get("GIT_OBJECT_DIRECTORY") or self.layout.objects
        return Scene(env, self.layout.root, objects, parents, rebased_range(self.layout.git_dir))

    def tell(self, text: str) -> None:
        """Say something to the person who typed the command."""
        self.err.write(text + "\n")
        self.err.flush()

    def close(self, what: str, judgement: Judgement, *, after: Sequence[str] = ()) -> ExitCode:
        """Apply the granted passes to a judgement, refuse or let pass, say and record it."""
        rest = without(judgement, passes.granted(self.folder))
        if rest.is_allowed:
            return ExitCode.CLEAN
        code = passes.offer(self.folder, rest.findings, minutes=self.settings.pass_minutes) if rest.findings else None
        self.tell(refusal(what, rest, code=code, command=self.command, after=after))
        self.journal.add("refused", what=what, rules=_rules(rest), paths=_paths(rest), failures=list(rest.failures))
        return ExitCode.FOUND if rest.findings else ExitCode.INCOMPLETE

    def close_early(self, what: str, judgement: Judgement) -> ExitCode:
        """Close a judgement of something that is no commit yet. What passes on purpose is left to the reference gate, if there is one.

        Until that one another hook may refuse, or the person give up: a pass ends with the commit that stands.
        """
        code = self.close(what, judgement)
        if code == ExitCode.CLEAN and judgement.findings:
            if self._is_judged_again:
                self._unmark()
            else:
                self.spend(what, judgement)
        return code

    @property
    def _is_judged_again(self) -> bool:
        is_there = os.path.exists(os.path.join(self.folder, "settings")) and git_version(self.environment) >= _REFERENCES_SINCE
        return is_there and self.settings.gates.references and is_judged(git_commands())

    def _unmark(self) -> None:
        """Take back the mark that what this git process commits was judged."""
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self.folder, PASSED))

    def spend(self, what: str, judgement: Judgement) -> None:
        """End the passes that let findings of a judgement through, and record it."""
        for used in passes.use(self.folder, judgement.findings):
            self.journal.add("passed", what=what, code=used.code, rules=list(used.rules), paths=list(used.paths))


def main(arguments: Sequence[str], environment: Mapping[str, str], err: TextIO) -> int:
    """Run the hook `arguments[0]` with the rest as its own arguments. Every error is a refusal with its words, never a pass."""
    name = arguments[0] if arguments else ""
    gate_of = {
        "pre-commit": commit,
        "pre-merge-commit": commit,
        "commit-msg": message,
        "post-index-change": index_change,
        "reference-transaction": references,
        "filter": path_filter,
        "pre-push": push,
    }
    try:
        if name not in gate_of:
            err.write(f"gitshield: {name!r} is no hook of ours\n")
            return ExitCode.USAGE
        return gate_of[name](_open(environment, err), arguments[1:])
    except GitshieldError as error:
        err.write(f"gitshield: {_words(error)}\n")
        return error.code if error.code != ExitCode.CLEAN else ExitCode.INTERNAL
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def commit(gate: Gate, _arguments: Sequence[str]) -> int:
    """pre-commit and pre-merge-commit: the index that is being committed."""
    if not gate.settings.gates.commit:
        return ExitCode.CLEAN
    judgement = judge_index(gate.scene, gate.settings.terms)
    code = gate.close_early("commit", judgement)
    if code == ExitCode.CLEAN and not judgement.findings and not gate.scene.parents:  # commits that a merge brings may be new as well
        mark_passed(gate.folder, gate.environment)
    return code


def message(gate: Gate, arguments: Sequence[str]) -> int:
    """commit-msg: the message as git will store it, without comment lines and what is below the scissors."""
    if not gate.settings.gates.commit_message:
        return ExitCode.CLEAN
    with open(arguments[0], "rb") as file:
        text = stored_message(file.read(), gate.environment, git_commands())
    tally = Tally()
    from io import BytesIO

    for item in Stream(BytesIO(text), is_message=True).fragments():
        take(item, gate.settings.terms, tally)
    judged = Judgement(
        new_in_message(refused_among(tally.findings, gate.settings.terms), gate.scene),
        result_of(tally, gate.settings.terms, asked="commit message", duration=0.0).receipt,
    )
    return gate.close_early("commit message", judged)


def stored_message(text: bytes, environment: Mapping[str, str], commands: Sequence[Sequence[bytes]] = ()) -> bytes:
    """What git keeps of a message file; where that is not sure, more than that.

    Comment lines and what is below the scissors go only where an editor was open: git sets GIT_EDITOR to `:` for hooks
    otherwise, and then keeps them (git-commit(1), --cleanup). `commands` are the git commands above us.
    """
    if environment.get("GIT_EDITOR") == ":":
        return text
    mark, cleanup = (_configured(key, environment) for key in ("core.commentChar", "commit.cleanup"))
    named = [word for word in commands[0] if word.startswith(b"--cleanup")] if commands else []
    is_kept = mark == b"auto" or bool(named) or cleanup in (b"verbatim", b"whitespace", b"scissors")
    mark = _configured("core.commentString", environment) or mark or b"#"
    kept: list[bytes] = []
    for line in text.split(b"\n"):
        if line.endswith(b" ------------------------ >8 ------------------------"):
            break
        if is_kept or not line.startswith(mark):
            kept.append(line)
    return b"\n".join(kept)


def _configured(key: str, environment: Mapping[str, str]) -> bytes:
    return run(["config", "--get", key], environment=environment, accept=(0, 1)).out.strip()


def index_change(gate: Gate, _arguments: Sequence[str]) -> int:
    """post-index-change: take what a `git add` staged and should not have out of the index. Always exits 0: git ignores the rest."""
    if is_our_turn(gate.environment, gate.layout.git_dir):
        try:
            _put_right(gate)
        except ConfigurationError as error:
            gate.tell(f"gitshield: {_words(error)}\ngitshield: until then the built-in rules judge what is staged")
            _put_right(replace(gate, is_built_in=True))
    return ExitCode.CLEAN


def _put_right(gate: Gate) -> None:
    if gate.settings.gates.staging_content:
        passed = passes.granted(gate.folder)
        judgement, after = take_out(gate.scene, gate.settings.terms, gate.folder, passed=passed)
        gate.close("git add", judgement, after=after)


def references(gate: Gate, arguments: Sequence[str]) -> int:
    """reference-transaction at `prepared`: new commits of ours. The lines of standard input are arguments too."""
    commands = git_commands()
    if arguments[:1] != ["prepared"] or not is_judged(commands):
        return ExitCode.CLEAN
    tips = new_tips(map(os.fsencode, arguments[1:]))
    commits = new_commits(tips, gate.scene, git_dir=gate.layout.git_dir) if tips else []
    if not commits or not gate.settings.gates.references:
        return ExitCode.CLEAN
    judgement = judge_commits(commits, gate.scene, gate.settings.terms)
    way = way_out(commands, gate.layout.git_dir)
    code = gate.close("commit", judgement, after=[f"  `{way}` takes back what was done; changes of your own stay"] if way else ())
    if code == ExitCode.CLEAN:
        gate.spend("commit", judgement)
    return code


def push(gate: Gate, arguments: Sequence[str]) -> int:
    """pre-push: what is about to leave, and what it would take from the other side. The lines of standard input are arguments too."""
    from gitshield.gate.push import judge_updates, leaving, refusal, save, saved
    from gitshield.gate.pushed import Push, read_updates, words_of_push
    from gitshield.policy.updates import Protected

    if not gate.settings.gates.push:
        return ExitCode.CLEAN
    scene, policy = gate.scene, gate.settings.config.push
    remote, url = (*arguments, "", "")[:2]
    asking, updates = asking_environment(gate.environment), read_updates(map(os.fsencode, arguments[2:]))
    here = Push(remote, url or remote, updates, words_of_push(git_commands()), scene.environment, asking, scene.top)
    judged = judge_updates(here, Protected(policy.protected, policy.protected_tags, policy.unprotected), is_strict=policy.strict)
    if any(not one.verdict.is_allowed for one in judged):
        gate.tell(refusal(here, judged))
        denied = [one.facts for one in judged if not one.verdict.is_allowed]
        gate.journal.add("refused", what="push", remote=remote, refs=[[one.update.ref, one.update.old, one.update.new] for one in denied])
        return ExitCode.FOUND
    code = gate.close("push", leaving(here, judged, gate.layout, scene, gate.settings.terms))
    if code != ExitCode.CLEAN:
        return code
    pins = save(here, judged, gate.layout.common)
    if pins:
        gate.tell(saved(pins))
        gate.journal.add("saved", what="push", remote=remote, pins=[[one.ref, one.oid, one.pack] for one in pins])
    return ExitCode.CLEAN


def path_filter(gate: Gate, _arguments: Sequence[str]) -> int:
    """filter.process: refuse to store files that do not belong in git."""
    serve(sys.stdin.buffer, sys.stdout.buffer, lambda path, content: _checked_path(gate, path, content), gate.tell)
    return ExitCode.CLEAN


def _checked_path(gate: Gate, path: str, content: IO[bytes]) -> str | None:
    """Judge one path; what hinders refuses that path only, as the filter serves whole commands."""
    try:
        return _refuse_path(gate, path, content)
    except GitshieldError as error:
        return f"gitshield: git add refused: {neutral(path)} cannot be checked\n{_words(error)}"


def _refuse_path(gate: Gate, path: str, content: IO[bytes]) -> str | None:
    if _only_reads(git_commands()):
        return None
    hidden = hidden_filter(path, gate.layout.root, empty=gate.empty.name, environment=gate.environment)
    if (hidden is None and _is_tracked(gate, path)) or not gate.settings.gates.staging_path:
        return None
    if hidden is not None:
        return (
            f"gitshield: git add refused: {neutral(path)} has filter={neutral(hidden)} in .gitattributes, which came after gitshield\n"
            f"hint: `{gate.command} protect` puts it in force, then repeat your command"
        )
    tally = Tally()
    for item in pieces(content, place=StagedBlob(path, ""), path=path):
        take(item, gate.settings.terms, tally)
    judged = Judgement(
        tuple(refused_among(tally.findings, gate.settings.terms)),
        result_of(tally, gate.settings.terms, asked=path, duration=0.0).receipt,
    )
    rest = without(judged, passes.granted(gate.folder))
    if rest.is_allowed:
        return None
    code = passes.offer(gate.folder, rest.findings, minutes=gate.settings.pass_minutes) if rest.findings else None
    gate.journal.add("refused", what="git add", rules=_rules(rest), paths=[neutral(path)], failures=list(rest.failures))
    return refusal("git add", rest, code=code, command=gate.command)


def _only_reads(commands: Sequence[Sequence[bytes]]) -> bool:
    """Whether git asks for the cleaned content only to compare it, or to stash it: that is never shared."""
    if not commands or not commands[0]:
        return False
    if commands[0][0] == b"hash-object" and b"-w" not in commands[0]:
        return True
    inside_stash = any(command[:1] == [b"stash"] for command in commands[:2])
    return commands[0][0] in _READS or inside_stash


def _is_tracked(gate: Gate, path: str) -> bool:
    for commit_ in ("HEAD", *gate.scene.parents):
        shown = run(["cat-file", "-e", f"{commit_}:{path}"], environment=gate.scene.environment, cwd=gate.layout.root, accept=(0, 1, 128))
        if shown.status == 0:
            return True
    return path in made_anew(gate.scene) or os.path.basename(path) in gate.gone


def _open(environment: Mapping[str, str], err: TextIO) -> Gate:
    return Gate(environment, find_layout(os.getcwd(), environment=environment), err)


def _words(error: GitshieldError) -> str:
    return f"error: {error}" + (f"\nhint: {error.hint}" if error.hint else "")


def _rules(judgement: Judgement) -> list[str]:
    return sorted({finding.rule_id for finding in judgement.findings})


def _paths(judgement: Judgement) -> list[str]:
    return sorted({neutral(finding.place.path) for finding in judgement.findings})
