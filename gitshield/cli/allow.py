"""`gitshield allow`: let something pass on purpose. Once (a code), for good (an entry), or a configuration that loosens."""

import datetime
import getpass
import os

import click

from gitshield.cli.today import today
from gitshield.config.load import approval_key
from gitshield.config.trust import approve
from gitshield.errors import ExitCode, UsageError
from gitshield.gate import passes
from gitshield.gate.terms import REPOSITORY_FILE, TRUST_STORE, Homes, Settings, settle, source_of
from gitshield.git.layout import Layout, find_layout
from gitshield.git.process import run
from gitshield.model.finding import Finding
from gitshield.report.neutral import neutral
from gitshield.scan import allow_file
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files
from gitshield.vault.journal import Journal


@click.command("allow")
@click.argument("code", required=False)
@click.option("--add", "path", metavar="PATH|FINGERPRINT", help="Write an entry for the findings of this file, or for one finding.")
@click.option("--rule", "rule_id", help="With --add: only the findings of this rule.")
@click.option("--reason", help="Why. Kept in the journal or in the entry.")
@click.option("--owner", help="Who answers for it (default: git's user.email).")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The last day the entry counts.")
@click.option("--config", "is_config", is_flag=True, help="Approve this repository's own configuration as it is now.")
@click.option("--list", "is_list", is_flag=True, help="Show the entries of .gitshield-allow.")
def command(
    code: str | None,
    path: str | None,
    rule_id: str | None,
    reason: str | None,
    owner: str | None,
    expires: datetime.datetime | None,
    is_config: bool,
    is_list: bool,
) -> int:
    """Let something pass on purpose, recorded: CODE once, --add for good, --config a configuration."""
    if sum((code is not None, path is not None, is_config, is_list)) != 1:
        raise UsageError("give a CODE, --add, --config or --list", hint="gitshield allow --help")
    environment = dict(os.environ)
    layout = find_layout(os.getcwd(), environment=environment)
    if is_list:
        return _list(layout)
    if is_config:
        return _approve(layout, environment)
    if not reason or not reason.strip():
        raise UsageError("a reason is needed", hint='--reason "…": it is what the next reader will want to know')
    settings = settle(layout, environment, today=today())
    who = owner or _owner(layout, environment)
    if code is not None:
        granted = passes.grant(layout.folder, code, minutes=settings.pass_minutes)
        facts = {"code": code, "rules": list(granted.rules), "paths": [neutral(p) for p in granted.paths]}
        Journal.of(layout.common, environment).add("granted", who=who, reason=reason, **facts)
        click.echo(f"granted for {settings.pass_minutes} minutes or one commit: {', '.join(granted.rules)} in {', '.join(facts['paths'])}")
        return ExitCode.CLEAN
    return _add(path or "", rule_id, layout, settings, environment, who=who, reason=reason, expires=expires.date() if expires else None)


def _add(
    path: str,
    rule_id: str | None,
    layout: Layout,
    settings: Settings,
    environment: dict[str, str],
    *,
    who: str,
    reason: str,
    expires: datetime.date | None,
) -> int:
    """Write an entry for each finding that is meant."""
    is_print = len(path) == 16 and not os.path.exists(path) and set(path) <= set("0123456789abcdef")
    files = passes.offered_paths(layout.folder, path) if is_print else (os.path.abspath(path),)
    if not files:
        raise UsageError(f"no open refusal names {path}", hint="give the file instead: gitshield allow --add PATH")
    named = tuple(os.path.join(layout.root, name) for name in files)
    found = scan([Files(named, layout.root, environment)], settings.terms)
    meant = [f for f in found.findings if (not is_print or f.fingerprint == path) and rule_id in (None, f.rule_id)]
    if not meant:
        raise UsageError("nothing there to allow", hint=f"gitshield scan {path if not is_print else ''}".strip())
    place = os.path.join(layout.root, allow_file.NAME)
    content = source_of(place) or b""
    for finding in meant:
        content = allow_file.add(content, _entry(finding, content, who, reason, expires))
        click.echo(f"allowed: {finding.rule_id} in {neutral(finding.place.path)}")
    _replace(place, content)
    facts = {"rules": sorted({f.rule_id for f in meant}), "paths": sorted({neutral(f.place.path) for f in meant})}
    Journal.of(layout.common, environment).add("allowed", who=who, reason=reason, **facts)
    click.echo(f"written to {allow_file.NAME}: commit it with your change")
    return ExitCode.CLEAN


def _entry(finding: Finding, content: bytes, who: str, reason: str, expires: datetime.date | None) -> allow_file.Entry:
    if finding.secret is None:
        return allow_file.entry_for_file(finding.rule_id, finding.place.path, owner=who, reason=reason, expires=expires)
    salt = allow_file.parse(content).salt
    return allow_file.entry_for_value(finding.rule_id, finding.secret.reveal(), owner=who, reason=reason, salt=salt, expires=expires)


def _approve(layout: Layout, environment: dict[str, str]) -> int:
    from gitshield.config.toml_form import Source

    own, tool = (source_of(os.path.join(layout.root, name)) for name in (REPOSITORY_FILE, "pyproject.toml"))
    key = approval_key(
        repository=Source(REPOSITORY_FILE, own) if own is not None else None,
        pyproject=Source("pyproject.toml", tool) if tool is not None else None,
    )
    if key is None:
        raise UsageError("this repository has no configuration of its own", hint=f"it would be {REPOSITORY_FILE}")
    store = os.path.join(Homes.of(environment).data, TRUST_STORE)
    os.makedirs(os.path.dirname(store), mode=0o700, exist_ok=True)
    _replace(store, approve(source_of(store) or b"", key, note=f"{today().isoformat()} {layout.root}"), mode=0o600)
    Journal.of(layout.common, environment).add("approved", key=key)
    click.echo("approved: the configuration of this repository, with exactly this content")
    return ExitCode.CLEAN


def _list(layout: Layout) -> int:
    entries = allow_file.parse(source_of(os.path.join(layout.root, allow_file.NAME)) or b"").entries
    for entry in entries:
        state = "expired" if entry.is_expired(today()) else "in force"
        click.echo(f"{state}  {entry.rule}  {neutral(entry.path or 'any path')}  {neutral(entry.owner)}: {neutral(entry.reason)}")
    click.echo(f"{len(entries)} entries", err=True)
    return ExitCode.CLEAN


def _owner(layout: Layout, environment: dict[str, str]) -> str:
    shown = run(["config", "--get", "user.email"], environment=environment, cwd=layout.root, accept=(0, 1))
    return shown.out.decode("utf-8", "replace").strip() or getpass.getuser()


def _replace(path: str, content: bytes, *, mode: int = 0o644) -> None:
    aside = f"{path}.{os.getpid()}"
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    os.replace(aside, path)
