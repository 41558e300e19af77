"""Scans: gitshield beside kingfisher and detect-secrets, on the same files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
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
    """The whole history of a repository: gitshield, with one process too, and kingfisher in its ways."""
    if bench.repository is None:
        return
    variants = [history(bench.repository, *words) for words in (("--no-cache",), ("--no-cache", "--jobs", "1"))]
    target = str(bench.repository)
    for shown, more in (("", ()), (" --turbo", ("--turbo",))):
        if has("kingfisher"):
            argv = (str(BIN / "kingfisher"), "scan", target, "--no-validate", "--no-update-check", "--format=json", *more)
            variants.append(
                Variant(f"kingfisher scan REPO --no-validate --no-update-check --format json{shown}", argv, bench.room, accept=FOUND)
            )
    commits = bench.git(bench.repository, "rev-list", "--all", "--count").decode().strip()
    yield Group(f"history: {int(commits):,} commits", RUNS, tuple(variants), missing("kingfisher"))


def scan_history_whole(bench: Bench) -> Iterator[Group]:
    """All bytes of every version, beside the usual way."""
    if bench.repository is not None:
        variants = tuple(history(bench.repository, words) for words in ("--no-cache", "--exhaustive"))
        yield Group("history: what changed, or all bytes", 3, variants)


def scan_history_again(bench: Bench) -> Iterator[Group]:
    """The second scan of a history: of nothing new, and of what came with a hundred commits of the first parents' line."""
    if bench.repository is None:
        return
    grown, known, cache = bench.room / "grown.git", bench.room / "known", bench.room / "again-cache"
    bench.git(bench.room, "init", "--quiet", "--bare", str(grown))
    before = bench.git(bench.repository, "rev-parse", "HEAD~100").decode().strip()
    bench.git(grown, "-c", "uploadpack.allowAnySHA1InWant=true", "fetch", "--quiet", str(bench.repository), f"{before}:refs/heads/main")
    scan = (str(BIN / "gitshield"), "scan", "--history", "--format", "json")
    bench.call(grown, "env", f"XDG_CACHE_HOME={cache}", *scan, accept=FOUND | {3})
    shutil.copytree(cache, known)
    bench.git(grown, "fetch", "--quiet", str(bench.repository), "HEAD:refs/heads/main")

    def forget(_round: int) -> None:
        shutil.rmtree(cache)
        shutil.copytree(known, cache)

    extra = {"XDG_CACHE_HOME": str(cache)}
    variants = (
        replace(history(grown), shown="the same, a hundred commits later", prepare=forget, extra=extra),
        replace(history(grown), shown="the same, nothing new", extra=extra),
        replace(history(grown, "--no-cache"), extra=extra),
    )
    yield Group("second scan of a history", RUNS, variants)


def history(repository: Path, *words: str) -> Variant:
    """How gitshield scans a history."""
    argv = (str(BIN / "gitshield"), "scan", "--history", "--format", "json", *words)
    return Variant(" ".join(("gitshield", *argv[1:])), argv, repository, accept=FOUND | {3})


def gitshield(bench: Bench, target: Path, shown: str) -> Variant:
    """How gitshield scans `target`, called `shown` in the table."""
    argv = (str(BIN / "gitshield"), "scan", "--ignored", "--format", "json", str(target))
    return Variant(f"gitshield scan --ignored --format json {shown}", argv, bench.room, accept=FOUND)


def kingfisher(bench: Bench, target: Path, name: str, shown: str, words: tuple[str, ...]) -> Variant:
    """How kingfisher scans files alone and without asking any server, as gitshield does; `words` are further options."""
    history = ("--git-history=none",) if (target / ".git").exists() else ()
    argv = (str(BIN / "kingfisher"), "scan", str(target), "--no-validate", "--no-update-check", "--format=json", *history, *words)
    return Variant(f"kingfisher scan {name} --no-validate --no-update-check --format json{shown}", argv, bench.room, accept=FOUND)
