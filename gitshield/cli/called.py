"""How this very gitshield is called where it is not on PATH, for hints that can be typed."""

import shlex
import shutil
import sys
from pathlib import Path


def called() -> str:
    """The command as it can be typed here."""
    return "gitshield" if shutil.which("gitshield") else called_by_path()


def called_by_path() -> str:
    """The command, ready for a shell: the program beside the Python that runs, or that Python with the package."""
    beside = Path(sys.executable).parent / "gitshield"
    return shlex.quote(str(beside)) if beside.exists() else f"{shlex.quote(sys.executable)} -m gitshield"
