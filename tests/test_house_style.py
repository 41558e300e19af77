"""The tree keeps the house style, every check can fail, and none of them passes because it read nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.house_style import CHECKS, Check, Module, decision, literal_secrets, script

MODULES = sorted((ROOT / "gitshield").rglob("*.py"))
SCRIPTS = sorted(path for path in (ROOT / "hooks").rglob("*") if path.is_file())
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
TEXTS = sorted(path for folder in ("tests", "docs", "hooks", "benchmarks", "gitshield") for path in (ROOT / folder).rglob("*"))
TEXTS = [path for path in TEXTS if path.is_file() and "__pycache__" not in path.parts]


def test_there_is_something_to_check() -> None:
    assert len(MODULES) >= 40
    assert len(SCRIPTS) >= 2
    assert len(DECISIONS) >= 3
    assert len(TEXTS) >= 100
    assert {path.relative_to(ROOT).parts[0] for path in TEXTS} >= {"tests", "docs", "hooks", "gitshield"}
    assert sum(1 for path in MODULES for _ in Module("gitshield/x.py", path.read_text()).functions()) >= 200


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_package_keeps(check: Check) -> None:
    faults = [
        f"{module.path}: {fault}"
        for path in MODULES
        for module in (Module(path.relative_to(ROOT).as_posix(), path.read_text()),)
        for fault in check(module)
    ]
    assert not faults, "\n".join([check.__doc__ or "", *faults])


BAD = {
    "length": ["x = 1\n" * 401],
    "docstrings": [
        "x = 1",
        '"""No sentence"""',
        '"""A module."""\ndef f(): ...',
        '"""A module."""\nclass A:\n    """A."""\n    def f(self): ...',
    ],
    "hints": [
        "def f(a) -> None: ...",
        "def f(*a) -> None: ...",
        "def f(a: int): ...",
        "class A:\n    def f(self, b) -> None: ...",
    ],
    "names": [
        "class FileManager: ...",
        "def do_misc() -> None: ...",
        "class HTTPHandlerOf: ...",
        "def parse_utils() -> None: ...",
    ],
    "ignored_errors": ["b''.decode('utf-8', 'ignore')", "open('x', errors='ignore')", "str(b'', errors='ignore')"],
    "swallowed": [
        "try: x\nexcept: y",
        "try: x\nexcept Exception: pass",
        "for i in x:\n  try: x\n  except (OSError, BaseException): continue",
    ],
    "dataclasses": [
        "@dataclass\nclass A: ...",
        "@dataclass(frozen=True)\nclass A: ...",
        "@dataclasses.dataclass(slots=True)\nclass A: ...",
    ],
    "printing": ["print(1)", "def f():\n    input()"],
    "surroundings": [
        "os.environ['A']",
        "Path.home()",
        "x.expanduser()",
        "from os import getenv",
        "import platformdirs",
        "sys.argv",
    ],
    "doors": [
        "import subprocess",
        "from pygit2 import Repository",
        "def f():\n    import click",
        "from rich.table import Table",
        "os.system('x')",
    ],
}

GOOD = '''"""A module."""

from functools import cached_property


@dataclass(frozen=True, slots=True)
class Place:
    """A place."""

    def name(self, *, of: int = 0) -> str:
        """Give the name."""
        try:
            return str(self)
        except OSError:
            return ""


@dataclass(frozen=True)
class Slow:
    """Slow."""

    @cached_property
    def number(self) -> int:
        """Give the number."""
        return 1
'''


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_can_fail(check: Check) -> None:
    assert BAD[check.__name__]
    for source in BAD[check.__name__]:
        assert list(check(Module("gitshield/scan/x.py", source))), source


def test_good_sources_pass_every_check() -> None:
    assert [fault for check in CHECKS for fault in check(Module("gitshield/scan/x.py", GOOD))] == []


@pytest.mark.parametrize("name", ["utils.py", "scan_helpers.py", "data.py", "info/__init__.py", "common/__init__.py"])
def test_modules_with_empty_names_are_found(name: str) -> None:
    check = next(one for one in CHECKS if one.__name__ == "names")
    assert list(check(Module(f"gitshield/{name}", "")))


def test_rooms_may_do_what_they_are_for() -> None:
    allowed = {
        "gitshield/cli/x.py": "print(1)\nos.environ\nimport click\n",
        "gitshield/git/process.py": "import subprocess",
        "gitshield/git/repo.py": "import pygit2",
        "gitshield/report/text.py": "import rich",
    }
    for path, source in allowed.items():
        checks = [check for check in CHECKS if check.__name__ in ("printing", "surroundings", "doors")]
        assert [fault for check in checks for fault in check(Module(path, source))] == []
    assert list(next(check for check in CHECKS if check.__name__ == "doors")(Module("gitshield/git/repo.py", "import subprocess")))


def test_tests_do_not_ignore_errors_either() -> None:
    checks = [check for check in CHECKS if check.__name__ in ("length", "ignored_errors", "swallowed")]
    paths = [path for path in TEXTS if path.suffix == ".py" and path.relative_to(ROOT).parts[0] == "tests"]
    assert len(checks) == 3
    assert len(paths) >= 10
    modules = [Module(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths]
    assert [f"{module.path}: {fault}" for module in modules for check in checks for fault in check(module)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_hook_scripts_are_short_and_parse(path: Path) -> None:
    assert list(script(path.read_text())) == []
    shells = [shell for shell in ("sh", "dash") if shutil.which(shell)]
    assert shells
    for shell in shells:
        done = subprocess.run([shell, "-n", path], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


def test_hook_scripts_that_are_long_or_silent_are_found() -> None:
    assert list(script("#!/bin/sh\n# What it is.\n" + ":\n" * 149))
    assert list(script("#!/bin/sh\nexit 0\n"))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decisions_say_context_decision_and_costs(path: Path) -> None:
    assert list(decision(path.read_text())) == []
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name)
    assert path.read_text().startswith(f"# {int(path.name[:4])}. ")


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize(
    "text", ["# A\n\n## Context\n\nx\n\n## Decision\n\nx\n", "## Decision\nx\n## Context\nx\n## Costs\nx\n", "## Costs\n"]
)
def test_decisions_without_all_three_are_found(text: str) -> None:
    assert list(decision(text))


def test_there_is_a_changelog_with_the_version() -> None:
    from gitshield import __version__

    assert f"\n## {__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_no_file_holds_a_well_known_secret_whole() -> None:
    read = 0
    faults: list[str] = []
    for path in TEXTS:
        text = path.read_bytes().decode("utf-8", "replace")
        read += len(text)
        faults.extend(f"{path.relative_to(ROOT)}:{fault}" for fault in literal_secrets(text))
    assert read > 200_000
    assert not faults, "\n".join(["compose samples instead of writing them (style, point 24)", *faults])


def test_well_known_secrets_are_found() -> None:
    for sample in ("AKIA" + "Z7" * 8, "ghp_" + "a1B2" * 9, "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "Ab1+" * 10):
        assert len(list(literal_secrets(f"x = '{sample}'"))) == 1


def test_the_whole_tree_passes_our_own_scan() -> None:
    """What `gitshield scan` says about a clone of this repository: nothing found, everything read."""
    words = [sys.executable, "-m", "gitshield", "scan", "--format", "json", str(ROOT)]
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    said = done.stderr.decode("utf-8", "replace")
    report = json.loads(done.stdout or b"null")
    assert report, said
    found = sorted(f"{one['place']['path']}:{one['span']['line']} {one['rule_id']}" for one in report["findings"])
    assert not found, "\n".join(found)
    assert done.returncode == 0, said
    assert report["receipt"]["read"] >= len(TEXTS)
