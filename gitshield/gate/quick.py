"""The first look of a hook: is there anything at all to judge? Most commits end here, in the time of a bare interpreter start.

Nothing here decides that something is a secret; it only decides that nothing can be: no staged path that a path rule
matches and no byte that any rule's pattern matches. Whatever else happens (a hit, a stale or damaged cache, an odd
repository, any error) the full gate judges. So only modules that load in no time are imported: no typing, no re, no
dataclasses, no enum, no subprocess (tests/gate/test_quick.py holds the list).
"""

from __future__ import annotations

import marshal
import os
import sys

from gitshield.gate.local import beginnings
from gitshield.git.ancestry import started_at
from gitshield.git.objects import loose_blob
from gitshield.git.process import hook_environment, start
from gitshield.git.staged import parse_raw
from gitshield.rules.image import read
from gitshield.scan.decode import encoding_of
from gitshield.scan.magic import is_archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from gitshield.git.process import Running
    from gitshield.rules.image import Image

LIMIT: Final = 4 << 20
STAMP: Final = "stamp"
CLEAN: Final = "clean"
REMEMBERED: Final = "staged"
PASSED: Final = "passed"
MAX_CLEAN: Final = 8192
_STAGED: Final = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none", "HEAD", "--"]


def is_clean_index(environment: Mapping[str, str], folder: str, *, is_remembered: bool = False) -> bool:
    """Whether the index surely holds nothing new to judge. `folder` is the repository's own `gitshield`.

    With `is_remembered`, what is staged then is remembered there, for the day something has to be put back to it.
    """
    running = start(_STAGED, environment=hook_environment(environment))
    try:
        return _looks_clean(environment, folder, running, is_remembered)
    except (OSError, ValueError, EOFError, TypeError, KeyError, ImportError):
        return False  # the full gate says what is wrong, in words


def _looks_clean(environment: Mapping[str, str], folder: str, running: Running, is_remembered: bool) -> bool:
    look = Look.of(environment, folder)
    done = running.finish()
    if done.status or look is None:
        return False
    changes = [change for change in parse_raw(done.out) if change.new]
    known, fresh = read_clean(folder, look.key), []
    for change in changes:
        oid = change.new or ""
        if change.status not in "AM" or look.may_matter_at(change.path, oid):
            return False
        if look.is_to_read(oid, known):
            if look.may_hold(oid):
                return False
            fresh.append(oid)
    if fresh:
        add_clean(folder, look.key, known, fresh)
    if is_remembered and not environment.get("GIT_INDEX_FILE"):
        _replace(remembered_in(folder, environment), done.out)
    return True


class Look:
    """The databases of one look, loaded as they are needed, and the `objects` folder to read loose ones from."""

    def __init__(self, stamp: dict[str, Any], image: Image, paths: Any, objects: str, local: tuple[bytes, ...]) -> None:
        self.key = image.key
        self.objects = objects
        self._image = image
        self._paths = paths
        self._local = local
        self._texts = Texts(stamp, local)
        self._by_path = [(image.ordinary_rules, Part(stamp, "ordinary")), (image.bound_rules, Part(stamp, "bound"))]

    @classmethod
    def of(cls, environment: Mapping[str, str], folder: str) -> Look | None:
        """Begin a look in the work tree we are in; None when only the full gate can judge here."""
        stamp = read_stamp(folder)
        local = beginnings(".") if stamp is not None else None
        image = _image(stamp, "paths") if stamp is not None and local is not None else None
        paths = native_database(image.paths) if image is not None else None
        if stamp is None or local is None or image is None or paths is None:
            return None
        return cls(stamp, image, paths, environment.get("GIT_OBJECT_DIRECTORY") or f"{folder}/../objects", local)

    def is_to_read(self, oid: str, known: frozenset[str]) -> bool:
        """Whether a blob has to be read: what is known clean is so by the rules, not by the values of local dotenv files."""
        return bool(self._local) or oid not in known

    def may_matter_at(self, path: str, oid: str) -> bool:
        """Whether a rule bound to this path alone matches, or one bound to it finds something in the blob."""
        active = _active_rules(self._paths, self._image, path)
        if not active.isdisjoint(self._image.alone):
            return True
        parts = [(numbers, part) for numbers, part in self._by_path if not active.isdisjoint(numbers)]
        content = self._content(oid) if parts else b""
        return content is None or any(part.is_hit(content, numbers, active) for numbers, part in parts)

    def may_hold(self, oid: str) -> bool:
        """Whether a rule that counts in every file finds something in the blob, or it cannot be read here."""
        content = self._content(oid)
        return content is None or self._texts.may_matter(content)

    def may_say(self, text: bytes) -> bool:
        """Whether a rule that counts everywhere finds something in a message, or it is too large or odd for this look."""
        return len(text) > LIMIT or encoding_of(text) is not None or self._texts.may_matter(text)

    def _content(self, oid: str) -> bytes | None:
        content = loose_blob(self.objects, oid, limit=LIMIT)
        return content if content is not None and encoding_of(content) is None and not is_archive(content) else None


