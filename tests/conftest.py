"""Every test runs in its own empty home, with git, time zone and locale pinned; touching the real home fails it."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.builder import GIT, Clock, Repository, pinned, removed_from

ROOT: Final = Path(__file__).resolve().parent.parent
# Workers of pytest-xdist start in the pinned environment of their parent, which tells them.
REAL_HOME: Final = os.environ.get("GITSHIELD_TEST_REAL_HOME") or os.path.realpath(os.path.expanduser("~"))

# Where a run may well be although it lies below the home: the clone, its environment, Python itself, temporary files.
_OWN: Final = tuple(
    {
        os.path.realpath(place)
        for place in (
            *(str(path) for path in (ROOT, tempfile.gettempdir())),
            *(sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix),
            *(place for place in sys.path if place),
        )
    }
)
_WATCHED: Final = frozenset(
    "open os.chmod os.chown os.link os.listdir os.mkdir os.remove os.rename os.rmdir os.scandir os.symlink os.truncate os.utime "
    "shutil.copyfile shutil.copytree shutil.move shutil.rmtree sqlite3.connect".split()
)
# What a child process would write to a home that it found in another way than by the environment.
_TRACES: Final = (".gitconfig", ".config/git", ".config/gitshield", ".local/share/gitshield")

_guard: dict[str, bool] = {"is_on": False}
_base = Path(tempfile.gettempdir()) / f"gitshield-tests-{os.getpid()}"


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def is_forbidden(path: object) -> bool:
    """Whether a test that touches `path` (as given to a system call) touches the real home."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    place = os.path.abspath(os.fsdecode(path))
    return _is_in(place, REAL_HOME) and not any(_is_in(place, folder) for folder in _OWN)


def _watch(event: str, args: tuple[object, ...]) -> None:
    if _guard["is_on"] and event in _WATCHED and any(is_forbidden(argument) for argument in args[:2]):
        raise AssertionError(f"a test touched the real home: {event} {args[:2]!r}")


def _traces() -> dict[str, object]:
    """What of the real home would show that a child process wrote to it."""
    found: dict[str, object] = {}
    for name in _TRACES:
        try:
            seen = os.stat(os.path.join(REAL_HOME, name))
        except OSError:
            continue
        # people go on using gitshield while its tests run: of its own folder only the coming into being counts
        found[name] = None if name.startswith(".local") else (seen.st_ino, seen.st_mtime_ns, seen.st_size)
    return found


def _pin(environment: pytest.MonkeyPatch, home: Path) -> None:
    for name in removed_from(os.environ):
        environment.delenv(name)
    for name, value in pinned(home).items():
        environment.setenv(name, value)
    if os.path.dirname(GIT):  # code under test finds its git on PATH
        environment.setenv("PATH", os.path.dirname(GIT) + os.pathsep + os.environ["PATH"])
    time.tzset()
    if "pygit2" in sys.modules:  # libgit2 looks for its configuration once, when it is loaded
        _point_pygit2_at(home)


def _point_pygit2_at(home: Path) -> None:
    import pygit2
    from pygit2.enums import ConfigLevel

    for level in (ConfigLevel.GLOBAL, ConfigLevel.XDG, ConfigLevel.SYSTEM):
        pygit2.settings.search_path[level] = str(home if level is ConfigLevel.GLOBAL else home / "none")


def pytest_configure() -> None:
    """Pin the environment before any test module is imported: a library may read it only once."""
    _base.mkdir(mode=0o700)
    _pin(pytest.MonkeyPatch(), _base)
    os.environ["GITSHIELD_TEST_REAL_HOME"] = REAL_HOME
    sys.addaudithook(_watch)


def pytest_unconfigure() -> None:
    """Remove what `pytest_configure` made."""
    shutil.rmtree(_base, ignore_errors=True)


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of this test, empty but for the git configuration; the real one is out of bounds."""
    place = tmp_path_factory.mktemp("home")
    _pin(monkeypatch, place)
    before = _traces()
    _guard["is_on"] = True
    yield place
    _guard["is_on"] = False
    if _traces() != before:
        pytest.fail(f"a child process of this test wrote to {REAL_HOME}: {_traces()} != {before}")


@pytest.fixture
def clock() -> Clock:
    """The time that git is told, the same for all repositories of one test."""
    return Clock()


@pytest.fixture
def new_repository(tmp_path: Path, clock: Clock) -> Callable[..., Repository]:
    """Make another repository below the test's folder: `new_repository("name", is_bare=…, object_format=…)`."""

    def create(name: str, **options: object) -> Repository:
        return Repository.create(tmp_path / name, clock=clock, **options)  # type: ignore[arg-type]

    return create


@pytest.fixture
def repository(new_repository: Callable[..., Repository]) -> Repository:
    """An empty repository on an unborn `main`."""
    return new_repository("repository")


@pytest.fixture
def bare(new_repository: Callable[..., Repository]) -> Repository:
    """An empty bare repository, to push to."""
    return new_repository("bare.git", is_bare=True)
