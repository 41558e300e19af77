"""The scan of a history from its beginning to its result: which passes there are, in which order, and what comes of them."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from gitshield.errors import GitError
from gitshield.git.differences import Listed, Row, blobs_in, differences
from gitshield.git.indexes import Indexed, indexed
from gitshield.git.layout import Layout
from gitshield.git.nested import repositories_below
from gitshield.git.packs.families import Portion, portions
from gitshield.git.packs.index import Numbers
from gitshield.git.packs.opening import is_replaced, open_store
from gitshield.git.packs.pack import BLOB, COMMIT, TAG, TREE
from gitshield.git.packs.store import MISSING, ObjectStore
from gitshield.git.process import clean_environment
from gitshield.git.remotes import remotes
from gitshield.git.revisions import objects_of, since
from gitshield.git.shallow import shallow_commits
from gitshield.git.tips import Tip, tips
from gitshield.git.worktrees import environment_for
from gitshield.model.finding import Finding, Result, Skipped
from gitshield.model.place import CommittedBlob, StagedBlob
from gitshield.model.progress import Progress, Silence
from gitshield.scan.allowances import allowed_by
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.eyes import Eyes
from gitshield.scan.history.graph import Graph, graph_of
from gitshield.scan.history.groups import group_of, grouped, told
from gitshield.scan.history.missing import missing_objects
from gitshield.scan.history.passes import Looked, Task, Told, Where, failures, judge, look_at, read_texts
from gitshield.scan.history.paths import Paths, matters, paths_of
from gitshield.scan.history.reach import Group, reaches
from gitshield.scan.names import found_in_history, found_in_refs
from gitshield.scan.parallel import spread
from gitshield.scan.scan import Terms, keep, result_of, take
from gitshield.scan.surroundings import all_ref_names, surroundings
from gitshield.scan.tally import Tally

_PORTION: Final = 4 << 20
_SLICE: Final = 2000
_PATHS_JUDGED: Final = 50
_ATTEMPTS: Final = 2


@dataclass(frozen=True)
class _Scan:
    """A scan under way. Refs and indexes are asked for before the store is opened: git writes objects before what names them."""

    layout: Layout
    environment: Mapping[str, str]
    terms: Terms
    jobs: int
    extent: Extent
    watching: Progress
    tally: Tally

    @cached_property
    def _opened(self) -> tuple[list[Tip | Skipped], list[Indexed | Skipped], ObjectStore]:
        named, entries = tips(self.layout, self.environment), list(indexed(self.layout, self.environment))
        return named, entries, open_store([self.layout.objects], hash_size=32 if self.layout.hash_name == "sha256" else 20)

    @property
    def named(self) -> Sequence[Tip | Skipped]:
        """The tips of the repository."""
        return self._opened[0]

    @property
    def entries(self) -> Sequence[Indexed | Skipped]:
        """The entries of its indexes."""
        return self._opened[1]

    @property
    def store(self) -> ObjectStore:
        """The objects of the repository."""
        return self._opened[2]

    def start_anew(self) -> None:
        """Forget what was read: refs are asked for and packs opened again, nothing is counted."""
        self.__dict__.pop("_opened", None)
        for column in (self.tally.findings, self.tally.skipped, self.tally.names):
            column.clear()
        self.tally.allowed.clear()
        self.tally.sizes[:] = [0, 0]

    @cached_property
    def eyes(self) -> Eyes:
        """The quick look, with this scan's rules."""
        return Eyes(self.terms.rules, self.terms.known)

    @cached_property
    def is_exhaustive(self) -> bool:
        """Whether all bytes are looked at: asked for, or because the rules are not known to be found in windows."""
        return self.extent.is_exhaustive or not self.eyes.are_windows_enough

    @cached_property
    def git(self) -> dict[str, str]:
        """The environment for git, tied to nothing but what is asked."""
        return environment_for(self.layout, self.environment)


