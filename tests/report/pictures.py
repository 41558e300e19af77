"""Makes the pictures of docs/reports.md anew, with a headless Chromium: `.venv/bin/python -m tests.report.pictures`.

What they show is made up: a small history with composed secrets.
"""

import html
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gitshield.model.finding import Finding, Result, Skipped
from gitshield.model.place import CommittedBlob
from gitshield.model.reach import Reach, Sighting
from gitshield.report import render
from tests.report.chromium import chromium, screenshot
from tests.report.results import OID, finding, receipt, sighting

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
_PEOPLE = ("Ada Lovelace <ada@example.org>", "Grace Hopper <grace@example.org>", "Alan Turing <alan@example.org>")
_STYLES = {"1": "b", "2": "i", "31": "s", "1;31": "u", "32": "q", "33": "em", "36": "small"}
_TERMINAL = """<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; background: #1b1a18; color: #ddd8d0; padding: 22px 26px; }
pre { margin: 0; font: 13px/1.5 "DejaVu Sans Mono", monospace; white-space: pre-wrap; }
b { color: #fff } i, s, u, q, em, small { font-style: normal; font-size: inherit; text-decoration: none; quotes: none }
i { color: #8f887e } s, u { color: #ff8a80 } u { font-weight: bold } q { color: #83c795 } em { color: #dcbc5c } small { color: #93b8d9 }
</style><pre>"""


def sample() -> Result:
    """A history in which four secrets got differently far."""
    asked = "the history: all refs, reflogs and unreachable objects"
    return Result(tuple(_findings()), receipt(asked=asked, read=4812, size=61_400_000, duration=3.71, allowed={"allow entry": 1}))


def incomplete() -> Result:
    """The same, where something could not be read."""
    made = sample()
    skipped = (
        Skipped("vendor/model.bin", "over the size limit", is_failure=False),
        Skipped("objects/7c/41f0", "inflate: data stream error", is_failure=True),
    )
    return replace(made, receipt=replace(made.receipt, skipped=skipped))


def _events(days: str, path: str) -> tuple[Sighting, ...]:
    """The sightings of `3+ 9 17-`: days, `+` where it came and `-` where it went."""
    subjects = ("Add the deploy job", "Move settings to one file", "Rotate the worker pool", "Read it from the environment", "Tidy up")
    made: list[Sighting] = []
    for number, word in enumerate(days.split()):
        day, event = int(word.rstrip("+-")), {"+": "added", "-": "removed"}.get(word[-1], "changed")
        commit = f"{(day * 2_654_435_761 + 97 * number) % 16**10:010x}" * 4
        person = _PEOPLE[(day + number) % len(_PEOPLE)]
        made.append(sighting(day, event, commit=commit, author=person, subject=subjects[number % 5], paths=(path,)))
    return tuple(made)


def _reach(days: str, path: str, **changes: object) -> Reach:
    events = _events(days, path)
    held = [event for event in events if event.event != "removed"]
    values: dict[str, object] = {"first": events[0], "last": held[-1], "commits": len(events) * 7, "paths": (path,), "events": events}
    return Reach(**{**values, **changes})  # type: ignore[arg-type]


def _findings() -> Iterator[Finding]:
    pushed = _reach(
        "1+ 12 31 33 58 90-",
        "deploy/settings.py",
        paths=("deploy/settings.py", "deploy/config.yaml", "scripts/release.sh"),
        refs=(
            "refs/heads/main",
            "refs/heads/release-2.x",
            "refs/remotes/origin/main",
            "refs/remotes/origin/release-2.x",
            "refs/tags/v2.1.0",
        ),
        holding=("refs/heads/release-2.x", "refs/remotes/origin/release-2.x", "refs/tags/v2.1.0"),
        remotes=("origin",),
    )
    yield _one(b"ghp_" + b"a1B2" * 9, "deploy/settings.py", pushed, more=2)
    head = _reach("74+ 96", "worker/queue.py", refs=("refs/heads/feature/queue",), holding=("refs/heads/feature/queue",), is_in_head=True)
    url = b"postgres://app:" + b"tr0ub4dor" + b"@db.internal/app"
    yield replace(
        _one(b"tr0ub4dor", "worker/queue.py", head, line=b"DATABASE = " + url),
        rule_id="connection-string",
        description="Password in a connection string",
        family="role",
        severity="high",
        revoke_url=None,
        revoke_steps=("Change the password of the account.", "Give the new one to those who need it."),
    )
    stash = _reach("88+", "notes/todo.txt", reflogs=("stash@{0}", "HEAD@{14}"))
    yield replace(
        _one(b"xoxb-" + b"7h4N" * 10, "notes/todo.txt", stash), rule_id="slack-token", description="Slack token", severity="medium"
    )
    lost = _reach("40+ 41-", "tmp/dump.sql")
    yield replace(
        _one(b"q9" * 16, "tmp/dump.sql", lost),
        rule_id="hex-key",
        description="Hexadecimal key",
        family="role",
        severity="low",
        revoke_url=None,
    )


def _one(value: bytes, path: str, reach: Reach, *, line: bytes | None = None, more: int = 0) -> Finding:
    first = reach.first.commit if reach.first is not None else None
    places = tuple(CommittedBlob(path, OID, event.commit) for event in reach.events[1 : 1 + more])
    return finding(value, place=CommittedBlob(path, OID, first), line=line, reach=reach, places=places)


def written(result: Result, name: str, *, color: bool = False) -> str:
    """The report, as a person sees it."""
    return "".join(render(result, format=name, show_secrets=False, version="0.1.0", color=color))


def terminal(text: str) -> str:
    """Coloured text as a page that looks like a terminal."""
    escaped = html.escape(text).replace("\x1b[0m", "\0")
    for code, tag in _STYLES.items():
        escaped = re.sub(rf"\x1b\[{code}m([^\0]*)\0", rf"<{tag}>\1</{tag}>", escaped)
    return f"{_TERMINAL}{escaped}</pre>"


def main() -> int:
    """Make the pictures; 3 when there is no Chromium."""
    if chromium() is None:
        sys.stderr.write("error: no chromium on PATH\nhint: on Debian and Ubuntu: `sudo apt install chromium`\n")
        return 3
    PICTURES.mkdir(exist_ok=True)
    page = written(sample(), "html").replace('<details class="finding', '<details open class="finding', 1)
    made = sample()
    lines = written(replace(made, findings=(*made.findings[:2], made.findings[3])), "text", color=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, text, size in (("html", page, (1000, 1240)), ("text", terminal(f"$ gitshield scan --history\n{lines}"), (1000, 1030))):
            source = Path(folder) / f"{name}.html"
            source.write_text(text, encoding="utf-8")
            screenshot(source, PICTURES / f"report-{name}.png", size=size)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.stderr.decode("utf-8", "replace"))
