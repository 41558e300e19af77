"""`gitshield rules`: list, show and test the rules."""

import json
import os
from pathlib import Path

import click

from gitshield.cli.today import today
from gitshield.errors import ExitCode, RepositoryError, UsageError
from gitshield.gate.terms import settle
from gitshield.git.layout import find_layout
from gitshield.rules.proof import faults
from gitshield.rules.rule import Rule
from gitshield.rules.ruleset import built_in_files


@click.group("rules")
def command() -> None:
    """List, show and test the rules."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--family", help="Only rules of this family (key, provider, file, role, foreign).")
def list_(as_json: bool, family: str | None) -> int:
    """List the rules in force here."""
    rules = [rule for rule in _rules() if family in (None, rule.family)]
    if as_json:
        click.echo(json.dumps({"version": 1, "rules": [_shown(rule) for rule in rules]}, indent=2))
    else:
        for rule in rules:
            click.echo(f"{rule.id:42} {rule.family:9} {rule.severity.word:9} {rule.description}")
        click.echo(f"{len(rules)} rules", err=True)
    return ExitCode.CLEAN


@command.command()
@click.argument("rule_id")
def show(rule_id: str) -> int:
    """Show one rule whole."""
    for rule in _rules():
        if rule.id == rule_id:
            for key, value in _shown(rule).items():
                if value not in (None, [], ""):
                    click.echo(f"{key}: {value if not isinstance(value, list) else '; '.join(map(str, value))}")
            return ExitCode.CLEAN
    raise UsageError(f"no rule is called {rule_id!r}", hint="gitshield rules list")


@command.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False))
def test(files: tuple[str, ...]) -> int:
    """Prove rules by their own examples and near misses: those of FILES, or of all built-in packs."""
    sources = [(name, Path(name).read_bytes()) for name in files] or list(built_in_files())
    found = [fault for name, content in sources for fault in faults(content, name=os.path.basename(name))]
    for fault in found:
        click.echo(fault)
    click.echo(f"{len(sources)} files, {len(found)} faults", err=True)
    return ExitCode.FOUND if found else ExitCode.CLEAN


def _rules() -> tuple[Rule, ...]:
    environment = dict(os.environ)
    try:
        layout = find_layout(os.getcwd(), environment=environment)
    except RepositoryError:
        layout = None
    return settle(layout, environment, today=today(), cwd=os.getcwd()).terms.rules.rules


def _shown(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "description": rule.description,
        "pack": rule.pack,
        "family": rule.family,
        "severity": rule.severity.word,
        "confidence": rule.confidence,
        "regex": rule.regex,
        "path": rule.path,
        "reader": rule.reader,
        "entropy": rule.entropy,
        "filters": list(rule.filters),
        "source": rule.source,
        "revoke_url": rule.revoke.url if rule.revoke else None,
        "revoke_steps": list(rule.revoke.steps) if rule.revoke else [],
    }
