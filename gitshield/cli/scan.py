"""`gitshield scan`: files, staged changes, standard input, or the whole history of one repository or many."""

import os
import sys
import tempfile
from collections.abc import Sequence

import click

from gitshield import __version__
from gitshield.cli.called import called
from gitshield.cli.today import today
from gitshield.config.homes import Homes
from gitshield.errors import ExitCode, RepositoryError, UsageError
from gitshield.gate.terms import Settings, settle
from gitshield.git.layout import Layout, find_layout
from gitshield.git.process import hook_environment
from gitshield.model.finding import Result
from gitshield.report import format_names, render
from gitshield.report.progress import progress
from gitshield.scan.archives import SCAN, Limits
from gitshield.scan.history.extent import Extent
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files, Source, Staged, Stream


@click.command("scan")
@click.argument("paths", nargs=-1, type=click.Path())
@click.option("--staged", is_flag=True, help="Scan what the index holds and HEAD does not.")
@click.option("--history", is_flag=True, help="Scan every object of the repository, and git's own files.")
@click.option("--range", "range_", metavar="A..B", help="Scan what came with these commits, as git rev-list names them.")
@click.option("--since", metavar="DATE", help="Scan what came with the commits of all refs since then.")
@click.option("--worktree", is_flag=True, help="With --history: the files on disk too, also ignored ones.")
@click.option("--exhaustive", is_flag=True, help="With --history: all bytes of every version (the same findings, slower).")
@click.option("--repos", metavar="FILE", help="With --history: the repositories that a file names, a path, glob or URL a line.")
@click.option("--dask", metavar="ADDRESS", help="With --repos: let the workers of this Dask cluster scan.")
@click.option("--resume", metavar="FOLDER", help="With --repos: remember there what is clean, and go on where a run stopped.")
@click.option("--stdin", "from_stdin", is_flag=True, help="Scan standard input.")
@click.option("--stdin-name", metavar="NAME", help="The file name that rules see for --stdin.")
@click.option("--format", "format_", type=click.Choice(format_names()), default="text", show_default=True, help="How to report.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Write the report to this file.")
@click.option("--show-secrets", is_flag=True, help="Do not mask secrets.")
@click.option("--rules", "rule_files", multiple=True, type=click.Path(dir_okay=False), help="More rules (ours, gitleaks', betterleaks').")
@click.option("--baseline", type=click.Path(dir_okay=False), help="Findings to pass over: a detect-secrets baseline.")
@click.option("--ignored", is_flag=True, help="Also scan files that git ignores.")
@click.option("--no-archives", is_flag=True, help="Do not look into archives and compressed files.")
@click.option("--no-cache", is_flag=True, help="With --history: read again what an earlier scan found clean.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Processes to use (default: one for each processor).")
@click.option("--quiet", is_flag=True, help="Nothing but findings and errors.")
def command(
    paths: Sequence[str],
    staged: bool,
    history: bool,
    range_: str | None,
    since: str | None,
    worktree: bool,
    exhaustive: bool,
    repos: str | None,
    dask: str | None,
    resume: str | None,
    from_stdin: bool,
    stdin_name: str | None,
    format_: str,
    as_json: bool,
    output: str | None,
    show_secrets: bool,
    rule_files: Sequence[str],
    baseline: str | None,
    ignored: bool,
    no_archives: bool,
    no_cache: bool,
    jobs: int | None,
    quiet: bool,
) -> int:
    """Look for secrets. Without PATHS, in this folder.

    Exits 0 when nothing was found, 1 with findings, 3 when something could not be read (or nothing was).
    """
    is_part = range_ is not None or since is not None
    history = history or is_part
    if sum((bool(paths), staged, history, from_stdin)) > 1:
        raise UsageError("PATHS, --staged, --history and --stdin do not go together", hint="call it once for each")
    if range_ is not None and since is not None:
        raise UsageError("--range and --since do not go together", hint="call it once for each")
    _check_history(history, worktree=worktree, exhaustive=exhaustive, is_part=is_part, no_cache=no_cache)
    _check_many(history, repos, dask, resume)
    _check_named(rule_files, baseline)
    environment, processes = dict(os.environ), jobs or os.cpu_count() or 1
    archives = None if no_archives else SCAN
    extent = Extent(is_exhaustive=exhaustive, is_worktree_included=worktree, archives=archives, revisions=_revisions(range_), since=since)
    if repos is not None:
        from gitshield.cli.many import scan_many  # what only this needs is not loaded for the others
        from gitshield.fleet.shard import Order

        rules = tuple(map(os.path.abspath, rule_files))
        order = Order(extent, today(), rules, os.path.abspath(baseline) if baseline is not None else None, is_read_anew=no_cache)
        result = scan_many(repos, order, jobs=processes, dask=dask, resume=resume)
    else:
        layout = _layout(environment, is_needed=staged or history)
        settings = settle(layout, environment, today=today(), rule_files=rule_files, baseline=baseline, cwd=os.getcwd())
        if history and layout is not None:
            from gitshield.scan.history.scan import scan_history  # imports numpy, which other scans can do without

            memory = None if no_cache else Homes.of(environment).histories
            with progress(sys.stderr, environment=environment, is_quiet=quiet) as watching:
                result = scan_history(layout, environment, settings.terms, jobs=processes, extent=extent, watching=watching, memory=memory)
        else:
            source = _source(paths, staged, from_stdin, stdin_name, ignored, layout, settings, environment, archives)
            result = scan([source], settings.terms, jobs=processes)
    is_empty_index = staged and not result.receipt.read and not result.receipt.skipped
    if is_empty_index and not as_json and format_ == "text" and output is None:
        click.echo("nothing is staged", err=True)
        return ExitCode.CLEAN
    _report(result, "json" if as_json else format_, output, show_secrets=show_secrets, quiet=quiet)
    if result.is_interrupted:
        return ExitCode.INTERRUPTED
    if result.findings:
        return ExitCode.FOUND
    return ExitCode.CLEAN if result.receipt.is_complete or is_empty_index else ExitCode.INCOMPLETE


