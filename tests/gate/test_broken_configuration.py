"""A configuration that cannot be read closes the gates that judge, and no others: whoever only looks, or leads out, goes on."""

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, SECRET, TOKEN, attempt, call, is_stored, protect, said, staged

BROKEN = {
    ".gitshield-allow": "<<<<<<< HEAD\nhash one\n=======\nhash two\n>>>>>>> side\n",
    ".gitshield.toml": "<<<<<<< HEAD\n[gates]\n=======\n[scan]\n>>>>>>> side\n",
}


@pytest.fixture(params=BROKEN)
def broken(repository: Repository, request: pytest.FixtureRequest) -> Repository:
    """A protected repository with a tracked .env, edited, and a configuration file that cannot be read."""
    repository.commit("first", files={".env": f"API_TOKEN={TOKEN}\n", "app.py": CLEAN})
    protect(repository)
    repository.write(".env", f"API_TOKEN={TOKEN}\nPORT=1\n")
    repository.write(request.param, BROKEN[request.param])
    return repository


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("diff",),
        ("stash",),
        ("stash", "-u"),
        ("checkout", "-f"),
        ("switch", "-c", "new"),
        ("reset", "--hard"),
        ("add", ".env"),
    ],
    ids=" ".join,
)
def test_commands_that_judge_nothing_go_on(broken: Repository, words: tuple[str, ...]) -> None:
    done = said(broken.git(*words))
    assert "refused" not in done
    assert "cannot be checked" not in done


def test_a_merge_that_breaks_it_is_ended(repository: Repository) -> None:
    repository.commit("first", files={".env": "PORT=1\n", "app.py": CLEAN})
    protect(repository)
    repository.git("switch", "-q", "-c", "side")
    repository.commit("side", files={"app.py": "side = 1\n", ".gitshield.toml": "[gates]\n"})
    repository.git("switch", "-q", "main")
    repository.commit("main", files={".env": "PORT=2\n", ".gitshield.toml": "[scan]\n"})
    before = repository.state()
    repository.git("merge", "side", check=False)
    assert "<<<<<<<" in (repository.path / ".gitshield.toml").read_text()
    repository.git("merge", "--abort")
    assert repository.state() == before


def test_what_has_to_be_judged_is_refused_and_said(broken: Repository) -> None:
    broken.write("deploy/.env", "PORT=1\n")
    words = attempt(broken, "add", "deploy/.env")
    assert "deploy/.env cannot be checked" in words
    assert "hint: " in words
    assert not is_stored(broken, "deploy/.env")
    broken.git("add", ".env")
    done = broken.git("commit", "-m", "port", check=False)
    assert done.returncode != 0
    assert "error: " in said(done)


def test_a_token_leaves_the_index_by_the_built_in_rules(broken: Repository) -> None:
    broken.write("app.py", SECRET)
    words = said(broken.git("add", "app.py"))
    assert "built-in rules" in words
    assert "git add refused" in words
    assert staged(broken, "app.py") == CLEAN.encode()


def test_new_commits_past_the_commit_gate_are_refused(broken: Repository) -> None:
    done = broken.git("commit", "-a", "--no-verify", "-m", "port", check=False)
    assert done.returncode != 0
    assert "gitshield: error: " in said(done)


def test_it_works_again_once_mended(broken: Repository) -> None:
    for name in BROKEN:
        (broken.path / name).unlink(missing_ok=True)
    broken.git("commit", "-q", "-a", "-m", "port")
    broken.write("app.py", SECRET)
    assert "built-in rules" not in said(broken.git("add", "app.py"))
    assert call(broken, "log").stdout.count("refused") == 1
