"""Mirrors: repositories of URLs, fetched whole into bare ones of our own. Whoever is asked for is not trusted, and never waited for.

What `git clone --mirror` and `git fetch --prune` do, in steps, because a clone writes its URL, with the credentials in it, into the
configuration of the mirror. Nothing of the repository is run or checked out (so no hook, no filter, no LFS), nobody is asked for
a password, and only the protocols of PROTOCOLS are spoken, also after a redirection.
"""

import fcntl
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from gitshield.errors import GitError
from gitshield.git.process import Output, clean_environment, first_line, run
from gitshield.git.remotes import without_credentials

PROTOCOLS: Final = ("https", "ssh", "git", "file")
_SCP: Final = re.compile(r"(?!-)[\w.-]+@[\w.][\w.-]*:(?!//)[^:].*", re.DOTALL)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:::|://)")
_USER: Final = re.compile(r"://([^/?#@]*@)?")
# What git may do beside talking to the other side; what it may wait for (in seconds, and bytes a second).
_SETTINGS: Final = (
    "core.hooksPath=/dev/null", "core.logAllRefUpdates=false", "gc.autoDetach=false", "maintenance.autoDetach=false",
    "transfer.bundleURI=false", "fetch.recurseSubmodules=false", "http.lowSpeedLimit=1", "http.lowSpeedTime=60",
)  # fmt: skip
_PATIENCE: Final = "-oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=4"
_SHA256: Final = 64
_ANY: Final = range(-128, 256)


def is_url(text: str) -> bool:
    """Whether an entry is an URL (or `user@host:path`, ssh's short form), allowed or not, and no path."""
    return _SCHEME.match(text) is not None or _SCP.fullmatch(text) is not None


def shown_url(url: str) -> str:
    """An URL as reports may name it."""
    return without_credentials(url)


def mirror_name(url: str) -> str:
    """The name of the folder of an URL's mirror: the same whatever the credentials are."""
    bare = _USER.sub("://", url, count=1) if "://" in url else url
    return sha256(os.fsencode(bare)).hexdigest()[:40] + ".git"


def refresh(url: str, folder: str, environment: Mapping[str, str]) -> None:
    """Bring the mirror of `url` in `folder` up to date; it is made when it is not there, mode 0700, and holds no credentials.

    Branches, tags and all other refs become what they are over there; HEAD, too. Commits that no ref leads to any more stay until
    git's own `gc`. Raises GitError, in words without credentials; the mirror is then as it was, or has a part of what is new.
    """
    _check(url)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with _locked(folder):
        ours = _environment(url, folder, environment)
        refs = _refs(_run(url, ["ls-remote", "--symref", "--", url], ours, folder).out)
        if not os.path.exists(os.path.join(folder, "HEAD")):
            is_sha256 = any(len(oid) == _SHA256 for oid in refs.values())
            words = ["--object-format=sha256"] if is_sha256 else []  # git before 2.29 does not know the word
            _run(url, ["init", "--quiet", "--bare", "--template=", *words, "--", folder], ours, folder)
        ours["GIT_DIR"] = folder
        wanted = ["+refs/*:refs/*", *(["HEAD"] if "HEAD" in refs else [])]
        if any(name != "HEAD" for name in refs):
            _run(url, ["fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules", "--", url, *wanted], ours, folder)
        _point_head(url, refs, ours, folder)
        with suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, "FETCH_HEAD"))  # it would be another one after each fetch of the same


def _check(url: str) -> None:
    scheme = url.partition("://")[0].lower() if "://" in url else "ssh"
    if scheme not in PROTOCOLS or "::" in url.partition("/")[0]:
        raise GitError(f"not an URL of a protocol that is spoken here ({', '.join(PROTOCOLS)})")
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in url):
        raise GitError("an URL with control characters")


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """Let one process at a time work on a mirror; a second one waits."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _environment(url: str, folder: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment to talk to the other side in: no prompt, no helper that asks in a window, no repository around."""
    ours = {
        **clean_environment(environment),
        "GIT_ALLOW_PROTOCOL": ":".join(PROTOCOLS),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(folder),
    }
    if "://" not in url or url.lower().startswith("ssh:"):
        asked = run(["config", "--get", "core.sshCommand"], environment=ours, cwd=folder, accept=_ANY).out
        command = ours.get("GIT_SSH_COMMAND") or os.fsdecode(asked).strip() or shlex.quote(ours.get("GIT_SSH") or "ssh")
        if os.path.basename("".join(command.split()[:1])) == "ssh":  # another program may not know these words
            ours["GIT_SSH_COMMAND"] = f"{command} {_PATIENCE}"
    return ours


def _run(url: str, words: Sequence[str], environment: Mapping[str, str], folder: str) -> Output:
    """Run git; what it says when it fails is told without what is secret in the URL."""
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    done = run([*settings, *words], environment=environment, cwd=folder, accept=_ANY)
    if done.status != 0:
        raise GitError(f"git {words[0]} failed: {_cleared(first_line(done.err), url)}")
    return done


def _cleared(words: str, url: str) -> str:
    """Words of git's with the URL as it may be shown, and without its user and password wherever they stand."""
    words = words.replace(url, shown_url(url))
    if shown_url(url) == url:
        return words
    authority = url.partition("://")[2] or url
    user = authority.partition("@")[0]
    for part in (user, *user.split(":", 1), url.partition("?")[2]):
        for text in (part, unquote(part)):
            words = words.replace(text, "…") if len(text) > 1 else words
    return words


def _refs(told: bytes) -> dict[str, str]:
    """What `git ls-remote --symref` told: names to object ids, and the name that HEAD stands for as `->`."""
    refs: dict[str, str] = {}
    for line in os.fsdecode(told).split("\n"):
        value, _, name = line.partition("\t")
        if value.startswith("ref: ") and name == "HEAD":
            refs["->"] = value.removeprefix("ref: ")
        elif name and not name.endswith("^{}"):
            refs[name] = value
    return refs


def _point_head(url: str, refs: Mapping[str, str], environment: Mapping[str, str], folder: str) -> None:
    """Let HEAD be what it is over there: a branch, or a commit by itself."""
    target = refs.get("->")
    if target is not None and target.startswith("refs/heads/"):
        now = run(["symbolic-ref", "--quiet", "HEAD"], environment=environment, cwd=folder, accept=_ANY).out
        if os.fsdecode(now).rstrip("\n") != target:
            _run(url, ["symbolic-ref", "HEAD", target], environment, folder)
    elif "HEAD" in refs:
        _run(url, ["update-ref", "--no-deref", "HEAD", refs["HEAD"]], environment, folder)
