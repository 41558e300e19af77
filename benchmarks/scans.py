"""Scans: gitshield beside kingfisher and detect-secrets, on the same files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from bench import BIN, Bench, copy, every, extent, has, missing
from measure import Group, Variant

RUNS = 5
PART = 5_000_000
FOUND = frozenset({0, 1, 200, 205})  # what scanners exit with, with findings and without


def scan_tree(bench: Bench) -> Iterator[Group]:
    """The whole tree: gitshield and kingfisher, as it comes, fast, and without what gitshield does not do."""
    variants = [gitshield(bench, bench.tree, "TREE")]
    ways = (
        ("", ()),
        (" --turbo", ("--turbo",)),
        (" --no-extract-archives --no-base64", ("--no-extract-archives", "--no-base64")),
    )
    variants += [kingfisher(bench, bench.tree, "TREE", shown, words) for shown, words in ways if has("kingfisher")]
    files, size = extent(bench.tree)
    yield Group(f"scan: {files:,} files, {size / 1e6:,.0f} MB", RUNS, tuple(variants), missing("kingfisher"))


def scan_part(bench: Bench) -> Iterator[Group]:
    """A part of the tree that detect-secrets can read in bearable time."""
    part = bench.room / "part"
    total = extent(bench.tree)[1]
    files, size = copy(every(bench.tree, max(1, total // PART)), bench.tree, part, limit=PART)
    variants = [gitshield(bench, part, "PART")]
    if has("kingfisher"):
        variants.append(kingfisher(bench, part, "PART", "", ()))
    if has("detect-secrets"):
        argv = (str(BIN / "detect-secrets"), "scan", "--all-files", "-n", str(part))
        variants.append(Variant("detect-secrets scan --all-files -n PART", argv, bench.room))
    title = f"scan of a part: every n-th file, {files:,} files, {size / 1e6:.1f} MB (ratios are for this part)"
    yield Group(title, RUNS, tuple(variants), missing("kingfisher", "detect-secrets"))


def scan_first(bench: Bench) -> Iterator[Group]:
    """The very first scan: rules are compiled, nothing is cached."""
    one = bench.room / "one"
    one.mkdir()
    (one / "a.txt").write_text("nothing\n")
    cache = bench.room / "first-cache"
    variants = [gitshield(bench, one, "FILE")]
    if has("kingfisher"):
        variants.append(kingfisher(bench, one, "FILE", "", ()))
    fresh = tuple(
        Variant(v.shown, v.argv, v.cwd, lambda _: shutil.rmtree(cache, ignore_errors=True), v.accept, {"XDG_CACHE_HOME": str(cache)})
        for v in variants
    )
    yield Group("first scan: nothing cached yet, rules are compiled", RUNS, fresh, missing("kingfisher"))


def scan_history(bench: Bench) -> Iterator[Group]:
    """The whole history of a repository: gitshield, all bytes of every version, with one process, and kingfisher in its ways."""
    if bench.repository is None:
        return
    words = (("", ()), (" --exhaustive", ("--exhaustive",)), (" --jobs 1", ("--jobs", "1")), (" --no-archives", ("--no-archives",)))
    variants = [
        Variant(
            f"gitshield scan --history --format json{shown}",
            (str(BIN / "gitshield"), "scan", "--history", "--format", "json", *more),
            bench.repository,
            accept=frozenset({0, 1, 3}),
        )
        for shown, more in words
    ]
    target = str(bench.repository)
    for shown, more in (("", ()), (" --turbo", ("--turbo",)), (" --no-extract-archives", ("--no-extract-archives",))):
        if has("kingfisher"):
            argv = (str(BIN / "kingfisher"), "scan", target, "--no-validate", "--no-update-check", "--format=json", *more)
            variants.append(
                Variant(f"kingfisher scan REPO --no-validate --no-update-check --format json{shown}", argv, bench.room, accept=FOUND)
            )
    commits = bench.git(bench.repository, "rev-list", "--all", "--count").decode().strip()
    yield Group(f"history: {int(commits):,} commits", RUNS, tuple(variants), missing("kingfisher"))


def gitshield(bench: Bench, target: Path, shown: str) -> Variant:
    """How gitshield scans `target`, called `shown` in the table."""
    argv = (str(BIN / "gitshield"), "scan", "--ignored", "--format", "json", str(target))
    return Variant(f"gitshield scan --ignored --format json {shown}", argv, bench.room, accept=FOUND)


def kingfisher(bench: Bench, target: Path, name: str, shown: str, words: tuple[str, ...]) -> Variant:
    """How kingfisher scans files alone and without asking any server, as gitshield does; `words` are further options."""
    history = ("--git-history=none",) if (target / ".git").exists() else ()
    argv = (str(BIN / "kingfisher"), "scan", str(target), "--no-validate", "--no-update-check", "--format=json", *history, *words)
    return Variant(f"kingfisher scan {name} --no-validate --no-update-check --format json{shown}", argv, bench.room, accept=FOUND)
