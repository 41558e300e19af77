"""The bench: a temporary folder and an environment without anything of the person's own, the tree, the programs, the machine."""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BIN = Path(sys.executable).parent
PEERS = {"kingfisher": "kingfisher-bin", "detect-secrets": "detect-secrets"}


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything happens: a temporary folder, the tree, the environment of every command, a repository with a history."""

    room: Path
    tree: Path
    environment: Mapping[str, str]
    repository: Path | None = None

    def git(self, cwd: Path, *words: str) -> bytes:
        """Run git, not measured. Raises CalledProcessError."""
        return self.call(cwd, "git", *words)

    def call(self, cwd: Path, *argv: str, accept: frozenset[int] = frozenset({0})) -> bytes:
        """Run a command, not measured, and give its standard output. Raises CalledProcessError."""
        done = subprocess.run(argv, cwd=cwd, env=dict(self.environment), capture_output=True, check=False)
        if done.returncode not in accept:
            raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)
        return done.stdout


def has(name: str) -> bool:
    """Whether the program is installed beside the Python that runs."""
    return (BIN / name).exists()


def missing(*names: str) -> str:
    """Say which of the programs are not there, nothing when all are."""
    return "; ".join(f"{name} is not installed here" for name in names if not has(name))


def environment(room: Path) -> dict[str, str]:
    """An environment with nothing of the person's own but PATH."""
    config = "[user]\nname=Bench\nemail=bench@example.com\n[gc]\nauto=0\n[maintenance]\nauto=false\n[init]\ndefaultBranch=main\n"
    home = room / "home"
    home.mkdir()
    (home / "gitconfig").write_text(config)
    pinned = {"LC_ALL": "C", "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(home / "gitconfig")}
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "TMPDIR": str(room), **pinned}


def machine(bench: Bench) -> str:
    """The machine, the versions and the day, in one line."""
    cpu = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    git = bench.git(bench.room, "version").decode().split()[2]
    peers = [f"{name} {_version(package)}" for name, package in PEERS.items() if has(name)]
    versions = ", ".join([f"gitshield {_version('gitshield')}", f"Python {platform.python_version()}", f"git {git}", *peers])
    load = f"load average at the start {os.getloadavg()[0]:.1f}"
    place = f"{cpu}, {os.cpu_count()} CPUs, {memory:.0f} GiB, {platform.system()} {platform.release().split('-')[0]}"
    return f"{place}; {versions}; {datetime.datetime.now(tz=datetime.UTC).date()}; {load}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(version unknown)"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def walk(tree: Path) -> Iterator[Path]:
    """Every regular file below `tree` in order of name, without those of git."""
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if name != ".git")
        yield from (path for name in sorted(names) if (path := Path(folder, name)).is_file() and not path.is_symlink())


def extent(tree: Path) -> tuple[int, int]:
    """The number of files and of bytes below `tree`."""
    sizes = [path.stat().st_size for path in walk(tree)]
    return len(sizes), sum(sizes)


def every(tree: Path, step: int) -> list[Path]:
    """Every file of `tree` whose number is a multiple of `step`."""
    return list(walk(tree))[::step]


def copy(paths: Sequence[Path], tree: Path, target: Path, *, limit: int) -> tuple[int, int]:
    """Copy files to the same places below `target`, at most `limit` bytes; give their number and size."""
    count = size = 0
    for path in paths:
        if size + path.stat().st_size <= limit:
            place = target / path.relative_to(tree)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
            count, size = count + 1, size + path.stat().st_size
    return count, size
