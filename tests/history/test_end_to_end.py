"""A history scan finds every token of the repository of hiding places, and says of each where it is."""

import os

import pytest

from gitshield.git.layout import find_layout
from gitshield.model.finding import Finding, Result
from gitshield.model.place import ArchiveMember
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.scan import scan_history
from gitshield.scan.scan import Terms
from tests.builder import Repository
from tests.history.hiding import Hidden
from tests.scan.rulesets import built_in_terms


@pytest.fixture(scope="module")
def terms() -> Terms:
    return built_in_terms()


def scanned(repository: Repository, terms: Terms, **extent: bool) -> Result:
    environment = dict(os.environ)
    layout = find_layout(str(repository.path), environment=environment)
    return scan_history(layout, environment, terms, extent=Extent(**extent))  # type: ignore[arg-type]


def by_token(result: Result) -> dict[bytes, Finding]:
    found = [finding for finding in result.findings if finding.secret is not None and finding.rule_id == "github-pat-classic"]
    assert len({finding.secret for finding in found}) == len(found), "one finding a secret"
    return {finding.secret.reveal(): finding for finding in found if finding.secret is not None}


@pytest.mark.parametrize("is_exhaustive", [False, True])
def test_every_token_is_found_with_its_place_commit_and_refs(
    hidden: tuple[Repository, list[Hidden]], terms: Terms, is_exhaustive: bool
) -> None:
    repository, places = hidden
    result = scanned(repository, terms, is_worktree_included=True, is_exhaustive=is_exhaustive)
    found = by_token(result)
    assert not [skip for skip in result.receipt.skipped if skip.is_failure]
    for one in places:
        finding = found.get(one.token.encode())
        assert finding is not None, f"{one.name} was not found"
        assert kind_of(finding) == one.kind, one.name
        if one.path is not None:
            assert finding.place.path.endswith(one.path), one.name
        if one.commit is not None and finding.reach is not None:
            assert finding.reach.first is not None, one.name
            assert finding.reach.first.commit == one.commit, one.name
        if finding.reach is not None:
            assert finding.reach.refs == one.refs, one.name


def kind_of(finding: Finding) -> str:
    return "ArchiveMember" if isinstance(finding.place, ArchiveMember) else type(finding.place).__name__
