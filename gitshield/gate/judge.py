"""The judgement of a change: the findings it brings in that were not there before.

What HEAD (or the other side of a merge) already holds is not refused, so that work on an already leaked file goes on.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gitshield.gate.files import content_of
from gitshield.gate.packed import is_packed, packed_in, packed_key
from gitshield.gate.passes import is_covered
from gitshield.git.objects import blobs
from gitshield.git.process import run
from gitshield.git.staged import Change, parse_raw, staged_changes, unmerged_stages
from gitshield.model.finding import Finding, Receipt, Skipped
from gitshield.rules.pattern import compiled
from gitshield.scan.archives import GATE
from gitshield.scan.pieces import PIECE
from gitshield.scan.scan import Terms, result_of, take
from gitshield.scan.sources import blob_fragments
from gitshield.scan.tally import Tally

_MAX_OLD: int = 64 << 20


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a gate found: the findings it refuses for, and the receipt of what was read for it."""

    findings: tuple[Finding, ...]
    receipt: Receipt

    @property
    def is_allowed(self) -> bool:
        """Whether everything was read and nothing is refused. A change of nothing is allowed."""
        return not self.findings and not self.failures

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be read, in words."""
        return tuple(f"{skip.path}: {skip.reason}" for skip in self.receipt.skipped if skip.is_failure)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a gate works: the environment its git calls get, the work tree's root, the objects folder, other parents of a merge.

    `rebased` are the ends of the range of commits that a rebase under way makes anew: what it leaves out, and its old tip.
    """

    environment: Mapping[str, str]
    top: str
    objects: str | None
    parents: tuple[str, ...] = ()
    rebased: tuple[str, str] | None = None


def judge_index(scene: Scene, terms: Terms, *, paths: Sequence[str] = ()) -> Judgement:
    """Judge what the index (that of GIT_INDEX_FILE, where set) brings in over HEAD, of all paths or of `paths`."""
    changes = staged_changes(environment=scene.environment, cwd=scene.top, paths=tuple(f":(top,literal){path}" for path in paths))
    stages: list[tuple[str, str, int]] = []
    if any(change.status == "U" for change in changes):
        stages = unmerged_stages(environment=scene.environment, cwd=scene.top)
    return judge_changes(changes, scene, terms, stages=stages, asked="staged changes")


def judge_changes(
    changes: Sequence[Change], scene: Scene, terms: Terms, *, stages: Iterable[tuple[str, str, int]] = (), asked: str
) -> Judgement:
    """Judge the new sides of `changes`; a value that any old side of them holds (moved, kept) was there before."""
    wanted: dict[str, list[tuple[str, int]]] = {}
    for change in changes:
        if change.new and change.status != "U":
            wanted.setdefault(change.new, []).append((change.path, 0))
    for path, oid, stage in stages:
        wanted.setdefault(oid, []).append((path, stage))
    tally = Tally()
    for oid in _elsewhere(wanted, scene):
        reason = "not in this partial clone: what was not fetched was not made here"
        tally.skipped.extend(Skipped(path, reason, is_failure=False) for path, _stage in wanted.pop(oid))
    for item in blob_fragments(wanted, environment=scene.environment, cwd=scene.top, objects=scene.objects, limit=PIECE, archives=GATE):
        take(item, terms, tally)
    result = result_of(tally, terms, asked=asked, duration=0.0)
    found = tuple(_introduced(refused_among(result.findings, terms), changes, scene, terms))
    return Judgement(found, result.receipt)


def refused_among(findings: Iterable[Finding], terms: Terms) -> list[Finding]:
    """The findings a gate refuses for: all of medium severity and more, of sensitive files those whose rule is a gate.

    The rest (a database dump, a packet capture, a low-severity value) is for scans to report.
    """
    gates = {rule.id for rule in terms.rules.rules if rule.gate}
    return [f for f in findings if (f.rule_id in gates if f.secret is None else f.severity != "low")]


def _introduced(findings: Sequence[Finding], changes: Sequence[Change], scene: Scene, terms: Terms) -> list[Finding]:
    """Leave out what the old sides, another parent of a merge, or the commits that a rebase makes anew hold already."""
    if not findings:
        return []
    before = _contents({change.old for change in changes if change.old}, scene)
    new: list[Finding] = []
    for finding in findings:
        path, value = finding.place.path, _value(finding)
        was_there = _was_at(path, changes, scene, terms) if value is None else any(value in content for content in before)
        if not was_there and not _in_parents(path, value, scene):
            new.append(finding)
    packed = packed_in(before, terms) if any(is_packed(finding) for finding in new) else frozenset()
    new = [finding for finding in new if packed_key(finding) not in packed]
    anew = made_anew(scene) if new else {}
    return [finding for finding in new if not _is_among(anew.get(finding.place.path, set()), _value(finding), scene)]


def _value(finding: Finding) -> bytes | None:
    return finding.secret.reveal() if finding.secret is not None else None


def _is_among(versions: set[str], value: bytes | None, scene: Scene) -> bool:
    """Whether there is any of a file's versions (`value` None), or one with the value."""
    return bool(versions) if value is None else any(value in content for content in _contents(versions, scene))


