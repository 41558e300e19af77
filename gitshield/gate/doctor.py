"""Proof that each gate holds: canaries through the real hooks and the real filter, in a scratch repository.

The scratch repository is wired to the very hooks folder, configured hooks, filter and attributes that git would use in the
real one, so a gate that was overwritten, switched off or lost shows. Nothing in the real repository is touched.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from gitshield.gate import passes
from gitshield.gate.files import content_of, mode_of, put
from gitshield.gate.quick import CLEAN, PASSED, REMEMBERED, STAMP
from gitshield.gate.reach import hooks_path
from gitshield.git.layout import Layout
from gitshield.git.process import Output, clean_environment, first_line, run
from gitshield.rules.samples import compose

# Canaries of staging by path: the first one that no other filter (git-crypt) takes care of.
_SENSITIVE: Final = (".env", ".env.local", "id_rsa", "server.p12")
_NO_OTHER: Final = (b"gitshield", b"unset", b"unspecified")
_TOKEN: Final = "gh" + "p_{{alnum:36}}"


@dataclass(frozen=True, slots=True)
class Check:
    """One gate: does it hold, what was seen, and how to mend it."""

    gate: str
    holds: bool
    seen: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Scratch:
    """The scratch repository and the environment git gets there."""

    path: str
    environment: Mapping[str, str]

    def git(self, *arguments: str) -> Output:
        """Run git there, whatever comes of it."""
        return run([*arguments], environment=self.environment, cwd=self.path, accept=range(256))

    def write(self, name: str, text: str) -> None:
        """Write a file of the work tree."""
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def is_staged(self, name: str) -> bool:
        """Whether the index holds the path."""
        return bool(self.git("ls-files", "--", name).out)


def examine(layout: Layout, *, environment: Mapping[str, str], command: str) -> Iterator[Check]:
    """Examine each gate of a repository in turn. Raises GitError when not even a scratch repository can be made."""
    with tempfile.TemporaryDirectory(prefix="gitshield-doctor-") as folder, _kept(layout.folder):
        scratch = _scratch(layout, folder, environment)
        token = compose(_TOKEN, seed="doctor")
        for gate, check in _CANARIES.items():
            problem = check(scratch, token)
            mend = None if problem is None else _mend(gate, layout, command)
            yield Check(gate, problem is None, problem or "a canary was refused", mend)
            scratch.git("reset", "-q", "--hard", "base")
            scratch.git("clean", "-qfdx")
        problem = _ordinary(scratch)
        yield Check("everyday work", problem is None, problem or "an ordinary commit went through", "look at the words above")


def _scratch(layout: Layout, folder: str, environment: Mapping[str, str]) -> Scratch:
    clean = clean_environment(environment)
    names = {"GIT_AUTHOR_NAME": "canary", "GIT_AUTHOR_EMAIL": "canary@localhost", "GIT_TERMINAL_PROMPT": "0"}
    names |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in names.items() if "AUTHOR" in key}
    names["XDG_DATA_HOME"] = os.path.join(folder, "data")  # the journal of the canaries goes with them
    scratch = Scratch(os.path.join(folder, "repository"), {**clean, **names})
    run(["init", "-q", scratch.path], environment=clean)
    for key in ("user.useConfigOnly", "commit.gpgSign", "core.autocrlf"):
        scratch.git("config", key, "false")
    scratch.write("README", "a scratch repository\n")
    off = ("-c", "core.hooksPath=/dev/null")
    scratch.git(*off, "add", "README")
    scratch.git(*off, "commit", "-q", "--no-verify", "-m", "base")
    scratch.git(*off, "tag", "base")
    _link_gates(layout, scratch, environment)
    attributes = content_of(os.path.join(layout.common, "info", "attributes"))
    if attributes is not None:
        put(os.path.join(scratch.path, ".git", "info", "attributes"), attributes, 0o644)
    return scratch


def _link_gates(layout: Layout, scratch: Scratch, environment: Mapping[str, str]) -> None:
    """Let the scratch repository run the very hooks and filter of the real one."""
    git = os.path.join(scratch.path, ".git")
    os.symlink(layout.folder, os.path.join(git, "gitshield"))
    shutil.rmtree(os.path.join(git, "hooks"), ignore_errors=True)
    os.symlink(os.path.join(layout.common, "hooks"), os.path.join(git, "hooks"))
    if named := hooks_path(layout, environment):
        scratch.git("config", "core.hooksPath", os.path.normpath(os.path.join(layout.root, named)))
    asked = ["config", "-z", "--local", "--get-regexp", r"^(hook|filter\.gitshield)\."]
    listed = run(asked, environment=environment, cwd=layout.root, accept=(0, 1))
    for entry in listed.out.split(b"\0")[:-1]:
        key, _, value = os.fsdecode(entry).partition("\n")
        scratch.git("config", "--add", key, value)


@contextmanager
def _kept(folder: str) -> Iterator[None]:
    """Leave the state in our own folder as it was: the hooks that the canaries run into keep theirs there."""
    before = _state(folder)
    try:
        yield
    finally:
        for name in {*before, *_state(folder)}:
            put(os.path.join(folder, name), before.get(name), mode_of(os.path.join(folder, name)) or 0o600)


def _state(folder: str) -> dict[str, bytes]:
    names = os.listdir(folder) if os.path.isdir(folder) else []
    kept = [name for name in names if name.partition("-")[0] in (passes.FILE, CLEAN, PASSED, REMEMBERED, STAMP)]
    return {name: content for name in kept if (content := content_of(os.path.join(folder, name))) is not None}


def _by_path(scratch: Scratch, token: str) -> str | None:
    name = next((one for one in _SENSITIVE if _filter_of(scratch, one) in _NO_OTHER), _SENSITIVE[0])
    scratch.write(name, f"API_TOKEN={token}\n")
    done = scratch.git("add", "-f", name)
    oid = scratch.git("hash-object", "--no-filters", name).out.decode().strip()
    is_written = scratch.git("cat-file", "-e", oid).status == 0
    return f"git add -f {name} was let through" if is_written or scratch.is_staged(name) else _not_by_us(done)


def _filter_of(scratch: Scratch, name: str) -> bytes:
    return scratch.git("check-attr", "-z", "filter", "--", name).out.split(b"\0")[2]


def _by_content(scratch: Scratch, token: str) -> str | None:
    scratch.write("canary.py", f'token = "{token}"\n')
    done = scratch.git("add", "canary.py")
    return "a token stayed in the index after git add" if scratch.is_staged("canary.py") else _not_by_us(done)


def _commit(scratch: Scratch, token: str) -> str | None:
    _stage_unseen(scratch, token)
    done = scratch.git("commit", "-q", "-m", "canary")
    return "a token was committed" if done.status == 0 else _not_by_us(done)


def _message(scratch: Scratch, token: str) -> str | None:
    done = scratch.git("commit", "-q", "--allow-empty", "-m", f"the token is {token}")
    return "a token in a commit message was let through" if done.status == 0 else _not_by_us(done)


def _no_verify(scratch: Scratch, token: str) -> str | None:
    _stage_unseen(scratch, token)
    done = scratch.git("commit", "-q", "--no-verify", "-m", "canary")
    return "git commit --no-verify was let through" if done.status == 0 else _not_by_us(done)


def _merge(scratch: Scratch, token: str) -> str | None:
    scratch.git("checkout", "-q", "-b", "side", "base")
    scratch.write("side", "side\n")
    scratch.git("add", "side")
    scratch.git("commit", "-q", "-m", "side")
    scratch.git("checkout", "-q", "--detach", "base")
    scratch.write("ours", "ours\n")
    scratch.git("add", "ours")
    scratch.git("commit", "-q", "-m", "ours")
    scratch.git("merge", "-q", "--no-ff", "--no-commit", "side")
    _stage_unseen(scratch, token)
    done = scratch.git("commit", "-q", "-m", "merge")
    return "a token in a merge was committed" if done.status == 0 else _not_by_us(done)


def _push(scratch: Scratch, _token: str) -> str | None:
    """Push, then push another commit in its place by force."""
    there = os.path.join(os.path.dirname(scratch.path), "there.git")
    run(["init", "-q", "--bare", there], environment=scratch.environment)
    beside = replace(scratch, environment={**scratch.environment, "GIT_ALLOW_PROTOCOL": "file"})
    scratch.git("checkout", "-q", "-B", "main", "base")
    for words in (("-m", "one"), ("--amend", "-m", "another")):
        scratch.git("commit", "-q", "--allow-empty", *words)
        done = beside.git("push", "-q", *(["--force"] if "--amend" in words else []), there, "main")
        if done.status and "--amend" not in words:
            return f"an ordinary push was refused: {first_line(done.err)}"
    return "a forced push to main was let through" if done.status == 0 else _not_by_us(done)


def _not_by_us(done: Output) -> str | None:
    """What to say when git refused, but not because of us: then nothing is proved."""
    if b"gitshield: " in done.err and b" refused: " in done.err:
        return None
    return f"something else refused first: {first_line(done.err)}"


def _ordinary(scratch: Scratch) -> str | None:
    scratch.write("ordinary.txt", "nothing to see\n")
    scratch.git("add", "ordinary.txt")
    done = scratch.git("commit", "-q", "-m", "ordinary")
    return None if done.status == 0 else done.err.decode("utf-8", "replace")[:500]


def _stage_unseen(scratch: Scratch, token: str) -> None:
    """Stage a token past the staging gates, as plumbing and other programs can."""
    scratch.write("canary.py", f'token = "{token}"\n')
    oid = scratch.git("hash-object", "-w", "--no-filters", "canary.py").out.decode().strip()
    scratch.git("update-index", "--add", "--cacheinfo", f"100644,{oid},canary.py")


_CANARIES: Final[Mapping[str, Callable[[Scratch, str], str | None]]] = {
    "staging by path": _by_path,
    "staging by content": _by_content,
    "commit": _commit,
    "merge commit": _merge,
    "commit message": _message,
    "--no-verify": _no_verify,
    "push": _push,
}


def _mend(gate: str, layout: Layout, command: str) -> str:
    if not os.path.isdir(layout.folder):
        return f"{command} protect"
    if gate == "staging by path":
        return f"{command} protect   (the filter lines in .git/info/attributes or the filter's configuration are gone)"
    return f"{command} protect   (a hook was replaced, or core.hooksPath was set to another folder since)"
