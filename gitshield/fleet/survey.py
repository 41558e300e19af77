"""A survey: many repositories scanned by an executor, and one result of it, in the order of the list whoever was first."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from hashlib import sha256
from typing import Final, assert_never

from gitshield.fleet.executor import Executor
from gitshield.fleet.finished import Finished, Record
from gitshield.fleet.shard import Failed, Order, Outcome, Scanned, Shard, Task, Unchanged
from gitshield.fleet.shards import Listed
from gitshield.model.finding import Finding, Receipt, Result, Skipped
from gitshield.scan.history.memory import Share

_SHARE: Final = 64 << 20
_SHARES: Final = 64


def survey(
    listed: Listed, order: Order, executor: Executor, *, asked: str, finished: Finished | None = None, share: int = _SHARE
) -> Result:
    """Scan all shards and merge what comes of them. An interrupt goes through to the caller; what was `finished` by then is stored.

    A repository that cannot be scanned is a failure of the receipt, and the others go on. One of several times `share` bytes of packs
    is looked at in shares of about that size first, where the executor divides.
    """
    started, shards = time.monotonic(), listed.shards
    records = {number: record for number, shard in enumerate(shards) if finished and (record := finished.known(shard)) is not None}
    tasks = [Task(shard, order, records[number].signature if number in records else None) for number, shard in enumerate(shards)]
    large = {number for number, task in enumerate(tasks) if executor.divides and number not in records and _shares(task.shard, share) > 1}
    results: dict[int, Result | Failed] = {}
    unchanged = 0
    for number, outcome in _outcomes(tasks, large, executor, share):
        results[number] = _result(outcome, records.get(number))
        unchanged += isinstance(outcome, Unchanged)
        if finished is not None and isinstance(outcome, Scanned):
            finished.keep(shards[number], outcome)
    whole = merged(shards, results, listed.skipped, asked=asked, duration=time.monotonic() - started)
    if not unchanged:
        return whole
    note = f"{unchanged} of them unchanged since an earlier run found nothing in them: not scanned again"
    return replace(whole, receipt=replace(whole.receipt, notes=(note, *whole.receipt.notes)))


def _shares(shard: Shard, share: int) -> int:
    """Into how many shares a repository is divided: one that is cloned by each worker for itself is not."""
    return min(shard.weight // share, _SHARES) if shard.folder is not None else 1


def _outcomes(tasks: Sequence[Task], large: AbstractSet[int], executor: Executor, share: int) -> Iterator[tuple[int, Outcome]]:
    """Give the outcome of every task. A share that fails is left to whoever scans the rest."""
    parts = [(number, part) for number in sorted(large) for part in _parts(tasks[number], share)]
    whole = [(number, task) for number, task in enumerate(tasks) if number not in large]
    first = [*whole, *parts]
    looked: dict[int, list[Share]] = {number: [] for number in large}
    for place, outcome in executor.run([task for _, task in first]):
        number, task = first[place]
        if task.part is None:
            yield number, outcome
        elif isinstance(outcome, Share):
            looked[number].append(outcome)
    rest = [(number, replace(tasks[number], looked=tuple(shares))) for number, shares in looked.items()]
    if rest:
        yield from ((rest[place][0], outcome) for place, outcome in executor.run([task for _, task in rest]))


def _parts(task: Task, share: int) -> list[Task]:
    count = _shares(task.shard, share)
    return [replace(task, part=(number, count)) for number in range(count)]


def _result(outcome: Outcome, record: Record | None) -> Result | Failed:
    match outcome:
        case Scanned():
            return outcome.result
        case Unchanged():
            return Result((), record.receipt) if record is not None else Failed("nothing is known of an earlier scan")
        case Failed():
            return outcome
        case Share():
            return Failed("only a share of it was looked at")
        case _:
            assert_never(outcome)


def merged(
    shards: Sequence[Shard], results: Mapping[int, Result | Failed], skipped: Sequence[Skipped], *, asked: str, duration: float
) -> Result:
    """Put the results of shards together, in the order of the shards; one that is missing has failed."""
    findings, told, receipts = list[Finding](), list(skipped), list[tuple[str, Receipt]]()
    for number, shard in enumerate(shards):
        outcome = results.get(number, Failed("not scanned"))
        if isinstance(outcome, Failed):
            told.append(Skipped(shard.name, outcome.reason, is_failure=True))
            continue
        receipt = outcome.receipt
        receipts.append((shard.name, receipt))
        findings.extend(outcome.findings)
        told.extend(replace(skip, path=f"{shard.name}: {skip.path}") for skip in receipt.skipped)
        if receipt.read == 0:
            told.append(Skipped(shard.name, "nothing was read", is_failure=True))
    return Result(tuple(findings), _receipt(receipts, told, asked=asked, duration=duration))


def _receipt(receipts: Sequence[tuple[str, Receipt]], skipped: Sequence[Skipped], *, asked: str, duration: float) -> Receipt:
    sets = sorted({receipt.rule_set for _, receipt in receipts})
    allowed: Counter[str] = Counter()
    for _, receipt in receipts:
        allowed.update(receipt.allowed)
    notes = list(_notes(receipts))
    if len(sets) > 1:
        notes.append(f"{len(sets)} sets of rules: repositories add their own; the largest number of rules is told")
    return Receipt(
        asked=asked,
        rules=max((receipt.rules for _, receipt in receipts), default=0),
        rule_set="".join(sets) if len(sets) < 2 else sha256(" ".join(sets).encode()).hexdigest(),
        read=sum(receipt.read for _, receipt in receipts),
        size=sum(receipt.size for _, receipt in receipts),
        remembered=sum(receipt.remembered for _, receipt in receipts),
        duration=duration,
        skipped=tuple(skipped),
        allowed=dict(allowed),
        notes=tuple(notes),
        repositories=tuple(name for name, _ in receipts),
    )


def _notes(receipts: Sequence[tuple[str, Receipt]]) -> Iterator[str]:
    """What the receipts note: once what all of them do, else with the repository's name before it."""
    counts = Counter(note for _, receipt in receipts for note in dict.fromkeys(receipt.notes))
    yield from (note for note, count in counts.items() if count == len(receipts) > 1)
    for name, receipt in receipts:
        yield from (f"{name}: {note}" for note in receipt.notes if not counts[note] == len(receipts) > 1)
