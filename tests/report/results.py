"""Results to report: ordinary ones and hostile ones. Secrets are composed."""

from gitshield.model.finding import Finding, Receipt, Result, Skipped, Span
from gitshield.model.place import CommitMessage, CommittedBlob, Place, StagedBlob, StandardInput, WorkTreeFile
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
    )


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


def hostile() -> Result:
    """The same with names that attack what shows or reads them."""
    found = tuple(finding(place=WorkTreeFile(path)) for path in HOSTILE_PATHS)
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
