"""The push gate: every line of a push judged, what would leave scanned, and what a passing push takes away saved first."""

import os
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gitshield.config.homes import Homes
from gitshield.errors import GitError, GitshieldError
from gitshield.gate.judge import Judgement, Scene, refused_among
from gitshield.gate.pushed import Lost, Push
from gitshield.gate.references import judge_commits, read_commits
from gitshield.git.layout import Layout
from gitshield.git.process import run
from gitshield.git.remotes import without_credentials
from gitshield.model.place import TagObject
from gitshield.policy.updates import Facts, Protected, RefUpdate, Verdict, judge
from gitshield.report.neutral import neutral
from gitshield.scan.archives import GATE
from gitshield.scan.fragment import Fragment
from gitshield.scan.names import found_in_refs
from gitshield.scan.scan import Terms, keep, result_of, take
from gitshield.scan.tally import Tally
from gitshield.vault.pins import Pin, pin, pins_folder

_HEADS: Final = "refs/heads/"
_FEW: Final = 200


@dataclass(frozen=True, slots=True)
class Judged:
    """An update with its facts and the verdict on it."""

    facts: Facts
    verdict: Verdict


def judge_updates(push: Push, protected: Protected, *, is_strict: bool) -> list[Judged]:
    """Judge every update of a push, also those that git does not list. Raises GitError where the other side cannot be asked."""
    facts = [push.facts(update, protected) for update in (*push.updates, *push.unlisted)]
    return [Judged(one, judge(one, is_strict_everywhere=is_strict)) for one in facts]


def refusal(push: Push, judged: Sequence[Judged]) -> str:
    """The words of a refusal: what would be lost of whom, and the commands that lead out."""
    return "\n".join(f"gitshield: {line}" if number == 0 else line for number, line in enumerate(_lines(push, judged)))


def _lines(push: Push, judged: Sequence[Judged]) -> Iterator[str]:
    denied = [one for one in judged if not one.verdict.is_allowed]
    where = neutral(without_credentials(push.url) if push.remote == push.url else push.remote)
    yield f"push refused: {len(denied)} of {len(judged)} update{'s' * (len(judged) > 1)} would take something from {where}"
    for one in denied:
        update, lost = one.facts.update, push.lost(one.facts.update)
        yield f"  {neutral(update.ref)}: {one.verdict.reason}"
        yield from _lost(lost)
    yield from _hints(push, denied)


def _lost(lost: Lost) -> Iterator[str]:
    if lost.commits:
        people = f"{lost.people} {'person' if lost.people == 1 else 'people'}"
        yield f"    {lost.commits:,} commit{'s' * (lost.commits > 1)} of {people} would be lost there:"
        yield from (f"      {neutral(text)}" for text in lost.newest)
        if lost.commits > len(lost.newest):
            yield f"      … and {lost.commits - len(lost.newest):,} more"


def _hints(push: Push, denied: Sequence[Judged]) -> Iterator[str]:
    remote = shlex.quote(neutral(push.remote))
    forced = [one.facts for one in denied if one.facts.kind == "forced update" and one.facts.update.ref.startswith(_HEADS)]
    for facts in forced[:1]:
        branch = shlex.quote(neutral(facts.update.ref.removeprefix(_HEADS)))
        yield f"hint: bring in what is there: git fetch {remote} && git rebase {remote}/{branch}, then push without force"
        if facts.is_known:
            yield f"hint: to replace exactly that: git push --force-with-lease={branch}:{facts.update.old} {remote} {branch}"
    if any(one.facts.kind == "deleted" for one in denied):
        yield "hint: on purpose? name it in [push] unprotected of your own configuration first, or delete it on the host"