class Part:
    """One database of the image a stamp names, loaded when it is first needed."""

    def __init__(self, stamp: dict[str, Any], name: str) -> None:
        self._stamp = stamp
        self._name = name
        self._database: Any = None

    def is_hit(self, content: bytes, numbers: tuple[int, ...] = (), active: set[int] | None = None) -> bool:
        """Whether a pattern matches (of the rules in `active`, where given), or the database cannot be had."""
        if self._database is None:
            image = _image(self._stamp, self._name)
            self._database = native_database(getattr(image, self._name)) if image is not None else None
        return self._database is None or _is_hit(self._database, numbers, active, content)


class Texts:
    """What is looked for in all content: by the small database first, and only where that hits by the large one.

    Text that may stand for another text is for the full gate.
    """

    def __init__(self, stamp: dict[str, Any], local: tuple[bytes, ...]) -> None:
        self._local = local
        self._sketches = Part(stamp, "sketches")
        self._anywhere = Part(stamp, "anywhere")
        self._codings = Part(stamp, "codings")

    def may_matter(self, content: bytes) -> bool:
        """Whether a rule that counts everywhere may find something, or a value of a local dotenv file may stand there."""
        if any(beginning in content for beginning in self._local):
            return True
        return (self._sketches.is_hit(content) and self._anywhere.is_hit(content)) or self._codings.is_hit(content)


def is_clean_message(folder: str, path: str) -> bool:
    """Whether a commit message file surely holds nothing to judge."""
    try:
        stamp = read_stamp(folder)
        local = beginnings(".")
        if stamp is None or local is None:
            return False
        with open(path, "rb") as file:
            text = file.read(LIMIT + 1)
        return len(text) <= LIMIT and encoding_of(text) is None and not Texts(stamp, local).may_matter(text)
    except (OSError, ValueError, EOFError, TypeError, KeyError, ImportError):
        return False


def mark_passed(folder: str, environment: Mapping[str, str]) -> None:
    """Leave a mark that the git process above us had its index judged, so that its reference transaction need not be again.

    It names the process by number and start time, and the index file as it was judged: another hook may still change it.
    """
    parent, index = _git_pid(environment), environment.get("GIT_INDEX_FILE")
    began = started_at(parent)
    if began is not None and index:
        _replace(f"{folder}/{PASSED}", f"{parent} {began}\n".encode("ascii") + _index_mark(index))


def is_merging(environment: Mapping[str, str], folder: str) -> bool:
    """Whether the commit under way has other parents than HEAD."""
    return os.path.exists(os.path.join(environment.get("GIT_DIR") or os.path.dirname(folder), "MERGE_HEAD"))


def is_passed(folder: str, environment: Mapping[str, str]) -> bool:
    """Whether that mark names the git process above us, and the index it judged is as it was then."""
    try:
        with open(f"{folder}/{PASSED}", "rb") as file:
            process, _, mark = file.read().partition(b"\n")
    except OSError:
        return False
    parent = _git_pid(environment)
    return process == f"{parent} {started_at(parent)}".encode("ascii") and mark == _index_mark(os.fsdecode(mark.partition(b"\n")[2]))


def _git_pid(environment: Mapping[str, str]) -> int:
    """The git process that runs the hook: the script between it and us names it."""
    named = environment.get("GITSHIELD_PARENT", "")
    return int(named) if named.isdigit() else os.getppid()


def _index_mark(path: str) -> bytes:
    try:
        seen = os.stat(path)
    except OSError:
        return b""
    place = os.fsencode(os.path.abspath(path))
    return f"{seen.st_mtime_ns} {seen.st_size} {seen.st_ino}\n".encode("ascii") + place


def read_stamp(folder: str) -> dict[str, Any] | None:
    """The stamp of the rule set in force here, None when what it was made from has changed since (or it was never made).

    A stamp names the work tree it was made for (hooks run at its root: another one may have another configuration), the image
    file and every file that shaped it, by modification time in ns and size (-1: not there).
    """
    try:
        with open(f"{folder}/{STAMP}", "rb") as file:
            stamp: dict[str, Any] = marshal.loads(file.read())
    except (OSError, ValueError, EOFError, TypeError):
        return None
    if stamp["root"] != os.getcwd():
        return None
    return stamp if all(signature(path) == (when, size) for path, when, size in stamp["inputs"]) else None


