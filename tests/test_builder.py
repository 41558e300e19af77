"""The builder itself: stable hashes, a pinned environment, and comparisons that see every difference."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builder import Repository, pinned, removed_from
from tests.conftest import REAL_HOME, is_forbidden

NewRepository = Callable[..., Repository]


def test_the_same_steps_give_the_same_hash(tmp_path: Path) -> None:
    first, second = (Repository.create(tmp_path / name) for name in "ab")
    assert first.commit("one", files={"a": "1\n"}) == second.commit("one", files={"a": "1\n"})


def test_a_first_commit_has_this_hash_on_every_machine(repository: Repository) -> None:
    assert repository.commit("first", files={"a": "1\n"}) == "e76001dccdde75f6b3940d819069794a52147433"


def test_sha256_repositories_have_long_ids(new_repository: NewRepository) -> None:
    assert len(new_repository("long", object_format="sha256").commit("one", files={"a": "1\n"})) == 64


def test_each_commit_is_a_minute_later(repository: Repository) -> None:
    repository.commit("one")
    repository.commit("two")
    times = [int(line) for line in repository.line("log", "--format=%ct").splitlines()]
    assert times[0] - times[1] == 60


def test_a_new_repository_is_on_an_unborn_main_and_has_no_hooks(repository: Repository) -> None:
    state = repository.state()
    assert (state.head, state.refs, state.index, state.work_tree) == (b"refs/heads/main", {}, (), {})
    assert not (repository.path / ".git" / "hooks").exists()


def test_git_gives_bytes_and_status_without_check(repository: Repository) -> None:
    done = repository.git("rev-parse", "--verify", "--quiet", "nothing", check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_git_that_fails_says_why(repository: Repository) -> None:
    with pytest.raises(AssertionError, match="nothing"):
        repository.git("rev-parse", "--verify", "nothing")


def test_git_takes_input_and_environment(repository: Repository) -> None:
    oid = repository.git("hash-object", "-w", "--stdin", input=b"\x00\xff").stdout.strip()
    assert repository.git("cat-file", "blob", oid).stdout == b"\x00\xff"
    assert repository.line("var", "GIT_AUTHOR_IDENT").startswith("Ada Test <ada@example.org> 1700000000")
    named = repository.git("var", "GIT_AUTHOR_IDENT", env={"GIT_AUTHOR_NAME": "Bob"}).stdout
    assert named.startswith(b"Bob <")


def test_git_never_waits_for_input(repository: Repository) -> None:
    assert repository.git("hash-object", "--stdin").stdout.strip() != b""


def _change_branch(repository: Repository) -> None:
    repository.git("symbolic-ref", "HEAD", "refs/heads/other")


def _detach(repository: Repository) -> None:
    repository.git("checkout", "--quiet", "--detach")


def _move_ref(repository: Repository) -> None:
    repository.git("update-ref", "refs/heads/more", "HEAD")


def _stage(repository: Repository) -> None:
    repository.git("rm", "--quiet", "--cached", "a")


def _flag(repository: Repository) -> None:
    repository.git("update-index", "--skip-worktree", "a")


def _write(repository: Repository) -> None:
    (repository.path / "a").write_bytes(b"2\n")


def _chmod(repository: Repository) -> None:
    (repository.path / "a").chmod(0o600)


def _link(repository: Repository) -> None:
    (repository.path / "link").symlink_to("elsewhere")


def _untracked(repository: Repository) -> None:
    (repository.path / os.fsdecode(b"\xff name")).write_bytes(b"")


@pytest.mark.parametrize("change", [_change_branch, _detach, _move_ref, _stage, _flag, _write, _chmod, _link, _untracked])
def test_state_sees_every_difference(repository: Repository, change: Callable[[Repository], None]) -> None:
    repository.commit("one", files={"a": "1\n", "folder/b": "2\n"})
    before = repository.state()
    assert repository.state() == before
    change(repository)
    assert repository.state() != before


def test_state_runs_no_hook(repository: Repository) -> None:
    repository.commit("one", files={"a": "1\n"})
    trace = repository.path.parent / "trace"
    script = repository.hook("fsmonitor", f"#!/bin/sh\necho ran >>'{trace}'\nexit 1\n")
    repository.git("config", "core.fsmonitor", script)
    repository.state()
    assert not trace.exists()
    repository.git("status")
    assert trace.exists()


def test_commit_passes_hooks_by_unless_asked(repository: Repository) -> None:
    repository.hook("pre-commit", "#!/bin/sh\nexit 1\n")
    repository.commit("passed by")
    with pytest.raises(AssertionError, match="commit"):
        repository.commit("judged", verify=True)


def test_a_linked_worktree_has_its_own_head_and_shares_refs(repository: Repository, tmp_path: Path) -> None:
    oid = repository.commit("one", files={"a": "1\n"})
    linked = repository.linked_worktree(tmp_path / "linked", "-b", "side")
    assert linked.state().head == b"refs/heads/side"
    assert linked.state().refs == repository.state().refs == {b"refs/heads/main": oid.encode(), b"refs/heads/side": oid.encode()}
    assert linked.git_dir == repository.git_dir / "worktrees" / "linked"


def test_a_submodule_is_staged_at_its_commit(repository: Repository, new_repository: NewRepository) -> None:
    other = new_repository("other")
    oid = other.commit("one", files={"a": "1\n"})
    inner = repository.submodule("inner", other)
    assert inner.line("rev-parse", "HEAD") == oid
    assert f"H 160000 {oid} 0\tinner".encode() in repository.state().index


def test_a_clone_has_its_origin_and_a_bare_one_no_work_tree(repository: Repository, tmp_path: Path) -> None:
    repository.commit("one", files={"a": "1\n"})
    clone, bare = repository.clone(tmp_path / "clone"), repository.clone(tmp_path / "clone.git", "--bare")
    assert clone.line("remote", "get-url", "origin") == str(repository.path)
    assert bare.state().work_tree == {} and bare.state().refs == repository.state().refs


def test_the_bare_repository_takes_a_push(repository: Repository, bare: Repository) -> None:
    repository.commit("one", files={"a": "1\n"})
    repository.git("push", "--quiet", bare.path, "main")
    assert bare.state().refs == repository.state().refs


def test_the_environment_is_pinned(home: Path) -> None:
    assert Path.home() == home
    assert time.tzname[0] == "UTC"
    (home / "again").mkdir()
    named = set(pinned(home / "again"))
    assert named <= set(os.environ)
    assert {name for name in os.environ if name.startswith("XDG_")} <= named
    listed = subprocess.run(["git", "config", "--list", "--show-origin"], cwd=home, capture_output=True, check=True).stdout
    assert {line.split(b"\t")[0] for line in listed.splitlines()} == {b"file:" + os.fsencode(home / ".gitconfig")}


def test_variables_of_an_outer_hook_are_removed() -> None:
    outer = {"GIT_DIR": ".git", "GIT_INDEX_FILE": "x", "GITSHIELD_HOOK": "1", "GITSHIELD_TEST_GIT": "git", "PATH": "/bin"}
    assert sorted(removed_from(outer)) == ["GITSHIELD_HOOK", "GIT_DIR", "GIT_INDEX_FILE"]
    assert not any(name in os.environ for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"))


def test_touching_the_real_home_raises() -> None:
    place = os.path.join(REAL_HOME, ".gitshield-test-that-must-not-exist")
    assert is_forbidden(place)
    for touch in (lambda: open(place, "rb"), lambda: os.listdir(REAL_HOME), lambda: os.mkdir(place)):  # noqa: SIM115
        with pytest.raises(AssertionError, match="real home"):
            touch()


def test_the_clone_and_the_interpreter_may_be_read() -> None:
    assert not is_forbidden(__file__)
    assert not is_forbidden(sys.executable)


def test_pygit2_sees_the_home_of_this_test(repository: Repository) -> None:
    code = "import pygit2; print(pygit2.Config.get_global_config()['user.name'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=repository.path)
    assert done.stdout == b"Ada Test\n"
