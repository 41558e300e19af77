"""`gitshield allow`: let something pass on purpose. Once (a code), for good (an entry), or a configuration that loosens."""

import datetime
import getpass
import json
import os
import shlex
from dataclasses import dataclass

import click

from gitshield.cli.today import today
from gitshield.config.homes import Homes
from gitshield.config.load import approval_key
from gitshield.config.trust import approve
from gitshield.errors import ExitCode, GitshieldError, IncompleteError, UsageError
from gitshield.gate import passes
from gitshield.gate.terms import REPOSITORY_FILE, TRUST_STORE, Settings, settle, source_of
from gitshield.git.layout import Layout, find_layout
from gitshield.git.process import run
from gitshield.model.finding import Finding, Receipt
from gitshield.model.place import StandardInput
from gitshield.report.neutral import neutral
from gitshield.scan import allow_file
from gitshield.scan.engine import scan_fragment
from gitshield.scan.fragment import Fragment
from gitshield.scan.known import known_findings
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
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    code: str | None,
    path: str | None,
    rule_id: str | None,
    reason: str | None,
    owner: str | None,
    expires: datetime.datetime | None,
    is_config: bool,
    is_list: bool,
    as_json: bool,
) -> int:
    """Let something pass on purpose, recorded: CODE once, --add for good, --config a configuration."""
    if sum((code is not None, path is not None, is_config, is_list)) != 1:
        raise UsageError("give a CODE, --add, --config or --list", hint="gitshield allow --help")
    environment = dict(os.environ)
    layout = find_layout(os.getcwd(), environment=environment)
    last = expires.date() if expires is not None else None
    if is_list:
        answer = _list(layout)
    elif is_config:
        answer = _approve(layout, environment)
    else:
        answer = _let_pass(layout, environment, code, path, _Why(owner or _owner(layout, environment), reason or "", last, rule_id))
    click.echo(json.dumps({"version": 1, **answer.facts}, indent=2) if as_json else "\n".join(answer.lines))
    return ExitCode.CLEAN


@dataclass(frozen=True, slots=True)
class _Answer:
    """What was done: as JSON, and in lines for people."""

    facts: dict[str, object]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Why:
    """Who lets something pass, why, until which day, and which rule alone is meant."""

    owner: str
    reason: str
    expires: datetime.date | None
    rule_id: str | None


def _let_pass(layout: Layout, environment: dict[str, str], code: str | None, path: str | None, why: _Why) -> _Answer:
    """Grant a code, or write an entry for each finding that is meant."""
    if not why.reason.strip():
        raise UsageError("a reason is needed", hint='--reason "…": it is what the next reader will want to know')
    if why.expires is not None and why.expires < today():
        raise UsageError(f"{why.expires.isoformat()} is over, so the entry would never count", hint="--expires takes its last day")
    settings = settle(layout, environment, today=today())
    _refuse_secrets(why, settings)
    if code is not None:
        granted = passes.grant(layout.folder, code, minutes=settings.pass_minutes)
        event, rules, paths = "granted", sorted(granted.rules), sorted(map(neutral, granted.paths))
        more: dict[str, object] = {"code": code}
        lines: tuple[str, ...] = (f"granted for {settings.pass_minutes} minutes or one commit: {', '.join(rules)} in {', '.join(paths)}",)
    else:
        meant = _meant(path or "", why.rule_id, layout, settings, environment)
        _write(layout, meant, why)
        event, rules, paths = "allowed", sorted({f.rule_id for f in meant}), sorted({neutral(f.place.path) for f in meant})
        more = {}
        lines = (
            *(f"allowed: {finding.rule_id} in {neutral(finding.place.path)}" for finding in meant),
            f"written to {allow_file.NAME}: commit it with your change",
        )
    Journal.of(layout.common, environment).add(event, who=why.owner, reason=why.reason, **more, rules=rules, paths=paths)
    return _Answer({"event": event, **more, "rules": rules, "paths": paths}, lines)


