"""Pins: commits that a push takes from the other side, kept outside of the repository so that they can be put back.

Each is a pack of its own that needs nothing but what the other side still had, and a line of facts beside it. It is written aside, read
back by git's own `index-pack`, and only then put in place.
"""

import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from gitshield.config.homes import Homes
from gitshield.git.process import run


@dataclass(frozen=True, slots=True)
class Pin:
    """What was kept: where, of which remote (its URL without credentials) and reference, the id it held, and how many objects."""

    pack: str
    remote: str
    url: str
    ref: str
    oid: str
    objects: int
    at: float


def pins_folder(common: str, environment: Mapping[str, str]) -> Path:
    """The folder for the pins of the repository whose shared git folder is `common`."""
    name = hashlib.sha256(os.path.realpath(common).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return Path(Homes.of(environment).data, "pins", name)


def pin(
    folder: Path, *, remote: str, url: str, ref: str, oid: str, kept: Sequence[str], environment: Mapping[str, str], cwd: str
) -> Pin | None:
    """Keep what `oid` reaches beyond what `kept` (arguments of `git rev-list`) does. None when that is nothing at all.

    Raises GitError or OSError when it cannot be kept.
    """
    listed = run(["rev-list", "--objects", "--no-object-names", oid, *kept, "--"], environment=environment, cwd=cwd).out
    if not listed.strip():
        return None
    packed = run(["pack-objects", "--stdout", "-q"], environment=environment, cwd=cwd, stdin=listed).out
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    at = time.time()
    which = hashlib.sha256(ref.encode("utf-8", "surrogateescape")).hexdigest()[:8]  # two references may hold the same commit
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(at))}-{oid[:12]}-{which}"
    aside, place = folder / f".{name}.{os.getpid()}.pack", folder / f"{name}.pack"
    try:
        _write(aside, packed)
        run(["index-pack", "-o", str(aside.with_suffix(".idx")), str(aside)], environment=environment, cwd=cwd)
        made = Pin(str(place), remote, url, ref, oid, len(listed.split()), at)
        _write(folder / f"{name}.json", (json.dumps({"v": 1, **asdict(made)}) + "\n").encode("ascii"))
        os.replace(aside.with_suffix(".idx"), place.with_suffix(".idx"))
        os.replace(aside, place)
        _sync(folder)
    finally:
        for left in (aside, aside.with_suffix(".idx")):
            left.unlink(missing_ok=True)
    return made


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
