"""Sources: each file once, and a line in the receipt for whatever of what was asked for is not read."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.model.finding import Receipt, Result, Skipped
from gitshield.scan.fragment import Fragment
from gitshield.scan.scan import scan
from gitshield.scan.sources import Files
from tests.builder import Repository
from tests.scan.rulesets import TOKENS, terms_of

TERMS = terms_of(TOKENS)


def result_of(base: Path, *paths: str, is_everything: bool = False) -> Result:
    return scan([Files(paths, str(base), os.environ, is_everything=is_everything)], TERMS)


def skips(receipt: Receipt) -> dict[str, bool]:
    return {os.path.relpath(skip.path): skip.is_failure for skip in receipt.skipped}


def test_a_file_that_is_named_several_times_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_text("tok_" + "abcdef1\n")
    result = result_of(tmp_path, "x", "./x", str(tmp_path / "x"), ".")
    assert [found.place.path for found in result.findings] == ["x"]
    assert result.receipt.read == 1


def test_a_file_that_is_named_after_its_folder_counts_as_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").write_text("x" * 100)
    read = [item for item in Files((".", "x"), str(tmp_path), os.environ, max_size=10).fragments() if isinstance(item, Fragment)]
    assert [item.path for item in read] == ["x"]


def test_a_missing_file_that_is_named_twice_is_a_failure(tmp_path: Path) -> None:
    result = result_of(tmp_path, str(tmp_path / "none"), str(tmp_path / "none"))
    assert [skip.is_failure for skip in result.receipt.skipped] == [True]


@pytest.mark.parametrize("name", [".git", ".hg", ".jj", ".svn"])
def test_a_folder_of_version_control_that_is_passed_over_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a" / name).mkdir(parents=True)
    (tmp_path / "a" / name / "x").write_text("tok_" + "abcdef1\n")
    (tmp_path / "a" / "y").write_text("fine\n")
    result = result_of(tmp_path, ".", is_everything=True)
    assert skips(result.receipt) == {f"a/{name}": False}
    assert not result.findings
    assert result.receipt.is_complete


def test_a_bare_repository_is_not_passed_as_read(bare: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bare.path)
    assert skips(result_of(bare.path, ".").receipt) == {"objects": True}
    monkeypatch.chdir(bare.path.parent)
    assert skips(result_of(bare.path.parent, ".").receipt) == {"bare.git/objects": True}


@pytest.mark.parametrize(("inside", "told"), [(".", "objects"), ("objects", "."), ("objects/pack", ".")])
def test_a_scan_inside_of_the_git_folder_is_not_complete(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, inside: str, told: str
) -> None:
    repository.commit(files={"a": "b"})
    monkeypatch.chdir(repository.git_dir / inside)
    assert skips(result_of(repository.path, ".").receipt) == {told: True}


def test_an_ordinary_folder_called_objects_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "objects").mkdir()
    (tmp_path / "objects" / "x").write_text("tok_" + "abcdef1\n")
    assert len(result_of(tmp_path, ".").findings) == 1


def test_a_tracked_file_that_was_deleted_is_worded_so_and_is_no_failure(repository: Repository) -> None:
    repository.commit(files={"gone": "x", "sub/gone": "x", "kept": "y"})
    (repository.path / "gone").unlink()
    shutil.rmtree(repository.path / "sub")
    (repository.path / "sub").write_text("a file now")
    result = result_of(repository.path, str(repository.path))
    assert {skip.path for skip in result.receipt.skipped} == {"gone", "sub/gone"}
    assert all(skip.reason.startswith("deleted in the work tree") for skip in result.receipt.skipped)
    assert result.receipt.is_complete


def test_a_listed_file_in_a_folder_that_may_not_be_entered_is_a_failure(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(files={"closed/x": "y", "open": "y"})
    real: Callable[..., int] = os.open

    def refuse(path: str, *words: int) -> int:
        if path.endswith("closed/x"):
            raise PermissionError(13, "Permission denied")
        return real(path, *words)

    monkeypatch.setattr(os, "open", refuse)
    assert result_of(repository.path, str(repository.path)).receipt.skipped == (Skipped("closed/x", "Permission denied", is_failure=True),)