def scan_history(
    layout: Layout,
    environment: Mapping[str, str],
    terms: Terms,
    *,
    jobs: int = 1,
    extent: Extent | None = None,
    watching: Progress | None = None,
) -> Result:
    """Scan every object of a repository, git's own files and names in it, and say how far what was found has got.

    One finding for each rule and secret. An interrupt (KeyboardInterrupt) ends the scan: what was found up to then is the result,
    marked as interrupted and incomplete. Raises GitError when git cannot read the repository at all.
    """
    started, extent, asked, tally = time.monotonic(), extent or Extent(), f"history: {layout.root}", Tally()
    count, is_interrupted = 0, False
    try:
        _one(_Scan(layout, environment, terms, jobs, extent, watching or Silence(), tally))
        for below in repositories_below(layout, environment) if not extent.is_part else ():
            if isinstance(below, Skipped):
                tally.skipped.append(below)
                continue
            inner = Tally()
            _one(_Scan(below, clean_environment(environment), terms, jobs, extent, watching or Silence(), inner))
            inner.findings[:] = [replace(finding, repository=below.root) for finding in inner.findings]
            tally.add(inner)
            count += 1
    except KeyboardInterrupt:
        is_interrupted = True
        tally.skipped.append(Skipped(layout.root, "interrupted before everything was read", is_failure=True))
    if count:
        asked += f" and {count} {'repository' if count == 1 else 'repositories'} inside it"
    notes = (*terms.notes, *_notes(layout, is_exhaustive=extent.is_exhaustive, eyes=Eyes(terms.rules, terms.known)))
    result = result_of(tally, replace(terms, notes=notes), asked=asked, duration=time.monotonic() - started)
    return replace(result, is_interrupted=is_interrupted)


def _one(scan: _Scan) -> None:
    """Scan one repository. Where packs were replaced while it was read (by a `git gc`), its objects are read once more."""
    history = _read_objects(scan)
    for _ in range(_ATTEMPTS):
        if not any(skip.is_failure for skip in scan.tally.skipped) or not is_replaced(scan.store):
            break
        scan.start_anew()
        history = _read_objects(scan)
    scan.tally.skipped.extend(failures([*scan.store.problems, *scan.store.unreadable()]))
    if not scan.extent.is_part:
        _read_surroundings(scan)
    scan.tally.findings[:] = _told(scan, history)


def _read_objects(scan: _Scan) -> "_History":
    """Read and judge all objects."""
    store, tally, eyes, terms = scan.store, scan.tally, scan.eyes, scan.terms
    hidden = _doubles(store)
    chosen = _chosen(scan)
    only = np.array(sorted(chosen), dtype=np.int64) if chosen is not None else None
    tasks = [(kind, portion) for kind in (COMMIT, TAG) for portion in portions(store, kind, size=_PORTION)]
    tasks += [(BLOB, portion) for portion in portions(store, BLOB, size=_PORTION, only=only)]

    def read(task: tuple[int, Portion]) -> Looked | Told:
        kind, portion = task
        if kind == BLOB:
            return look_at(store, portion, eyes, chosen=chosen, is_exhaustive=scan.is_exhaustive)
        return read_texts(store, portion, kind, eyes, terms, chosen=chosen)

    eyes.look(b"-", b"-")  # load what all processes share
    scan.watching.phase("reading objects", sum(len(portion.entries) for _, portion in tasks))
    doubtful: set[int] = set()
    texts: list[Told] = []
    for number, done in spread(tasks, read, jobs=scan.jobs):
        before = tally.sizes[1]
        tally.skipped.extend(failures(done.problems))
        if isinstance(done, Told):
            texts.append(done)
            tally.add(done.tally)
        else:
            doubtful.update(done.doubtful)
            tally.sizes[0] += done.count
            tally.sizes[1] += done.size
        scan.watching.advance(len(tasks[number][1].entries), tally.sizes[1] - before)
    graph = graph_of(store, (commit for one in texts for commit in one.commits), hidden)
    tagged = {store.oid(number).hex(): oid.hex() for one in texts for number, oid in one.tags}
    history = _History(graph, _listed(scan, graph), _staged(scan), tagged)
    by_name = history.paths.blobs_at(matters(terms.rules, history.paths.names)).tolist()
    doubtful.update(by_name if chosen is None else chosen.intersection(by_name))
    _judge(scan, history, doubtful)
    return history


def _chosen(scan: _Scan) -> frozenset[int] | None:
    """The numbers of the objects to judge, None for all."""
    if not scan.extent.is_part:
        return None
    revisions: Sequence[str] = scan.extent.revisions or ()
    if scan.extent.since is not None:
        revisions = since(scan.extent.since, environment=scan.git, cwd=scan.layout.git_dir)
    oids = objects_of(revisions, environment=scan.git, cwd=scan.layout.git_dir) if revisions else []
    table = np.frombuffer(b"".join(oids), dtype=np.uint8).reshape(-1, scan.store.hash_size)
    return frozenset(scan.store.lookup(table).tolist()) - {MISSING}


