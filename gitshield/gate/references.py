"""New commits, judged as a reference moves to them: what `--no-verify`, cherry-pick, revert, am and rebase make without pre-commit.

Git's `reference-transaction` hook can still refuse at `prepared`. Only commands that make commits are judged: where git has
changed the work tree already (reset, checkout) a refusal would leave it half done, and what is fetched is not ours.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gitshield.gate.judge import Judgement, Scene, judge_changes, new_in_message, refused_among
from gitshield.gate.updates import KNOWN_ALREADY
from gitshield.git.process import run
from gitshield.git.staged import Change, parse_raw
from gitshield.model.finding import Finding, Skipped
from gitshield.model.place import CommitMessage
from gitshield.scan.fragment import Fragment
from gitshield.scan.scan import Terms, result_of, take
from gitshield.scan.tally import Tally

MAX_COMMITS: Final = 1000
NOT_OURS: Final = frozenset(
    b"fetch pull clone remote reset checkout switch restore stash submodule worktree bisect gc pack-refs reflog notes tag replace "
    b"receive-pack fetch-pack maintenance repack prune fast-import filter-branch".split()
)
_WAYS_OUT: Final = {
    b"am": "git am --abort",
    b"cherry-pick": "git cherry-pick --abort",
    b"merge": "git reset --merge",
    b"revert": "git reset --merge",
}


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as it is stored: its id and those of its parents in hex, and its message."""

    oid: str
    parents: tuple[str, ...]
    message: bytes


def new_tips(lines: Iterable[bytes]) -> tuple[str, ...]:
    """The new values of branches and HEAD in the lines of a reference transaction (`old new ref`), each once."""
    tips: dict[str, None] = {}
    for line in lines:
        _, new, ref = (*line.split(), b"", b"", b"")[:3]
        if (ref == b"HEAD" or ref.startswith(b"refs/heads/")) and new.strip(b"0") and b":" not in new:
            tips[new.decode("ascii")] = None
    return tuple(tips)


def is_judged(commands: Sequence[Sequence[bytes]]) -> bool:
    """Whether the git commands above us (nearest first) make commits of ours. Where they cannot be read, yes."""
    return not any(command and command[0] in NOT_OURS for command in commands)


def way_out(commands: Sequence[Sequence[bytes]], git_dir: str) -> str | None:
    """The command that takes back what a refused command has done to the index and the work tree; None where there is none.

    It leaves changes of the person's own as they were; what was done by hand in a conflict it would not, so none is named
    there, and none in a rebase. Found by trial with git 2.39 and 2.55: a revert of one commit, and a fast-forward, leave
    nothing that their own `--abort` would know.
    """
    outer = commands[-1] if commands else []
    if not outer or {b"--continue", b"--resolved", b"-r"} & {*outer}:
        return None
    if outer[0] == b"revert" and os.path.exists(os.path.join(git_dir, "sequencer")):
        return "git revert --abort"
    return _WAYS_OUT.get(bytes(outer[0]))


def judge_commits(commits: Sequence[Commit], scene: Scene, terms: Terms) -> Judgement:
    """Judge new commits: content against their parents, and messages."""
    tally, findings = Tally(), list[Finding]()
    if len(commits) > MAX_COMMITS:
        tally.skipped.append(Skipped(f"{len(commits)} new commits", f"more than {MAX_COMMITS} at once", is_failure=True))
    for commit in commits[:MAX_COMMITS]:
        take(Fragment(CommitMessage(commit.oid), "", commit.message), terms, tally)
        changes = _changes(commit, scene)
        around = replace(scene, parents=commit.parents[1:])
        judged = judge_changes(changes, around, terms, asked=f"commit {commit.oid[:12]}")
        findings.extend(judged.findings)
        tally.skipped.extend(judged.receipt.skipped)
    receipt = result_of(tally, terms, asked="new commits", duration=0.0).receipt
    return Judgement((*new_in_message(refused_among(tally.findings, terms), scene), *findings), receipt)


def new_commits(tips: Sequence[str], scene: Scene, *, git_dir: str) -> list[Commit]:
    """The commits that `tips` reach and no reference reaches yet, oldest first; one more than MAX_COMMITS at most."""
    fetched = [line.split()[0] for line in _file(os.path.join(git_dir, "FETCH_HEAD")).splitlines() if line.strip()]
    # What a stash or a replacement holds was never judged: these are not shared, a branch is.
    arguments = ["rev-list", "--reverse", "--topo-order", f"--max-count={MAX_COMMITS + 1}", "--stdin", *KNOWN_ALREADY]
    # Revisions on standard input are not negated by a `--not` on the command line (git 2.39 and 2.55).
    wanted, known = "".join(f"{tip}\n" for tip in tips), "".join(f"^{oid}\n" for oid in fetched)
    listed = run(arguments, environment=scene.environment, cwd=scene.top, stdin=(wanted + known).encode(), accept=(0, 128))
    if listed.status:  # what was fetched once may be gone
        listed = run(arguments, environment=scene.environment, cwd=scene.top, stdin=wanted.encode())
    return read_commits(listed.out.decode().split(), scene)


def read_commits(oids: Sequence[str], scene: Scene) -> list[Commit]:
    """Read commits, in their order."""
    if not oids:
        return []
    raw = run(["cat-file", "--batch"], environment=scene.environment, cwd=scene.top, stdin="\n".join([*oids, ""]).encode()).out
    commits, at = list[Commit](), 0
    for oid in oids:
        end = raw.index(b"\n", at)
        size = int(raw[at:end].split(b" ")[2])
        head, _, message = raw[end + 1 : end + 1 + size].partition(b"\n\n")
        parents = tuple(line[7:].decode() for line in head.split(b"\n") if line.startswith(b"parent "))
        commits.append(Commit(oid, parents, message))
        at = end + 2 + size
    return commits


def _changes(commit: Commit, scene: Scene) -> list[Change]:
    options = ["--raw", "-z", "--no-renames", "--no-abbrev", "--no-commit-id", "--root", "-r"]
    if len(commit.parents) < 2:
        return parse_raw(run(["diff-tree", *options, commit.oid], environment=scene.environment, cwd=scene.top).out)
    return _combined(run(["diff-tree", *options, "-c", commit.oid], environment=scene.environment, cwd=scene.top).out)


def _combined(raw: bytes) -> list[Change]:
    """Read the raw combined diff of a merge: paths that differ from every parent, against the first one."""
    fields = raw.split(b"\0")
    changes: list[Change] = []
    for at in range(0, len(fields) - 1, 2):
        words = fields[at].lstrip(b":").split(b" ")
        count = len(fields[at]) - len(fields[at].lstrip(b":"))
        modes, oids = words[: count + 1], words[count + 1 : 2 * count + 2]
        if modes[-1] != b"160000" and oids[-1].strip(b"0"):
            old = oids[0].decode() if oids[0].strip(b"0") else None
            changes.append(
                Change(
                    "M" if old else "A",
                    modes[0].decode(),
                    modes[-1].decode(),
                    old,
                    oids[-1].decode(),
                    os.fsdecode(fields[at + 1]),
                )
            )
    return changes


def _file(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
