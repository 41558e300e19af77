"""Trust: what a repository's file may do by itself, and which contents a person approved.

A repository's file may protect more; a key of it that protects less counts only when a person approved that exact
content. What runs code (plug-ins) or reads outside the repository is never taken from it, approved or not.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Final

from gitshield.config.schema import Config, Option, is_looser, options
from gitshield.config.toml_form import MAX_SIZE, Source, Values, is_inside
from gitshield.errors import ConfigurationError

Approved = frozenset[str]

_HEADER: Final = "gitshield-trust 1"
_HINT: Final = "remove the file and approve again with `gitshield allow --config`"


def key_of_file(content: bytes) -> str:
    """What approving a `.gitshield.toml` approves: the SHA-256 of its bytes, in hex."""
    return hashlib.sha256(b"file\0" + content).hexdigest()


def key_of_table(table: Mapping[str, object]) -> str:
    """What approving a `[tool.gitshield]` approves: the SHA-256 of what it says, whatever else the file holds, in hex.

    The table has passed the schema: it is flat and holds texts, lists, numbers and switches only.
    """
    text = json.dumps(table, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(b"table\0" + text.encode()).hexdigest()


def read_store(content: bytes) -> Approved:
    """Read a trust store (`docs/formats/trust.md`); an empty one is a store without approvals.

    Raises ConfigurationError for anything else than a store of version 1: a damaged store must not look like an empty one.
    """
    if not content:
        return frozenset()
    lines = content.decode("ascii", "replace").splitlines() if len(content) <= MAX_SIZE else []
    if not lines or lines[0] != _HEADER:
        raise ConfigurationError("the trust store is not one, or of another version", hint=_HINT)
    keys = [line.split(" ", 1)[0] for line in lines[1:]]
    for number, key in enumerate(keys, 2):
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            raise ConfigurationError(f"the trust store is damaged in line {number}", hint=_HINT)
    return frozenset(keys)


def approve(store: bytes, key: str, *, note: str) -> bytes:
    """Give the store with `key` (see `key_of_file`) approved; `note` says for people what it was and when.

    Approving again changes nothing. Whoever writes the result does so with mode 0600, aside and renamed.
    Raises ConfigurationError when `store` is not a trust store.
    """
    if key in read_store(store):
        return store
    shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in note)[:200]
    before = store.decode("ascii", "replace") if store else f"{_HEADER}\n"
    return (before.removesuffix("\n") + f"\n{key} {shown}".rstrip() + "\n").encode("ascii", "replace")


def withdraw(store: bytes, key: str) -> bytes:
    """Give the store without the approval of `key`. Raises ConfigurationError when `store` is not a trust store."""
    read_store(store)
    return b"".join(line for line in store.splitlines(keepends=True) if not line.startswith(key.encode()))


def refuse_forbidden(values: Values, source: Source) -> None:
    """Raise ConfigurationError when a repository's file sets what only a person's may, or names files outside of it."""
    for section, content in values.items():
        for one in options(section):
            if one.only_person and one.key in content:
                raise ConfigurationError(
                    f"{source.name}: {one.name} is not taken from a repository: it runs code",
                    hint="set it in your own configuration file instead",
                )
    for path in _texts(values.get("rules", {}).get("files")):
        if not is_inside(path):
            raise ConfigurationError(
                f"{source.name}: rules.files names {path!r}, which is outside of the repository",
                hint="name rule files of other places in your own configuration file",
            )


def looser_keys(values: Values, base: Config) -> tuple[Option, ...]:
    """Give the keys of a repository's `values` that protect less than `base`."""
    return tuple(
        one
        for section, content in values.items()
        for one in options(section)
        if one.key in content and is_looser(one, value=content[one.key], base=getattr(getattr(base, section), one.key))
    )


def _texts(value: object) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