@dataclass(frozen=True, slots=True)
class _History:
    """The structure of a history: commits, paths, where the blobs of the indexes stand, and what tags tag (ids in hex)."""

    graph: Graph
    paths: Paths
    staged: Mapping[int, list[Indexed]]
    tagged: Mapping[str, str]

    def places(self, number: int) -> list[Where]:
        """How a blob is to be judged: at each of its paths, as staged where it only is that, or as the object that it is."""
        oid = self.graph.store.oid(number).hex()
        names = [os.fsdecode(path) for path in self.paths.of(self.graph.store.number_of(bytes.fromhex(oid)))[:_PATHS_JUDGED]]
        if names:
            return [Where(CommittedBlob(name, oid), name) for name in names]
        entries = self.staged.get(self.graph.store.number_of(bytes.fromhex(oid)), [])
        if entries:
            return [Where(StagedBlob(one.path, oid, one.stage), one.path) for one in entries]
        return [Where(CommittedBlob(oid, oid), "")]


def _doubles(store: ObjectStore) -> dict[int, int]:
    """The numbers of objects that are stored once more, with the number that counts."""
    first = store.lookup(store.oids)
    doubles = np.flatnonzero(first != np.arange(len(first)))
    return dict(zip(doubles.tolist(), first[doubles].tolist(), strict=True))


def _listed(scan: _Scan, graph: Graph) -> Paths:
    """Ask git for the paths that all commits change."""
    paths = paths_of(graph.store, _asked(scan, graph))
    if paths.missing:
        words = "named by commits, but not in this repository (a partial clone, or a damaged one): not scanned"
        scan.tally.skipped.append(Skipped(f"{paths.missing} objects", words, is_failure=True))
    return paths


