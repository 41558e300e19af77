"""The executor that lets the workers of a Dask cluster scan. Whoever can talk to the cluster can read what they find.

Results, secrets among them, go over the cluster's connections and lie in its workers' memory until they are fetched: see
docs/many-repositories.md. `distributed` is imported only when a cluster is asked for.
"""

import contextlib
import os
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gitshield.errors import UsageError
from gitshield.fleet.executor import ATTEMPTS, gave_up
from gitshield.fleet.shard import Failed, Outcome, Task
from gitshield.scan.parallel import packed, unpacked

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT: Final = 10
_LOOK: Final = 2.0
_ALONE: Final = 60.0
_FETCH: Final = 60.0


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """A cluster that is there already. `work` is a function that its workers can import: a packed task in, a packed outcome out.

    Its workers need this version of gitshield, git, and the same folders at the same paths. `patience` is how long, in seconds, to
    wait for the first worker, or for another one when all are gone.
    """

    address: str
    work: Callable[[bytes], bytes]
    patience: float = _ALONE
    divides: bool = True

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Outcome]]:
        """Scan the shards; see `Executor`. Raises UsageError when the cluster cannot be used at all."""
        client = _client(self.address)
        try:
            yield from _collected(client, _submitted(client, self.work, tasks), self.patience)
        finally:
            with contextlib.suppress(OSError, TimeoutError):
                client.close(timeout=_CONNECT)


def _client(address: str) -> "Client":
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--dask needs the package `distributed`", hint="pip install 'gitshield[dask]'") from error
    try:
        return Client(address, timeout=_CONNECT, set_as_default=False, name="gitshield")
    except (OSError, ValueError, TypeError) as error:
        said = type(error).__name__ if not str(error) else str(error).splitlines()[0]
        raise UsageError(f"no Dask scheduler answers at {address} ({said})", hint="dask scheduler tells its address") from error


def _submitted(client: "Client", work: Callable[[bytes], bytes], tasks: Sequence[Task]) -> "dict[str, tuple[int, Future[Any]]]":
    """Hand all tasks over, the largest first. A key is of this call alone, so that nothing of an earlier one is taken for it."""
    call = os.urandom(8).hex()
    order = sorted(range(len(tasks)), key=lambda number: -tasks[number].weight)
    futures = {}
    for place, number in enumerate(order):
        key = f"gitshield-{call}-{number}"
        future = client.submit(work, packed(tasks[number]), key=key, pure=False, retries=ATTEMPTS - 1, priority=-place)
        futures[key] = number, future
    return futures


def _collected(client: "Client", futures: "dict[str, tuple[int, Future[Any]]]", patience: float) -> Iterator[tuple[int, Outcome]]:
    """Give each outcome once, as they come. When there is no worker for as long as `patience`, all that is left has failed."""
    done: queue.SimpleQueue[str] = queue.SimpleQueue()
    for _, future in futures.values():
        future.add_done_callback(lambda one: done.put(one.key))
    seen = time.monotonic()
    try:
        while futures:
            try:
                key = done.get(timeout=_LOOK)
            except queue.Empty:
                seen = time.monotonic() if _has_workers(client) else seen
                if time.monotonic() - seen > patience:
                    yield from ((number, Failed("the cluster has no worker any more")) for number, _ in futures.values())
                    return
                continue
            seen = time.monotonic()
            number, future = futures[key]
            outcome = _outcome(future)
            if outcome is None:  # the worker that had the result is gone: it is made again
                future.add_done_callback(lambda one: done.put(one.key))
                continue
            del futures[key]
            future.release()
            yield number, outcome
    finally:
        if futures:
            with contextlib.suppress(OSError, TimeoutError):
                client.cancel([future for _, future in futures.values()], force=True)


def _has_workers(client: "Client") -> bool:
    try:
        return client.status == "running" and bool(client.nthreads())
    except (OSError, TimeoutError, ValueError):
        return False


def _outcome(future: "Future[Any]") -> Outcome | None:
    """What came of a task; None when its result was lost on the way."""
    if future.status == "error":
        error = future.exception(timeout=_FETCH)
        words = "its worker died each time" if type(error).__name__ == "KilledWorker" else str(error).splitlines()[:1]
        return Failed(gave_up(words if isinstance(words, str) else "".join(words)))
    if future.status == "cancelled":
        return Failed("the cluster let it go")
    try:
        outcome: Outcome = unpacked(future.result(timeout=_FETCH))
    except TimeoutError:
        return None
    return outcome
