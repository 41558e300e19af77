"""Work spread over several processes: whoever is free takes the next portion, and each result is there as soon as it is done.

Forked, so that what is loaded is shared; where there is no fork, one process does it all. A portion whose process died is
worked once more by the caller's own process, so nothing goes missing. Large tasks of which any may bring its process down are
worked `apart`.
"""

import contextlib
import os
import pickle
import selectors
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, TypeVar

from gitshield.model.finding import Skipped
from gitshield.model.secret import Secret
from gitshield.scan.fragment import Fragment
from gitshield.scan.sources import Files, Target
from gitshield.scan.tally import Tally

WORTH_IT: Final = 1000
_PORTION: Final = 64
_NUMBER: Final = 4
_LENGTH: Final = 8
_QUEUE: Final = 8000  # numbers that fit into a pipe of 64 KiB with room to spare

Judge = Callable[[Fragment | Skipped, Tally], None]
Task = TypeVar("Task")
Outcome = TypeVar("Outcome")


def spread(tasks: Sequence[Task], work: Callable[[Task], Outcome], *, jobs: int) -> Iterator[tuple[int, Outcome]]:
    """Give (number of the task, what `work` makes of it) for every task, in the order in which they are done.

    With one job, or without fork, here and in their order. What `work` raises is raised here. Results are pickled, secrets with
    them: they go through a pipe between our own processes only.
    """
    count = min(jobs, len(tasks)) if hasattr(os, "fork") else 1
    if count < 2:
        yield from ((number, work(task)) for number, task in enumerate(tasks))
        return
    left = set(range(len(tasks)))
    while len(left) > 1:
        round_ = sorted(left)[:_QUEUE]
        before = len(left)
        for number, outcome in _round(round_, tasks, work, count):
            left.discard(number)
            yield number, outcome
        if len(left) == before:
            break  # every process died: the caller's own goes on
        if any(number in left for number in round_):
            break
    for number in sorted(left):
        yield number, work(tasks[number])


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that gave nothing however often it was tried, and what became of it the last time."""

    reason: str


def apart(tasks: Sequence[Task], work: Callable[[Task], Outcome], *, jobs: int, attempts: int) -> Iterator[tuple[int, Outcome | Lost]]:
    """Give (number of the task, what `work` makes of it), each task in a process of its own, `jobs` at once, begun in their order.

    A task whose process died, or where `work` raised, is tried again after the others, `attempts` times in all; then it is Lost.
    Whatever a task started ends with it when the caller goes (an interrupt): each has a session of its own, without a terminal, so
    that nobody is asked anything either.
    """
    waiting, running = deque((number, 1) for number in range(len(tasks))), dict[int, _Apart]()
    with selectors.DefaultSelector() as selector:
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    number, attempt = waiting.popleft()
                    pid, end = _begin(number, tasks, work, others=list(running))
                    running[end] = _Apart(pid, number, attempt, bytearray())
                    selector.register(end, selectors.EVENT_READ)
                for key, _ in selector.select():
                    end = int(key.fd)
                    if piece := os.read(end, 1 << 20):
                        running[end].buffer.extend(piece)
                        continue
                    selector.unregister(end)
                    outcome = _ended(running[end])
                    ended = running.pop(end)
                    os.close(end)
                    if isinstance(outcome, Lost) and ended.attempt < attempts:
                        waiting.append((ended.number, ended.attempt + 1))
                    else:
                        yield ended.number, outcome
        finally:
            for one in running.values():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(one.pid, signal.SIGKILL)
            _stop((one.pid, end) for end, one in running.items())


@dataclass(frozen=True, slots=True)
class _Apart:
    """A task under way in a process of its own: what came of it so far."""

    pid: int
    number: int
    attempt: int
    buffer: bytearray


def _begin(number: int, tasks: Sequence[Task], work: Callable[[Task], Outcome], *, others: Sequence[int]) -> tuple[int, int]:
    queue_read, queue_write = os.pipe()
    os.write(queue_write, number.to_bytes(_NUMBER, "big"))
    os.close(queue_write)
    try:
        return _start(queue_read, tasks, work, others=others, is_leader=True)
    finally:
        os.close(queue_read)


def _ended(task: _Apart) -> Any:
    """Wait for the process of a task, let nothing that it started outlive it, and give what came of it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(task.pid, signal.SIGKILL)  # before it is waited for: until then nobody else has this number
    code = os.waitstatus_to_exitcode(os.waitpid(task.pid, 0)[1])
    for _, (is_good, outcome) in _frames(task.buffer):
        return outcome if is_good else Lost(f"internal error: {type(outcome).__name__}")
    return Lost(f"its process was ended by signal {-code}" if code < 0 else f"its process ended with status {code}")


