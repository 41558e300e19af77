"""Real git repositories for tests, with a fixed clock and identity, so that the same steps give the same hashes everywhere."""

import os
import stat
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

GIT: Final = os.environ.get("GITSHIELD_TEST_GIT", "git")
START: Final = 1_700_000_000
STEP: Final = 60
TIMEOUT: Final = 120

# Each of these may write a commit, a tag or a reflog entry: the clock moves before it runs.
_TICKING: Final = frozenset(
    "am cherry-pick commit commit-tree fetch merge notes pull push rebase reset revert stash switch tag update-ref".split()
)
# Looking at a repository must neither run its hooks nor write to it.
_LOOKING: Final = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")


@dataclass(slots=True)
class Clock:
    """The time that git is told: it moves a minute before each command that may write it down."""

    now: int = START

    def tick(self) -> None:
        """Move on by one step."""
        self.now += STEP

    def environment(self) -> Mapping[str, str]:
        """What tells git the time."""
        return {"GIT_AUTHOR_DATE": f"{self.now} +0000", "GIT_COMMITTER_DATE": f"{self.now} +0000"}


@dataclass(frozen=True, slots=True)
class State:
    """What a repository holds, for comparing two with `==`.

    `head` is the name of HEAD's branch (`ref: …`) or its commit; `refs` maps names to object ids, symbolic ones to `ref: …`;
    `index` has the lines of `git ls-files --stage -v`, so flags too; `work_tree` maps each path outside of `.git` to its
    `st_mode` and its bytes (of a link, its target). A bare repository has neither index nor work tree.
    """

    head: bytes
    refs: Mapping[bytes, bytes]
    index: tuple[bytes, ...]
    work_tree: Mapping[bytes, tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository at `path`: the top of its work tree, or the bare repository itself."""

    path: Path
    is_bare: bool = False
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def create(
        cls, path: Path, *, is_bare: bool = False, object_format: Literal["sha1", "sha256"] = "sha1", clock: Clock | None = None
    ) -> "Repository":
        """Make an empty repository with the branch `main` in the new folder `path`; its parents are made as needed."""
        path.mkdir(parents=True)
        repository = cls(path, is_bare, clock or Clock())
        # git 2.25 to 2.28 know neither --object-format nor --initial-branch
        words = [] if object_format == "sha1" else [f"--object-format={object_format}"]
        repository.git("init", "--quiet", *(["--bare"] if is_bare else []), *words)
        repository.git("symbolic-ref", "HEAD", "refs/heads/main")
        return repository

    def git(
        self, *args: str | bytes | Path, input: bytes | None = None, check: bool = True, env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        """Run git here and give the finished process, its output as bytes.

        `env` is laid over the pinned environment. Without `input`, stdin is empty. With `check`, a status other than 0 raises
        AssertionError with git's own words.
        """
        words = [os.fsencode(word) for word in args]
        if words and words[0].decode() in _TICKING:
            self.clock.tick()
        done = subprocess.run(
            [os.fsencode(GIT), *words],
            cwd=self.path,
            env={**os.environ, **self.clock.environment(), **(env or {})},
            input=input if input is not None else b"",
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
        if check and done.returncode != 0:
            said = (done.stderr + done.stdout).decode("utf-8", "replace")
            raise AssertionError(f"git {b' '.join(words).decode('utf-8', 'replace')}: status {done.returncode}\n{said}")
        return done

    def line(self, *args: str | bytes | Path) -> str:
        """Run git and give what it printed, without the line's end: an object id, a name, a count."""
        return os.fsdecode(self.git(*args).stdout.removesuffix(b"\n"))

    def write(self, path: str | bytes, content: bytes | str, *, is_executable: bool = False) -> Path:
        """Write a file below the top, with its folders; text is UTF-8. Gives the file's place."""
        place = self.path / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        place.chmod(0o755 if is_executable else 0o644)
        return place

    def commit(self, message: str = "change", *, files: Mapping[str, bytes | str] | None = None, verify: bool = False) -> str:
        """Write `files`, add everything, commit (also nothing new) and give the commit's id in hex.

        Hooks are passed by unless `verify`.
        """
        for path, content in (files or {}).items():
            self.write(path, content)
        quiet = [] if verify else ["--no-verify"]
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", *quiet, "-m", message)
        return self.line("rev-parse", "HEAD")

    def hook(self, name: str, script: str) -> Path:
        """Install a hook script in the repository's own hook folder and give its place."""
        place = self.git_dir / "hooks" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text(script)
        place.chmod(0o755)
        return place

    @property
    def git_dir(self) -> Path:
        """The repository's git folder; of a linked worktree, its own one."""
        return Path(self.line("rev-parse", "--absolute-git-dir"))

    def linked_worktree(self, path: Path, *words: str) -> "Repository":
        """Add a linked worktree at `path`; `words` follow it (`-b`, a branch, `--detach`)."""
        self.git("worktree", "add", "--quiet", path, *words)
        return Repository(path, clock=self.clock)

    def submodule(self, path: str, other: "Repository") -> "Repository":
        """Add `other` as a submodule at `path` (staged, not committed)."""
        self.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.path, path)
        return Repository(self.path / path, clock=self.clock)

    def clone(self, path: Path, *words: str) -> "Repository":
        """Clone this repository to `path`, where it has this one as `origin`; `words` are options (`--bare`, `--depth=1`)."""
        self.git("clone", "--quiet", "--no-local", *words, self.path, path)
        return Repository(path, is_bare=bool({"--bare", "--mirror"} & set(words)), clock=self.clock)

    def state(self) -> State:
        """What the repository holds now. Runs no hook and changes nothing."""
        ours = {"GIT_OPTIONAL_LOCKS": "0"}
        head = self.git(*_LOOKING, "symbolic-ref", "--quiet", "HEAD", check=False, env=ours).stdout.strip()
        if not head:
            head = self.git(*_LOOKING, "rev-parse", "HEAD", env=ours).stdout.strip()
        form = "--format=%(refname)%00%(objectname)%00%(symref)"
        rows = (row.split(b"\0") for row in self.git(*_LOOKING, "for-each-ref", form, env=ours).stdout.splitlines())
        refs = {name: b"ref: " + target if target else oid for name, oid, target in rows}
        index = b"" if self.is_bare else self.git(*_LOOKING, "ls-files", "-z", "--stage", "-v", env=ours).stdout
        return State(head, refs, tuple(index.split(b"\0")[:-1]), {} if self.is_bare else dict(_files(os.fsencode(self.path))))


