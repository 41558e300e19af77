"""The command for many repositories, as tests call it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cli.schemas import checked
from tests.gate.shield import ROOT, call


def lines(tmp_path: Path, *entries: str | bytes | Path) -> Path:
    """A list of repositories."""
    place = tmp_path / "list"
    place.write_bytes(b"".join(os.fsencode(entry) + b"\n" for entry in entries))
    return place


def many(
    tmp_path: Path, *entries: str | bytes | Path, words: tuple[str, ...] = (), code: int = 1, env: Mapping[str, str] | None = None
) -> Any:
    """The report of `gitshield scan --history --repos`, valid after its schema."""
    done = call(tmp_path, "scan", "--history", "--repos", str(lines(tmp_path, *entries)), "--json", *words, code=code, env=env)
    return checked("report", done.stdout)


def started(
    tmp_path: Path, *entries: str | Path, words: tuple[str, ...] = (), env: Mapping[str, str] | None = None
) -> "subprocess.Popen[bytes]":
    """The same command, under way."""
    command = [sys.executable, "-m", "gitshield", "scan", "--history", "--repos", str(lines(tmp_path, *entries)), "--json", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(running: "subprocess.Popen[bytes]", *, code: int) -> Any:
    """What a command reported that was under way."""
    out, err = running.communicate(timeout=120)
    assert running.returncode == code, err.decode("utf-8", "replace")
    assert err.strip() == b"", err.decode("utf-8", "replace")
    return json.loads(out) if out else None


def told(report: Any) -> list[tuple[str, str]]:
    """Repository and path of each finding."""
    return [(os.path.basename(found["repository"]["path"]), found["place"]["path"]) for found in report["findings"]]


def failures(report: Any) -> dict[str, str]:
    """What failed, and why."""
    return {skip["path"]: skip["reason"] for skip in report["receipt"]["skipped"] if skip["is_failure"]}


def words_of(place: Path, seconds: float = 60) -> list[int]:
    """Wait for a file with numbers in it."""
    until = time.monotonic() + seconds
    while not place.exists():
        assert time.monotonic() < until, f"{place} did not come"
        time.sleep(0.02)
    return [int(word) for word in place.read_text().split()]


def is_gone(pid: int, seconds: float = 20) -> bool:
    """Whether a process ends soon."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path("/proc/self").exists() and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):  # it may end between two looks
            return True
        time.sleep(0.05)
    return False
