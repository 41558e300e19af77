"""The entry without set-up: environments made once, again when something changed, by one start at a time, and plain refusals.

The clones here are small ones with a build of their own and no dependencies, so that nothing is fetched, and most tests lay the
environment out by themselves, because venv and pip take seconds; `.ci/run` starts the real clone.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

from gitshield import bootstrap
from gitshield.bootstrap import Target, clone_target, development_target, ensure, is_ready
from gitshield.errors import ExitCode, IncompleteError
from tests.conftest import ROOT

PYPROJECT = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""

# The smallest build backend there is: a wheel with the package and one program that says where it runs.
BACKEND = """\
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "gitshield-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for place, _, names in os.walk("gitshield"):
            for one in names:
                wheel.write(os.path.join(place, one))
        meta = "gitshield-1.0.dist-info/"
        wheel.writestr(meta + "METADATA", "Metadata-Version: 2.1\\nName: gitshield\\nVersion: 1.0\\n")
        wheel.writestr(meta + "WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(meta + "entry_points.txt", "[console_scripts]\\ngitshield = gitshield.cli.main:run\\n")
        wheel.writestr(meta + "RECORD", "")
    return name
"""

PROGRAM = """\
import json, os, sys

def run():
    print(json.dumps({"words": sys.argv[1:], "cwd": os.getcwd(), "python": sys.executable, "prefix": sys.prefix}))
    sys.exit(7)
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with our real entry and a program that only shows how it was started."""
    place = tmp_path / "the clone"
    (place / "gitshield" / "cli").mkdir(parents=True)
    (place / "hooks").mkdir()
    for name in ("__init__.py", "__main__.py", "bootstrap.py", "errors.py"):
        (place / "gitshield" / name).write_bytes((ROOT / "gitshield" / name).read_bytes())
    (place / "gitshield" / "cli" / "__init__.py").touch()
    (place / "gitshield" / "cli" / "main.py").write_text(PROGRAM)
    (place / "pyproject.toml").write_text(PYPROJECT)
    (place / "backend.py").write_text(BACKEND)
    return place


def lay_out(target: Target, words: list[str], _environment: object) -> None:
    """Do what venv and pip do, at once: Python, and a program that starts it by its whole path."""
    programs = target.folder / "bin"
    if "venv" in words:
        programs.mkdir(parents=True, exist_ok=True)
        (programs / "python").unlink(missing_ok=True)
        (programs / "python").symlink_to(os.path.realpath(sys.executable))
        (target.folder / "pyvenv.cfg").write_text(f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n")
    else:
        head = f"#!/bin/sh\n'''exec' \"{programs}/python\" \"$0\" \"$@\"\n' '''\n"
        (programs / "gitshield").write_text(f"{head}{PROGRAM}\nrun()\n")
        (programs / "gitshield").chmod(0o755)


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make environments without venv and pip."""
    monkeypatch.setattr(bootstrap, "_call", lay_out)


@pytest.fixture
def target(clone: Path, tmp_path: Path) -> Target:
    """The environment of that clone."""
    return clone_target(clone, tmp_path / "data folder" / "gitshield")


def make(target: Target) -> list[str]:
    """Make the environment; gives what was said meanwhile."""
    said: list[str] = []
    ensure(target, environment=os.environ, say=said.append)
    return said


def start(clone: Path, *words: str, cwd: Path | None = None, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[bytes]":
    """Start a clone's folder with the Python that made this environment, which has none of our dependencies."""
    python = os.path.realpath(sys.executable)
    return subprocess.run(
        [python, "-I", str(clone / "gitshield"), *words],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
    )


def test_the_dependencies_are_those_of_pyproject() -> None:
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {re.match(r"[\w-]+", line)[0] for line in table["project"]["dependencies"]}  # type: ignore[index]
    installed = {name: {owner.lower() for owner in owners} for name, owners in packages_distributions().items()}
    modules = {name for name, owners in installed.items() if names & owners and not name.startswith("_")}
    assert len(names) >= 5
    assert set(bootstrap.DEPENDENCIES) <= modules
    assert {owner for name in bootstrap.DEPENDENCIES for owner in installed[name]} == names


def test_it_imports_only_the_standard_library_and_the_errors() -> None:
    code = "import sys, gitshield.bootstrap; print(*(n for n in sys.modules if n.partition('.')[0] not in sys.stdlib_module_names))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    ours = {name for name in done.stdout.decode().split() if name.startswith("gitshield")}
    assert ours == {"gitshield", "gitshield.bootstrap", "gitshield.errors"}
    assert "click" not in done.stdout.decode().split()


def test_a_clone_runs_with_its_words_in_the_callers_folder(clone: Path, tmp_path: Path, home: Path) -> None:
    (tmp_path / "somewhere").mkdir()
    done = start(clone, "scan", "--x", "a b", cwd=tmp_path / "somewhere")
    assert done.returncode == 7, done.stderr
    assert b'"words": ["scan", "--x", "a b"]' in done.stdout
    assert f'"cwd": "{tmp_path / "somewhere"}"'.encode() in done.stdout
    assert b"setting up" in done.stderr
    again = start(clone, cwd=tmp_path, env={"PIP_NO_INDEX": "1", "PATH": ""})
    assert (again.returncode, again.stderr) == (7, b"")
    assert list((home / ".local/share/gitshield").glob("venv-*/bin/gitshield"))


@pytest.mark.usefixtures("laid_out")
def test_programs_call_python_by_a_path_that_outlives_an_update(clone: Path, target: Target) -> None:
    make(target)
    before = os.readlink(target.link)
    (clone / "gitshield" / "cli" / "main.py").write_text(PROGRAM + "\n# changed\n")
    changed = clone_target(clone, target.link.parent)
    assert not is_ready(changed)
    make(changed)
    assert is_ready(changed)
    assert os.readlink(target.link) != before
    done = subprocess.run([target.program("gitshield")], capture_output=True, check=False)
    assert f'"python": "{target.link}/bin/python'.encode() in done.stdout
    assert f'"prefix": "{target.link}"'.encode() in done.stdout
    assert (target.link.parent / before).is_dir(), "who still runs in the state before keeps it"


@pytest.mark.usefixtures("laid_out")
def test_only_the_newest_two_states_are_kept(clone: Path, target: Target) -> None:
    for number in range(3):
        (clone / "hooks" / "pre-commit").write_text("#" * number)
        make(clone_target(clone, target.link.parent))
    states = [place for place in target.link.parent.iterdir() if place.is_dir() and not place.is_symlink()]
    assert len(states) == 2


@pytest.mark.usefixtures("laid_out")
def test_nothing_is_made_while_nothing_changed(clone: Path, target: Target) -> None:
    assert make(target) != []
    (clone / "README.md").write_text("not installed")
    (clone / "gitshield" / "__pycache__").mkdir()
    (clone / "gitshield" / "__pycache__" / "x.pyc").touch()
    assert make(clone_target(clone, target.link.parent)) == []


@pytest.mark.usefixtures("laid_out")
def test_two_starts_at_once_make_it_once(target: Target) -> None:
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lambda _: make(target), range(2)))
    assert is_ready(target)
    assert [len(lines) for lines in said] in ([1, 1], [0, 1])
    assert sum("setting up its own" in line for lines in said for line in lines) == 1


