"""Git: the same commands in two repositories of the same files, one with the hooks and one without."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import BIN, Bench, copy, walk
from measure import Group, Variant

RUNS = 11
POOL, CHANGED = 1000, 10
LARGEST = 64 << 10
SUFFIXES = frozenset(".c .cc .cpp .cs .go .h .java .js .kt .php .py .rb .rs .swift .ts".split())
# A file with none of these holds nothing that a rule for passwords could take an interest in.
INTERESTING = re.compile(rb"(?i)pass|pwd|secret|token|key|auth|cred|cert|login|salt|hash|://|@|-----")
LOUD = b'password = "${DB_PASSWORD}"\n'


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository: its work tree, its files, and those that are changed, both relative to it."""

    top: Path
    files: tuple[Path, ...]
    changed: tuple[Path, ...]


def alone(bench: Bench) -> Iterator[Group]:
    """The hooks alone, beside an interpreter that does nothing."""
    repository = _repositories(bench, "hooks")[1]
    _change(repository, 0)
    bench.git(repository.top, "add", ".")
    (repository.top / ".git" / "MESSAGE").write_text("topic: what was done\n\nAnd why, in a line or two.\n")
    python = str(BIN / Path(sys.executable).name)
    variants = (
        Variant("python -c pass", (python, "-c", "pass"), repository.top),
        Variant("python -I -S -c pass", (python, "-I", "-S", "-c", "pass"), repository.top),
        Variant("pre-commit, 10 changed files", (".git/hooks/pre-commit",), repository.top),
        Variant("commit-msg", (".git/hooks/commit-msg", ".git/MESSAGE"), repository.top),
    )
    yield Group("hooks alone", RUNS, variants)


def commit(bench: Bench) -> Iterator[Group]:
    """`git commit` of changed files, staged before or by itself, of quiet files and with one that has to be looked at closely."""
    for title, is_loud, is_staged in (
        ("git commit: 10 changed files", False, True),
        ("git commit -a: 10 changed files, not seen by git add", False, False),
        ("git commit: 10 changed files, one with a line like a password", True, True),
    ):
        name = f"commit-{is_loud:d}{is_staged:d}"

        def prepare(repository: Repository, turn: int, *, is_loud: bool = is_loud, is_staged: bool = is_staged) -> None:
            _change(repository, turn, is_loud=is_loud)
            if is_staged:
                bench.git(repository.top, "add", ".")

        argv = ("git", "commit", "-q", *(() if is_staged else ("-a",)), "-m", "topic: what was done")
        yield _pair(title, argv, _repositories(bench, name), prepare)


def add(bench: Bench) -> Iterator[Group]:
    """`git add` of ten changed files and of a thousand new ones."""
    for title, is_loud in (
        ("git add: 10 changed files", False),
        ("git add: 10 changed files, one with a line like a password", True),
    ):

        def change(repository: Repository, turn: int, *, is_loud: bool = is_loud) -> None:
            bench.git(repository.top, "reset", "-q")
            _change(repository, turn, is_loud=is_loud)

        yield _pair(title, ("git", "add", "."), _repositories(bench, f"add-{is_loud:d}"), change)

    def fill(repository: Repository, turn: int) -> None:
        bench.git(repository.top, "reset", "-q")
        shutil.rmtree(repository.top / "new", ignore_errors=True)
        for path in repository.files:
            place = repository.top / "new" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes((repository.top / path).read_bytes() + f"\n{turn}\n".encode())

    pair = _repositories(bench, "add-many")
    yield _pair(f"git add: {len(pair[0].files):,} new files of the tree", ("git", "add", "."), pair, fill)


def rebase(bench: Bench) -> Iterator[Group]:
    """A rebase, where git runs no pre-commit and every commit is judged as the reference moves."""
    count = 50

    def prepare(repository: Repository, turn: int) -> None:
        def commit_all(message: str) -> None:
            bench.git(repository.top, "add", ".")
            bench.git(repository.top, "commit", "-q", "-m", message)

        bench.git(repository.top, "checkout", "-q", "-B", "topic", "main")
        for number, path in enumerate(repository.files[:count]):
            with (repository.top / path).open("ab") as file:
                file.write(f"\nround {turn}\n".encode())
            commit_all(f"topic: step {number}")
        bench.git(repository.top, "checkout", "-q", "main")
        (repository.top / "base.txt").write_text(f"round {turn}\n")
        commit_all("topic: the base moves")
        bench.git(repository.top, "checkout", "-q", "topic")

    yield _pair(f"git rebase of {count} commits of a file each", ("git", "rebase", "-q", "main"), _repositories(bench, "rebase"), prepare)


def reading(bench: Bench) -> Iterator[Group]:
    """Commands that only read, where hooks should cost nothing."""
    pair = _repositories(bench, "reading")
    yield _pair("git status", ("git", "status"), pair, lambda _repository, _turn: None)
    yield _pair("git log -3", ("git", "log", "-3"), pair, lambda _repository, _turn: None)


def _repositories(bench: Bench, name: str) -> tuple[Repository, Repository]:
    """Two repositories of the same files, the second with the hooks."""
    pool = _pool(bench)
    files = tuple(path.relative_to(pool) for path in walk(pool))
    quiet = [p for p in files if p.suffix in SUFFIXES and INTERESTING.search((pool / p).read_bytes()) is None]
    if len(quiet) < CHANGED:
        raise SystemExit(f"error: the tree has only {len(quiet)} source files for the git benchmarks, {CHANGED} are needed")
    made = []
    for kind in ("plain", "hooks"):
        top = bench.room / name / kind
        shutil.copytree(pool, top)
        bench.git(top, "init", "-q")
        bench.git(top, "add", "-A", "-f")
        bench.git(top, "commit", "-q", "-m", "base")
        if kind == "hooks":
            bench.call(top, str(BIN / "gitshield"), "protect")
        made.append(Repository(top, files, tuple(quiet[:: len(quiet) // CHANGED][:CHANGED])))
    return made[0], made[1]


def _pool(bench: Bench) -> Path:
    """About a thousand files of the tree, spread over it, without those that a commit would be refused for."""
    pool = bench.room / "pool"
    if pool.exists():
        return pool
    paths = [p for p in walk(bench.tree) if p.stat().st_size <= LARGEST and not p.name.startswith(".git")]
    copy(paths[:: max(1, len(paths) // POOL)][:POOL], bench.tree, pool, limit=POOL * LARGEST)
    argv = (str(BIN / "gitshield"), "scan", "--ignored", "--format", "json", ".")
    for finding in json.loads(bench.call(pool, *argv, accept=frozenset({0, 1})))["findings"]:
        (pool / finding["place"]["path"]).unlink(missing_ok=True)
    return pool


def _change(repository: Repository, turn: int, *, is_loud: bool = False) -> None:
    """Add a line to the files that change; the last of them gets one that many rules look at."""
    for number, path in enumerate(repository.changed, 1):
        with (repository.top / path).open("ab") as file:
            file.write(LOUD if is_loud and number == len(repository.changed) else b"")
            file.write(f"\nround {turn}\n".encode())


def _pair(title: str, argv: tuple[str, ...], pair: tuple[Repository, Repository], prepare: Callable[[Repository, int], None]) -> Group:
    def variant(repository: Repository, words: str) -> Variant:
        shown = " ".join("…" if " " in word else word for word in argv)
        return Variant(shown, argv, repository.top, lambda turn: prepare(repository, turn), note=words)

    return Group(title, RUNS, (variant(pair[0], "without hooks"), variant(pair[1], "with hooks")))
