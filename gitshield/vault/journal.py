"""The journal: what was refused, passed on purpose, installed. JSON lines, one file a repository, outside of it; no secrets."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gitshield.config.homes import Homes


@dataclass(frozen=True, slots=True)
class Journal:
    """The journal file of one repository. Format version 1: an object a line with `v`, `at` (epoch seconds), `event`, `repository`."""

    path: str
    repository: str

    @classmethod
    def of(cls, common: str, environment: Mapping[str, str]) -> "Journal":
        """The journal of the repository whose shared git folder is `common`, under XDG_DATA_HOME."""
        name = hashlib.sha256(os.path.realpath(common).encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return cls(os.path.join(Homes.of(environment).data, "journal", f"{name}.jsonl"), common)

    def add(self, event: str, **facts: Any) -> bool:
        """Append one event, synced to disk; False when it could not be written (a refusal must not fail for that)."""
        entry = {"v": 1, "at": time.time(), "event": event, "repository": self.repository, **facts}
        line = json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n"
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            written = os.write(descriptor, line)
            os.fsync(descriptor)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return written == len(line)

    def entries(self) -> Iterator[dict[str, Any]]:
        """All events, oldest first; a torn last line is passed over."""
        try:
            with open(self.path, "rb") as file:
                for line in file:
                    try:
                        yield json.loads(line)
                    except ValueError:
                        continue
        except OSError:
            return