@pytest.mark.usefixtures("laid_out")
def test_an_interrupted_try_is_made_again(target: Target) -> None:
    (target.folder / "bin").mkdir(parents=True)
    (target.folder / "bin" / "python").symlink_to(os.path.realpath(sys.executable))
    assert not is_ready(target)
    make(target)
    assert is_ready(target)


@pytest.mark.usefixtures("laid_out")
def test_it_is_made_again_when_its_python_is_gone(target: Target) -> None:
    make(target)
    python = target.folder / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert not is_ready(target)
    make(target)
    assert is_ready(target)


def test_a_failure_leaves_the_state_before(clone: Path, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as quick:
        quick.setattr(bootstrap, "_call", lay_out)
        make(target)
    (clone / "backend.py").write_text("def build_wheel(*words, **more):\n    raise RuntimeError('broken build')\n")
    (clone / "pyproject.toml").write_text(PYPROJECT + "# changed\n")
    with pytest.raises(IncompleteError, match="cannot set up") as caught:
        make(clone_target(clone, target.link.parent))
    assert caught.value.hint
    assert subprocess.run([target.program("gitshield")], capture_output=True, check=False).returncode == 7


def test_without_network_it_says_so_and_names_the_state_before(clone: Path, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as quick:
        quick.setattr(bootstrap, "_call", lay_out)
        make(target)
    for name, value in {
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_FIND_LINKS": "",
        "PIP_RETRIES": "0",
        "PIP_NO_CACHE_DIR": "1",
    }.items():
        monkeypatch.setenv(name, value)
    (clone / "pyproject.toml").write_text(PYPROJECT.replace("[]", '["no-such-package-of-gitshield"]', 1))
    with pytest.raises(IncompleteError, match="cannot be fetched") as caught:
        make(clone_target(clone, target.link.parent))
    assert str(target.program("gitshield")) in (caught.value.hint or "")


def test_pip_settings_of_the_person_do_not_lead_it_astray(target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIP_TARGET", "PIP_PREFIX", "PYTHONHOME"):
        monkeypatch.setenv(name, str(tmp_path / "astray"))
    monkeypatch.setenv("PIP_USER", "1")
    make(target)
    assert is_ready(target)
    assert not (tmp_path / "astray").exists()


def test_python_without_venv_is_told_what_to_install(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None if name == "ensurepip" else find_spec(name))
    with pytest.raises(IncompleteError) as caught:
        make(target)
    assert "apt install python3-venv" in (caught.value.hint or "")
    assert not target.link.parent.exists()


def test_a_full_disk_is_named(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr(bootstrap, "_build", full)
    with pytest.raises(IncompleteError, match="no space left"):
        make(target)


def test_a_folder_that_cannot_be_made_is_named(clone: Path) -> None:
    with pytest.raises(IncompleteError, match="pyproject") as caught:
        make(clone_target(clone, clone / "pyproject.toml" / "below"))
    assert "XDG_DATA_HOME" in (caught.value.hint or "")


def test_errors_reach_the_person_with_a_hint_and_the_code_of_an_incomplete_check(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = start(clone, "scan", env={"XDG_DATA_HOME": str(tmp_path / "file")})
    assert done.returncode == ExitCode.INCOMPLETE
    assert re.fullmatch(rb"error: .*\nhint: .*\n", done.stderr)


def test_where_everything_is_importable_it_just_runs(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gitshield", "--version"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"gitshield" in done.stdout
    assert not (home / ".local").exists()


@pytest.mark.parametrize("place", [None, "", "."])
def test_modules_in_the_current_folder_are_never_run(tmp_path: Path, place: str | None) -> None:
    for name in ("click", "re2", "json", "hyperscan", "pygit2", "tomllib", "pathlib", "subprocess", "shlex", "detect_secrets"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    # Without `site`, whose .pth files (those of coverage, say) import modules before ours.
    path = os.pathsep.join((*([] if place is None else [place]), str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    done = subprocess.run(
        [sys.executable, "-S", "-m", "gitshield", "scan", "--help"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        check=False,
    )
    assert not (tmp_path / "ran").exists()
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_runs_in_its_own_checkout_and_in_folders_of_python() -> None:
    for place in (ROOT, Path(os.__file__).parent, Path(pytest.__file__).parents[1]):
        words = [sys.executable, "-m", "gitshield", "--version"]
        environment = {**os.environ, "PYTHONPATH": "" if place == ROOT else str(ROOT)}
        assert subprocess.run(words, cwd=place, env=environment, capture_output=True, check=True).stderr == b""


@pytest.mark.parametrize("folder", ["gitshield", "tests"])
def test_an_old_python_is_told_which_one_it_needs(folder: str) -> None:
    place = str(ROOT / folder)
    code = f"import sys, runpy; sys.version_info = (3, 8, 0); sys.argv = ['x']; runpy.run_path({place!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == ExitCode.INCOMPLETE
    assert b"error: this is Python" in done.stderr
    assert b"hint: " in done.stderr


@pytest.mark.usefixtures("laid_out")
def test_the_development_environment_is_brought_up_to_date_in_place(clone: Path) -> None:
    target = development_target(clone)
    assert (target.link, target.folder, target.in_place) == (clone / ".venv", clone / ".venv", True)
    assert target.spec == ("--editable", f"{clone}[dev]")
    plain = Target(target.link, (str(clone),), target.stamp, in_place=True)
    (clone / ".venv").mkdir()
    make(plain)
    (clone / ".venv" / "mine").touch()
    changed = Target(plain.link, plain.spec, "another stamp", in_place=True)
    assert not is_ready(changed)
    make(changed)
    assert is_ready(changed)
    assert (clone / ".venv" / "mine").exists()
