"""Reading: all objects of a repository looked at, its commits put in order, and what is doubtful judged."""

import os
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from gitshield.git.commits import Commit
from gitshield.git.differences import Listed, Row, differences
from gitshield.git.indexes import Indexed
from gitshield.git.packs.families import Portion, portions
from gitshield.git.packs.index import Numbers
from gitshield.git.packs.pack import BLOB, COMMIT, TAG, TREE
from gitshield.git.packs.store import MISSING, Mask, ObjectStore
from gitshield.git.revisions import objects_of, since
from gitshield.model.finding import Skipped
from gitshield.model.place import CommittedBlob, StagedBlob
from gitshield.scan.history.graph import Graph, Said, graph_of
from gitshield.scan.history.memory import Judged, Share, key_of, pair
from gitshield.scan.history.passes import Looked, Task, Told, Verdict, Where, failures, judge, look_at, read_texts
from gitshield.scan.history.paths import Paths, matters
from gitshield.scan.history.rows import rows_of, still_true
from gitshield.scan.history.run import Run
from gitshield.scan.parallel import spread

_LARGE: Final = 4 << 20
_SMALL: Final = 128 << 10
_EACH: Final = 8  # so many portions for each process, that all end at about the same time
_SLICE: Final = 500
_CODED: Final = b64encode(b"what every database is loaded and compiled for")
_PATHS_JUDGED: Final = 50


