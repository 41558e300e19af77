"""Results to report: ordinary ones and hostile ones. Secrets are composed."""

from dataclasses import replace

from gitshield.model.finding import Finding, Receipt, Result, Skipped, Span
from gitshield.model.place import (
    CommitHeader,
    CommitMessage,
    CommittedBlob,
    Place,
    RefName,
    RepositoryFile,
    StagedBlob,
    StandardInput,
    TagObject,
    TreeName,
    WorkTreeFile,
)
from gitshield.model.reach import Reach, Sighting
from gitshield.model.secret import Secret

TOKEN = b"ghp_" + b"a1B2" * 9
PASSWORD = b"correct" + b"-horse"
OID = "1f" * 20
COMMIT = "c0" * 20
HOSTILE_PATHS = (
    "a\nb.env",
    "\x1b[31mred\x1b[0m",
    "caf\udce9/\udcff.env",
    "=1+2|cmd",
    "\u202egnp.exe",
    "a:b ]]>&<\"'",
    "\x00\ufffe\u2028",
)


def finding(
    value: bytes | None = TOKEN,
    *,
    place: Place | None = None,
    line: bytes | None = None,
    column: int | None = None,
    rule_id: str = "github-pat-classic",
    severity: str = "critical",
    places: tuple[Place, ...] = (),
    reach: Reach | None = None,
) -> Finding:
    """Give a finding of `value`, on line 12 unless it is None: then the file is the finding."""
    place = place or WorkTreeFile("src/app.py")
    if value is None:
        where = Span(1, 1, 1, 1, 0, 0)
        return Finding("dotenv-file", "A dotenv file", "file", severity, "high", place, where, None, 0.0, "0f" * 8)
    line = b'token = "' + value + b'"' if line is None else line
    column = line.find(value) + 1 if column is None else column
    return Finding(
        rule_id=rule_id,
        description="GitHub personal access token (classic)",
        family="provider",
        severity=severity,
        confidence="high",
        place=place,
        span=Span(12, column, 12, column + len(value) - 1, 200, 200 + len(value)),
        secret=Secret(value),
        entropy=3.25,
        fingerprint="0123456789abcdef",
        line_text=Secret(line),
        tags=("token",),
        revoke_url="https://github.com/settings/tokens",
        revoke_steps=("Open the page.", "Delete the token."),
        places=places,
        reach=reach,
    )


def sighting(number: int, event: str = "changed", **changes: object) -> Sighting:
    """Give the sighting of a day, `number` days after 1 March 2026."""
    values: dict[str, object] = {
        "commit": f"{number:02x}" * 20,
        "time": 1_772_366_400 + number * 86_400,
        "author": "Ada Lovelace <ada@example.org>",
        "subject": f"work of day {number}",
        "event": event,
        "paths": ("conf/app.py",),
    }
    return Sighting(**{**values, **changes})  # type: ignore[arg-type]


def reach(**changes: object) -> Reach:
    """Give the reach of a secret that came, changed, was pushed, and went from one branch."""
    events = (sighting(1, "added"), sighting(4), sighting(9, "removed"))
    values: dict[str, object] = {
        "first": events[0],
        "last": events[1],
        "commits": 7,
        "paths": ("conf/app.py", "conf/old.py"),
        "refs": ("refs/heads/main", "refs/heads/topic", "refs/remotes/origin/main", "refs/stash", "refs/tags/v1.0"),
        "holding": ("refs/heads/topic", "refs/tags/v1.0"),
        "remotes": ("origin",),
        "events": events,
    }
    return Reach(**{**values, **changes})  # type: ignore[arg-type]


def receipt(**changes: object) -> Receipt:
    """Give a complete receipt with `changes`."""
    values: dict[str, object] = {
        "asked": "staged changes",
        "rules": 250,
        "rule_set": "ab" * 32,
        "read": 2,
        "size": 3456,
        "duration": 0.125,
        "allowed": {"pragma": 2, "allow entry": 1},
    }
    return Receipt(**{**values, **changes})  # type: ignore[arg-type]


def ordinary() -> Result:
    """Findings in each kind of place, and a receipt with everything in it."""
    places = (StagedBlob("conf/a.env", OID, 2), CommittedBlob("lib/é.py", OID, COMMIT), CommitMessage(), StandardInput())
    skipped = (Skipped("big.bin", "over the limit", is_failure=False), Skipped("locked", "Permission denied", is_failure=True))
    found = (finding(), finding(None, place=WorkTreeFile(".env"), severity="high"), *(finding(place=place) for place in places))
    return Result(found, receipt(skipped=skipped, notes=("1 entry has expired",)))