def leaving(push: Push, judged: Sequence[Judged], layout: Layout, scene: Scene, terms: Terms) -> Judgement:
    """Judge what the other side would get that it has not: commits with their content and messages, tags, names of references."""
    new = [one.facts.update for one in judged if one.facts.update.new is not None]
    tips = [update.new for update in new if update.new is not None]
    known = [update.old for update in new if update.old is not None]
    tally = Tally()
    for _, seen in found_in_refs(terms.rules, [update.ref for update in new]):
        keep(seen, terms, tally)
    for update in new:
        _take_tag(update, scene, terms, tally)
    revisions = [*tips, *(f"^{oid}" for oid in (*push.known_there, *filter(push.is_here, known)))]
    stdin = "".join(f"{revision}\n" for revision in revisions).encode()
    asked = ["rev-list", "--reverse", "--topo-order", f"--max-count={_FEW + 1}", "--stdin"]
    listed = run(asked, environment=scene.environment, cwd=scene.top, stdin=stdin).out.split() if tips else []
    if len(listed) > _FEW:
        judgement = _of_many(revisions, layout, scene, terms)
    else:
        judgement = judge_commits(read_commits([oid.decode() for oid in listed], scene), scene, terms)
    receipt = result_of(tally, terms, asked="what leaves", duration=0.0).receipt
    skipped = (*judgement.receipt.skipped, *receipt.skipped)
    findings = (*refused_among(tally.findings, terms), *judgement.findings)
    return Judgement(findings, replace(judgement.receipt, skipped=skipped))


def _of_many(revisions: Sequence[str], layout: Layout, scene: Scene, terms: Terms) -> Judgement:
    """Judge many commits as a part of the history, whose objects are each read once and remembered."""
    from gitshield.scan.history.extent import Extent  # these import numpy, which a small push can do without
    from gitshield.scan.history.scan import scan_history

    extent = Extent(revisions=tuple(revisions), archives=GATE)
    jobs, memory = os.cpu_count() or 1, Homes.of(scene.environment).histories
    result = scan_history(layout, scene.environment, terms, jobs=jobs, extent=extent, memory=memory)
    return Judgement(tuple(refused_among(result.findings, terms)), result.receipt)


def _take_tag(update: RefUpdate, scene: Scene, terms: Terms, tally: Tally) -> None:
    """Judge the tag object that an update brings, and those that it tags."""
    oid = update.new
    while oid is not None:
        shown = run(["cat-file", "tag", oid], environment=scene.environment, cwd=scene.top, accept=(0, 128))
        if shown.status:
            return
        take(Fragment(TagObject(oid), "", shown.out), terms, tally)
        head, _, rest = shown.out.partition(b"\n")
        oid = head[7:].decode("ascii", "replace") if head.startswith(b"object ") and rest.startswith(b"type tag\n") else None


def save(push: Push, judged: Sequence[Judged], common: str) -> list[Pin]:
    """Save what the allowed updates take from the other side; what was never fetched is fetched first.

    Raises GitshieldError when something cannot be saved: then the push must not go on.
    """
    pins: list[Pin] = []
    for one in judged:
        update = one.facts.update
        if not (one.verdict.is_losing and update.old is not None):
            continue
        try:
            if not one.facts.is_known:
                words = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", push.url, update.old]
                run(words, environment=push.asking, cwd=push.cwd)
            kept = push.kept(update)
            made = pin(
                pins_folder(common, push.environment),
                remote=push.remote,
                url=without_credentials(push.url),
                ref=update.ref,
                oid=update.old,
                kept=kept,
                environment=push.environment,
                cwd=push.cwd,
            )
        except OSError as error:
            raise GitshieldError(f"what {update.ref} holds cannot be saved: {error.strerror}") from error
        except GitError as error:
            raise GitshieldError(f"what {update.ref} holds cannot be saved: {error}", hint="git fetch it first, then push again") from error
        pins += [made] if made is not None else []
    return pins


def saved(pins: Sequence[Pin]) -> str:
    """The words on what was saved, with the commands that put it back."""
    lines: list[str] = []
    for one in pins:
        branch = one.ref.rpartition("/")[2]
        lines.append(f"gitshield: {neutral(one.ref)} at {one.oid} is saved ({one.objects:,} objects) before this push takes it away")
        name = shlex.quote(f"{neutral(branch)}-rescued")
        lines.append(f"hint: to get it back: git unpack-objects -q < {shlex.quote(one.pack)} && git branch {name} {one.oid}")
    return "\n".join(lines)