@dataclass(frozen=True, slots=True)
class History:
    """The structure of a history: commits, paths, where the blobs of the indexes stand, and what tags tag (ids in hex).

    `is_listed` says of which commits git told what they change. `remembered` counts the objects that were not read again,
    and `is_news` says whether some were read for the first time.
    """

    graph: Graph
    paths: Paths
    is_listed: Mask
    staged: Mapping[int, list[Indexed]]
    tagged: Mapping[str, str]
    judged: Judged
    remembered: int
    is_news: bool

    def places(self, number: int) -> list[Where]:
        """How a blob is to be judged: at each of its paths, as staged where it only is that, or as the object that it is."""
        store = self.graph.store
        number, name = int(store.first[number]), store.oid(number).hex()
        names = [os.fsdecode(path) for path in self.paths.of(number)[:_PATHS_JUDGED]]
        if names:
            return [Where(CommittedBlob(path, name), path) for path in names]
        entries = self.staged.get(number, [])
        if entries:
            return [Where(StagedBlob(one.path, name, one.stage), one.path) for one in entries]
        return [Where(CommittedBlob(name, name), "")]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What of the objects, by number, is asked for, was clean before, has to be judged anyway, and is to be read."""

    wanted: Mask
    clean: Mask
    doubtful: Mask
    unread: Mask


def read_objects(run: Run) -> History:
    """Read and judge all objects. What is wrong with some goes to the tally."""
    known = _known(run)
    looks, texts = _look(run, known)
    clean, doubtful = known.clean.copy(), known.doubtful.copy()
    for look in looks:
        clean[look.clean] = True
        doubtful[look.doubtful] = True
    for told in texts:
        clean[told.clean] = True
    graph, tagged = _graph(run, texts), _tagged(run, texts)
    paths, is_listed = _listed(run, graph)
    before = run.store.mask(run.remembered.clean) | run.store.mask(run.remembered.doubtful)
    count = int(np.count_nonzero(before & known.wanted))
    _agree(run.store, clean, doubtful)
    history = History(graph, paths, is_listed, _staged(run), tagged, run.judged, count, is_news=bool((known.wanted & ~before).any()))
    doubtful[paths.blobs_at(matters(run.terms.rules, paths.names))] = True
    verdicts = _judge(run, history, doubtful & known.wanted)
    run.tally.sizes[0] += int(np.count_nonzero(known.wanted & ~known.unread))
    run.tally.sizes[1] += sum(share.size for share in run.looked)
    return replace(history, judged=_judged(run, clean & ~doubtful, doubtful, verdicts))


def look_at_share(run: Run, number: int, count: int) -> Share:
    """Look at the share `number` of `count` of all blobs, each share about as large, for whoever scans the rest."""
    unread = _known(run).unread
    size_of_each = max(1, min(_LARGE, _stored(run) // (_EACH * count)))
    tasks = portions(run.store, BLOB, size=size_of_each, only=_only(unread, run.store.kinds == BLOB))[number::count]
    clean, doubtful, size = np.zeros_like(unread), np.zeros_like(unread), 0
    look = lambda portion: look_at(run.store, portion, run.eyes, chosen=unread.tobytes(), is_exhaustive=run.is_exhaustive)  # noqa: E731
    for _, looked in spread(tasks, look, jobs=run.jobs):
        clean[looked.clean] = True
        doubtful[looked.doubtful] = True
        size += looked.size
    judged = Judged(run.store.ids(clean & ~doubtful), run.store.ids(doubtful), frozenset())
    return Share(key_of(run.terms, run.extent.archives), judged, size)


def _known(run: Run) -> _Known:
    store = run.store
    wanted = _wanted(run) & (store.kinds != TREE)
    clean, doubtful = store.mask(run.judged.clean), store.mask(run.judged.doubtful)
    return _Known(wanted, clean, doubtful, wanted & ~clean & ~doubtful)


def _wanted(run: Run) -> Mask:
    """Whether the extent of the scan has an object, by number."""
    if not run.extent.is_part:
        return np.ones(len(run.store), dtype=bool)
    revisions: Sequence[str] = run.extent.revisions or ()
    if run.extent.since is not None:
        revisions = since(run.extent.since, environment=run.git, cwd=run.layout.git_dir)
    oids = objects_of(revisions, environment=run.git, cwd=run.layout.git_dir) if revisions else []
    return run.store.mask(np.frombuffer(b"".join(oids), dtype=np.uint8).reshape(-1, run.store.hash_size))


def _look(run: Run, known: _Known) -> tuple[list[Looked], list[Told]]:
    """Look at the blobs, commits and tags that are not known."""
    store, eyes = run.store, run.eyes
    is_told = store.mask(run.structure.said.oids) | store.mask(run.structure.tags)
    kinds = ((COMMIT, known.unread | ~is_told), (TAG, known.unread | ~is_told), (BLOB, known.unread))
    only = {kind: _only(mask, store.kinds == kind) for kind, mask in kinds}
    tasks = [(kind, portion) for kind in only for portion in portions(store, kind, size=_portion(run), only=only[kind])]
    chosen = known.unread.tobytes()

    def read(task: tuple[int, Portion]) -> Looked | Told:
        kind, portion = task
        if kind == BLOB:
            return look_at(store, portion, eyes, chosen=chosen, is_exhaustive=run.is_exhaustive)
        return read_texts(store, portion, kind, eyes, run.terms, chosen=chosen)

    eyes.look(_CODED, _CODED)  # load what all processes share
    run.watching.phase("reading objects", sum(len(portion.entries) for _, portion in tasks))
    looks: list[Looked] = []
    texts: list[Told] = []
    for number, done in spread(tasks, read, jobs=run.jobs):
        before = run.tally.sizes[1]
        run.tally.skipped.extend(failures(done.problems))
        if isinstance(done, Told):
            texts.append(done)
            run.tally.add(done.tally)
        else:
            looks.append(done)
            run.tally.sizes[0] += len(done.doubtful) + len(done.clean)
            run.tally.sizes[1] += done.size
        run.watching.advance(len(tasks[number][1].entries), run.tally.sizes[1] - before)
    return looks, texts


def _portion(run: Run) -> int:
    """How many stored bytes a process takes at once."""
    return max(_SMALL, min(_LARGE, _stored(run) // (_EACH * run.jobs)))


def _stored(run: Run) -> int:
    return sum(len(pack.content) for pack in run.store.packs)


def _only(mask: Mask, is_of_kind: Mask) -> Numbers | None:
    """The numbers of some objects of a kind, None for all."""
    chosen = mask & is_of_kind
    return None if np.array_equal(chosen, is_of_kind) else np.flatnonzero(chosen)


def _graph(run: Run, texts: Sequence[Told]) -> Graph:
    read = sorted((commit.time, number) for told in texts for number, commit in told.commits)
    commits: dict[int, Commit] = dict(pair for told in texts for pair in told.commits)
    numbers = [number for _, number in read]
    fresh = Said.of([run.store.oid(number) for number in numbers], [commits[number] for number in numbers], run.store.hash_size)
    return graph_of(run.store, run.structure.said.joined(fresh))


def _tagged(run: Run, texts: Sequence[Told]) -> dict[str, str]:
    known = run.structure
    here = (run.store.lookup(known.tags) != MISSING).tolist()
    tagged = {
        tag.tobytes().hex(): target.tobytes().hex() for tag, target, is_here in zip(known.tags, known.targets, here, strict=True) if is_here
    }
    return {**tagged, **{run.store.oid(number).hex(): oid.hex() for told in texts for number, oid in told.tags}}


def _listed(run: Run, graph: Graph) -> tuple[Paths, Mask]:
    """The paths that all commits change: remembered, or asked from git."""
    rows, is_listed = still_true(run.structure.listing, graph)
    unlisted = np.flatnonzero(~is_listed)
    order = unlisted[np.argsort(-graph.said.times[unlisted], kind="stable")].tolist()  # neighbours share most trees
    fresh, told = _asked(run, graph, order)
    is_listed[told] = True
    paths = Paths(run.store, rows.joined(rows_of(fresh, run.store.hash_size)))
    if paths.missing:
        words = "named by commits, but not in this repository (a partial clone, or a damaged one): not scanned"
        run.tally.skipped.append(Skipped(f"{paths.missing} objects", words, is_failure=True))
    return paths, is_listed


def _asked(run: Run, graph: Graph, order: Sequence[int]) -> tuple[list[Row], list[int]]:
    """Ask git for what commits change against their first parents; give the commits of which it told, too."""
    size = max(_SLICE, len(order) // (_EACH * run.jobs))
    slices = [order[low : low + size] for low in range(0, len(order), size)]

    def ask(chosen: Sequence[int]) -> tuple[list[Row], list[tuple[str, str]]]:
        listed = [Listed(graph.oid(commit), *map(graph.oid, graph.parents[commit][:1])) for commit in chosen]
        return differences(listed, environment=run.git, cwd=run.layout.git_dir)

    rows: list[Row] = []
    lost: set[str] = set()
    run.watching.phase("comparing commits", len(order))
    for number, (found, failed) in spread(slices, ask, jobs=run.jobs):
        chosen = slices[number]
        run.watching.advance(len(chosen))
        rows.extend(Row(chosen[row.commit], row.path, row.new) for row in found)
        run.tally.skipped.extend(Skipped(oid, words, is_failure=True) for oid, words in failed)
        lost.update(oid for oid, _ in failed)
    return rows, [commit for commit in order if not lost or graph.oid(commit) not in lost]


def _staged(run: Run) -> dict[int, list[Indexed]]:
    """The entries of all indexes by the numbers of their blobs."""
    found: dict[int, list[Indexed]] = {}
    for entry in run.entries:
        if isinstance(entry, Skipped):
            run.tally.skipped.append(entry)
        else:
            found.setdefault(run.store.number_of(bytes.fromhex(entry.oid)), []).append(entry)
    return found


def _judge(run: Run, history: History, doubtful: Mask) -> list[Verdict]:
    """Let the engine judge what is doubtful at places where it is not known to be clean."""
    store, pairs = run.store, run.judged.pairs
    open_ = [number for number in np.flatnonzero(doubtful).tolist() if not pairs or _is_open(history, number)]
    if not open_:
        return []
    only: Numbers = np.array(open_, dtype=np.int64)
    marked = np.zeros_like(doubtful)
    marked[only] = True
    task = Task(marked.tobytes(), history.places, pairs, run.extent.archives)
    tasks = portions(store, BLOB, size=_portion(run) // 4, only=only)

    def work(portion: Portion) -> Verdict:
        return judge(store, portion, task, run.terms)

    verdicts: dict[int, Verdict] = {}
    run.watching.phase("judging what is doubtful", sum(len(task.entries) for task in tasks))
    for number, verdict in spread(tasks, work, jobs=run.jobs):
        verdicts[number] = verdict
        run.watching.advance(len(tasks[number].entries))
    in_order = [verdicts[number] for number in sorted(verdicts)]
    for verdict in in_order:
        run.tally.add(verdict.tally)
    return in_order


def _is_open(history: History, number: int) -> bool:
    """Whether a blob has a place where it is not known to be clean."""
    oid = history.graph.store.oid(number)
    return any(pair(oid, where.path) not in history.judged.pairs for where in history.places(number))


def _agree(store: ObjectStore, clean: Mask, doubtful: Mask) -> None:
    """Let the copies of an object agree: it is clean when all of them are, and doubtful when one of them is."""
    copies = np.flatnonzero(store.first != np.arange(len(store)))
    firsts = store.first[copies]
    np.logical_and.at(clean, firsts, clean[copies])
    np.logical_or.at(doubtful, firsts, doubtful[copies])


def _judged(run: Run, clean: Mask, doubtful: Mask, verdicts: Sequence[Verdict]) -> Judged:
    """What is known to be clean now."""
    pairs = run.judged.pairs.union(*(verdict.clean for verdict in verdicts)).difference(*(verdict.unclean for verdict in verdicts))
    return Judged(run.store.ids(clean), run.store.ids(doubtful), pairs)