def history() -> Result:
    """Secrets of a history: pushed, never pushed, kept by reflogs alone, reached by nothing, and in each kind of place."""
    first = sighting(1, "added")
    alone = {"refs": (), "holding": (), "remotes": (), "events": (first,), "last": first, "commits": 1, "paths": ("conf/app.py",)}
    names = (CommitHeader(COMMIT), CommitMessage(COMMIT), TagObject(OID), TreeName("a/b", OID), RefName("refs/heads/x"))
    blob = CommittedBlob("conf/app.py", OID, first.commit)
    return Result(
        (
            finding(place=blob, places=(CommittedBlob("conf/old.py", OID, COMMIT), *names), reach=reach()),
            finding(b"x9" * 9, place=blob, reach=reach(refs=("refs/heads/main",), remotes=(), is_in_head=True), severity="high"),
            finding(b"y8" * 9, place=blob, reach=Reach(**{**vars_of(reach()), **alone, "reflogs": ("HEAD@{2}",)}), severity="medium"),
            finding(b"z7" * 9, place=blob, reach=Reach(**{**vars_of(reach()), **alone}), severity="low"),
            finding(b"w6" * 9, place=CommittedBlob(OID, OID), reach=Reach(worktrees=("../other",))),
            finding(place=RepositoryFile(".git/logs/HEAD")),
            *(finding(place=place) for place in names),
        ),
        receipt(asked="the history: 12 commits"),
    )


def several() -> Result:
    """The same secret in two of three repositories, one of them with a hostile name."""
    blob = CommittedBlob("conf/app.py", OID, sighting(1).commit)
    names = ("/srv/git/one", "https://example.org/two.git", HOSTILE_PATHS[1], HOSTILE_PATHS[2])
    found = tuple(replace(finding(place=blob, reach=reach()), repository=name) for name in (names[0], *names[2:]))
    skipped = (
        Skipped("/srv/git/three", "there is no such folder", is_failure=True),
        Skipped("/srv/git/one: x", "a link", is_failure=False),
    )
    return Result(found, receipt(asked="3 repositories", skipped=skipped, repositories=names))


def vars_of(made: Reach) -> dict[str, object]:
    """The fields of a reach."""
    return {name: getattr(made, name) for name in made.__slots__}


def telling(value: str, *, place: Place | None = None) -> Finding:
    """A finding of `value` whose history tells it everywhere that a history has words."""
    told = {"author": f"{value} <{value}@x>", "subject": f"use {value} now", "paths": (f"a/{value}/b",)}
    seen = sighting(1, "added", **told)
    words = dict.fromkeys(("paths", "refs", "holding", "reflogs", "remotes", "worktrees"), (f"x/{value}",))
    places = (WorkTreeFile(f"d/{value}"), RefName(f"refs/heads/{value}"), TreeName(f"t/{value}", OID))
    made = reach(first=seen, last=sighting(2, **told), events=(seen, sighting(3, **told)), **words)
    place = place or CommittedBlob(f"c/{value}", OID, COMMIT)
    return finding(value.encode("utf-8", "surrogateescape"), place=place, places=places, reach=made)


def hostile() -> Result:
    """The same with names that attack what shows or reads them."""
    found = tuple(finding(place=WorkTreeFile(path)) for path in HOSTILE_PATHS)
    found += tuple(replace(telling(path), secret=Secret(TOKEN), line_text=Secret(TOKEN)) for path in HOSTILE_PATHS)
    skipped = tuple(Skipped(path, f"no such thing: {path}", is_failure=True) for path in HOSTILE_PATHS)
    return Result(found, receipt(asked="files: " + ", ".join(HOSTILE_PATHS), skipped=skipped, notes=HOSTILE_PATHS))


def empty() -> Result:
    """No findings, everything read."""
    return Result((), receipt(allowed={}))


def incomplete() -> Result:
    """No findings, and something could not be read."""
    return Result((), receipt(skipped=(Skipped("locked", "Permission denied", is_failure=True),)))


def nothing_read() -> Result:
    """No findings in nothing."""
    return Result((), receipt(read=0, size=0))
