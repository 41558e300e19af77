"""Staging by content: after `git add`, take what holds a secret out of the index again. The work tree is not touched.

Git cannot be stopped here, only put right at once. It acts only after `git add` and `git stage`, on the default index, and
never inside another operation: there the index is not the user's own, and the commit gates judge its result.
"""

import os
from collections.abc import Mapping, Sequence
from typing import Final

from gitshield.errors import GitError
from gitshield.gate.adding import is_add
from gitshield.gate.judge import Judgement, Scene, judge_changes, without
from gitshield.gate.packed import stored_path
from gitshield.gate.quick import remember, remembered_in
from gitshield.git.ancestry import git_commands
from gitshield.git.process import run
from gitshield.git.staged import Change, parse_raw, staged_changes
from gitshield.scan.scan import Terms

_OPERATIONS: Final = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG", "sequencer")
# The blob of no bytes, by SHA-1 and by SHA-256.
_EMPTY: Final = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


def is_our_turn(environment: Mapping[str, str], git_dir: str, *, commands: Sequence[Sequence[bytes]] | None = None) -> bool:
    """Whether the index was just changed by a `git add` or `git stage`, and by nothing around it."""
    if environment.get("GIT_INDEX_FILE"):  # another index, or a hook of a commit under way, whose result is judged
        return False
    if any(os.path.exists(os.path.join(git_dir, name)) for name in _OPERATIONS):
        return False
    return is_add(git_commands() if commands is None else commands, environment)


def take_out(scene: Scene, terms: Terms, folder: str, *, passed: frozenset[tuple[str, str]]) -> tuple[Judgement, tuple[str, ...]]:
    """Judge the index and put every refused path back to what was staged before (or to HEAD); also the lines that say so.

    Findings that were `passed` on purpose stay staged, and so does every side of a conflict: nobody can commit it.
    """
    now = {change.path: change for change in staged_changes(environment=scene.environment, cwd=scene.top)}
    resolved = [change for change in now.values() if change.status != "U"]
    judgement = without(judge_changes(resolved, scene, terms, asked="staged changes"), passed)
    paths = sorted({stored_path(finding) for finding in judgement.findings})
    if not paths:
        remember(folder, scene.environment, scene.top)
        return judgement, ()
    before = _remembered(remembered_in(folder, scene.environment))
    lines = b"".join(_entry(path, now, before) for path in paths)
    run(["update-index", "-z", "--index-info"], environment=scene.environment, cwd=scene.top, stdin=lines)
    remember(folder, scene.environment, scene.top)
    kept = [
        f"  {oid[:12]} still holds what was staged of {path!r} until git gc" for path in paths if (oid := _staged_only(path, now, scene))
    ]
    return judgement, ("  taken out of the index again; the files themselves are untouched", *kept)


def _entry(path: str, now: Mapping[str, Change], before: Mapping[str, Change]) -> bytes:
    """The index entry to go back to, in the form of `git update-index -z --index-info`."""
    name, change, was = os.fsencode(path), now.get(path), before.get(path)
    if (
        was is not None
        and was.new
        and not _is_intent(was)
        and (change is None or was.new != change.new)
        and was.old == (change.old if change else None)
    ):
        return f"{was.mode} {was.new} 0\t".encode() + name + b"\0"
    if change is not None and change.old:
        return f"{change.old_mode} {change.old} 0\t".encode() + name + b"\0"
    return b"0 " + b"0" * 40 + b"\t" + name + b"\0"


def _is_intent(was: Change) -> bool:
    """Whether an entry may be that of `git add -N`, which nothing but an index extension tells from an empty file staged."""
    return was.old is None and was.new in _EMPTY


def _remembered(path: str) -> dict[str, Change]:
    """What was staged when the index was last found clean."""
    try:
        with open(path, "rb") as file:
            return {change.path: change for change in parse_raw(file.read())}
    except (OSError, GitError):  # without a memory the entry goes back to HEAD's
        return {}


def _staged_only(path: str, now: Mapping[str, Change], scene: Scene) -> str | None:
    """The blob that was staged, when the work tree does not hold the same (`git add -p`, `-e`): its content must stay findable."""
    change = now.get(path)
    if change is None or not change.new:
        return None
    same = run(["hash-object", "--no-filters", "--", path], environment=scene.environment, cwd=scene.top, accept=(0, 128))
    return None if same.out.decode().strip() == change.new else change.new
