"""A private environment for a clone: made once with nothing but Python itself, used by every later start.

Runs before any dependency exists, so it imports only the standard library and `gitshield.errors`. It makes environments
and says where their programs are; it leaves out what to run in them, and the environment variables, which are passed in.
See docs/decisions/0003-setup-without-an-index.md.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gitshield.errors import IncompleteError

DEPENDENCIES: Final = (
    "click",
    "detect_secrets",
    "dulwich",
    "hyperscan",
    "isal",
    "jinja2",
    "numpy",
    "pygit2",
    "re2",
    "rich",
    "zstandard",
)
_NEEDED: Final = 64 << 20
STAMP: Final = "gitshield-stamp"
_SHIPPED: Final = ("gitshield", "hooks")
# pip's own settings that would send the packages somewhere else than into the environment.
_MISLEADING: Final = frozenset({"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_DRY_RUN", "PIP_NO_DEPS", "PYTHONHOME", "PYTHONPATH"})
_NETWORK_SIGNS: Final = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Failed to establish a new connection",
    "Network is unreachable",
    "Connection refused",
    "timed out",
    "ProxyError",
    "No matching distribution found",
)
_ELSEWHERE: Final = "let XDG_DATA_HOME name a folder that you may write to, and start again; nothing was changed"
_DISK_SIGNS: Final = ("No space left on device", "Disk quota exceeded")


@dataclass(frozen=True, slots=True)
class Target:
    """An environment to be: `link` is its path, `spec` what pip installs into it, `stamp` what that is made from.

    One that is not `in_place` lies beside `link`, in a folder named for what it is made from, and `link` is a symbolic link
    to it: a new one takes the place of the old in one step, and paths through `link` last.
    """

    link: Path
    spec: tuple[str, ...]
    stamp: str
    in_place: bool = False

    @property
    def folder(self) -> Path:
        """Where this state of the environment is built with the Python that is running."""
        key = hashlib.sha256(f"{self.stamp} {os.path.realpath(sys.executable)}".encode("utf-8", "surrogateescape"))
        return self.link if self.in_place else self.link.with_name(f"{self.link.name}.{key.hexdigest()[:12]}")

    @property
    def lock(self) -> Path:
        """The file that whoever builds holds locked."""
        return self.link.with_name(f"{self.link.name}.lock")

    def program(self, name: str) -> Path:
        """The lasting path of a program of the environment."""
        return self.link / "bin" / name


def clone_target(clone: Path, folder: Path) -> Target:
    """The environment of a clone's gitshield below `folder` (gitshield's own folder for a person's data).

    Its name depends on where the clone is; its stamp on `pyproject.toml` and on every shipped file's path, size and time.
    """
    place = os.path.realpath(clone)
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:12]
    return Target(folder / f"venv-{name}", (place,), _digest(clone, _shipped(clone)))


def development_target(clone: Path) -> Target:
    """The environment `.venv` of a clone for its tests: the clone itself, editable, with all development tools.

    One that is there already is brought up to date.
    """
    return Target(clone / ".venv", ("--editable", f"{os.path.realpath(clone)}[dev]"), _digest(clone, ()), in_place=True)


def is_ready(target: Target) -> bool:
    """Whether the environment is complete, made from this very state, and its Python still is the one it was made with."""
    return _is_complete(target, target.link)


def ensure(target: Target, *, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Make the environment unless it is ready; others that start meanwhile wait, and an interrupted try is made again.

    `environment` is what pip runs in; `say` is told in one line what takes long. Unless it is `in_place`, an earlier state
    stays as it is until the new one is complete.
    Raises IncompleteError, with what to do about it, when it cannot be made.
    """
    if is_ready(target):
        return
    _check_python()
    try:
        target.link.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(target.lock, say):
            if not is_ready(target):
                say("setting up its own Python environment (once; needs the network, about half a minute)")
                _build(target, environment)
    except OSError as error:
        raise _failure(target, f"{error.strerror or error}: {error.filename or target.link}", hint=_ELSEWHERE) from error


