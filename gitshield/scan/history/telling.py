"""Telling: what was found in a history put together, one finding for each secret, with how far it got."""

import os
from collections.abc import Iterable, Mapping

import numpy as np

from gitshield.errors import GitError
from gitshield.git.differences import blobs_in
from gitshield.git.packs.index import as_rows
from gitshield.git.packs.pack import TREE
from gitshield.git.remotes import remotes
from gitshield.git.shallow import shallow_commits
from gitshield.git.tips import Tip
from gitshield.model.finding import Finding, Skipped
from gitshield.scan.allowances import allowed_by
from gitshield.scan.history.groups import commits_of, group_of, grouped, told
from gitshield.scan.history.missing import missing_objects
from gitshield.scan.history.reach import Group, reaches
from gitshield.scan.history.reading import History
from gitshield.scan.history.run import Run
from gitshield.scan.names import found_in_history
from gitshield.scan.scan import keep


def told_findings(run: Run, history: History) -> tuple[list[Finding], frozenset[bytes]]:
    """Put the findings together and find out how far each got; give also the paths in whose names something was found."""
    graph, paths = history.graph, history.paths
    named: set[bytes] = set()
    for path, seen in found_in_history(run.terms.rules, {os.fsdecode(path): oid.hex() for path, oid in paths.firsts().items()}):
        named.add(os.fsencode(path))
        keep(seen, run.terms, run.tally)
    found = grouped(run.tally.findings)
    commits = graph.places(oid for one in found for oid in commits_of(one))
    number = lambda oid: graph.store.number_of(bytes.fromhex(oid))  # noqa: E731
    groups = [group_of(one, number=number, commit=commits.get, below=paths.below) for one in found]
    wanted = frozenset(pair for group in groups for pair in group.pairs)
    held = graph.holdings(paths.changes({path for path, _ in wanted}), wanted)
    known = [tip for tip in _tips(run) if isinstance(tip, Tip)]
    run.tally.skipped.extend(missing_objects(graph, known, history.staged, history.tagged, shallow_commits(run.layout)))
    names = [remote.name for remote in remotes(run.layout, run.environment)]
    reached = reaches(graph, held, groups, known, names, _beside(run, history, known))
    findings = [told(one, reach if _is_in_objects(group) else None) for one, group, reach in zip(found, groups, reached, strict=True)]
    return [finding for finding in findings if not _is_ignored(run, finding)], frozenset(named)


def _is_ignored(run: Run, finding: Finding) -> bool:
    """Whether a finding is waved through now that its commit is known, as entries of `.gitleaksignore` name it."""
    reason = allowed_by(run.terms.allowances, finding, line=b"", line_before=b"", today=run.terms.today)
    run.tally.allowed.update([reason] if reason is not None else [])
    return reason is not None


def _beside(run: Run, history: History, known: Iterable[Tip]) -> dict[str, frozenset[str]]:
    """What tags lead to, one after another, and trees that a ref or an index names: ids in hex."""
    chains = {oid: _chain(oid, history.tagged) for tip in known for oid in (tip.oid, tip.tag or tip.oid)}
    ends = [bytes.fromhex(chain[-1]) for chain in chains.values()]
    numbers = run.store.lookup(as_rows(ends, run.hash_size))
    is_tree = np.append(run.store.kinds, 0)[numbers] == TREE  # MISSING takes what stands at the end
    for chain, is_one in zip(chains.values(), is_tree.tolist(), strict=True):
        chain.extend(_below(run, chain[-1]) if is_one else [])
    return {oid: frozenset(chain) for oid, chain in chains.items() if len(chain) > 1}


def _chain(oid: str, tagged: Mapping[str, str]) -> list[str]:
    """An id and what it tags, one after another; a circle, which only forged ids can make, ends."""
    chain = [oid]
    while (following := tagged.get(chain[-1])) is not None and len(chain) < len(tagged) + 2:
        chain.append(following)
    return chain


def _below(run: Run, tree: str) -> list[str]:
    """The blobs below a tree, ids in hex; none of one that is broken, which is told."""
    try:
        return [oid.hex() for oid in blobs_in(tree, environment=run.git, cwd=run.layout.git_dir)]
    except GitError as error:
        run.tally.skipped.append(Skipped(tree, str(error), is_failure=True))
        return []


def _is_in_objects(group: Group) -> bool:
    return bool(group.pairs or group.texts or group.objects)


def _tips(run: Run) -> Iterable[Tip]:
    for tip in run.named:
        if isinstance(tip, Skipped):
            run.tally.skipped.append(tip)
        else:
            yield tip
