"""Remotes: named with their URLs, and no credentials in them."""

import os

import pytest

from gitshield.git.layout import find_layout
from gitshield.git.remotes import Remote, remotes, without_credentials
from tests.builder import Repository

SECRET = "s3" + "cr3t"


def test_remotes_have_all_their_urls(repository: Repository) -> None:
    repository.git("remote", "add", "origin", f"https://user:{SECRET}@example.org/a.git")
    repository.git("remote", "set-url", "--push", "origin", "git@example.org:a.git")
    repository.git("remote", "add", "a.b", "../other")
    found = remotes(find_layout(str(repository.path), environment=os.environ), os.environ)
    assert found == [Remote("origin", ("https://example.org/a.git", "git@example.org:a.git")), Remote("a.b", ("../other",))]


def test_a_repository_without_remotes_has_none(bare: Repository) -> None:
    assert remotes(find_layout(str(bare.path), environment=os.environ), os.environ) == []


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://{SECRET}@example.org/a@b", "https://example.org/a@b"),
        (f"https://u:{SECRET}@example.org:8443/a", "https://example.org:8443/a"),
        (f"https://u:x/{SECRET}@example.org/a", "https://example.org/a"),
        (f"https://u:x@{SECRET}@example.org/a", "https://example.org/a"),
        (f"https://example.org/a?token={SECRET}#x", "https://example.org/a"),
        (f"ssh://git:{SECRET}@example.org/a", "ssh://example.org/a"),
        ("ssh://git@example.org:22/a", "ssh://git@example.org:22/a"),
        (f"helper::https://{SECRET}@example.org/a", "helper::https://example.org/a"),
        ("https://[::1]:80/a@b", "https://[::1]:80/a@b"),
        ("https://example.org:80/a@b", "https://example.org:80/a@b"),
        (f"u:{SECRET}@example.org:a", "example.org:a"),
        ("git@example.org:a", "git@example.org:a"),
        ("/srv/a b", "/srv/a b"),
    ],
)
def test_credentials_are_left_out(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
