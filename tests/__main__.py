"""`python3 PATH/TO/CLONE/tests [PYTEST-WORDS…]`: set up what is needed, then lint, types, contracts and all tests with coverage.

Works in a fresh clone from any folder. Every check runs, whatever the ones before it found; the last line is pytest's.
With words for pytest, only pytest runs.
"""

import os
import subprocess
import sys

CLONE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OLDEST = (3, 11)
CHECKS = (
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("types", ("mypy",)),
    ("contracts", ("lint-imports", "--no-cache")),
)


TESTS = ("coverage", "run", "-m", "pytest", "-n", "auto", "-q", "--durations=20")


def main(words: "list[str]") -> int:
    """Run the checks and the tests; 0 when all of them passed, pytest's own status when the tests failed."""
    if sys.version_info < OLDEST:
        sys.stderr.write(f"error: this is Python {sys.version.split()[0]}\nhint: try `python3.11 {sys.argv[0]}`, or a newer one\n")
        return 3
    sys.path[:] = [CLONE, *(place for place in sys.path if os.path.abspath(place or os.curdir) != os.path.dirname(__file__))]
    programs = _programs()
    if isinstance(programs, int):
        return programs
    if words:
        return _run(programs, ("pytest", *words)).returncode
    failed = [name for name, command in CHECKS if not _passes(name, programs, command)]
    return _test(programs, failed) or int(bool(failed))


def _programs() -> "str | int":
    """The folder of the environment's programs, made or brought up to date; an exit code when that fails."""
    from pathlib import Path

    from gitshield.bootstrap import development_target, ensure
    from gitshield.errors import GitshieldError

    target = development_target(Path(CLONE))
    try:
        ensure(target, environment=os.environ, say=lambda text: print(f"tests: {text}", file=sys.stderr, flush=True))
    except GitshieldError as error:
        sys.stderr.write(f"error: {error}\nhint: {error.hint}\n")
        return int(error.code)
    return str(target.link / "bin")


def _passes(name: str, programs: str, command: "tuple[str, ...]") -> bool:
    done = _run(programs, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    if done.returncode != 0:
        print(done.stdout.decode("utf-8", "replace"), flush=True)
    return done.returncode == 0


def _test(programs: str, failed: "list[str]") -> int:
    """Run pytest under coverage, then print the figure, what `failed` before, and pytest's closing line; gives its status."""
    _run(programs, ("coverage", "erase"))
    closing = b""
    words, environment = _words(programs, TESTS), _environment(programs)
    with subprocess.Popen(words, cwd=CLONE, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as running:
        for line in running.stdout or ():
            sys.stdout.buffer.write(closing)
            sys.stdout.flush()
            closing = line
    _run(programs, ("coverage", "combine", "--quiet"))
    figure = _run(programs, ("coverage", "report", "--format=total"), stdout=subprocess.PIPE).stdout.decode()
    print(f"coverage: {figure.strip() or '?'} %" + (f"\nFAILED before the tests: {', '.join(failed)}" if failed else ""), flush=True)
    sys.stdout.buffer.write(closing)
    sys.stdout.flush()
    return running.returncode


def _words(programs: str, command: "tuple[str, ...]") -> "list[str]":
    return [os.path.join(programs, command[0]), *command[1:]]


def _environment(programs: str) -> "dict[str, str]":
    return {**os.environ, "PATH": os.pathsep.join((programs, os.environ.get("PATH", os.defpath)))}


def _run(
    programs: str, command: "tuple[str, ...]", *, stdout: "int | None" = None, stderr: "int | None" = None
) -> "subprocess.CompletedProcess[bytes]":
    words, environment = _words(programs, command), _environment(programs)
    return subprocess.run(words, cwd=CLONE, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