def _build(target: Target, environment: Mapping[str, str]) -> None:
    folder, before = target.folder, os.path.basename(os.path.realpath(target.link))
    if not _is_complete(target, folder):
        if not target.in_place:
            shutil.rmtree(folder, ignore_errors=True)  # of a try that was interrupted
        python = folder / "bin" / "python"
        if not python.exists():
            _call(target, [sys.executable, "-I", "-m", "venv", "--clear", str(folder)], environment)
        _call(target, [str(python), "-I", "-m", "pip", "install", "--quiet", "--no-input", *target.spec], environment)
        if not target.in_place:
            _name_lasting(target)
        (folder / STAMP).write_text(_stamp(target, python), encoding="utf-8")
    if not target.in_place:
        _point(target.link, folder)
        _remove_others(target, keep={folder.name, before})


def _is_complete(target: Target, folder: Path) -> bool:
    python = folder / "bin" / "python"
    try:
        return python.exists() and (folder / STAMP).read_text(encoding="utf-8") == _stamp(target, python)
    except (OSError, UnicodeDecodeError):
        return False


def _remove_others(target: Target, *, keep: set[str]) -> None:
    """Remove older states, but for the one before, in which somebody may be running."""
    for other in target.link.parent.glob(f"{target.link.name}.*"):
        if other.name not in keep and other.is_dir():
            shutil.rmtree(other, ignore_errors=True)


def _name_lasting(target: Target) -> None:
    """Let the programs start Python by its lasting path, so that what they tell others to call outlives this state."""
    before, after = os.fsencode(target.folder), os.fsencode(target.link)
    for program in (target.folder / "bin").iterdir():
        if program.is_symlink() or not program.is_file():
            continue
        content = program.read_bytes()
        if content.startswith(b"#!") and before in content:
            program.write_bytes(content.replace(before, after))


def _point(link: Path, folder: Path) -> None:
    """Make `link` a relative link to its neighbour `folder`, in one step for everybody who looks."""
    aside = link.with_name(f"{link.name}.link")
    aside.unlink(missing_ok=True)
    aside.symlink_to(folder.name)
    aside.replace(link)


@contextmanager
def _locked(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of `path`, waiting for whoever has it; the system gives it up when its holder ends, however it ends."""
    import fcntl

    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another start that is setting up")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _call(target: Target, words: Sequence[str], environment: Mapping[str, str]) -> None:
    clean = {name: value for name, value in environment.items() if name not in _MISLEADING and not name.startswith("GIT_")}
    clean |= {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(words, env=clean, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        raise _failure(target, (done.stderr + done.stdout).decode("utf-8", "replace"))


def _failure(target: Target, said: str, *, hint: str = "mend that and start again; nothing was changed") -> IncompleteError:
    where = target.link.parent
    if any(sign in said for sign in _DISK_SIGNS) or (where.is_dir() and shutil.disk_usage(where).free < _NEEDED):
        return IncompleteError(
            f"no space left on the disk of {where} or on that of the temporary folder",
            hint="free 300 MB there, or let XDG_DATA_HOME and TMPDIR name other places",
        )
    if any(sign in said for sign in _NETWORK_SIGNS):
        old = target.program("gitshield")
        until = f"; until then `{old}` is the state before" if old.exists() else ""
        return IncompleteError(
            "what gitshield needs cannot be fetched from the package index",
            hint=f"connect to the network (or set PIP_INDEX_URL, PIP_PROXY) and start again{until}",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")] or lines[-3:]
    return IncompleteError(f"cannot set up {target.link}: {' '.join(errors)[:600]}", hint=hint)


def _check_python() -> None:
    if os.name != "posix":
        raise IncompleteError(
            "setting up by itself needs a POSIX system",
            hint="make a virtual environment and run `pip install` on the clone in it",
        )
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        raise IncompleteError(
            f"{sys.executable} comes without the modules venv and ensurepip",
            hint="on Debian and Ubuntu: `sudo apt install python3-venv`; elsewhere install Python from python.org",
        )


def _stamp(target: Target, python: Path) -> str:
    return f"{target.stamp}\n{os.path.realpath(python)}\n"


def _shipped(clone: Path) -> Iterator[str]:
    """Path, size and time of every file that is installed, sorted by path."""
    for top in _SHIPPED:
        for place, folders, names in os.walk(clone / top):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for name in sorted(names):
                path = os.path.join(place, name)
                seen = os.stat(path)
                yield f"{os.path.relpath(path, clone)} {seen.st_size} {seen.st_mtime_ns}"


def _digest(clone: Path, lines: Iterator[str] | tuple[str, ...]) -> str:
    digest = hashlib.sha256((clone / "pyproject.toml").read_bytes())
    for line in lines:
        digest.update(b"\0" + line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
