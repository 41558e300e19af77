"""The scan of a history from its beginning to its result: which passes there are, in which order, and what comes of them."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gitshield.git.layout import Layout
from gitshield.git.nested import repositories_below
from gitshield.git.packs.index import as_rows
from gitshield.git.packs.opening import is_replaced
from gitshield.git.process import clean_environment
from gitshield.git.shallow import shallow_commits
from gitshield.model.finding import Result, Skipped
from gitshield.model.progress import Progress, Silence
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.eyes import Eyes
from gitshield.scan.history.memory import Share, Structure, key_of
from gitshield.scan.history.passes import failures
from gitshield.scan.history.reading import History, look_at_share, read_objects
from gitshield.scan.history.rows import listing_of
from gitshield.scan.history.run import Run
from gitshield.scan.history.telling import told_findings
from gitshield.scan.names import found_in_refs
from gitshield.scan.scan import Terms, keep, result_of, take
from gitshield.scan.surroundings import all_ref_names, surroundings
from gitshield.scan.tally import Tally

_ATTEMPTS: Final = 2


def scan_history(
    layout: Layout,
    environment: Mapping[str, str],
    terms: Terms,
    *,
    jobs: int = 1,
    extent: Extent | None = None,
    watching: Progress | None = None,
    memory: str | None = None,
    looked: Sequence[Share] = (),
) -> Result:
    """Scan every object of a repository, git's own files and names in it, and say how far what was found has got.

    What is clean is remembered in the folder `memory` and not read again, unless that is None or the scan is exhaustive. What others
    have `looked` at for this scan is taken from them, as far as they had the same rules.
    One finding for each rule and secret. An interrupt (KeyboardInterrupt) ends the scan: what was found up to then is the result,
    marked as interrupted and incomplete. Raises GitError when git cannot read the repository at all.
    """
    started, extent, asked, tally = time.monotonic(), extent or Extent(), f"history: {layout.root}", Tally()
    count, remembered, is_interrupted = 0, 0, False
    folder = None if extent.is_exhaustive else memory
    ours = [share for share in looked if share.key == key_of(terms, extent.archives)]
    try:
        remembered = _one(Run(layout, environment, terms, jobs, extent, watching or Silence(), tally, folder, ours))
        for below in repositories_below(layout, environment) if not extent.is_part else ():
            if isinstance(below, Skipped):
                tally.skipped.append(below)
                continue
            inner = Tally()
            remembered += _one(Run(below, clean_environment(environment), terms, jobs, extent, watching or Silence(), inner, folder))
            inner.findings[:] = [replace(finding, repository=below.root) for finding in inner.findings]
            tally.add(inner)
            count += 1
    except KeyboardInterrupt:
        is_interrupted = True
        tally.skipped.append(Skipped(layout.root, "interrupted before everything was read", is_failure=True))
    if count:
        asked += f" and {count} {'repository' if count == 1 else 'repositories'} inside it"
    notes = (*terms.notes, *_notes(layout, extent, Eyes(terms.rules, terms.known)))
    result = result_of(tally, replace(terms, notes=notes), asked=asked, duration=time.monotonic() - started)
    return replace(result, receipt=replace(result.receipt, remembered=remembered), is_interrupted=is_interrupted)


def share_of_history(
    layout: Layout, environment: Mapping[str, str], terms: Terms, *, number: int, count: int, jobs: int = 1, extent: Extent
) -> Share:
    """Look at one of `count` shares of a history's blobs for whoever scans it. Raises GitError as `scan_history` does."""
    return look_at_share(Run(layout, environment, terms, jobs, extent, Silence(), Tally()), number, count)


def _one(run: Run) -> int:
    """Scan one repository; give how many of its objects are not read again.

    Where packs were replaced meanwhile (`git gc`), its objects are read once more.
    """
    history = read_objects(run)
    for _ in range(_ATTEMPTS):
        if not any(skip.is_failure for skip in run.tally.skipped) or not is_replaced(run.store):
            break
        run.start_anew()
        history = read_objects(run)
    run.tally.skipped.extend(failures([*run.store.problems, *run.store.unreadable()]))
    if not run.extent.is_part:
        _read_surroundings(run)
    findings, named = told_findings(run, history)
    run.tally.findings[:] = findings
    if not run.store.problems:
        _remember(run, history, named)
    return history.remembered


def _remember(run: Run, history: History, named: frozenset[bytes]) -> None:
    """Keep what is clean for the next scan, and what commits say, but for those that change a path in which something was found."""
    if run.memory is None:
        return
    graph, paths, known = history.graph, history.paths, run.structure
    if history.is_news:
        run.memory.keep_judged(history.judged)
    if history.is_news or len(graph) != len(known.said.oids):
        tags = [bytes.fromhex(oid) for oid in history.tagged]
        targets = [bytes.fromhex(oid) for oid in history.tagged.values()]
        listing = listing_of(paths.rows, graph, history.is_listed & ~paths.commits_at(named, len(graph)))
        run.memory.keep_structure(Structure(graph.said, as_rows(tags, run.hash_size), as_rows(targets, run.hash_size), listing))


def _read_surroundings(run: Run) -> None:
    """Judge git's own files, the names of refs, and the files on disk where that was asked for."""
    for source in surroundings(run.layout, run.environment, is_worktree_included=run.extent.is_worktree_included):
        for item in source.fragments():
            take(item, run.terms, run.tally)
    names = all_ref_names(run.layout, run.environment)
    run.tally.sizes[0] += len(names)
    for _, seen in found_in_refs(run.terms.rules, names):
        keep(seen, run.terms, run.tally)


def _notes(layout: Layout, extent: Extent, eyes: Eyes) -> Iterable[str]:
    """What a reader of the result should know about the repository."""
    if shallow_commits(layout):
        yield "a shallow clone: what lies before its oldest commits is not in it and was not scanned"
    if not extent.is_exhaustive and not eyes.are_windows_enough:
        yield "every version was scanned whole, because of rules that are not built in"
