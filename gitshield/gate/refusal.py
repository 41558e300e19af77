"""The words of a refusal: what was found where, that nothing was lost, and the commands that lead out."""

from collections.abc import Iterator, Sequence

from gitshield.gate.judge import Judgement
from gitshield.model.finding import Finding
from gitshield.report.mask import MASK
from gitshield.report.neutral import neutral

MAX_SHOWN: int = 10


def refusal(what: str, judgement: Judgement, *, code: str | None, command: str, after: Sequence[str] = ()) -> str:
    """The text of a refusal of `what` ("commit", "git add"), each line ready for a terminal.

    `command` is how gitshield is called here; `after` are lines on what was done about it.
    """
    return "\n".join(
        f"gitshield: {line}" if number == 0 else line for number, line in enumerate(_lines(what, judgement, code, command, after))
    )


def _lines(what: str, judgement: Judgement, code: str | None, command: str, after: Sequence[str]) -> Iterator[str]:
    findings = judgement.findings
    if findings:
        paths = {f.place.path for f in findings}
        yield f"{what} refused: {len(findings)} finding{'s' * (len(findings) > 1)} in {len(paths)} place{'s' * (len(paths) > 1)}"
    elif judgement.failures:
        yield f"{what} refused: not everything could be checked"
    for finding in findings[:MAX_SHOWN]:
        yield from _shown(finding)
    if len(findings) > MAX_SHOWN:
        yield f"  … and {len(findings) - MAX_SHOWN} more: `{command} scan --staged` shows all"
    yield from (f"  not checked: {neutral(failure)}" for failure in judgement.failures[:MAX_SHOWN])
    yield from after
    if findings:
        yield "hint: take the value out, or keep it in a file that git ignores, and stage again"
        if any(f.secret is not None for f in findings):
            yield "hint: was it ever shared? then revoke it first: what was seen stays seen"
        if code is not None:
            yield f'hint: on purpose, once: `{command} allow {code} --reason "…"`, then repeat your command'
            yield f'hint: no secret at all? for good: `{command} allow --add {findings[0].fingerprint} --reason "…"`'


def _without_secret(finding: Finding) -> str:
    """The path of a finding; the secret is masked where the path itself holds it."""
    value = finding.secret.reveal().decode("utf-8", "surrogateescape") if finding.secret is not None else ""
    return finding.place.path.replace(value, MASK) if value else finding.place.path


def _shown(finding: Finding) -> Iterator[str]:
    where = neutral(_without_secret(finding))
    if finding.secret is None:
        yield f"  {where}  {finding.severity}  {finding.rule_id}: {finding.description}"
        return
    yield f"  {where}:{finding.span.line}:{finding.span.column}  {finding.severity}  {finding.rule_id}: {finding.description}"
    yield f"      {neutral(finding.secret.mask)}" + (f"   revoke: {finding.revoke_url}" if finding.revoke_url else "")
