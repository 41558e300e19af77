"""Ordinary git work ends in a protected repository as it ends in an unprotected one: HEAD, refs, trees, index and files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.scan import allow_file
from tests.builder import Clock, Repository, State
from tests.gate.everyday import DAYS, Story
from tests.gate.shield import CLEAN, SECRET, TOKEN, attempt, call, protect

ALLOWED = allow_file.add(
    b"",
    allow_file.entry_for_value("github-pat-classic", TOKEN.encode(), owner="ada", reason="a test", salt=bytes(range(8))),
)


def none(repository: Repository, other: Repository) -> Story:
    """No secret anywhere."""
    return Story(repository, CLEAN, "settings.cfg", True, other)


def allowed(repository: Repository, other: Repository) -> Story:
    """A secret that an entry allows; the entry is committed."""
    repository.commit("allow", files={".gitshield-allow": ALLOWED})
    return Story(repository, SECRET, "settings.cfg", True, other)


def tracked(repository: Repository, other: Repository) -> Story:
    """A secret, and a .env, that were tracked before `protect`."""
    return Story(repository, SECRET, ".env", False, other)


def _begin(story: Story, *, is_protected: bool) -> None:
    """Three commits on `main`, one of them on `side`; the last one is made after `protect`."""
    story.repository.commit("first", files={"app.py": story.app(), "lib.py": "lib = 1\n", story.settings: "PORT=1\n" + story.line})
    story.repository.git("switch", "-q", "-c", "side")
    story.repository.commit("side", files={"side.txt": "side\n", "lib.py": "lib = 2\n"})
    story.repository.git("switch", "-q", "main")
    if is_protected:
        protect(story.repository)
    story.commit("main", step15="main")


def _other(folder: Path) -> Repository:
    other = Repository.create(folder, clock=Clock())
    other.commit("one", files={"a.txt": "1\n"})
    other.commit("two", files={"a.txt": "2\n"})
    return other


@pytest.mark.parametrize("kind", [none, allowed, tracked], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.__name__)
def test_a_day_ends_alike(day: Callable[[Story], None], kind: Callable[..., Story], tmp_path: Path) -> None:
    other = _other(tmp_path / "other")
    ends: list[tuple[State, bytes]] = []
    for name in ("plain", "protected"):
        # The two lie in folders of the same name: paths and remote names end up in commits.
        story = kind(Repository.create(tmp_path / name / "repository", clock=Clock()), other)
        _begin(story, is_protected=name == "protected")
        day(story)
        status = story.repository.git("status", "--porcelain=v2", "--branch", "--show-stash").stdout
        ends.append((story.repository.state(), status))
    plain, protected = ends
    assert protected == plain


def test_the_days_do_something(tmp_path: Path) -> None:
    """Each day must change the repository, or it would prove nothing."""
    other = _other(tmp_path / "other")
    for day in DAYS:
        story = none(Repository.create(tmp_path / day.__name__, clock=Clock()), other)
        _begin(story, is_protected=False)
        before = story.repository.state(), story.repository.line("reflog")
        day(story)
        assert (story.repository.state(), story.repository.line("reflog")) != before, day.__name__


def test_the_stories_stand_at_a_gate_that_is_shut(repository: Repository) -> None:
    """The same token, neither allowed nor tracked before, is refused: the days go through because of what they are."""
    repository.commit("first", files={"app.py": CLEAN})
    protect(repository)
    story = Story(repository, SECRET, "settings.cfg", True, repository)
    story.edit()
    attempt(repository, "commit", "-a", "-m", "leak")


FILTER = {"filter.up.clean": "tr a-z A-Z", "filter.up.smudge": "tr A-Z a-z", "filter.up.required": "true"}


def _with_filter(repository: Repository, attributes: str) -> None:
    for key, value in FILTER.items():
        repository.git("config", key, value)
    repository.commit("attributes", files={".gitattributes": attributes, "art.bin": "picture\n"})


@pytest.mark.parametrize("attributes", ["*.bin filter=up\n", "*.bin filter=up\n*.p12 filter=up\n.env filter=up\n"])
def test_a_filter_like_that_of_lfs_stays_in_force(attributes: str, tmp_path: Path) -> None:
    ends: list[State] = []
    for name in ("plain", "protected"):
        repository = Repository.create(tmp_path / name / "repository", clock=Clock())
        _with_filter(repository, attributes)
        repository.commit("stores", files={"store.p12": "store\n", ".env": "PORT=1\n", "deep/store.p12": "deep\n"})
        if name == "protected":
            protect(repository)
        for path in ("art.bin", "store.p12", ".env", "deep/store.p12"):
            repository.write(path, "another\n")
        repository.git("add", "-A")
        repository.git("commit", "-q", "-m", "others")
        repository.write("more.bin", "more\n")
        repository.git("stash", "-q", "-u")
        repository.git("stash", "pop", "-q")
        repository.git("add", "more.bin")
        repository.git("rm", "-q", "art.bin")
        repository.git("commit", "-q", "-m", "more")
        repository.git("checkout", "-q", "HEAD~1")
        repository.git("switch", "-q", "main")
        ends.append(repository.state())
    assert ends[1] == ends[0]
    assert repository.git("cat-file", "blob", "HEAD:more.bin").stdout == b"MORE\n"


def test_a_filter_that_comes_later_is_not_passed_over_in_silence(protected: Repository) -> None:
    """Our attributes win over .gitattributes, so what a new line there asks for must be done, or refused and said."""
    _with_filter(protected, "*.bin filter=up\n*.p12 filter=up\n")
    protected.write("store.p12", "store\n")
    call(protected, "allow", "--add", "store.p12", "--reason", "a test store", "--owner", "ada")
    done = protected.git("add", "store.p12", check=False)
    if done.returncode == 0:
        assert protected.git("cat-file", "blob", ":store.p12").stdout == b"STORE\n"
    else:
        assert b"gitshield protect" in done.stderr


def test_protect_again_puts_a_filter_that_came_later_in_force(protected: Repository) -> None:
    _with_filter(protected, "*.p12 filter=up\n")
    protected.write("store.p12", "store\n")
    call(protected, "allow", "--add", "store.p12", "--reason", "a test store", "--owner", "ada")
    protect(protected)
    protected.git("add", "store.p12")
    protected.git("commit", "-q", "-m", "store")
    assert protected.git("cat-file", "blob", ":store.p12").stdout == b"STORE\n"


def test_a_filter_of_the_persons_own_attributes_stays_in_force(repository: Repository, home: Path) -> None:
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "attributes").write_text("*.p12 filter=up\n")
    _with_filter(repository, "*.bin filter=up\n")
    repository.commit("stores", files={"store.p12": "store\n"})
    protect(repository)
    repository.write("store.p12", "another\n")
    repository.git("commit", "-q", "-a", "-m", "another")
    assert repository.git("cat-file", "blob", ":store.p12").stdout == b"ANOTHER\n"


@pytest.mark.parametrize("line", [".env -filter", "* -filter", "*.env !filter", "/.env -text -filter"])
def test_attributes_of_the_repository_do_not_switch_the_staging_gate_off(repository: Repository, line: str) -> None:
    repository.commit("attributes", files={".gitattributes": line + "\n"})
    protect(repository)
    repository.write(".env", "PORT=1\n")
    attempt(repository, "add", ".env")


def test_a_file_that_is_taken_off_another_filter_stays_off(repository: Repository) -> None:
    _with_filter(repository, "*.bin filter=up\nsmall.bin -filter\n")
    protect(repository)
    repository.commit("small", files={"small.bin": "small\n", "large.bin": "large\n"})
    assert repository.git("cat-file", "blob", ":small.bin").stdout == b"small\n"
    assert repository.git("cat-file", "blob", ":large.bin").stdout == b"LARGE\n"
