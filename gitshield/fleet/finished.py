"""Finished shards: what an interrupted run need not do again. Only those in which nothing was found, so that no secret is stored.

The form is in docs/formats/finished.md. A record that is not one is none: then the shard is scanned.
"""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from gitshield.errors import UsageError
from gitshield.fleet.shard import Scanned, Shard
from gitshield.gate.files import content_of, put
from gitshield.model.finding import Receipt, Skipped

_KIND: Final = "gitshield-finished"
_VERSION: Final = 1
_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Record:
    """A shard that was scanned to its end and had no findings: the signature it had, and its receipt."""

    signature: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Finished:
    """The records in a folder; see `open_finished`."""

    folder: str

    def known(self, shard: Shard) -> Record | None:
        """The record of a shard, None when there is none that can be used."""
        try:
            content = content_of(self._place(shard))
            document = json.loads(content) if content is not None else None
            return _record(document, shard) if isinstance(document, dict) else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep(self, shard: Shard, scanned: Scanned) -> None:
        """Store a shard, if nothing was found in it, nothing failed, and it can be known again."""
        receipt = scanned.result.receipt
        if scanned.signature is None or scanned.result.findings or not receipt.is_complete:
            return
        document = {"schema": _KIND, "version": _VERSION, "repository": shard.name, "key": shard.key, "signature": scanned.signature}
        put(self._place(shard), (json.dumps({**document, "receipt": _plain(receipt)}) + "\n").encode("ascii"), 0o600)

    def _place(self, shard: Shard) -> str:
        return os.path.join(self.folder, sha256(os.fsencode(shard.key)).hexdigest()[:40] + ".json")


def open_finished(folder: str) -> Finished:
    """Open the folder, which is made (0700) when it is not there.

    Raises UsageError for one that others may write to: a record says that a repository is clean.
    """
    os.makedirs(folder, mode=0o700, exist_ok=True)
    seen = os.stat(folder)
    if seen.st_uid != os.geteuid() or seen.st_mode & _OTHERS:
        raise UsageError(f"others can write to {folder}", hint="name a folder of your own, or one that is not there yet")
    return Finished(folder)


def _record(document: Mapping[str, Any], shard: Shard) -> Record | None:
    if (document["schema"], document["version"], document["key"]) != (_KIND, _VERSION, shard.key):
        return None
    plain = document["receipt"]
    skipped = tuple(Skipped(str(one["path"]), str(one["reason"]), is_failure=False) for one in plain["skipped"])
    receipt = Receipt(
        asked=str(plain["asked"]),
        rules=int(plain["rules"]),
        rule_set=str(plain["rule_set"]),
        read=int(plain["read"]),
        size=int(plain["bytes"]),
        duration=0.0,
        skipped=skipped,
        allowed={str(what): int(count) for what, count in plain["allowed"].items()},
        notes=tuple(map(str, plain["notes"])),
    )
    return Record(str(document["signature"]), receipt)


def _plain(receipt: Receipt) -> dict[str, object]:
    return {
        "asked": receipt.asked,
        "rules": receipt.rules,
        "rule_set": receipt.rule_set,
        "read": receipt.read,
        "bytes": receipt.size,
        "skipped": [{"path": skip.path, "reason": skip.reason} for skip in receipt.skipped],
        "allowed": dict(receipt.allowed),
        "notes": list(receipt.notes),
    }
