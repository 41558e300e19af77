"""The list of repositories as a person writes it: a path, a glob or an URL a line. Which of them are repositories is asked elsewhere."""

import glob
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.git.mirrors import is_url
from gitshield.git.worktrees import is_git_folder

_BOM: Final = b"\xef\xbb\xbf"
_MAGIC: Final = "*?["


@dataclass(frozen=True, slots=True)
class Named:
    """What one line names: a folder or an URL (exactly one of them), or why it names nothing (`problem`). `text` is the line's own."""

    text: str
    folder: str | None = None
    url: str | None = None
    problem: str | None = None


def named_in(content: bytes, environment: Mapping[str, str], *, cwd: str) -> Iterator[Named]:
    """Give what the lines of a list name, in their order. Empty lines and those that begin with `#` are none.

    A glob gives the repositories among its matches, sorted; `**` goes through any folders, hidden ones not. `~/` is the home
    that the environment names; relative paths count from `cwd`. A name that is there as it is written is no glob.
    """
    for line in content.removeprefix(_BOM).split(b"\n"):
        text = os.fsdecode(line.strip(b" \t\r"))
        if text and not text.startswith("#"):
            yield from _named(text, environment, cwd)


def _named(text: str, environment: Mapping[str, str], cwd: str) -> Iterator[Named]:
    if "\0" in text:
        yield Named(text.replace("\0", "\\0"), problem="a path has no NUL byte")
        return
    if is_url(text) and not os.path.lexists(os.path.join(cwd, text)):
        yield Named(text, url=text)
        return
    path = text
    if text == "~" or text.startswith("~/"):
        home = environment.get("HOME", "")
        if not os.path.isabs(home):
            yield Named(text, problem="there is no HOME")
            return
        path = home + text[1:]
    path = os.path.join(cwd, path)
    if os.path.lexists(path) or not any(char in text for char in _MAGIC):
        yield Named(text, folder=path)
        return
    found = [match for match in sorted(glob.glob(path, recursive=True)) if _is_repository(match)]
    yield from (Named(text, folder=match) for match in found)
    if not found:
        yield Named(text, problem="there is no repository of such a name")


def _is_repository(folder: str) -> bool:
    """Whether a match of a glob looks like a repository; one that git does not open is a failure later, not something else."""
    return os.path.lexists(os.path.join(folder, ".git")) or is_git_folder(folder)
