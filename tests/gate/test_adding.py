"""Which commands stage for the person, as a hook sees the processes above it: add and stage, by whatever name they were called."""

import os
import shlex
import subprocess
import sys

import pytest

from gitshield.gate.adding import is_add
from gitshield.git.ancestry import words_of
from tests.builder import Repository
from tests.gate.shield import ROOT, git_version
from tests.gate.test_quick import HEAVY

PROBE = """\
import os
from gitshield.gate.adding import is_add
from gitshield.git.ancestry import git_commands
print(is_add(git_commands(), os.environ))
"""


@pytest.fixture
def watched(repository: Repository) -> Repository:
    """A repository, unprotected, that notes for each change of its index whether it was an add."""
    repository.commit("first", files={"app.py": "first = 1\n"})
    for name, value in ALIASES.items():
        repository.git("config", f"alias.{name}", value)
    program = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -c {shlex.quote(PROBE)}"
    repository.hook("post-index-change", f"#!/bin/sh\n{program} >>'{repository.path}/.git/seen' 2>&1\n")
    repository.write("app.py", "second = 2\n")
    return repository


ALIASES = {
    "a": "add",
    "again": "a -f",
    "options": "-c core.quotePath=false add",
    "outside": "!git add",
    "status2": "status",
    "undo": "reset -q",
    "loop": "loop",
}


def seen(repository: Repository, *words: str, env: dict[str, str] | None = None) -> set[str]:
    """What was noted during a git command."""
    place = repository.path / ".git" / "seen"
    place.write_text("")
    repository.git(*words, env=env)
    return set(place.read_text().split())


@pytest.mark.parametrize(
    "line", ["add app.py", "stage app.py", "a app.py", "again app.py", "options app.py", "outside app.py", "-c alias.new=stage new app.py"]
)
def test_add_by_any_name_is_seen(watched: Repository, line: str) -> None:
    assert seen(watched, *line.split()) == {"True"}


@pytest.mark.skipif(git_version() < (2, 54), reason="git knows such aliases since 2.54")
def test_an_alias_of_the_newer_form_is_seen(watched: Repository) -> None:
    watched.git("config", "alias.new-form.command", "add")
    assert seen(watched, "new-form", "app.py") == {"True"}


def test_an_add_that_an_editor_changed_is_seen(watched: Repository) -> None:
    editor = {"GIT_EDITOR": "sed -i s/second/third/"}
    assert "True" in seen(watched, "add", "-e", env=editor)
    watched.git("reset", "-q", "--hard")
    watched.write("app.py", "second = 2\n")
    assert "True" in seen(watched, "a", "--edit", env=editor)
    assert watched.git("cat-file", "blob", ":app.py").stdout == b"third = 2\n"


@pytest.mark.parametrize(
    "line", ["reset -q", "undo", "rm -q -f --cached app.py", "update-index app.py", "stash", "mv app.py b.py", "-c alias.un=reset un -q"]
)
def test_no_other_command_is(watched: Repository, line: str) -> None:
    watched.git("update-index", "app.py")
    watched.write("app.py", "third = 3\n")
    assert seen(watched, *line.split()) == {"False"}


def test_a_patch_that_is_applied_to_the_index_is_not(watched: Repository) -> None:
    patch = watched.git("diff").stdout
    (watched.path / "p.patch").write_bytes(patch)
    assert seen(watched, "apply", "--recount", "--cached", "p.patch") == {"False"}


def test_an_add_inside_of_another_command_is_not() -> None:
    assert not is_add([[b"add", b"."], [b"commit"]], {})
    assert not is_add([[b"add", b"."], [b"add", b"."]], {})
    assert not is_add([], {})
    assert not is_add([[]], {})


def test_an_alias_of_itself_is_not_followed_for_ever(watched: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(watched.path)
    assert not is_add([[b"loop"]], os.environ)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([b"git", b"-C", b"add\nstatus", b"add", b"x\ny"], [b"add", b"x\ny"]),
        ([b"git", b"-C", b"--help", b"-c", b"-a=b", b"add", b"--", b"--status"], [b"add", b"--", b"--status"]),
        ([b"git", b"--git-dir", b"-add", b"--work-tree=/a b", b"-p", b"commit"], [b"commit"]),
        ([b"/usr/lib/git-core/git-add", b"-A"], [b"add", b"-A"]),
        ([b"/odd\nfolder/git", b"--config-env", b"a.b=C", b"stage"], [b"stage"]),
        ([b"git", b"--shallow-file", b"/add", b"index-pack"], [b"index-pack"]),
        ([b"git", b"-C"], []),
        ([b"git"], []),
    ],
    ids=repr,
)
def test_odd_words_are_told_apart(argv: list[bytes], words: list[bytes]) -> None:
    assert words_of(argv) == words


def test_it_loads_nothing_heavy() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import gitshield.gate.adding; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) & HEAVY == set()