def packed(value: object) -> bytes:
    """Give a value as bytes, secrets in it too: for pipes and connections between our own processes alone."""
    buffer = BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def unpacked(content: bytes) -> Any:
    """Give the value that a process of ours `packed`. Whoever could have written these bytes can run code here."""
    return pickle.loads(content)  # noqa: S301 - what our own worker wrote


def _round(numbers: Sequence[int], tasks: Sequence[Task], work: Callable[[Task], Outcome], count: int) -> Iterator[tuple[int, Outcome]]:
    """Let `count` processes work some tasks; gives what they made, which is less than all when one of them died."""
    queue_read, queue_write = os.pipe()
    os.write(queue_write, b"".join(number.to_bytes(_NUMBER, "big") for number in numbers))
    os.close(queue_write)
    workers: list[tuple[int, int]] = []
    try:
        for _ in range(count):
            workers.append(_start(queue_read, tasks, work, others=[end for _, end in workers]))
        os.close(queue_read)
        yield from _collect(workers)
        for pid, _ in workers:
            os.waitpid(pid, 0)
        workers.clear()
    finally:
        _stop(workers)


def _start(
    queue: int, tasks: Sequence[Task], work: Callable[[Task], Outcome], *, others: Sequence[int], is_leader: bool = False
) -> tuple[int, int]:
    """Fork a worker, maybe as the leader of a new session; give its process id and the end of the pipe its results come out of."""
    read_end, write_end = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(write_end)
        return pid, read_end
    status = 1
    try:
        if is_leader:
            os.setsid()
        for end in (read_end, *others):
            os.close(end)
        with open(write_end, "wb", buffering=0) as pipe:
            while len(word := os.read(queue, _NUMBER)) == _NUMBER and os.getppid() == parent:
                number = int.from_bytes(word, "big")
                _send(pipe, number, _attempt(work, tasks[number]))
        status = 0
    except (KeyboardInterrupt, BrokenPipeError):
        status = 130
    finally:
        os._exit(status)  # the parent's buffers and handlers are not the worker's to run


def _attempt(work: Callable[[Task], Outcome], task: Task) -> tuple[bool, object]:
    try:
        return True, work(task)
    except Exception as error:  # noqa: BLE001 - it is raised in the parent
        return False, error


def _send(pipe: Any, number: int, outcome: tuple[bool, object]) -> None:
    whole = packed((number, outcome))
    content = memoryview(len(whole).to_bytes(_LENGTH, "big") + whole)
    while content:
        content = content[pipe.write(content) :]


def _collect(workers: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Any]]:
    """Read results as they come, until every worker has closed its end."""
    buffers = {end: bytearray() for _, end in workers}
    with selectors.DefaultSelector() as selector:
        for end in buffers:
            selector.register(end, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                end = int(key.fd)
                piece = os.read(end, 1 << 20)
                if not piece:
                    selector.unregister(end)
                    continue
                buffers[end] += piece
                for number, (is_good, outcome) in _frames(buffers[end]):
                    if not is_good:
                        raise outcome
                    yield number, outcome


def _frames(buffer: bytearray) -> Iterator[tuple[int, tuple[bool, Any]]]:
    """Take all whole results off the front of a buffer."""
    while len(buffer) >= _LENGTH and len(buffer) >= _LENGTH + (size := int.from_bytes(buffer[:_LENGTH], "big")):
        yield unpacked(bytes(buffer[_LENGTH : _LENGTH + size]))
        del buffer[: _LENGTH + size]


def _stop(workers: Iterable[tuple[int, int]]) -> None:
    """End those of our workers that nobody waited for yet, and close their pipes."""
    for pid, end in workers:
        with contextlib.suppress(OSError):
            os.close(end)
        with contextlib.suppress(ChildProcessError, ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def scan_files(source: Files, tally: Tally, *, jobs: int, judge: Judge) -> None:
    """Scan the files of `source` with at most `jobs` processes and add what they find to `tally`, in the order of the files."""
    targets = list(source.targets())
    count = min(jobs, len(targets) // WORTH_IT)
    portions = [targets[low : low + _PORTION] for low in range(0, len(targets), _PORTION)]

    def work(portion: Sequence[Target | Skipped]) -> Tally:
        part = Tally()
        for target in portion:
            for item in source.read(target):
                judge(item, part)
        return part

    parts = dict(spread(portions, work, jobs=count))
    for number in sorted(parts):
        tally.add(parts[number])


class _Pickler(pickle.Pickler):
    """Pickles secrets too: these bytes only go from one of our own processes to another (see `packed`)."""

    def reducer_override(self, obj: object) -> Any:
        """Take a secret apart on purpose; everything else as usual."""
        return (Secret, (obj.reveal(),)) if isinstance(obj, Secret) else NotImplemented
