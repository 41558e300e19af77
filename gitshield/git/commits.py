"""Commits and tags: what their headers say (git's `commit` and `tag` formats)."""

import re
from dataclasses import dataclass
from typing import Final

from gitshield.errors import DamagedObject

_ID: Final = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: the ids of its tree and parents, the committer's time in seconds since 1970, the author as it is stored."""

    tree: bytes
    parents: tuple[bytes, ...]
    time: int
    author: bytes
    subject: bytes


def parse_commit(content: bytes) -> Commit:
    """Read a commit. A time that cannot be read is 0. Raises DamagedObject when it has no tree."""
    head, _, message = content.partition(b"\n\n")
    lines = head.split(b"\n")
    if not lines[0].startswith(b"tree "):
        raise DamagedObject("a commit without a tree")
    parents: list[bytes] = []
    author, committer = b"", b""
    for line in lines[1:]:
        if line.startswith(b"parent "):
            parents.append(_oid(line[7:]))
        elif line.startswith(b"author ") and not author:
            author = line[7:]
        elif line.startswith(b"committer "):
            committer = line[10:]
            break
    subject = message.lstrip(b"\n").partition(b"\n")[0]
    return Commit(_oid(lines[0][5:]), tuple(parents), time_of(committer), author[: author.rfind(b">") + 1] or author, subject)


def tag_target(content: bytes) -> bytes:
    """The id of what a tag object tags. Raises DamagedObject."""
    if not content.startswith(b"object "):
        raise DamagedObject("a tag without an object")
    return _oid(content[7:].partition(b"\n")[0])


def time_of(person: bytes) -> int:
    """The seconds since 1970 at the end of an author's or committer's line, 0 when there are none that make sense."""
    words = person[person.rfind(b">") + 1 :].split()
    return int(words[0]) if words and words[0].isdigit() and len(words[0]) < 12 else 0


def _oid(text: bytes) -> bytes:
    if not _ID.fullmatch(text):
        raise DamagedObject("a commit or tag names no object")
    return bytes.fromhex(text.decode("ascii"))