def _refuse_secrets(why: _Why, settings: Settings) -> None:
    """Refuse words that hold a secret: they are kept in clear, an entry's in a file that is committed."""
    for option, words in (("--reason", why.reason), ("--owner", why.owner)):
        said = Fragment(StandardInput(), "", words.encode("utf-8", "surrogateescape"))
        seen, unjudged = scan_fragment(settings.terms.rules, said)
        found = [one.finding for one in (*seen, *known_findings(settings.terms.known, said, seen))]
        if found:
            raise UsageError(
                f"{option} holds a secret ({found[0].rule_id})", hint="say it without the value: what is written here is kept in clear"
            )
        if unjudged:
            raise IncompleteError(f"{option} could not be checked: {unjudged[0]}", hint="say it in fewer or plainer words")


def _meant(path: str, rule_id: str | None, layout: Layout, settings: Settings, environment: dict[str, str]) -> list[Finding]:
    """The findings of a file, or those with a fingerprint: where a refusal saw it, otherwise anywhere in the work tree."""
    is_print = len(path) == 16 and not os.path.exists(path) and set(path) <= set("0123456789abcdef")
    if not is_print and not os.path.lexists(path):
        raise UsageError(f"{path}: there is no such file", hint="give the path of a file, or the fingerprint of a finding")
    files = passes.offered_paths(layout.folder, path) or (".",) if is_print else (os.path.abspath(path),)
    named = tuple(os.path.normpath(os.path.join(layout.root, name)) for name in files)
    found = scan([Files(named, layout.root, environment)], settings.terms)
    meant = [f for f in found.findings if (not is_print or f.fingerprint == path) and rule_id in (None, f.rule_id)]
    if not meant:
        raise _nothing_meant(path, rule_id, found.receipt, is_print=is_print)
    return meant


def _nothing_meant(path: str, rule_id: str | None, receipt: Receipt, *, is_print: bool) -> GitshieldError:
    """Say why there is nothing to write an entry for."""
    if failed := [skip for skip in receipt.skipped if skip.is_failure]:
        return IncompleteError(f"{failed[0].path}: {failed[0].reason}", hint="make it readable and try again")
    if is_print:
        return UsageError(f"no finding with the fingerprint {path} in the work tree", hint="give the file: gitshield allow --add PATH")
    waved = sum(receipt.allowed.values())
    return UsageError(
        f"{path} has no finding{f' of the rule {rule_id!r}' if rule_id else ''} to allow" + (f"; {waved} allowed already" if waved else ""),
        hint=f"look at it with `gitshield scan {shlex.quote(path)}`",
    )


def _write(layout: Layout, meant: list[Finding], why: _Why) -> None:
    place = os.path.join(layout.root, allow_file.NAME)
    content = source_of(place) or b""
    for finding in meant:
        content = allow_file.add(content, _entry(finding, content, why.owner, why.reason, why.expires))
    _replace(place, content)


def _entry(finding: Finding, content: bytes, who: str, reason: str, expires: datetime.date | None) -> allow_file.Entry:
    if finding.secret is None:
        return allow_file.entry_for_file(finding.rule_id, finding.place.path, owner=who, reason=reason, expires=expires)
    salt = allow_file.parse(content).salt
    return allow_file.entry_for_value(finding.rule_id, finding.secret.reveal(), owner=who, reason=reason, salt=salt, expires=expires)


def _approve(layout: Layout, environment: dict[str, str]) -> _Answer:
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
    return _Answer({"event": "approved", "key": key}, ("approved: the configuration of this repository, with exactly this content",))


def _list(layout: Layout) -> _Answer:
    shown: list[dict[str, object]] = []
    lines: list[str] = []
    for entry in allow_file.parse(source_of(os.path.join(layout.root, allow_file.NAME)) or b"").entries:
        last = entry.expires.isoformat() if entry.expires is not None else None
        is_expired = entry.is_expired(today())
        facts = {"rule": entry.rule, "path": entry.path, "owner": entry.owner, "reason": entry.reason}
        shown.append({**facts, "expires": last, "is_expired": is_expired})
        state = f"{'expired' if is_expired else 'in force'}{f' until {last}' if last and not is_expired else ''}"
        lines.append(neutral(f"{state}  {entry.rule}  {entry.path or 'any path'}  {entry.owner}: {entry.reason}"))
    return _Answer({"event": "listed", "entries": shown}, (*lines,) or (f"no entries: there is nothing in {allow_file.NAME}",))


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
