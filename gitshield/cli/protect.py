"""`gitshield protect`: install the gates, show them, take them out."""

import json
import os
import shlex
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from gitshield.bootstrap import DEPENDENCIES
from gitshield.cli.called import called
from gitshield.cli.today import today
from gitshield.errors import ExitCode, ProtectError, RepositoryError
from gitshield.gate.install import InstallPlan, Program, plan_protect, read_record, run_plan
from gitshield.gate.reach import check_reach, git_version
from gitshield.gate.removal import undo
from gitshield.gate.terms import settle
from gitshield.git.layout import Layout, find_layout
from gitshield.git.repo import open_repository, operation_of
from gitshield.report.neutral import neutral
from gitshield.vault.journal import Journal

_OLDEST_GIT: Final = (2, 25)
_WAYS: Final = {
    "hooks": "in the hooks folder",
    "hooks, config": "in the hooks folder and as git's configured hooks",
    "hooksPath": "before the hooks folder that was set",
    "config": "as git's configured hooks",
}
# What our dependencies import in their turn, once a hook uses them.
_THEIRS: Final = ("cffi", "requests", "yaml")


@dataclass(frozen=True, slots=True)
class Done:
    """What was or would be done. `way` is how hooks are reached, None when they are taken out; `changes` are paths and reasons."""

    repository: str
    state: str
    way: str | None = None
    changes: tuple[dict[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@click.command("protect")
@click.option("--dry-run", is_flag=True, help="Show what would be changed and change nothing.")
@click.option("--undo", "take_out", is_flag=True, help="Take everything out again.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(dry_run: bool, take_out: bool, as_json: bool) -> int:
    """Set up every protection in this repository and show what is on.

    Can be repeated: a second run changes nothing. Hooks that are here already go on running.
    """
    environment = dict(os.environ)
    layout = find_layout(os.getcwd(), environment=environment)
    repository = open_repository(layout.git_dir)
    if layout.top is None and repository.is_bare and not take_out:
        raise RepositoryError("a bare repository has no work tree to protect", hint="go into a clone of it")
    ours = program()
    done = _undo(layout, dry_run) if take_out else _protect(layout, ours, environment, operation_of(repository), dry_run=dry_run)
    if as_json:
        click.echo(json.dumps({"version": 1, **asdict(done)}, indent=2))
    else:
        for line in _lines(done, ours.command, dry_run):
            click.echo(neutral(line))
    return ExitCode.CLEAN


def program() -> Program:
    """How the hooks start us: this interpreter, and the folders in which it found our package and its dependencies."""
    places = [place for name in ("gitshield", *DEPENDENCIES, *_THEIRS) if (place := _folder_of(name)) is not None]
    paths = dict.fromkeys((*places, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    return Program(sys.executable, tuple(paths), called())


def _folder_of(name: str) -> str | None:
    """The folder from which a package or module is imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    return str(Path(os.path.abspath(spec.origin)).parents[0 if spec.submodule_search_locations is None else 1])


def _protect(layout: Layout, ours: Program, environment: dict[str, str], operation: str | None, *, dry_run: bool) -> Done:
    if layout.top is None:
        raise RepositoryError("this folder belongs to git, it is not in the work tree", hint="go to the top of the work tree and try again")
    if (version := git_version(environment)) < _OLDEST_GIT:
        raise ProtectError(
            f"this is git {'.'.join(map(str, version))}, the gates need 2.25 or newer", hint="put a newer git on PATH and try again"
        )
    settings = settle(layout, environment, today=today())
    plan = plan_protect(layout, ours, settings.globs, environment=environment)
    if not dry_run and plan.changes:
        run_plan(layout, plan, environment=environment)
        settle(layout, environment, today=today())  # leaves the stamp, so that the first commit is as fast as the next
        Journal.of(layout.common, environment).add("protected", way=plan.reach.way, files=len(plan.changes))
    if not dry_run:
        check_reach(layout, plan.reach, environment=environment)
    state = "already protected" if not plan.changes else "would be protected" if dry_run else "protected"
    changes = tuple({"path": os.path.relpath(change.path, layout.top), "why": change.why} for change in plan.changes)
    return Done(layout.root, state, plan.reach.way, changes, tuple(_notes(layout, plan, ours, version, operation)))


def _undo(layout: Layout, dry_run: bool) -> Done:
    if not dry_run:
        return Done(layout.root, "undone", notes=undo(layout))
    if read_record(layout) is None:
        raise ProtectError("gitshield is not installed in this repository", hint="`gitshield protect` installs it")
    return Done(layout.root, "would be undone")


def _notes(layout: Layout, plan: InstallPlan, ours: Program, version: tuple[int, ...], operation: str | None) -> Iterator[str]:
    yield from plan.remarks
    if os.path.exists(os.path.join(layout.root, ".gitmodules")):
        yield f"submodules are repositories of their own: git submodule foreach {shlex.quote(ours.command + ' protect')}"
    if version < (2, 28):
        yield "this git is older than 2.28 and has no reference-transaction hook: --no-verify is not caught at commit"
    if operation is not None:
        yield f"a {operation} is under way; the gates leave it alone until you commit"


def _lines(done: Done, called: str, dry_run: bool) -> Iterator[str]:
    """What a person is told."""
    if done.way is None:
        yield from (f"note: {note}" for note in done.notes)
        yield (
            f"would take out the hooks, the filter and our folder, in {done.repository}"
            if dry_run
            else (f"gitshield is taken out of {done.repository}")
        )
        return
    yield from (f"{'would write' if dry_run else 'write'} {change['path']}: {change['why']}" for change in done.changes)
    yield "nothing was changed (--dry-run)" if dry_run else f"{done.state}: {done.repository}"
    is_on = "would be on" if done.state == "would be protected" else "on"
    yield f"{is_on}: staging by path (.env, key stores, credential files): git add refuses, nothing is written"
    yield f"{is_on}: staging by content, commits, merges, commit messages, commits made with --no-verify ({_WAYS[done.way]})"
    yield f"{is_on}: pushes: no leak leaves, protected branches are not overwritten or deleted, what others lose is saved first"
    yield from (f"note: {note}" for note in done.notes)
    if is_on == "on":
        yield f"next: {called} doctor proves that each of these holds"
