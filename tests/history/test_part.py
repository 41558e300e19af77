"""A part of a history: what came with some commits is judged, and how far it got is said of the whole history."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from gitshield.errors import GitError
from gitshield.git.layout import find_layout
from gitshield.model.finding import Result
from gitshield.scan.allowances import parse_allowances
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.scan import scan_history
from tests.builder import Repository
from tests.scan.rulesets import terms_of


def scanned(repository: Repository, extent: Extent) -> Result:
    layout = find_layout(str(repository.path), environment=dict(os.environ))
    return scan_history(layout, dict(os.environ), terms_of(), extent=extent)


def values(result: Result) -> list[str]:
    return sorted(finding.secret.reveal().decode() for finding in result.findings if finding.secret is not None)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository.create(tmp_path / "r")
    repository.commit("one tok_aaaaaa1", files={"a.txt": "x\n" * 3000 + "tok_aaaaaa2\n"})
    repository.git("tag", "v1")
    repository.commit("two tok_bbbbbb1", files={"a.txt": "x\n" * 3000 + "y\ntok_aaaaaa2\n", "b.txt": "tok_bbbbbb2\n"})
    repository.git("repack", "-adfq")
    return repository


def test_a_range_has_the_objects_that_came_with_its_commits(repository: Repository) -> None:
    result = scanned(repository, Extent(revisions=("v1..main",)))
    assert values(result) == ["tok_aaaaaa2", "tok_bbbbbb1", "tok_bbbbbb2"]
    assert result.receipt.read == 3
    assert values(scanned(repository, Extent())) == ["tok_aaaaaa1", "tok_aaaaaa2", "tok_bbbbbb1", "tok_bbbbbb2"]


def test_a_finding_in_a_range_is_placed_in_the_whole_history(repository: Repository) -> None:
    found = {
        finding.secret.reveal(): finding for finding in scanned(repository, Extent(revisions=("v1..main",))).findings if finding.secret
    }
    reach = found[b"tok_bbbbbb2"].reach
    assert reach is not None
    assert reach.refs == ("refs/heads/main",)
    assert reach.is_in_head


def test_since_takes_what_came_after_a_time(repository: Repository) -> None:
    last = int(repository.line("log", "-1", "--format=%ct"))
    assert values(scanned(repository, Extent(since=str(last)))) == ["tok_aaaaaa2", "tok_bbbbbb1", "tok_bbbbbb2"]
    nothing = scanned(repository, Extent(since=str(int(time.time()) + 10)))
    assert not nothing.findings
    assert not nothing.receipt.is_complete


def test_revisions_that_do_not_exist_are_an_error(repository: Repository) -> None:
    with pytest.raises(GitError, match="nowhere"):
        scanned(repository, Extent(revisions=("nowhere..main",)))


def test_an_entry_of_gitleaksignore_that_names_the_commit_counts(repository: Repository) -> None:
    commit = repository.line("rev-parse", "main")
    allowances = parse_allowances(gitleaksignore_content=f"{commit}:b.txt:token:1\n".encode())
    layout = find_layout(str(repository.path), environment=dict(os.environ))
    result = scan_history(layout, dict(os.environ), replace(terms_of(), allowances=allowances))
    assert "tok_bbbbbb2" not in values(result)
    assert len(result.findings) == 3
    assert result.receipt.allowed == {".gitleaksignore": 1}