def _was_at(path: str, changes: Sequence[Change], scene: Scene, terms: Terms) -> bool:
    """Whether a file was at this path before, or has come from another one: what is gone there is much the same."""
    here = [change for change in changes if change.path == path]
    gone = [change for change in changes if change.status == "D"]
    return any(change.old is not None for change in here) or any(
        (os.path.basename(old.path) == os.path.basename(path) and _is_alike(old.old, change.new, scene))
        or (change.new == old.old and _is_sensitive(old.path, terms))
        for old in gone
        for change in here
    )


def _is_alike(old: str | None, new: str | None, scene: Scene) -> bool:
    """Whether two blobs have half the lines of the shorter one in common."""
    lines = [set(content.splitlines()) for oid in (old, new) if oid for content in _contents({oid}, scene)]
    return len(lines) == 2 and 2 * len(lines[0] & lines[1]) >= min(map(len, lines))


def _is_sensitive(path: str, terms: Terms) -> bool:
    """Whether a file of this name is one that gates refuse."""
    name = os.fsencode(path)
    return any(rule.gate and rule.path is not None and compiled(rule.path).search(name) for rule in terms.rules.rules)


def _contents(oids: set[str], scene: Scene) -> list[bytes]:
    here = sorted(oids.difference(_elsewhere(oids, scene)))
    found = blobs(here, environment=scene.environment, cwd=scene.top, limit=_MAX_OLD)
    return [content for _oid, content in found if content is not None]


def _elsewhere(oids: Collection[str], scene: Scene) -> frozenset[str]:
    """Those of the blobs that a partial clone has not fetched: they cannot have been made here."""
    packs = os.path.join(scene.objects or "", "pack")
    if not oids or not os.path.isdir(packs) or not any(name.endswith(".promisor") for name in os.listdir(packs)):
        return frozenset()
    from gitshield.git.repo import missing_objects  # imports pygit2, which takes long

    return missing_objects(os.path.dirname(packs), oids)


def _in_parents(path: str, value: bytes | None, scene: Scene) -> bool:
    """Whether another parent has the path (`value` None), or has the value in its version of the path."""
    for parent in scene.parents:
        shown = run(["cat-file", "blob", f"{parent}:{path}"], environment=scene.environment, cwd=scene.top, accept=(0, 128))
        if shown.status == 0 and (value is None or value in shown.out):
            return True
    return False


def made_anew(scene: Scene) -> Mapping[str, set[str]]:
    """The blobs (ids in hex) that the commits which a rebase makes anew brought to each path; nothing where none is under way.

    These commits were there before: a rebase would stop half-way for what it does not bring in.
    """
    brought: dict[str, set[str]] = {}
    if scene.rebased is not None:
        listed = run(["rev-list", "..".join(scene.rebased)], environment=scene.environment, cwd=scene.top, accept=(0, 128))
        options = ["--stdin", "-r", "-m", "--root", "--raw", "-z", "--no-renames", "--no-abbrev", "--no-commit-id"]
        changed = run(["diff-tree", *options], environment=scene.environment, cwd=scene.top, stdin=listed.out)
        for change in parse_raw(changed.out):
            if change.new:
                brought.setdefault(change.path, set()).add(change.new)
    return brought


def new_in_message(findings: Iterable[Finding], scene: Scene) -> tuple[Finding, ...]:
    """The findings in a message without those whose value a commit's message holds that a rebase makes anew."""
    found = tuple(findings)
    if not found or scene.rebased is None:
        return found
    asked = ["rev-list", "--header", "..".join(scene.rebased)]
    before = run(asked, environment=scene.environment, cwd=scene.top, accept=(0, 128)).out
    return tuple(finding for finding in found if (value := _value(finding)) is None or value not in before)


def rebased_range(git_dir: str) -> tuple[str, str] | None:
    """What a rebase under way was started with: the commit it goes onto, and the tip it takes commits from."""
    for folder in ("rebase-merge", "rebase-apply"):
        onto, tip = (content_of(os.path.join(git_dir, folder, name)) for name in ("onto", "orig-head"))
        if onto and tip:
            return onto.decode("ascii", "replace").strip(), tip.decode("ascii", "replace").strip()
    # `git rebase --apply` writes those two only once it stops; until then it names the commit it is at.
    commit = content_of(os.path.join(git_dir, "rebase-apply", "original-commit"))
    return ("HEAD", commit.decode("ascii", "replace").strip()) if commit else None


def merge_parents(environment: Mapping[str, str], git_dir: str) -> tuple[str, ...]:
    """The other parents of a merge under way: from MERGE_HEAD, or (before git has written it) from git's GITHEAD_ variables."""
    named = tuple(key.removeprefix("GITHEAD_") for key in environment if key.startswith("GITHEAD_"))
    try:
        with open(os.path.join(git_dir, "MERGE_HEAD"), encoding="ascii") as file:
            return tuple(dict.fromkeys((*named, *file.read().split())))
    except (OSError, ValueError):
        return named


def without(judgement: Judgement, passed: frozenset[tuple[str, str]]) -> Judgement:
    """The judgement without the findings a one-time code lets pass."""
    return replace(judgement, findings=tuple(f for f in judgement.findings if not is_covered(f, passed)))
