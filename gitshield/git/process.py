"""The git program: argument lists, bytes, and two environments. Nothing else in this project starts a program.

Imports only what starts in a millisecond: hooks run through here.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from gitshield.errors import GitError

GIT: Final = "git"
# What ties a process to one repository: `git rev-parse --local-env-vars`, as of git 2.55.
LOCAL_VARIABLES: Final = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_CONFIG_COUNT GIT_OBJECT_DIRECTORY GIT_DIR GIT_WORK_TREE "
    "GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE "
    "GIT_COMMON_DIR GIT_INTERNAL_SUPER_PREFIX GIT_QUARANTINE_PATH".split()
)


# For every call of ours: take no lock that is not needed, fetch nothing (a promisor's blob would start the repository's own
# ssh command), see objects as they are stored (a replace ref could hide a blob), speak English (some words are looked at).
SAFE: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
    "LANGUAGE": "",
}
# A repository's own configuration must not run anything because we ask git a question.
_QUIET: Final = ("-c", "core.fsmonitor=false")


class Output:
    """What a git process left: its exit status (128 + n for signal n) and its two streams."""

    __slots__ = ("err", "out", "status")

    def __init__(self, status: int, out: bytes, err: bytes) -> None:
        self.status = status
        self.out = out
        self.err = err


def hook_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for git calls about the very repository, index and quarantine a hook runs in."""
    return {**environment, **SAFE}


def asking_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for git calls that ask another side over the protocols the person allows, as the command that runs us does."""
    allowed = environment.get("GIT_ALLOW_PROTOCOL")
    ours = {key: value for key, value in {**environment, **SAFE}.items() if key != "GIT_ALLOW_PROTOCOL"}
    return {**ours, "GIT_ALLOW_PROTOCOL": allowed} if allowed is not None else ours


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for git calls about any other repository: nothing that ties it to this one."""
    kept = {key: value for key, value in environment.items() if key not in LOCAL_VARIABLES}
    return {**kept, **SAFE}


def start(arguments: Sequence[str], *, environment: Mapping[str, str], cwd: str | None = None) -> Running:
    """Start `git ARGUMENTS…` without standard input, to be read later: it runs while the caller goes on.

    Raises GitError when there is no git program.
    """
    read_end, write_end = os.pipe()
    argv = [GIT, *_QUIET, *(["-C", cwd] if cwd else []), *arguments]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, write_end, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    try:
        pid = os.posix_spawnp(GIT, argv, dict(environment), file_actions=actions)
    except FileNotFoundError as error:
        os.close(read_end)
        raise git_error("there is no git program", "install git 2.25 or newer and put it on PATH") from error
    finally:
        os.close(write_end)
    return Running(pid, read_end, argv)


class Running:
    """A git process under way whose standard output is still to be read."""

    def __init__(self, pid: int, read_end: int, argv: Sequence[str]) -> None:
        self._pid = pid
        self._read_end = read_end
        self._argv = argv

    def finish(self) -> Output:
        """Read the output to its end and wait. `err` is empty: this call is for git commands that are not expected to fail."""
        pieces: list[bytes] = []
        with open(self._read_end, "rb", buffering=0) as stream:
            while piece := stream.read(1 << 20):
                pieces.append(piece)
        _, status = os.waitpid(self._pid, 0)
        return Output(_code(status), b"".join(pieces), b"")


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: str | None = None,
    stdin: bytes = b"",
    accept: Iterable[int] = (0,),
) -> Output:
    """Run `git ARGUMENTS…` to its end with `stdin` and give all it wrote.

    Raises GitError, with the first line of git's own words, when the status is none of `accept` or there is no git.
    """
    import subprocess  # costs 15 ms, so not for those who only `start`

    argv = [GIT, *_QUIET, *(["-C", cwd] if cwd else []), *arguments]
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, env=dict(environment), check=False)
    except FileNotFoundError as error:
        raise git_error("there is no git program", "install git 2.25 or newer and put it on PATH") from error
    if done.returncode not in tuple(accept):
        raise git_error(f"git {arguments[0]} failed: {first_line(done.stderr)}", _hint(done.stderr))
    return Output(done.returncode, done.stdout, done.stderr)


def process_words(pid: int) -> list[bytes]:
    """What `ps` says of a process: its parent's number, then its command line in words. Empty when it cannot tell."""
    import subprocess

    try:
        done = subprocess.run(["ps", "-o", "ppid=,args=", "-p", str(pid)], capture_output=True, check=False)
    except FileNotFoundError:
        return []
    return done.stdout.split() if done.returncode == 0 else []


def git_error(message: str, hint: str | None) -> GitError:
    """Make the GitError of a light module; its class is loaded only now, when something went wrong."""
    from gitshield.errors import GitError

    return GitError(message, hint=hint)


def first_line(words: bytes) -> str:
    """The first line git wrote, cut to 300 characters, for a message."""
    text = words.decode("utf-8", "replace").strip().split("\n")[0]
    return text[:300] or "it said nothing"


def _hint(words: bytes) -> str | None:
    if b"dubious ownership" in words:
        return "the repository belongs to somebody else; `git config --global --add safe.directory PATH` if you trust it"
    if b"not a git repository" in words:
        return "go to a folder inside a git work tree"
    return None


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
