"""Executors: who scans the shards. The one that is always there uses processes of this machine."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gitshield.fleet.shard import Failed, Outcome, Task, scan_shard
from gitshield.scan.parallel import Lost, apart

ATTEMPTS: Final = 3


class Executor(Protocol):
    """Somebody who scans shards, wherever that is. `divides` says whether one repository is better shared out among several workers."""

    @property
    def divides(self) -> bool:
        """Whether it divides large repositories."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        """Give (number of the task, its outcome) for every task exactly once, in the order in which they are done.

        A task whose process dies is done again, by another one; after ATTEMPTS of them it is Failed. When the caller stops
        (an interrupt), so do those who work for it.
        """


@dataclass(frozen=True, slots=True)
class LocalPool:
    """Processes of this machine, `jobs` of them: each shard in one of its own, the largest first, and what is left shared among them."""

    environment: Mapping[str, str]
    jobs: int
    divides: bool = False

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        """Scan the shards; see `Executor`."""
        order = sorted(range(len(tasks)), key=lambda number: -tasks[number].weight)
        count = max(1, min(self.jobs, len(tasks)))
        each = max(1, self.jobs // count)
        work = lambda task: scan_shard(task, self.environment, jobs=each)  # noqa: E731
        for number, outcome in apart([tasks[number] for number in order], work, jobs=count, attempts=ATTEMPTS):
            yield order[number], Failed(gave_up(outcome.reason)) if isinstance(outcome, Lost) else outcome


def gave_up(reason: str) -> str:
    """The words for a shard that failed every time."""
    return f"tried {ATTEMPTS} times, and failed each time: {reason}"
