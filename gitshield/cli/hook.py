"""`gitshield hook NAME`: the gates for the pre-commit framework and for scripts that call us by name."""

import os
import sys
from collections.abc import Sequence

import click

from gitshield.cli.called import called_by_path
from gitshield.cli.today import today
from gitshield.errors import ExitCode, UsageError
from gitshield.gate.judge import Judgement, refused_among
from gitshield.gate.main import main
from gitshield.gate.refusal import refusal
from gitshield.gate.terms import settle
from gitshield.git.layout import find_layout
from gitshield.git.process import hook_environment
from gitshield.git.staged import staged_changes
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files


@click.command("hook")
@click.argument("name", type=click.Choice(["pre-commit", "pre-merge-commit", "commit-msg", "files"]))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(name: str, arguments: Sequence[str]) -> int:
    """Judge for a hook: `pre-commit` the staged content, `commit-msg FILE` a message.

    `pre-commit` called with file names also judges, whole, those of them that are not staged (pre-commit run --all-files).
    """
    if name == "commit-msg" and len(arguments) != 1:
        raise UsageError("commit-msg takes the message file", hint="gitshield hook commit-msg .git/COMMIT_EDITMSG")
    environment = dict(os.environ)
    if "PRE_COMMIT" in environment:  # the framework's own environment is on PATH now, but not where the hint is typed
        environment.setdefault("GITSHIELD_COMMAND", called_by_path())
    code = main([name, *arguments], environment, sys.stderr) if name != "files" else ExitCode.CLEAN
    if code == ExitCode.CLEAN and arguments and name in ("pre-commit", "files"):
        code = _files(arguments, environment, is_staged_judged=name == "pre-commit")
    return code


def _files(names: Sequence[str], environment: dict[str, str], *, is_staged_judged: bool) -> int:
    """Judge files as the framework names them: it has put the work tree to what is staged."""
    layout = find_layout(os.getcwd(), environment=environment)
    if is_staged_judged:
        changes = staged_changes(environment=hook_environment(environment), cwd=layout.root)
        staged = {os.path.join(layout.root, change.path) for change in changes}
        names = [name for name in names if os.path.abspath(name) not in staged]
        if not names:
            return ExitCode.CLEAN
    settings = settle(layout, environment, today=today())
    result = scan([Files(tuple(names), layout.root, environment, excluded=settings.excluded)], settings.terms)
    judged = Judgement(tuple(refused_among(result.findings, settings.terms)), result.receipt)
    if judged.is_allowed:
        return ExitCode.CLEAN
    click.echo(refusal("these files are", judged, code=None, command=settings.command), err=True)
    return ExitCode.FOUND if judged.findings else ExitCode.INCOMPLETE
