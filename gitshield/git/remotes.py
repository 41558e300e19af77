"""Remotes: where a repository is pushed to and fetched from, in words that give no credentials away."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.git.layout import Layout
from gitshield.git.process import run
from gitshield.git.worktrees import environment_for

_KEY: Final = re.compile(r"remote\.(.+)\.(?:url|pushurl)", re.DOTALL | re.IGNORECASE)
_URL: Final = re.compile(r"((?:\w+::)?[A-Za-z][A-Za-z0-9+.-]*://)([^/?#]*)([^?#]*)", re.DOTALL)
_PORT: Final = re.compile(r"(?:\[[^\]]*\]|[^:@]*)(?::\d*)?")


@dataclass(frozen=True, slots=True)
class Remote:
    """A remote's name and its URLs (those it is fetched from, then those it is pushed to), without credentials."""

    name: str
    urls: tuple[str, ...]


def remotes(layout: Layout, environment: Mapping[str, str]) -> list[Remote]:
    """The remotes that the configuration names, in its order. Raises GitError for a configuration that git cannot read."""
    ours = environment_for(layout, environment)
    words = ["config", "-z", "--get-regexp", r"^remote\..*\.(url|pushurl)$"]
    done = run(words, environment=ours, cwd=layout.git_dir, accept=(0, 1))
    found: dict[str, list[str]] = {}
    for entry in done.out.split(b"\0")[:-1]:
        key, _, url = os.fsdecode(entry).partition("\n")
        if match := _KEY.fullmatch(key):
            found.setdefault(match[1], []).append(without_credentials(url))
    return [Remote(name, tuple(dict.fromkeys(urls))) for name, urls in found.items()]


def without_credentials(url: str) -> str:
    """A remote's URL without user, password, query and fragment; the user of ssh stays where no password follows it.

    What is no URL (a path, `git@host:path`) stays as it is unless a password stands in it.
    """
    if (match := _URL.match(url)) is None:
        user, mark, rest = url.partition("@")
        return rest if mark and ":" in user else url
    scheme, authority, path = match.groups()
    if "@" not in authority and "@" in path and not _PORT.fullmatch(authority):  # a slash that stands plain in a password
        authority, path = "", path.rpartition("@")[2]
    user, mark, host = authority.rpartition("@")
    is_kept = mark and ":" not in user and "ssh" in scheme
    return f"{scheme}{f'{user}@' if is_kept else ''}{host}{path}"