def _files(top: bytes, below: bytes = b"") -> Iterator[tuple[bytes, tuple[int, bytes]]]:
    """The files and links below `top` by path, folders named `.git` left out."""
    for entry in sorted(os.scandir(os.path.join(top, below)), key=lambda one: one.name):
        path = os.path.join(below, entry.name)
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            if entry.name != b".git":
                yield from _files(top, path)
        elif stat.S_ISLNK(mode):
            yield path, (mode, os.readlink(entry.path))
        elif stat.S_ISREG(mode):
            with open(entry.path, "rb") as file:
                yield path, (mode, file.read())
        else:
            yield path, (mode, b"")


def removed_from(environment: Mapping[str, str]) -> Sequence[str]:
    """The variables that would tie a test to the machine or to the repository whose hook runs the tests."""
    strange = ("GITSHIELD_", "PRE_COMMIT", "XDG_")
    single = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR", "EMAIL", "EDITOR", "VISUAL", "PAGER", "LANGUAGE", "SSH_ASKPASS"}
    keep = {"GITSHIELD_TEST_GIT", "GITSHIELD_TEST_REAL_HOME", "GITSHIELD_UPDATE"}
    return [name for name in environment if name not in keep and (name.startswith(("GIT_", *strange)) or name in single)]


def pinned(home: Path) -> Mapping[str, str]:
    """The environment of a test whose home is the (new, empty) folder `home`; writes the git configuration it names."""
    folders = {
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": ".local/share",
        "XDG_CACHE_HOME": ".cache",
        "XDG_STATE_HOME": ".local/state",
    }
    runtime = home / ".run"
    runtime.mkdir(mode=0o700)
    configuration = home / ".gitconfig"
    configuration.write_text(CONFIGURATION)
    return {
        "HOME": str(home),
        "USERPROFILE": str(home),
        **{name: str(home / folder) for name, folder in folders.items()},
        "XDG_RUNTIME_DIR": str(runtime),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": str(configuration),
        "GIT_TEMPLATE_DIR": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_EDITOR": "true",
        "GIT_AUTHOR_DATE": f"{START} +0000",
        "GIT_COMMITTER_DATE": f"{START} +0000",
        "TZ": "UTC",
        "LC_ALL": "C",
    }


CONFIGURATION: Final = """\
[user]
\tname = Ada Test
\temail = ada@example.org
[init]
\tdefaultBranch = main
[commit]
\tgpgSign = false
[tag]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[core]
\tautocrlf = false
\tfileMode = true
[advice]
\tdetachedHead = false
[protocol "file"]
\tallow = always
"""
