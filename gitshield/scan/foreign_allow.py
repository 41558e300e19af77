"""What other tools' files wave through: the baseline of detect-secrets and the ignore file of gitleaks, read only.

Both are data here. Of a baseline only `results` is read: `plugins_used` may name Python files for detect-secrets to
import (`path: file://…`) and `filters_used` functions to call, and neither is looked at.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gitshield.errors import ConfigurationError
from gitshield.model.place import CommittedBlob, Place

BASELINE_NAME: Final = ".secrets.baseline"
IGNORE_NAME: Final = ".gitleaksignore"
MAX_BASELINE: Final = 16 << 20
MAX_IGNORE: Final = 4 << 20
_SHA1_DIGITS: Final = 40
_HEX: Final = frozenset("0123456789abcdef")
# detect-secrets 1.5 takes the value of these detectors from `re.findall`, which gives the group, not the token:
# https://github.com/Yelp/detect-secrets/issues/858. Of private keys it takes the first line's words.
_BARE_VALUES: Final = ("", "ghp", "gho", "ghu", "ghs", "ghr", "glpat", "gldt", "glft", "glsoat", "glrt")
_PARTITION_DIGITS: Final = "0123456789abcdefABCDEF"
_KEY_KINDS: Final = ("DSA ", "EC ", "OPENSSH ", "PGP ", "RSA ", "SSH2 ENCRYPTED ", "")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings a baseline knows, as (path with `/`, SHA-1 of the value in hex).

    `ignored` counts entries whose hash is that of a bare token prefix or key header: it is the same for every token
    of that kind, so honouring it would wave all of them through.
    """

    known: frozenset[tuple[str, str]] = frozenset()
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The fingerprints of a `.gitleaksignore`; `ignored` counts the lines that can be none."""

    fingerprints: frozenset[str] = frozenset()
    ignored: int = 0


def parse_baseline(content: bytes, *, name: str = BASELINE_NAME) -> Baseline:
    """Read a detect-secrets baseline of any version with `results`, in UTF-8 or UTF-16 (PowerShell writes that).

    Raises ConfigurationError when it is over MAX_BASELINE bytes or not of that form; then nothing of it counts.
    """
    _check_size(content, MAX_BASELINE, name=name)
    try:
        document: object = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{name} is not JSON", hint="make it anew with `detect-secrets scan`, or remove it") from error
    entries = tuple(_entries(document, name=name))
    bare = _bare_hashes()
    known = frozenset(entry for entry in entries if entry[1] not in bare)
    return Baseline(known, sum(entry[1] in bare for entry in entries))


def is_in_baseline(baseline: Baseline, *, value: bytes, path: str) -> bool:
    """Whether the baseline has this value in this file. Lines do not count, as in detect-secrets."""
    digest = hashlib.sha1(value, usedforsecurity=False).hexdigest()
    return (_with_slashes(path), digest) in baseline.known


def parse_ignore_file(content: bytes, *, name: str = IGNORE_NAME) -> IgnoreFile:
    """Read a `.gitleaksignore`: `file:rule:line` or `commit:file:rule:line` a line, `#` for comments.

    Raises ConfigurationError when it is over MAX_IGNORE bytes.
    """
    _check_size(content, MAX_IGNORE, name=name)
    text = content.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    lines = [line for line in map(str.strip, text.split("\n")) if line and not line.startswith("#")]
    good = [line for line in lines if line.count(":") >= 2 and line.rpartition(":")[2].isdecimal()]
    return IgnoreFile(frozenset(_with_slashes(line) for line in good), len(lines) - len(good))


def is_in_ignore_file(file: IgnoreFile, *, rule_id: str, place: Place, line: int) -> bool:
    """Whether gitleaks would ignore the finding: by file, rule and line, of any commit or of the finding's own."""
    if not file.fingerprints:
        return False
    anywhere = f"{_with_slashes(place.path)}:{rule_id}:{line}"
    if anywhere in file.fingerprints:
        return True
    return isinstance(place, CommittedBlob) and f"{place.commit}:{anywhere}" in file.fingerprints


def _check_size(content: bytes, limit: int, *, name: str) -> None:
    if len(content) > limit:
        raise ConfigurationError(f"{name} has {len(content)} bytes, at most {limit} are read")


def _entries(document: object, *, name: str) -> Iterator[tuple[str, str]]:
    results = document.get("results") if isinstance(document, dict) else None
    if not isinstance(results, dict):
        raise ConfigurationError(f"{name} has no table `results`")
    for path, found in results.items():
        if not isinstance(found, list):
            raise ConfigurationError(f"{name}: the results of a file are no list")
        for item in found:
            yield _with_slashes(path), _digest(item, name=name)


def _digest(item: object, *, name: str) -> str:
    digest = item.get("hashed_secret") if isinstance(item, dict) else None
    if not isinstance(digest, str) or len(digest) != _SHA1_DIGITS or not _HEX.issuperset(digest):
        raise ConfigurationError(f"{name}: a result without a SHA-1 `hashed_secret`")
    return digest


def _with_slashes(path: str) -> str:
    """The path as detect-secrets and gitleaks compare it: `/` only, no leading `./`."""
    return path.replace("\\", "/").removeprefix("./")


@lru_cache(maxsize=1)
def _bare_hashes() -> frozenset[str]:
    """The hashes that name no value: of token prefixes, of GitLab's partition ids, of private keys' headers."""
    partitions = (f"{high}{low}_" for high in _PARTITION_DIGITS for low in _PARTITION_DIGITS)
    headers = (f"BEGIN {kind}PRIVATE KEY{block}" for kind in _KEY_KINDS for block in ("", " BLOCK"))
    values = (*_BARE_VALUES, *partitions, *headers, "PuTTY-User-Key-File-2")
    return frozenset(hashlib.sha1(value.encode(), usedforsecurity=False).hexdigest() for value in values)
