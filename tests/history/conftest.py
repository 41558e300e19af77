"""The repository of hiding places, made once for all tests that only look at it."""

import pytest

from tests.builder import Repository, pinned
from tests.history.hiding import Hidden, hidden_repository


@pytest.fixture(scope="session")
def hidden(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, list[Hidden]]:
    """The repository and what is hidden in it. Nothing may be changed in it."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in pinned(tmp_path_factory.mktemp("home-of-the-builder")).items():
            environment.setenv(name, value)
        return hidden_repository(tmp_path_factory.mktemp("places"))
