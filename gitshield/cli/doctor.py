"""`gitshield doctor`: proof that each protection really works."""

import json
import os

import click

from gitshield.cli.called import called
from gitshield.errors import ExitCode, RepositoryError
from gitshield.gate.doctor import examine
from gitshield.git.layout import find_layout
from gitshield.git.repo import open_repository


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(as_json: bool) -> int:
    """Prove that each protection really works: canaries through the real hooks, in a scratch repository."""
    environment = dict(os.environ)
    layout = find_layout(os.getcwd(), environment=environment)
    if layout.top is None and open_repository(layout.git_dir).is_bare:
        raise RepositoryError("a bare repository has no gates to examine", hint="go into a clone of it")
    checks = []
    for check in examine(layout, environment=environment, command=called()):
        checks.append(check)
        if not as_json:
            click.echo(f"{'holds' if check.holds else 'FAILS'}  {check.gate}: {check.seen}")
            if not check.holds and check.mend:
                click.echo(f"       mend: {check.mend}")
    if as_json:
        shown = [{"gate": c.gate, "holds": c.holds, "seen": c.seen, "mend": c.mend if not c.holds else None} for c in checks]
        click.echo(json.dumps({"version": 1, "checks": shown}, indent=2))
    return ExitCode.CLEAN if checks and all(check.holds for check in checks) else ExitCode.FOUND
