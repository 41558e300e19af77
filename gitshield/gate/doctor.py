"""Proof that each gate holds: canaries through the real hooks and the real filter, in a scratch repository.

The scratch repository is wired to the very hooks folder, configured hooks, filter and attributes that git would use in the
real one, so a gate that was overwritten, switched off or lost shows. Nothing in the real repository is touched.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gitshield.gate.install import BEGIN, END
from gitshield.git.layout import Layout
from gitshield.git.process import Output, clean_environment, run
from gitshield.rules.samples import compose

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


def examine(layout: Layout, *, environment: Mapping[str, str]) -> Iterator[Check]:
    """Examine each gate of a repository in turn. Raises GitError when not even a scratch repository can be made."""
    with tempfile.TemporaryDirectory(prefix="gitshield-doctor-") as folder:
        scratch = _scratch(layout, folder, environment)
        token = compose(_TOKEN, seed="doctor")
        for gate, check in _CANARIES.items():
            problem = check(scratch, token)
            mend = None if problem is None else _mend(gate, layout)
            yield Check(gate, problem is None, problem or "a canary was refused", mend)
            scratch.git("reset", "-q", "--hard", "base")
            scratch.git("clean", "-qfdx")
        problem = _ordinary(scratch)
        yield Check("everyday work", problem is None, problem or "an ordinary commit went through", "look at the words above")


def _scratch(layout: Layout, folder: str, environment: Mapping[str, str]) -> Scratch:
    clean = clean_environment(environment)
    names = {"GIT_AUTHOR_NAME": "canary", "GIT_AUTHOR_EMAIL": "canary@localhost", "GIT_TERMINAL_PROMPT": "0"}
    names |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in names.items() if "AUTHOR" in key}
    scratch = Scratch(os.path.join(folder, "repository"), {**clean, **names})
    run(["init", "-q", scratch.path], environment=clean)
    for key in ("user.useConfigOnly", "commit.gpgSign", "core.autocrlf"):
        scratch.git("config", key, "false")
    scratch.write("README", "a scratch repository\n")
    off = ("-c", "core.hooksPath=/dev/null")
    scratch.git(*off, "add", "README")
    scratch.git(*off, "commit", "-q", "--no-verify", "-m", "base")
    scratch.git(*off, "tag", "base")
    hooks = run(["rev-parse", "--git-path", "hooks"], environment=environment, cwd=layout.root).out
    scratch.git("config", "core.hooksPath", os.path.normpath(os.path.join(layout.root, os.fsdecode(hooks).rstrip("\n"))))
    listed = run(
        ["config", "-z", "--local", "--get-regexp", r"^(hook|filter\.gitshield)\."],
        environment=environment,
        cwd=layout.root,
        accept=(0, 1),
    )
    for entry in listed.out.split(b"\0")[:-1]:
        key, _, value = os.fsdecode(entry).partition("\n")
        scratch.git(
            "config",
            "--add",
            key,
            value.replace('"$(git rev-parse --git-common-dir)"/', "").replace("$(git rev-parse --git-common-dir)", layout.common),
        )
    attributes = os.path.join(layout.common, "info", "attributes")
    if os.path.exists(attributes):
        with open(attributes, "rb") as source:
            content = source.read()
        os.makedirs(os.path.join(scratch.path, ".git", "info"), exist_ok=True)
        with open(os.path.join(scratch.path, ".git", "info", "attributes"), "wb") as file:
            file.write(content[content.find(BEGIN) : content.find(END)] if BEGIN in content else b"")
    return scratch


def _by_path(scratch: Scratch, token: str) -> str | None:
    scratch.write(".env", f"API_TOKEN={token}\n")
    scratch.git("add", "-f", ".env")
    return "git add -f .env was let through" if scratch.is_staged(".env") else None


def _by_content(scratch: Scratch, token: str) -> str | None:
    scratch.write("canary.py", f'token = "{token}"\n')
    scratch.git("add", "canary.py")
    return "a token stayed in the index after git add" if scratch.is_staged("canary.py") else None


def _commit(scratch: Scratch, token: str) -> str | None:
    _stage_unseen(scratch, token)
    done = scratch.git("commit", "-q", "-m", "canary")
    return "a token was committed" if done.status == 0 else None


def _message(scratch: Scratch, token: str) -> str | None:
    done = scratch.git("commit", "-q", "--allow-empty", "-m", f"the token is {token}")
    return "a token in a commit message was let through" if done.status == 0 else None


def _no_verify(scratch: Scratch, token: str) -> str | None:
    _stage_unseen(scratch, token)
    done = scratch.git("commit", "-q", "--no-verify", "-m", "canary")
    return "git commit --no-verify was let through" if done.status == 0 else None


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
    return "a token in a merge was committed" if done.status == 0 else None


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
}


def _mend(gate: str, layout: Layout) -> str:
    if not os.path.isdir(layout.folder):
        return "gitshield protect"
    if gate == "staging by path":
        return "gitshield protect   (the filter lines in .git/info/attributes or the filter's configuration are gone)"
    return "gitshield protect   (a hook was replaced, or core.hooksPath was set to another folder since)"
