"""One large repository shared out among several workers: the shares together are the whole, and one that fails costs time."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gitshield.cli.today import today
from gitshield.fleet.executor import Executor
from gitshield.fleet.shard import Failed, Order, Outcome, Scanned, Shard, Task, scan_shard
from gitshield.fleet.shards import Listed
from gitshield.fleet.survey import survey
from gitshield.git.layout import find_layout
from gitshield.model.finding import Result
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.memory import Share
from gitshield.scan.history.scan import scan_history, share_of_history
from tests.builder import Repository
from tests.history.hiding import token_of
from tests.history.test_windows import history, told
from tests.scan.rulesets import built_in_terms

KEPT = token_of("kept in every version")


@dataclass(frozen=True, slots=True)
class Here:
    """Does tasks in this process, in their order; those for which `fails` says so fail. `done` notes them."""

    done: list[Task]
    fails: Callable[[Task], bool] = lambda _: False
    divides: bool = True

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        for number, task in enumerate(tasks):
            self.done.append(task)
            yield number, Failed("no reason") if self.fails(task) else scan_shard(task, dict(os.environ), jobs=1)


@pytest.fixture
def grown(tmp_path: Path) -> Repository:
    repository = history(tmp_path / "grown", random.Random(97))
    for number in range(9):
        lines = "".join(f"line {line}\n" for line in range(1500 - 40 * number))
        repository.commit("kept", files={"kept.txt": f"{KEPT}\n{lines}", f"other{number}.txt": f"{number}\n" * 500})
    repository.git("repack", "-adfq", "--depth=50")
    return repository


def surveyed(repository: Repository, executor: Executor, *, share: int = 1) -> Result:
    packs = sum(path.stat().st_size for path in repository.path.rglob("*.pack"))
    shard = Shard(str(repository.path), str(repository.path), folder=str(repository.path), weight=packs)
    order = Order(Extent(), today(), is_read_anew=True)
    return survey(Listed((shard,), ()), order, executor, asked="one", share=share)


def same(one: Result, other: Result) -> bool:
    receipts = [replace(result.receipt, asked="", duration=0, notes=(), repositories=()) for result in (one, other)]
    findings = [tuple(replace(finding, repository=None) for finding in result.findings) for result in (one, other)]
    return told(findings[0]) == told(findings[1]) and receipts[0] == receipts[1]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_all_shares_together_are_the_whole(grown: Repository, count: int) -> None:
    environment, terms = dict(os.environ), built_in_terms()
    layout = find_layout(str(grown.path), environment=environment)
    whole = scan_history(layout, environment, terms)
    assert whole.findings
    shares = [share_of_history(layout, environment, terms, number=n, count=count, extent=Extent()) for n in range(count)]
    clean = [bytes(row) for share in shares for row in share.judged.clean]
    assert len(clean) == len(set(clean)) > 0
    assert sum(share.size > 0 for share in shares) >= min(count, 2)  # a family is not divided
    result = scan_history(layout, environment, terms, looked=shares)
    assert same(result, whole)
    assert same(scan_history(layout, environment, terms, looked=shares[1:]), whole)
    assert same(scan_history(layout, environment, terms, looked=[replace(share, key="other rules") for share in shares]), whole)


def test_a_large_repository_is_divided_and_the_result_is_the_same(grown: Repository) -> None:
    undivided = Here([])
    whole = surveyed(grown, undivided, share=1 << 40)
    assert [task.part for task in undivided.done] == [None]
    executor = Here([])
    assert same(surveyed(grown, executor), whole)
    assert [task.part for task in executor.done] == [*((number, 64) for number in range(64)), None]
    assert len(executor.done[-1].looked) == 64


def test_a_share_that_fails_is_looked_at_by_whoever_scans_the_rest(grown: Repository) -> None:
    whole = surveyed(grown, Here([], divides=False))
    executor = Here([], fails=lambda task: task.part is not None and task.part[0] % 2 == 0)
    assert same(surveyed(grown, executor), whole)
    assert len(executor.done[-1].looked) == 32
    lost = surveyed(grown, Here([], fails=lambda task: task.part is None))
    assert not lost.receipt.is_complete


def test_what_is_small_or_cloned_by_each_worker_is_not_divided(grown: Repository) -> None:
    executor = Here([])
    shard = Shard("url", "url", url=f"file://{grown.path}", weight=1 << 40)
    small = Shard("small", "small", folder=str(grown.path), weight=1)
    survey(Listed((shard, small), ()), Order(Extent(), today(), is_read_anew=True), executor, asked="two", share=2)
    assert [task.part for task in executor.done] == [None, None]


def test_a_share_is_no_result(grown: Repository) -> None:
    task = Task(Shard("x", "x", folder=str(grown.path)), Order(Extent(), today()), part=(0, 2))
    outcome = scan_shard(task, dict(os.environ), jobs=1)
    assert isinstance(outcome, Share)
    assert isinstance(scan_shard(replace(task, part=None), dict(os.environ), jobs=1), Scanned)