def _asked(scan: _Scan, graph: Graph) -> list[Row]:
    """Ask git for what each commit changes against its first parent."""
    order = sorted(range(len(graph.commits)), key=lambda commit: -graph.commits[commit].time)  # neighbours share most trees
    size = max(_SLICE, len(order) // (3 * scan.jobs))
    slices = [order[low : low + size] for low in range(0, len(order), size)]

    def ask(chosen: Sequence[int]) -> tuple[list[Row], list[tuple[str, str]]]:
        listed = [Listed(graph.oid(commit), *map(graph.oid, graph.parents[commit][:1])) for commit in chosen]
        return differences(listed, environment=scan.git, cwd=scan.layout.git_dir)

    rows: list[Row] = []
    scan.watching.phase("comparing commits", len(order))
    for number, (found, failed) in spread(slices, ask, jobs=scan.jobs):
        chosen = slices[number]
        scan.watching.advance(len(chosen))
        rows.extend(Row(chosen[row.commit], row.path, row.new) for row in found)
        scan.tally.skipped.extend(Skipped(oid, words, is_failure=True) for oid, words in failed)
    return rows


def _staged(scan: _Scan) -> dict[int, list[Indexed]]:
    """The entries of all indexes by the numbers of their blobs."""
    found: dict[int, list[Indexed]] = {}
    for entry in scan.entries:
        if isinstance(entry, Skipped):
            scan.tally.skipped.append(entry)
        else:
            found.setdefault(scan.store.number_of(bytes.fromhex(entry.oid)), []).append(entry)
    return found


def _judge(scan: _Scan, history: _History, doubtful: set[int]) -> None:
    """Let the engine judge what is doubtful."""
    only: Numbers = np.array(sorted(doubtful), dtype=np.int64)
    tasks = portions(scan.store, BLOB, size=_PORTION // 4, only=only) if len(only) else []

    def work(portion: Portion) -> Tally:
        task = Task(doubtful, history.places, scan.is_exhaustive or scan.extent.is_part, scan.extent.archives)
        tally, problems = judge(scan.store, portion, task, scan.eyes, scan.terms)
        tally.skipped.extend(failures(problems))
        return tally

    parts: dict[int, Tally] = {}
    scan.watching.phase("judging what is doubtful", sum(len(task.entries) for task in tasks))
    for number, part in spread(tasks, work, jobs=scan.jobs):
        parts[number] = part
        scan.watching.advance(len(tasks[number].entries))
    for number in sorted(parts):
        scan.tally.add(parts[number])


def _read_surroundings(scan: _Scan) -> None:
    """Judge git's own files, the names of refs, and the files on disk where that was asked for."""
    for source in surroundings(scan.layout, scan.environment, is_worktree_included=scan.extent.is_worktree_included):
        for item in source.fragments():
            take(item, scan.terms, scan.tally)
    names = all_ref_names(scan.layout, scan.environment)
    scan.tally.sizes[0] += len(names)
    for _, seen in found_in_refs(scan.terms.rules, names):
        keep(seen, scan.terms, scan.tally)


def _told(scan: _Scan, history: _History) -> list[Finding]:
    """Put the findings together and find out how far each got."""
    graph, paths = history.graph, history.paths
    first = {
        os.fsdecode(paths.names[path]): blob for path, blob in zip(paths.paths.tolist(), paths.blobs.tolist(), strict=True) if blob >= 0
    }
    for _, seen in found_in_history(scan.terms.rules, {path: graph.store.oid(blob).hex() for path, blob in first.items()}):
        keep(seen, scan.terms, scan.tally)
    found = grouped(scan.tally.findings)
    commits = {graph.oid(commit): commit for commit in range(len(graph.commits))} if found else {}
    number = lambda oid: graph.store.number_of(bytes.fromhex(oid))  # noqa: E731
    groups = [group_of(one, number=number, commit=commits.get, below=paths.below) for one in found]
    wanted = frozenset(pair for group in groups for pair in group.pairs)
    held = graph.holdings(paths.changes({path for path, _ in wanted}), wanted)
    known = [tip for tip in _tips(scan) if isinstance(tip, Tip)]
    scan.tally.skipped.extend(missing_objects(graph, known, history.staged, history.tagged, shallow_commits(scan.layout)))
    names = [remote.name for remote in remotes(scan.layout, scan.environment)]
    reached = reaches(graph, held, groups, known, names, _beside(scan, history, known))
    findings = [told(one, reach if _is_in_objects(group) else None) for one, group, reach in zip(found, groups, reached, strict=True)]
    return [finding for finding in findings if not _is_ignored(scan, finding)]


def _is_ignored(scan: _Scan, finding: Finding) -> bool:
    """Whether a finding is waved through now that its commit is known, as entries of `.gitleaksignore` name it."""
    reason = allowed_by(scan.terms.allowances, finding, line=b"", line_before=b"", today=scan.terms.today)
    scan.tally.allowed.update([reason] if reason is not None else [])
    return reason is not None


def _beside(scan: _Scan, history: _History, known: Iterable[Tip]) -> dict[str, frozenset[str]]:
    """What tags lead to, one after another, and trees that a ref or an index names: ids in hex."""
    beside: dict[str, frozenset[str]] = {}
    for tip in known:
        for oid in {tip.oid, tip.tag or tip.oid} - beside.keys():
            chain = [oid]
            while (following := history.tagged.get(chain[-1])) is not None and len(chain) < len(history.tagged) + 2:
                chain.append(following)
            number = scan.store.number_of(bytes.fromhex(chain[-1]))
            if number != MISSING and scan.store.kinds[number] == TREE:
                chain += _below(scan, chain[-1])
            if len(chain) > 1:
                beside[oid] = frozenset(chain)
    return beside


def _below(scan: _Scan, tree: str) -> list[str]:
    """The blobs below a tree, ids in hex; none of one that is broken, which is told."""
    try:
        return [oid.hex() for oid in blobs_in(tree, environment=scan.git, cwd=scan.layout.git_dir)]
    except GitError as error:
        scan.tally.skipped.append(Skipped(tree, str(error), is_failure=True))
        return []


def _is_in_objects(group: Group) -> bool:
    return bool(group.pairs or group.texts or group.objects)


def _tips(scan: _Scan) -> Iterable[Tip]:
    for tip in scan.named:
        if isinstance(tip, Skipped):
            scan.tally.skipped.append(tip)
        else:
            yield tip


def _notes(layout: Layout, *, is_exhaustive: bool, eyes: Eyes) -> Iterable[str]:
    """What a reader of the result should know about the repository."""
    if shallow_commits(layout):
        yield "a shallow clone: what lies before its oldest commits is not in it and was not scanned"
    if not is_exhaustive and not eyes.are_windows_enough:
        yield "every version was scanned whole, because of rules that are not built in"
