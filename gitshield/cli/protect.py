"""`gitshield protect`: install the gates, show them, take them out."""

import os
import shutil
import sys
import sysconfig
from pathlib import Path

import click

import gitshield
from gitshield.cli.today import today
from gitshield.errors import ExitCode, RepositoryError
from gitshield.gate.install import Program, plan_protect, read_record, run_plan
from gitshield.gate.reach import Reach, check_reach, git_version
from gitshield.gate.removal import undo
from gitshield.gate.terms import settle
from gitshield.git.layout import Layout, find_layout
from gitshield.git.repo import open_repository, operation_of
from gitshield.vault.journal import Journal


@click.command("protect")
@click.option("--dry-run", is_flag=True, help="Show what would be changed and change nothing.")
@click.option("--undo", "take_out", is_flag=True, help="Take everything out again.")
def command(dry_run: bool, take_out: bool) -> int:
    """Set up every protection in this repository and show what is on.

    Can be repeated: a second run changes nothing. Hooks that are here already go on running.
    """
    environment = dict(os.environ)
    layout = find_layout(os.getcwd(), environment=environment)
    repository = open_repository(os.getcwd())
    if take_out:
        return _undo(layout, dry_run)
    if layout.top is None:
        raise RepositoryError("a bare repository has no work tree to protect", hint="go into a clone of it")
    settings = settle(layout, environment, today=today())
    plan = plan_protect(layout, program(), settings.globs, environment=environment)
    for change in plan.changes:
        click.echo(f"{'would write' if dry_run else 'write'} {os.path.relpath(change.path, layout.top)}: {change.why}")
    if not dry_run and plan.changes:
        run_plan(layout, plan, environment=environment)
        settle(layout, environment, today=today())  # leaves the stamp, so that the first commit is as fast as the next
        Journal.of(layout.common, environment).add("protected", way=plan.reach.way, files=len(plan.changes))
    if not dry_run:
        check_reach(layout, plan.reach, environment=environment)
    click.echo(
        "nothing was changed (--dry-run)"
        if dry_run
        else "protected: " + layout.root
        if plan.changes
        else "already protected: " + layout.root
    )
    _show(layout, plan.reach, plan.remarks, environment)
    if word := operation_of(repository):
        click.echo(f"note: a {word} is under way; the gates leave it alone until you commit")
    return ExitCode.CLEAN


def program() -> Program:
    """How the hooks start us: this interpreter, and the folders our package and its dependencies lie in."""
    package = str(Path(gitshield.__file__).parents[1])
    paths = dict.fromkeys((package, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    found = shutil.which("gitshield")
    beside = Path(sys.executable).parent / "gitshield"
    command_ = "gitshield" if found else str(beside) if beside.exists() else f"{sys.executable} -m gitshield"
    return Program(sys.executable, tuple(paths), command_)


def _undo(layout: Layout, dry_run: bool) -> int:
    if dry_run:
        read_record(layout)
        click.echo("would take out the hooks, the filter and the folder " + layout.folder)
        return ExitCode.CLEAN
    for remark in undo(layout):
        click.echo("note: " + remark)
    click.echo("gitshield is taken out of " + layout.root)
    return ExitCode.CLEAN


def _show(layout: Layout, reach: Reach, remarks: tuple[str, ...], environment: dict[str, str]) -> None:
    click.echo("on: staging by path (.env, key stores, credential files): git add refuses, nothing is written")
    click.echo(f"on: staging by content, commits, merges, commit messages, commits made with --no-verify ({reach.way})")
    for remark in remarks:
        click.echo("note: " + remark)
    if os.path.exists(os.path.join(layout.root, ".gitmodules")):
        click.echo("note: submodules are repositories of their own: git submodule foreach gitshield protect")
    if git_version(environment) < (2, 28):
        click.echo("note: this git is older than 2.28 and has no reference-transaction hook: --no-verify is not caught at commit")
    click.echo("next: gitshield doctor proves that each of these holds")
