"""`gitshield rules`: list, show and test the rules."""

import json
import os
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

import click

from gitshield.cli.today import today
from gitshield.errors import ExitCode, RepositoryError, UsageError
from gitshield.gate.terms import settle
from gitshield.git.layout import find_layout
from gitshield.report.neutral import neutral
from gitshield.rules.proof import faults
from gitshield.rules.rule import Family, Rule
from gitshield.rules.ruleset import built_in_files
from gitshield.rules.toml_form import read_rules


@click.group("rules")
def command() -> None:
    """List, show and test the rules."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--family", type=click.Choice(get_args(Family)), help="Only rules of this family.")
def list_(as_json: bool, family: str | None) -> int:
    """List the rules in force here."""
    rules = [rule for rule in _rules() if family in (None, rule.family)]
    if as_json:
        click.echo(json.dumps({"version": 1, "rules": [_shown(rule) for rule in rules]}, indent=2))
    else:
        for rule in rules:
            click.echo(f"{rule.id:42} {rule.family:9} {rule.severity.word:9} {rule.description}")
        click.echo(_count(len(rules), "rule"), err=True)
    return ExitCode.CLEAN


@command.command()
@click.argument("rule_id")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show(rule_id: str, as_json: bool) -> int:
    """Show one rule whole."""
    known = {rule.id: rule for rule in _rules()}
    if rule_id not in known:
        close = get_close_matches(rule_id, known, 1)
        raise UsageError(f"no rule is called {rule_id!r}", hint=f"did you mean {close[0]!r}?" if close else "gitshield rules list")
    shown = _shown(known[rule_id])
    if as_json:
        click.echo(json.dumps({"version": 1, "rules": [shown]}, indent=2))
        return ExitCode.CLEAN
    for key, value in shown.items():
        if value not in (None, [], ""):
            click.echo(neutral(f"{key}: {value if not isinstance(value, list) else '; '.join(map(str, value))}"))
    return ExitCode.CLEAN


@command.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def test(files: tuple[str, ...], as_json: bool) -> int:
    """Prove rules by their own examples and near misses: those of FILES, or of all built-in packs."""
    sources = [(name, Path(name).read_bytes()) for name in files] or list(built_in_files())
    rules, found = 0, []
    for path, content in sources:
        name = os.path.basename(path)
        count = len(read_rules(content, name=name, built_in=True).rules)
        rules += count
        found += faults(content, name=name) if count else [f"{name}: no rule in it, so nothing is proved"]
    if as_json:
        click.echo(json.dumps({"version": 1, "files": len(sources), "rules": rules, "faults": found}, indent=2))
    else:
        for fault in found:
            click.echo(neutral(fault))
        click.echo(f"{_count(len(sources), 'file')}, {_count(rules, 'rule')}, {_count(len(found), 'fault')}", err=True)
    return ExitCode.FOUND if found else ExitCode.CLEAN


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


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
