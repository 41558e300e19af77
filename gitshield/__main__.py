"""The entry that needs no set-up: `python3 PATH/TO/CLONE/gitshield WORDS…`, with any Python from 3.11 on and nothing installed.

Where gitshield's dependencies are importable (`python -m gitshield`), it just runs. Elsewhere it makes a private environment
for this clone first, once, and goes on in that. The file must be readable by older Pythons, to tell them what is wrong.
"""

import os
import sys


def _leave_current_folder() -> None:
    """Take the current folder off the path for modules, where `python -m` puts it first.

    It may be a repository with a `click.py` of its own, and a repository's content is never run. This package has been found
    already, so it may well lie there itself; Python's own modules are still to be found.
    """
    try:
        current = os.path.realpath(os.getcwd())
    except OSError:
        current = ""  # it has been removed, and nothing can be imported from it
    is_pythons = current.startswith(os.path.realpath(sys.prefix) + os.sep) and os.path.basename(current).endswith("-packages")
    if is_pythons or current == os.path.dirname(os.path.realpath(os.__file__)):
        return
    sys.path[:] = [place for place in sys.path if place and os.path.realpath(place) != current]


_leave_current_folder()

OLDEST = (3, 11)
FOLDER = os.path.dirname(os.path.abspath(__file__))
CLONE = os.path.dirname(FOLDER)


def main() -> int:
    """Run gitshield with the words of the command line, here or in its private environment; gives the exit code."""
    if sys.version_info < OLDEST:
        found, needed = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
        return _refuse(f"this is Python {found}, gitshield needs {needed} or newer", f"try `python{needed} {sys.argv[0]} …`")
    is_package = bool(__package__)
    if not is_package:
        # `python3 FOLDER` puts the package's own folder first on the path, where our modules would hide others' of the same name
        sys.path[:] = [place for place in sys.path if os.path.abspath(place or os.curdir) != FOLDER]
    if _is_installed() if not is_package else _has_dependencies():
        from gitshield.cli.main import run

        run()
        return 0
    sys.path.append(CLONE)
    program = _private_program()
    if isinstance(program, int):
        return program
    sys.stdout.flush()
    return os.execv(program, [program, *sys.argv[1:]])


def _has_dependencies() -> bool:
    from importlib.util import find_spec

    from gitshield.bootstrap import DEPENDENCIES

    return all(find_spec(name) is not None for name in DEPENDENCIES)


def _is_installed() -> bool:
    """Whether this Python imports this very package by itself: an environment that somebody installed the clone into."""
    from importlib.util import find_spec

    spec = find_spec("gitshield")
    return spec is not None and os.path.dirname(os.path.abspath(spec.origin or "")) == FOLDER and _has_dependencies()


def _private_program() -> "str | int":
    """The command of the private environment, made or brought up to date; an exit code when that fails."""
    from pathlib import Path

    from gitshield.bootstrap import clone_target, ensure
    from gitshield.errors import ExitCode, GitshieldError

    home = os.environ.get("XDG_DATA_HOME") or ""
    folder = Path(home if os.path.isabs(home) else os.path.expanduser("~/.local/share")) / "gitshield"
    try:
        target = clone_target(Path(CLONE), folder)
        ensure(target, environment=os.environ, say=_say)
    except GitshieldError as error:
        return _refuse(str(error), error.hint, int(error.code))
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    return str(target.program("gitshield"))


def _refuse(message: str, hint: "str | None", code: int = 3) -> int:
    sys.stderr.write(f"error: {message}\n" + (f"hint: {hint}\n" if hint else ""))
    return code


def _say(text: str) -> None:
    sys.stderr.write(f"gitshield: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
