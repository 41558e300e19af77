"""A headless Chromium without network: a page's DOM after its scripts ran, pictures of it, and its print."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# As root, and in containers, Chromium's own sandbox cannot be set up; what it opens here is ours.
_WORDS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--disable-lcd-text",
    "--no-first-run",
    "--log-level=3",
)
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"


def chromium() -> str | None:
    """The program, None where there is none."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def run(page: Path, *words: str, dark: bool = False) -> str:
    """Open a page with a profile of its own; gives what Chromium writes."""
    program = chromium()
    assert program is not None
    theme = ("--blink-settings=preferredColorScheme=0",) if dark else ()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [program, *_WORDS, *theme, _OFFLINE, f"--user-data-dir={profile}", *words, page.as_uri()],
            env={**os.environ, "HOME": profile},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=90,
            check=True,
        )
    return done.stdout.decode("utf-8", "replace")


def dom_of(page: Path) -> str:
    """The document after its scripts ran."""
    return run(page, "--virtual-time-budget=3000", "--dump-dom")


def screenshot(page: Path, picture: Path, *, size: tuple[int, int] = (1000, 1200), dark: bool = False) -> None:
    """Take a picture of the page."""
    run(page, f"--screenshot={picture}", f"--window-size={size[0]},{size[1]}", "--virtual-time-budget=3000", dark=dark)


def print_to(page: Path, paper: Path) -> None:
    """Print the page as a PDF."""
    run(page, f"--print-to-pdf={paper}", "--no-pdf-header-footer", "--virtual-time-budget=3000")
