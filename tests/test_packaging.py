"""The wheel: what a person who installs gitshield gets."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitshield import __version__
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel as hatchling builds it from this tree."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    with zipfile.ZipFile(folder / f"gitshield-{__version__}-py3-none-any.whl") as opened:
        yield opened


def below(folder: Path) -> set[str]:
    """The files of a folder of the tree, relative to it."""
    found = (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(folder).as_posix() for path in found}


def test_it_holds_every_module_and_pack(wheel: zipfile.ZipFile) -> None:
    names = {name.removeprefix("gitshield/") for name in wheel.namelist() if name.startswith("gitshield/")}
    assert {name for name in names if not name.startswith("_hooks/")} == below(ROOT / "gitshield")
    assert sum(name.startswith("rules/packs/") and name.endswith(".toml") for name in names) >= 10


def test_it_holds_every_hook_script_byte_for_byte(wheel: zipfile.ZipFile) -> None:
    names = {name.removeprefix("gitshield/_hooks/") for name in wheel.namelist() if name.startswith("gitshield/_hooks/")}
    assert names == below(ROOT / "hooks")
    assert len(names) >= 2
    for name in names:
        assert wheel.read(f"gitshield/_hooks/{name}") == (ROOT / "hooks" / name).read_bytes()


def test_it_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"gitshield", f"gitshield-{__version__}.dist-info"}


def test_it_installs_the_command(wheel: zipfile.ZipFile) -> None:
    points = wheel.read(f"gitshield-{__version__}.dist-info/entry_points.txt").decode()
    assert "gitshield = gitshield.cli.main:run" in points
    metadata = wheel.read(f"gitshield-{__version__}.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "License-Expression: MIT" in metadata


def test_nothing_of_the_tree_was_changed_by_building(wheel: zipfile.ZipFile) -> None:
    assert wheel.namelist()
    assert not any((ROOT / name).exists() for name in ("build", "gitshield.egg-info"))
