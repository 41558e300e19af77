"""Memory: what earlier scans of a repository found clean, and what its commits say, so that a scan reads only what is new.

Why it may be trusted. An object never changes under its id; a look at it depends on nothing but the rules, the values of local
dotenv files and the code, and what the engine makes of it also on the path. All that is in the key of a memory. What was found is
not in it: whatever was not clean is judged again. One that is damaged, of other rules or of another version is none.
"""

import hashlib
import io
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np

from gitshield import __version__
from gitshield.git.packs.files import open_file
from gitshield.git.packs.index import Bytes
from gitshield.scan.archives import Limits
from gitshield.scan.history.graph import Said
from gitshield.scan.history.rows import Listing, Rows
from gitshield.scan.scan import Terms

_FORM: Final = "gitshield-history-1"
_DIGEST: Final = 16
_LARGEST: Final = 1 << 30
_COST: Final = 1 << 14  # RFC 7914: 16 MiB and about 50 ms
_DAMAGED: Final = (OSError, ValueError, KeyError)
_JUDGES: Final = ("detect-secrets", "google-re2")
_FOLDERS: Final = ("git", "rules", "scan")


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What was found clean, by the rules of one key. Ids are rows.

    In the objects of `clean` a look saw nothing; those of `doubtful` are judged at each of their paths, and `pairs` are the digests
    (see `pair`) of what was judged and is clean.
    """

    clean: Bytes
    doubtful: Bytes
    pairs: frozenset[bytes]

    def joined(self, other: "Judged") -> "Judged":
        """What is known by either; what one of them doubts is doubtful."""
        clean, doubtful = np.concatenate([self.clean, other.clean]), np.concatenate([self.doubtful, other.doubtful])
        return Judged(clean, doubtful, self.pairs | other.pairs)


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What somebody else has looked at: by the rules of which key, what came of it, and of how many bytes the blobs were."""

    key: str
    judged: Judged
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """What commits and tags say, whatever the rules: the tags' ids with those of what they tag, and what commits change."""

    said: Said
    tags: Bytes
    targets: Bytes
    listing: Listing


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory of one repository in a folder, for one key of rules. Neither reading nor writing it ever fails."""

    folder: str
    name: str
    key: str
    hash_size: int

    def judged(self) -> Judged:
        """What was found clean, nothing when nobody knows."""
        try:
            found = _load(self._judged_at, self.key)
            clean, doubtful = (_table(found[name], self.hash_size) for name in ("clean", "doubtful"))
            pairs = found["pairs"].tobytes()
            return Judged(clean, doubtful, frozenset(pairs[at : at + _DIGEST] for at in range(0, len(pairs), _DIGEST)))
        except _DAMAGED:
            return nothing_judged(self.hash_size)

    def structure(self) -> Structure:
        """What commits and tags say, nothing when nobody knows."""
        try:
            return _structure(_load(self._structure_at, _FORM), self.hash_size)
        except _DAMAGED:
            return nothing_said(self.hash_size)

    def keep_judged(self, judged: Judged) -> None:
        """Store what was found clean, in place of what was known before."""
        pairs = np.frombuffer(b"".join(sorted(judged.pairs)), dtype=np.uint8)
        _store(self._judged_at, self.key, {"clean": judged.clean, "doubtful": judged.doubtful, "pairs": pairs})

    def keep_structure(self, structure: Structure) -> None:
        """Store what commits and tags say, in place of what was known before."""
        _store(self._structure_at, _FORM, dict(_columns(structure)))

    @property
    def _judged_at(self) -> Path:
        return Path(self.folder, f"{self.name}.{self.key}.judged")

    @property
    def _structure_at(self) -> Path:
        return Path(self.folder, f"{self.name}.structure")


def pair(oid: bytes, path: str) -> bytes:
    """The digest of a blob and a path that it is judged at."""
    return hashlib.blake2b(oid + path.encode("utf-8", "surrogateescape"), digest_size=_DIGEST).digest()


def memory_of(objects: str, terms: Terms, archives: Limits | None, *, folder: str, hash_size: int) -> Memory:
    """The memory of the repository whose objects lie in `objects`, under these terms, in `folder`."""
    name = hashlib.blake2b(os.fsencode(os.path.realpath(objects)), digest_size=_DIGEST).hexdigest()
    return Memory(folder, name, key_of(terms, archives), hash_size)


def nothing_judged(hash_size: int) -> Judged:
    """What is known of a repository that nobody scanned."""
    ids = np.zeros((0, hash_size), np.uint8)
    return Judged(ids, ids, frozenset())


def nothing_said(hash_size: int) -> Structure:
    """The structure of which nothing is known."""
    ids, none = np.zeros((0, hash_size), np.uint8), np.zeros(0, np.int64)
    return Structure(Said(ids, none, ids, np.zeros(1, np.int64)), ids, ids, Listing(ids, ids, Rows((), none, none, none, ids)))


def key_of(terms: Terms, archives: Limits | None) -> str:
    """The key of everything that decides whether something is clean: 32 hex digits.

    Values of local dotenv files are in it as one hash of all of them, by scrypt: who knows all but one has to guess that one slowly.
    """
    values = b"\0".join(sorted(secret.reveal() for secret, _ in terms.known.values))
    digest = hashlib.blake2b(digest_size=_DIGEST)
    known = hashlib.scrypt(values, salt=terms.rules.image.key.encode(), n=_COST, r=8, p=1) if values else b""
    for part in (_FORM.encode(), terms.rules.image.key.encode(), repr(archives).encode(), _code(), known):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@cache
def _code() -> bytes:
    """A digest of the code that reads and judges, which may change without a new version in a clone."""
    digest = hashlib.blake2b(__version__.encode())
    for name in _JUDGES:
        try:
            digest.update(version(name).encode() + b"\0")
        except PackageNotFoundError:
            digest.update(b"\0")
    package = Path(__file__).parents[2]
    for path in sorted(path for folder in _FOLDERS for path in (package / folder).rglob("*.py")):
        digest.update(path.read_bytes() + b"\0")
    return digest.digest()


def _load(place: Path, key: str) -> Mapping[str, Any]:
    """Read the arrays of a file. Raises one of `_DAMAGED`, also where it is not what was stored for this key."""
    with open_file(str(place)) as file:
        content = memoryview(file.read())
    if content[:_DIGEST] != _digest(content[_DIGEST:], key):
        raise ValueError("damaged, or for another key")
    with np.load(io.BytesIO(content[_DIGEST:]), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _store(place: Path, key: str, arrays: Mapping[str, Any]) -> None:
    """Write arrays aside and put them in place, for nobody else to read. Where that cannot be done, nothing is left behind."""
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    content = packed.getbuffer()
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, aside = tempfile.mkstemp(dir=place.parent, prefix=f"{place.name}.")
    except OSError:
        return
    try:
        with open(descriptor, "wb") as file:
            file.write(_digest(content, key))
            file.write(content)
        os.replace(aside, place)
    except OSError:
        return
    finally:  # also when interrupted
        Path(aside).unlink(missing_ok=True)
    _prune(place.parent)


def _digest(content: memoryview, key: str) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST, key=key.encode()).digest()


def _prune(folder: Path) -> None:
    """Remove what was written longest ago, until the rest has a bearable size."""
    try:
        files = sorted(((seen.st_mtime_ns, seen.st_size, path) for path in folder.iterdir() for seen in [path.stat()]), reverse=True)
        left = _LARGEST
        for _, size, path in files:
            if (left := left - size) < 0:
                path.unlink()
    except OSError:
        return  # another process was faster; the next one tries again


def _table(column: Any, size: int) -> Bytes:
    """A column of ids. Raises ValueError when it is none."""
    if column.dtype != np.uint8 or column.ndim != 2 or column.shape[1] != size:
        raise ValueError("ids of another kind")
    return column  # type: ignore[no-any-return]


def _columns(structure: Structure) -> Iterator[tuple[str, Any]]:
    said, listing = structure.said, structure.listing
    rows = listing.rows
    yield from (("oids", said.oids), ("times", said.times), ("parents", said.parents), ("begins", said.begins))
    yield from (("tags", structure.tags), ("targets", structure.targets))
    yield from (("listed", listing.commits), ("compared", listing.parents))
    yield from (("row_commits", rows.commits.astype(np.int32)), ("row_paths", rows.paths.astype(np.int32)))
    yield from (("row_blobs", rows.blobs.astype(np.int32)), ("row_oids", rows.oids))
    yield "names", np.frombuffer(b"\0".join(rows.names), np.uint8)


def _structure(found: Mapping[str, Any], size: int) -> Structure:
    """Put columns together again. Raises one of `_DAMAGED` when they do not fit."""
    ids = {name: _table(found[name], size) for name in ("oids", "parents", "tags", "targets", "listed", "compared", "row_oids")}
    words = found["names"].tobytes()
    names = tuple(words.split(b"\0")) if words else ()
    commits, paths, blobs = (found[name].astype(np.int64) for name in ("row_commits", "row_paths", "row_blobs"))
    said = Said(ids["oids"], found["times"], ids["parents"], found["begins"])
    rows = Rows(names, commits, paths, blobs, ids["row_oids"])
    return Structure(said, ids["tags"], ids["targets"], Listing(ids["listed"], ids["compared"], rows))
