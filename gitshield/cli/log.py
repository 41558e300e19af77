"""`gitshield log`: the journal of this repository."""

import datetime
import json
import os

import click

from gitshield.errors import ExitCode
from gitshield.git.layout import find_layout
from gitshield.report.neutral import neutral
from gitshield.vault.journal import Journal


@click.command("log")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, as they are kept.")
def command(as_json: bool) -> int:
    """Show what was refused here and what was passed on purpose, oldest first."""
    environment = dict(os.environ)
    journal = Journal.of(find_layout(os.getcwd(), environment=environment).common, environment)
    is_empty = True
    for entry in journal.entries():
        is_empty = False
        if as_json:
            click.echo(json.dumps(entry))
            continue
        when = datetime.datetime.fromtimestamp(entry["at"], tz=datetime.UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        facts = {key: value for key, value in entry.items() if key not in ("v", "at", "event", "repository") and value}
        click.echo(f"{when}  {entry['event']:10} " + neutral("  ".join(f"{key}={value}" for key, value in facts.items())))
    if is_empty:
        click.echo("nothing is recorded for this repository yet", err=True)
    return ExitCode.CLEAN
