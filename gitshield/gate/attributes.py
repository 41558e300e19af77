"""Filters that attributes ask for besides ours: LFS, git-crypt and their kin.

`info/attributes` wins over every other file of attributes (gitattributes(5)). Ours stand first in it, so that the person's own
lines there win over ours; lines of weaker files that set a filter are repeated after ours, so that they do as well.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping

from gitshield.gate.files import content_of
from gitshield.git.layout import Layout
from gitshield.git.process import clean_environment, run

_NONE = (b"unspecified", b"unset", b"gitshield")


def foreign_filters(layout: Layout, environment: Mapping[str, str]) -> list[str]:
    """The lines of the person's attributes and of all .gitattributes that set a filter, made relative to the root.

    Put after ours they stay in force; later ones win, as in git. Lines that only take filters off would take ours off,
    so they count only after one that sets another.
    """
    if layout.top is None:
        return []
    macros: dict[str, str] = {}
    lines: dict[str, None] = {}
    for folder, content in _attributes(layout.top, environment):
        lines |= dict.fromkeys(_filters(content, folder, macros))
    first = next((number for number, line in enumerate(lines) if " filter=" in line), len(lines))
    return list(lines)[first:]


def empty_repository(environment: Mapping[str, str]) -> "tempfile.TemporaryDirectory[str]":
    """A bare repository with nothing in it, to ask `hidden_filter` with; it goes with the object."""
    folder = tempfile.TemporaryDirectory(prefix="gitshield-")
    run(["init", "-q", "--bare", "--template=", folder.name], environment=clean_environment(environment))
    return folder


def hidden_filter(path: str, top: str, *, empty: str, environment: Mapping[str, str]) -> str | None:
    """The filter that a path of the work tree `top` would have without `info/attributes`; None when it has none.

    Where ours is asked about a path, lines that came after `protect` may want another one, which git does not see then.
    `empty` is the folder of an empty repository.
    """
    asked = [f"--git-dir={empty}", f"--work-tree={top}", "check-attr", "-z", "filter", "--", path]
    value = run(asked, environment=clean_environment(environment), cwd=top).out.split(b"\0")[2]
    return None if value in _NONE else os.fsdecode(value)


def _attributes(top: str, environment: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """All files of attributes as (folder, content), weakest first: the system's, the person's, the repository's."""
    system = run(["var", "GIT_ATTR_SYSTEM"], environment=environment, cwd=top, accept=(0, 1, 128, 129)).out  # git 2.43
    yield "", content_of(os.fsdecode(system).rstrip("\n") or "/etc/gitattributes") or b""
    named = run(["config", "--path", "--get", "core.attributesFile"], environment=environment, cwd=top, accept=(0, 1)).out
    home = environment.get("XDG_CONFIG_HOME") or os.path.join(environment.get("HOME") or "/", ".config")
    person = os.path.join(top, os.fsdecode(named).rstrip("\n")) if named else os.path.join(home, "git", "attributes")
    yield "", content_of(person) or b""
    wanted = ["ls-files", "-z", "-c", "-o", "--exclude-standard", "--", ":(glob)**/.gitattributes"]
    listed = run(wanted, environment=environment, cwd=top).out.split(b"\0")
    for name in sorted({os.fsdecode(item) for item in listed if item}, key=lambda name: (name.count("/"), name)):
        yield os.path.dirname(name), content_of(os.path.join(top, name)) or b""


def _filters(content: bytes, folder: str, macros: dict[str, str]) -> Iterator[str]:
    """The lines that set or take off a filter, `[attr]` macros resolved; those defined here are added to `macros`."""
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        words = line.split()
        is_macro = line.startswith("[attr]")
        named = [macros.get(word, word) for word in words[1:]]
        filters = [word for word in named if word.startswith("filter=") or word in ("-filter", "!filter")]
        if is_macro and filters:
            macros[words[0].removeprefix("[attr]")] = filters[-1]
        elif filters and not line.startswith("#"):
            yield f"{_moved(words[0], folder)} {filters[-1]}"


def _moved(pattern: str, folder: str) -> str:
    """A pattern of folder/.gitattributes as one of the root's."""
    if not folder:
        return pattern
    return f"{folder}/{pattern.lstrip('/')}" if "/" in pattern.strip("/") or pattern.startswith("/") else f"{folder}/**/{pattern}"