def _revisions(words: str | None) -> tuple[str, ...] | None:
    """The revisions of --range, a word each. Options of git are none."""
    revisions = tuple(words.split()) if words is not None else None
    if revisions is not None and (not revisions or any(word.startswith("-") for word in revisions)):
        raise UsageError("--range takes revisions", hint="gitshield scan --range main..HEAD")
    return revisions


def _check_history(history: bool, *, worktree: bool, exhaustive: bool, is_part: bool, no_cache: bool) -> None:
    """Raise UsageError for words about histories where there is none, or only a part of one."""
    if no_cache and not history:
        raise UsageError("--no-cache belongs to --history", hint="only scans of a history remember what was clean")
    if (worktree or exhaustive) and (not history or (worktree and is_part)):
        raise UsageError("--worktree and --exhaustive belong to --history", hint="gitshield scan --history --worktree")


def _check_many(history: bool, repos: str | None, dask: str | None, resume: str | None) -> None:
    """Raise UsageError for words about many repositories that do not go together."""
    if repos is not None and not history:
        raise UsageError("--repos belongs to --history", hint="gitshield scan --history --repos FILE")
    if (dask is not None or resume is not None) and repos is None:
        raise UsageError("--dask and --resume belong to --repos", hint="gitshield scan --history --repos FILE --resume FOLDER")


def _check_named(rule_files: Sequence[str], baseline: str | None) -> None:
    """Raise UsageError for a file of the command line that is not there."""
    named = [*(("--rules", path) for path in rule_files), *([("--baseline", baseline)] if baseline is not None else [])]
    for option, path in named:
        if not os.path.exists(path):
            raise UsageError(f"{option} {path}: there is no such file", hint="paths are relative to the folder you stand in")


def _layout(environment: dict[str, str], *, is_needed: bool) -> Layout | None:
    try:
        return find_layout(os.getcwd(), environment=environment)
    except RepositoryError as error:
        if is_needed or "is not inside" not in str(error):
            raise
        return None


def _source(
    paths: Sequence[str],
    staged: bool,
    from_stdin: bool,
    stdin_name: str | None,
    ignored: bool,
    layout: Layout | None,
    settings: Settings,
    environment: dict[str, str],
    archives: Limits | None,
) -> Source:
    if from_stdin:
        if sys.stdin is None:
            raise UsageError("standard input is closed", hint="give it something to read: … | gitshield scan --stdin")
        os.set_blocking(sys.stdin.fileno(), True)  # otherwise "nothing yet" would look like the end
        return Stream(sys.stdin.buffer, stdin_name, archives=archives)
    if staged and layout is not None:
        objects = environment.get("GIT_OBJECT_DIRECTORY") or layout.objects
        return Staged(hook_environment(environment), layout.root, objects, archives=archives)
    base = layout.root if layout is not None else os.getcwd()
    chosen = tuple(paths) or (".",)
    return Files(
        chosen,
        base,
        environment,
        is_everything=ignored or settings.config.scan.include_ignored,
        excluded=settings.excluded,
        max_size=settings.max_size,
        archives=archives,
    )


def _report(result: Result, format_: str, output: str | None, *, show_secrets: bool, quiet: bool) -> None:
    if output is None and sys.stdout is None:
        raise UsageError("standard output is closed", hint="let it go somewhere, or name a file with -o")
    if quiet and format_ == "text" and not result.findings and result.receipt.is_complete:
        return
    color = output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    pieces = render(result, format=format_, show_secrets=show_secrets, color=color, version=__version__, command=called())
    if output is None:
        stream = sys.stdout
        for piece in pieces:
            stream.buffer.write(piece.encode("utf-8", "replace"))
        stream.flush()
        return
    if os.path.exists(output) and not os.path.isfile(output):  # a device or a pipe is written to, never replaced
        with open(output, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
        return
    output = os.path.realpath(output)
    try:
        descriptor, aside = tempfile.mkstemp(dir=os.path.dirname(output), prefix=".gitshield-")
    except OSError as error:  # its own words name the temporary file
        raise UsageError(f"{output} cannot be written: {error.strerror}", hint="name a file in a folder that can be written to") from error
    try:
        with open(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
        os.replace(aside, output)
    except BaseException:
        os.unlink(aside)
        raise