def signature(path: str) -> tuple[int, int]:
    """Modification time in ns and size of a file; (-1, -1) when it is not there."""
    try:
        status = os.stat(path)
    except OSError:
        return -1, -1
    return status.st_mtime_ns, status.st_size


def native_database(serialised: bytes) -> Any:
    """Load a compiled database without the import of the whole `hyperscan` package, None when that cannot be.

    The extension module `hyperscan._hs_ext` is a private name of hyperscan 0.9: the version is pinned, and any failure
    falls back to the full gate, which uses the public import.
    """
    library = sys.modules.get("hyperscan._hs_ext") or _load_extension()
    if library is None or not serialised:
        return None
    database = library.loadb(serialised, library.HS_MODE_BLOCK)
    database.scratch = library.Scratch(database)
    return database


def _load_extension() -> Any:
    import _imp
    from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec

    for entry in sys.path:
        path = f"{entry}/hyperscan/_hs_ext{EXTENSION_SUFFIXES[0]}"
        if os.path.exists(path):
            name = "hyperscan._hs_ext"
            module = _imp.create_dynamic(ModuleSpec(name, ExtensionFileLoader(name, path), origin=path))
            sys.modules[name] = module
            return module
    return None


def read_clean(folder: str, key: str) -> frozenset[str]:
    """The ids of blobs already found without any hit by the rule set `key`."""
    try:
        with open(f"{folder}/{CLEAN}", encoding="ascii") as file:
            words = file.read().split("\n")
    except (OSError, ValueError):
        return frozenset()
    return frozenset(words[1:-1]) if words[0] == key else frozenset()


def add_clean(folder: str, key: str, known: frozenset[str], fresh: list[str]) -> None:
    """Remember `fresh` blobs as clean; written aside and renamed. Failure to write costs time, nothing else."""
    kept = known if len(known) + len(fresh) <= MAX_CLEAN else frozenset()
    _replace(f"{folder}/{CLEAN}", "\n".join([key, *sorted(kept), *fresh[-MAX_CLEAN:], ""]).encode("ascii"))


def remembered_in(folder: str, environment: Mapping[str, str]) -> str:
    """The file that remembers what was last staged clean: each work tree has an index of its own, and so its own memory.

    `hooks/post-index-change` removes it when another command than `git add` changed the index.
    """
    _, _, name = environment.get("GIT_DIR", "").rstrip("/").rpartition("/worktrees/")
    return f"{folder}/{REMEMBERED}-{name}" if name and "/" not in name else f"{folder}/{REMEMBERED}"


def remember(folder: str, environment: Mapping[str, str], cwd: str) -> None:
    """Remember what is staged in the work tree `cwd`: all of it was judged clean, or passed on purpose."""
    done = start(_STAGED, environment=hook_environment(environment), cwd=cwd).finish()
    if done.status == 0:
        _replace(remembered_in(folder, environment), done.out)


def forget(folder: str, environment: Mapping[str, str]) -> None:
    """Forget what is staged in this work tree: another command has changed it."""
    try:
        os.unlink(remembered_in(folder, environment))
    except OSError:
        return  # it was not there


def _replace(path: str, content: bytes) -> None:
    """Write a file aside and rename it. What cannot be written here costs time, nothing else."""
    aside = f"{path}.{os.getpid()}"
    try:
        with open(aside, "wb") as file:
            file.write(content)
        os.replace(aside, path)
    except OSError:
        return


def _image(stamp: dict[str, Any], *parts: str) -> Image | None:
    with open(stamp["image"], "rb", buffering=0) as file:
        return read(file, only=parts)


def _active_rules(paths: Any, image: Image, path: str) -> set[int]:
    """The numbers of the rules whose path pattern matches."""
    active: set[int] = set()
    numbers = image.path_rules

    def note(number: int, _low: int, _high: int, _flags: int, _context: object) -> None:
        active.add(numbers[number])

    paths.scan(os.fsencode(path), match_event_handler=note)
    return active


def _is_hit(database: Any, numbers: tuple[int, ...], active: set[int] | None, content: bytes) -> bool:
    hit: list[bool] = []

    def note(number: int, _low: int, _high: int, _flags: int, _context: object) -> bool:
        if active is None or numbers[number] in active:
            hit.append(True)
        return bool(hit)

    try:
        database.scan(content, match_event_handler=note)
    except sys.modules["hyperscan._hs_ext"].ScanTerminated:
        return True
    return bool(hit)
