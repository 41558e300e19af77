"""A real Dask cluster on this machine: a scheduler and worker processes, one of which is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.fleet.calls import ended, failures, is_gone, many, started, told, words_of
from tests.gate.shield import ROOT, SECRET, TOKEN, call

pytest.importorskip("distributed")

LEAKS = [("leak1", "leak1.py"), ("leak2", "leak2.py"), ("leak3", "leak3.py")]


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path, path: str) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
        self.running: list[subprocess.Popen[bytes]] = []
        self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        await_file(self.file)

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return str(json.loads(self.file.read_text())["address"])

    def worker(self) -> "subprocess.Popen[bytes]":
        """Start a worker; it is killed at once when it is killed, by nobody started again."""
        local = str(self.folder / "local")
        words = ("--no-nanny", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", local)
        return self._start("dask_worker", self.address, *words)

    def stop(self) -> None:
        """Kill everything."""
        for one in reversed(self.running):
            one.kill()
            one.wait()

    def _start(self, module: str, *words: str) -> "subprocess.Popen[bytes]":
        log = (self.folder / "log").open("ab")
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words]
        one = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, cwd=self.folder)
        self.running.append(one)
        return one


def await_file(place: Path) -> None:
    until = time.monotonic() + 60
    while not (place.exists() and place.read_text().rstrip().endswith("}")):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path: Path, stopping: tuple[str, Path]) -> Iterator[Cluster]:
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster", stopping[0])
    yield made
    made.stop()


def test_a_worker_that_is_killed_in_the_middle_is_replaced(
    tmp_path: Path, several: dict[str, Repository], cluster: Cluster, stopping: tuple[str, Path]
) -> None:
    several["slow"].commit(files={"slow.py": SECRET})
    workers = [cluster.worker() for _ in range(3)]
    entries = [one.path for one in several.values()]
    running = started(tmp_path, *entries, words=("--dask", cluster.address))
    pid, git = words_of(stopping[1])
    victim = next(one for one in workers if one.pid == pid)
    victim.send_signal(signal.SIGKILL)
    os.kill(git, signal.SIGKILL)
    report = ended(running, code=1)
    assert victim.wait() == -signal.SIGKILL
    assert told(report) == [LEAKS[0], ("slow", "slow.py"), *LEAKS[1:]]
    assert report["receipt"]["is_complete"]
    assert [one["path"] for one in report["receipt"]["repositories"]] == [str(path) for path in entries]
    local = many(tmp_path, *entries, words=("--jobs", "2", "--no-cache"))
    for made in (report, local):
        del made["receipt"]["seconds"]
    assert report == local
    assert TOKEN.encode() not in (cluster.folder / "log").read_bytes()
    print(json.dumps(report["receipt"], indent=1))


def test_a_large_repository_is_shared_out_among_the_workers(cluster: Cluster, new_repository: Callable[..., Repository]) -> None:
    from gitshield.cli.worker import work
    from gitshield.fleet.dask import DaskCluster
    from tests.fleet.test_shares import Here, same, surveyed

    large = new_repository("large")
    for number in range(40):
        large.commit(files={f"{number}.txt": f"{number}\n{SECRET}" if number % 9 == 0 else f"{number} and nothing else\n" * 400})
    large.git("repack", "-adfq")
    for _ in range(3):
        cluster.worker()
    divided = surveyed(large, DaskCluster(cluster.address, work), share=2000)
    assert divided.findings
    assert same(divided, surveyed(large, Here([], divides=False)))


def test_a_repository_that_kills_every_worker_is_a_failure(
    tmp_path: Path, cluster: Cluster, several: dict[str, Repository], new_repository: Callable[..., Repository]
) -> None:
    poison = new_repository("poison")
    poison.commit(files={"app.py": SECRET})
    for _ in range(5):
        cluster.worker()
    report = many(tmp_path, several["leak1"].path, poison.path, several["leak2"].path, words=("--dask", cluster.address))
    assert told(report) == LEAKS[:2]
    assert list(failures(report)) == [str(poison.path)]
    assert "its worker died each time" in failures(report)[str(poison.path)]


def test_an_interrupt_leaves_the_cluster_as_it_was(
    tmp_path: Path, cluster: Cluster, several: dict[str, Repository], stopping: tuple[str, Path]
) -> None:
    worker = cluster.worker()
    running = started(tmp_path, several["slow"].path, words=("--dask", cluster.address))
    _, git = words_of(stopping[1])
    running.send_signal(signal.SIGINT)
    assert ended(running, code=130) is None
    os.kill(git, signal.SIGKILL)
    assert is_gone(git)
    assert worker.poll() is None
    assert told(many(tmp_path, several["leak1"].path, words=("--dask", cluster.address))) == LEAKS[:1]


def test_a_cluster_without_workers_is_a_failure_and_no_wait_for_ever(several: dict[str, Repository], cluster: Cluster) -> None:
    from gitshield.cli.today import today
    from gitshield.cli.worker import work
    from gitshield.fleet.dask import DaskCluster
    from gitshield.fleet.shard import Failed, Order, Shard, Task
    from gitshield.scan.history.extent import Extent

    task = Task(Shard("x", "x", folder=str(several["leak1"].path)), Order(Extent(), today()))
    outcomes = dict(DaskCluster(cluster.address, work, patience=3).run([task]))
    assert outcomes == {0: Failed("the cluster has no worker any more")}


def test_an_address_where_nobody_answers_is_wrong_usage(tmp_path: Path, several: dict[str, Repository]) -> None:
    (tmp_path / "list").write_text(str(several["clean1"].path))
    done = call(tmp_path, "scan", "--history", "--repos", "list", "--dask", "tcp://127.0.0.1:1", code=2)
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in done.stderr


def test_without_the_package_the_hint_says_how_to_get_it(tmp_path: Path, several: dict[str, Repository]) -> None:
    (tmp_path / "list").write_text(str(several["clean1"].path))
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "distributed.py").write_text("raise ImportError('not there')\n")
    path = f"{tmp_path / 'none'}{os.pathsep}{ROOT}"
    done = call(tmp_path, "scan", "--history", "--repos", "list", "--dask", "tcp://127.0.0.1:1", code=2, env={"PYTHONPATH": path})
    assert done.stderr == "error: --dask needs the package `distributed`\nhint: pip install 'gitshield[dask]'\n"


def test_a_version_of_its_own_on_the_worker_is_told() -> None:
    from gitshield.cli.today import today
    from gitshield.fleet.shard import Failed, Order, Shard, Task, scan_shard
    from gitshield.scan.history.extent import Extent

    task = Task(Shard("x", "x", folder="x"), Order(Extent(), today(), version="0.0.1"))
    outcome = scan_shard(task, os.environ, jobs=1)
    assert isinstance(outcome, Failed) and "install the same version everywhere" in outcome.reason
