"""Files scanned by several processes: each takes every n-th file, the results come back in the order of the files.

Forked, so that the loaded rules are shared; where there is no fork, one process does it all. What a worker that died should
have read is a failure in the receipt, so the scan does not end with 0.
"""

import os
import pickle
import signal
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import zip_longest
from typing import Any, Final

from gitshield.model.finding import Skipped
from gitshield.model.secret import Secret
from gitshield.scan.fragment import Fragment
from gitshield.scan.sources import Files, Target
from gitshield.scan.tally import Tally

WORTH_IT: Final = 1000
_PORTION: Final = 64

Judge = Callable[[Fragment | Skipped, Tally], None]


def scan_files(source: Files, tally: Tally, *, jobs: int, judge: Judge) -> None:
    """Scan the files of `source` with at most `jobs` processes and add what they find to `tally`, in the order of the files."""
    targets = list(source.targets())
    count = min(jobs, len(targets) // WORTH_IT) if hasattr(os, "fork") else 1
    if count < 2:
        _scan_all(source, targets, tally, judge)
        return
    portions = [targets[low : low + _PORTION] for low in range(0, len(targets), _PORTION)]
    workers: list[tuple[int, int]] = []
    try:
        for number in range(count):
            workers.append(_start(source, portions[number::count], judge, others=[read_end for _, read_end in workers]))
        results = [_finish(pid, read_end, portions[number::count]) for number, (pid, read_end) in enumerate(workers)]
    except BaseException:
        _stop(pid for pid, _ in workers)
        raise
    for row in zip_longest(*results):
        for part in row:
            if part is not None:
                tally.add(part)


def _scan_all(source: Files, targets: Sequence[Target | Skipped], tally: Tally, judge: Judge) -> None:
    for target in targets:
        for item in source.read(target):
            judge(item, tally)


def _start(source: Files, portions: Sequence[Sequence[Target | Skipped]], judge: Judge, *, others: Sequence[int]) -> tuple[int, int]:
    """Fork a worker for some portions; give its process id and the end of the pipe its tallies come out of.

    `others` are such ends of earlier workers, which this one must not hold open. A worker ends when its parent has ended,
    however that ended, at the latest with the file it is at.
    """
    read_end, write_end = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return pid, read_end
    status = 1
    try:
        for end in (read_end, *others):
            os.close(end)

        def judge_for_parent(item: Fragment | Skipped, tally: Tally) -> None:
            if os.getppid() != parent:
                os._exit(1)
            judge(item, tally)

        tallies = [Tally() for _ in portions]
        for portion, tally in zip(portions, tallies, strict=True):
            _scan_all(source, portion, tally, judge_for_parent)
        buffer = BytesIO()
        _Pickler(buffer).dump(tallies)
        with open(write_end, "wb") as pipe:
            pipe.write(buffer.getbuffer())
        status = 0
    except KeyboardInterrupt:
        status = 130
    finally:
        os._exit(status)  # the parent's buffers and handlers are not the worker's to run


def _stop(pids: Iterable[int]) -> None:
    """End those of our workers that nobody waited for yet."""
    for pid in pids:
        try:
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        except ChildProcessError:
            continue  # it was waited for


def _finish(pid: int, read_end: int, portions: Sequence[Sequence[Target | Skipped]]) -> list[Tally]:
    """Read what a worker found and wait for it; what it did not report are failures."""
    with open(read_end, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status == 0 and content:
        found: list[Tally] = pickle.loads(content)  # noqa: S301 - what our own worker wrote
        return found
    if os.waitstatus_to_exitcode(status) == 130:
        raise KeyboardInterrupt
    lost = Tally()
    for target in (target for portion in portions for target in portion):
        lost.skipped.append(Skipped(target.path, "the process that was to read it died", is_failure=True))
    return [lost]


class _Pickler(pickle.Pickler):
    """Pickles secrets too: these bytes only go through a pipe between two of our own processes."""

    def reducer_override(self, obj: object) -> Any:
        """Take a secret apart on purpose; everything else as usual."""
        return (Secret, (obj.reveal(),)) if isinstance(obj, Secret) else NotImplemented
