"""The commit gates: whichever way a commit is made, what its index and its message bring in is judged, and nothing else."""

from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, OTHER_TOKEN, SECRET, TOKEN, attempt, call, protect, said, staged


def stage_unseen(repository: Repository, path: str, content: str) -> None:
    """Stage content past the staging gates, as other programs can."""
    repository.write(path, content)
    oid = repository.git("hash-object", "-w", "--no-filters", path).stdout.decode().strip()
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")


def test_a_staged_token_is_refused_and_stays_staged(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    head = protected.line("rev-parse", "HEAD")
    words = attempt(protected, "commit", "-m", "leak")
    assert "app.py:1" in words
    assert TOKEN not in words
    assert protected.line("rev-parse", "HEAD") == head
    assert staged(protected, "app.py") == SECRET.encode()


def test_a_staged_dotenv_file_is_refused(protected: Repository) -> None:
    stage_unseen(protected, ".env", "PORT=1\n")
    assert "dotenv-file" in attempt(protected, "commit", "-m", "leak")


def test_the_index_is_judged_and_not_the_work_tree(protected: Repository) -> None:
    protected.write("app.py", CLEAN + "more = 1\n")
    protected.git("add", "app.py")
    protected.write("app.py", SECRET)
    protected.git("commit", "-q", "-m", "clean as staged")
    assert protected.git("cat-file", "blob", "HEAD:app.py").stdout == (CLEAN + "more = 1\n").encode()


def test_a_token_in_the_index_is_refused_when_the_work_tree_is_clean(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    protected.write("app.py", CLEAN)
    attempt(protected, "commit", "-m", "leak")


def test_commit_all_is_judged_by_the_index_it_makes(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    attempt(protected, "commit", "-a", "-m", "leak")
    assert staged(protected, "app.py") == CLEAN.encode()
    assert (protected.path / "app.py").read_text() == SECRET


def test_a_partial_commit_is_judged_by_its_own_index(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    protected.write("README", "read me again\n")
    protected.git("commit", "-q", "-m", "only the README", "README")
    assert protected.git("cat-file", "blob", "HEAD:app.py").stdout == CLEAN.encode()
    assert staged(protected, "app.py") == SECRET.encode()


def test_a_partial_commit_of_the_token_itself_is_refused(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    attempt(protected, "commit", "-m", "leak", "app.py")


def test_a_commit_with_an_index_of_its_own_is_judged_by_that(protected: Repository) -> None:
    other = {"GIT_INDEX_FILE": str(protected.path / ".git" / "other-index")}
    protected.write("app.py", SECRET)
    protected.git("read-tree", "HEAD", env=other)
    protected.git("add", "app.py", env=other)
    attempt(protected, "commit", "-m", "leak", env=other)
    protected.git("commit", "-q", "--allow-empty", "-m", "the default index is clean")


def test_amending_a_token_into_a_commit_is_refused(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "--amend", "--no-edit")


def test_a_rename_with_a_token_inside_that_was_there_before_goes_through(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    code = _code_of(attempt(protected, "commit", "-m", "leak"))
    call(protected, "allow", code, "--reason", "a test")
    protected.git("commit", "-q", "-m", "leak, on purpose")
    protected.git("mv", "app.py", "moved.py")
    protected.git("commit", "-q", "-m", "moved")
    protected.write("moved.py", SECRET + "more = 1\n")
    protected.git("commit", "-q", "-a", "-m", "edited")


def test_a_pass_holds_for_one_commit_only(protected: Repository) -> None:
    stage_unseen(protected, "one.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", "leak")), "--reason", "a test")
    protected.git("commit", "-q", "-m", "leak, on purpose")
    stage_unseen(protected, "two.py", SECRET)
    attempt(protected, "commit", "-m", "leak again")


def test_a_pass_holds_for_the_very_content_only(protected: Repository) -> None:
    stage_unseen(protected, "one.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", "leak")), "--reason", "a test")
    stage_unseen(protected, "one.py", SECRET.replace(TOKEN, OTHER_TOKEN))
    attempt(protected, "commit", "-m", "another leak")


def test_a_commit_in_a_sub_folder_is_judged_whole(protected: Repository) -> None:
    protected.write("sub/clean.py", CLEAN)
    protected.git("add", "sub/clean.py")
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "-C", "sub", "commit", "-m", "leak")


def test_a_merge_that_brings_a_token_of_its_own_is_refused(protected: Repository) -> None:
    _two_sides(protected)
    protected.git("merge", "-q", "--no-ff", "--no-commit", "side")
    stage_unseen(protected, "extra.py", SECRET)
    attempt(protected, "commit", "-m", "merge")


def test_a_merge_of_a_branch_that_held_a_token_before_goes_through(repository: Repository) -> None:
    repository.commit("first", files={"app.py": CLEAN})
    repository.git("switch", "-q", "-c", "side")
    repository.commit("leak", files={"leak.py": SECRET})
    repository.git("switch", "-q", "main")
    repository.commit("main", files={"main.txt": "main\n"})
    protect(repository)
    repository.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert repository.git("cat-file", "blob", "HEAD:leak.py").stdout == SECRET.encode()


def test_a_merge_is_judged_by_pre_merge_commit(protected: Repository) -> None:
    _two_sides(protected)
    protected.hook("pre-merge-commit.gitshield-chained", "#!/bin/sh\n")
    log = protected.path / ".git" / "merge-log"
    protected.hook("post-merge", f"#!/bin/sh\necho merged >>'{log}'\n")
    protected.git("merge", "-q", "--no-ff", "-m", "merge", "side")
    assert log.read_text() == "merged\n"


def test_a_token_in_the_message_is_refused(protected: Repository) -> None:
    words = attempt(protected, "commit", "--allow-empty", "-m", f"use {TOKEN}")
    assert "commit message" in words
    assert TOKEN not in words


def test_a_token_in_a_message_of_no_verify_is_refused(protected: Repository) -> None:
    attempt(protected, "commit", "--allow-empty", "--no-verify", "-m", f"use {TOKEN}")


@pytest.mark.parametrize("mark", ["#", ";"])
def test_comment_lines_of_a_message_are_not_judged(protected: Repository, mark: str) -> None:
    protected.git("config", "core.commentChar", mark)
    editor = f"printf 'fine\\n{mark} {TOKEN}\\n' >"
    protected.git("commit", "-q", "--allow-empty", "-e", env={"GIT_EDITOR": f'f() {{ {editor} "$1"; }}; f'})
    assert protected.line("log", "-1", "--format=%B").strip() == "fine"


def test_what_git_commit_v_shows_below_the_scissors_is_not_judged(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", "leak")), "--reason", "a test")
    protected.git("commit", "-q", "-m", "leak, on purpose")
    protected.write("app.py", CLEAN)
    editor = {"GIT_EDITOR": 'f() { printf \'take it out\\n\' >"$1.new"; cat "$1" >>"$1.new"; mv "$1.new" "$1"; }; f'}
    protected.git("commit", "-q", "-a", "-v", env=editor)
    assert protected.line("log", "-1", "--format=%B").strip() == "take it out"


@pytest.mark.parametrize("words", [(), ("--cleanup=verbatim",), ("--cleanup=whitespace",)])
def test_lines_that_look_like_comments_are_judged_where_git_keeps_them(protected: Repository, words: tuple[str, ...]) -> None:
    attempt(protected, "commit", "--allow-empty", *words, "-m", f"fine\n\n# {TOKEN}")


def test_lines_that_an_editor_left_are_judged_where_git_keeps_them(protected: Repository) -> None:
    editor = {"GIT_EDITOR": f"f() {{ printf 'fine\\n# {TOKEN}\\n' >\"$1\"; }}; f"}
    attempt(protected, "commit", "--allow-empty", "-e", "--cleanup=whitespace", env=editor)
    protected.git("config", "commit.cleanup", "verbatim")
    attempt(protected, "commit", "--allow-empty", "-e", env=editor)


def test_an_unborn_branch_is_judged(repository: Repository) -> None:
    protect(repository)
    repository.write("app.py", SECRET)
    repository.git("add", "app.py")
    assert staged(repository, "app.py") is None
    stage_unseen(repository, "app.py", SECRET)
    attempt(repository, "commit", "-m", "first")
    attempt(repository, "commit", "--no-verify", "-m", "first")
    stage_unseen(repository, "app.py", CLEAN)
    repository.git("commit", "-q", "-m", "first")


def test_a_detached_head_is_judged(protected: Repository) -> None:
    protected.git("checkout", "-q", "--detach")
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "-m", "leak")
    attempt(protected, "commit", "--no-verify", "-m", "leak")
    stage_unseen(protected, "app.py", "fine = 1\n")
    protected.git("commit", "-q", "-m", "fine")


def test_a_linked_worktree_is_judged(protected: Repository) -> None:
    linked = protected.linked_worktree(protected.path.parent / "linked", "-b", "other")
    linked.write(".env", "PORT=1\n")
    attempt(linked, "add", ".env")
    (linked.path / ".env").unlink()
    linked.write("app.py", SECRET)
    linked.git("add", "app.py")
    assert staged(linked, "app.py") == CLEAN.encode()
    attempt(linked, "commit", "-a", "-m", "leak")
    attempt(linked, "commit", "-a", "--no-verify", "-m", "leak")
    linked.write("app.py", "fine = 1\n")
    linked.git("commit", "-q", "-a", "-m", "fine")


def test_a_linked_worktree_does_not_get_back_what_another_one_staged(protected: Repository) -> None:
    linked = protected.linked_worktree(protected.path.parent / "linked", "-b", "other")
    protected.write("app.py", "main = 1\n")
    protected.git("add", "app.py")
    linked.write("app.py", SECRET)
    linked.git("add", "app.py")
    assert staged(linked, "app.py") == CLEAN.encode()


def test_a_commit_that_takes_a_token_out_goes_through(repository: Repository) -> None:
    repository.commit("leak", files={"app.py": SECRET, ".env": f"A={TOKEN}\n"})
    protect(repository)
    repository.write("app.py", CLEAN)
    repository.git("rm", "-q", "--cached", ".env")
    repository.git("commit", "-q", "-a", "-m", "taken out")
    assert repository.line("ls-tree", "--name-only", "HEAD") == "app.py"


def test_a_secret_copied_to_a_new_file_is_refused(repository: Repository) -> None:
    repository.commit("leak", files={"app.py": SECRET})
    protect(repository)
    stage_unseen(repository, "copy.py", "more = 1\n" + SECRET)
    attempt(repository, "commit", "-m", "copy")


def test_refusals_are_recorded_without_the_secret(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "-m", "leak")
    shown = call(protected, "log").stdout
    assert "refused" in shown and "app.py" in shown
    assert TOKEN not in shown


def test_nothing_that_a_refusal_leaves_behind_holds_the_secret(protected: Repository) -> None:
    import os

    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "-m", "leak")
    places = [protected.path / ".git" / "gitshield", Path(os.environ["HOME"])]
    read = [path for place in places for path in place.rglob("*") if path.is_file()]
    assert any(path.name == "passes" for path in read)
    assert [path for path in read if TOKEN.encode() in path.read_bytes()] == []


def test_an_ordinary_commit_says_nothing(protected: Repository) -> None:
    protected.write("app.py", "fine = 1\n")
    assert said(protected.git("add", "app.py")) == ""
    assert said(protected.git("commit", "-q", "-m", "fine")) == ""


def _code_of(words: str) -> str:
    return words.split("allow ", 1)[1].split(maxsplit=1)[0]


def _two_sides(repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "side")
    repository.commit("side", files={"side.txt": "side\n"})
    repository.git("switch", "-q", "main")
    repository.commit("main", files={"main.txt": "main\n"})


def test_each_worktree_is_judged_by_its_own_configuration(protected: Repository) -> None:
    linked = protected.linked_worktree(protected.path.parent / "linked", "-b", "other")
    rule = '[[rules]]\nid = "ours"\ndescription = "Our own"\nregex = \'ours_[0-9]{12}\'\nkeywords = ["ours_"]\n'
    linked.commit("rules", files={"rules.toml": rule, ".gitshield.toml": '[rules]\nfiles = ["rules.toml"]\n'})
    for place in (linked, protected):
        place.write("fine.txt", "fine\n")
        place.git("add", "fine.txt")
        place.git("commit", "-q", "-m", "fine")
    linked.write("app.py", "ours_" + "371946" * 2 + "\n")
    attempt(linked, "commit", "-a", "-m", "leak")


def test_a_pass_outlives_a_commit_that_another_gate_refused(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", "leak")), "--reason", "a test")
    attempt(protected, "commit", "-m", f"use {OTHER_TOKEN}")
    assert protected.git("commit", "-e", check=False, env={"GIT_EDITOR": "true"}).returncode != 0
    protected.git("commit", "-q", "-m", "leak, on purpose")
    assert call(protected, "log").stdout.count("passed") == 1
    stage_unseen(protected, "two.py", SECRET)
    attempt(protected, "commit", "-m", "leak again")


def test_the_same_value_in_content_and_message_passes_at_once(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", f"use {TOKEN}")), "--reason", "a test")
    protected.git("commit", "-q", "-m", f"use {TOKEN}")
    attempt(protected, "commit", "--allow-empty", "-m", f"use {TOKEN}")


def test_a_pass_for_the_message_is_spent_once(protected: Repository) -> None:
    words = ("commit", "--allow-empty", "-m", f"use {TOKEN}")
    call(protected, "allow", _code_of(attempt(protected, *words)), "--reason", "a test")
    protected.git(*words)
    attempt(protected, *words)
    assert call(protected, "log").stdout.count("passed") == 1


def test_a_pass_for_the_message_does_not_let_content_through_that_came_after_the_commit_gate(protected: Repository) -> None:
    words = ("commit", "--allow-empty", "-m", f"use {TOKEN}")
    call(protected, "allow", _code_of(attempt(protected, *words)), "--reason", "a test")
    oid = protected.git("hash-object", "-w", "--stdin", input=SECRET.replace(TOKEN, OTHER_TOKEN).encode()).stdout.decode().strip()
    protected.hook("commit-msg.gitshield-chained", f"#!/bin/sh\ngit update-index --cacheinfo 100644,{oid},app.py\n")
    assert protected.git(*words, check=False).returncode != 0 or protected.git("cat-file", "blob", "HEAD:app.py").stdout == CLEAN.encode()


def test_without_the_reference_gate_the_commit_gate_spends(protected: Repository, home: Path) -> None:
    (home / ".config" / "gitshield").mkdir(parents=True)
    (home / ".config" / "gitshield" / "config.toml").write_text("[gates]\nreferences = false\n")
    stage_unseen(protected, "one.py", SECRET)
    call(protected, "allow", _code_of(attempt(protected, "commit", "-m", "leak")), "--reason", "a test")
    protected.git("commit", "-q", "-m", "leak, on purpose")
    stage_unseen(protected, "two.py", SECRET)
    attempt(protected, "commit", "-m", "leak again")


def test_without_protect_the_commit_gate_spends(repository: Repository) -> None:
    repository.commit("first", files={"app.py": CLEAN})
    stage_unseen(repository, "app.py", SECRET)
    code = _code_of(call(repository, "hook", "pre-commit", code=1).stderr)
    call(repository, "allow", code, "--reason", "a test")
    call(repository, "hook", "pre-commit")
    call(repository, "hook", "pre-commit", code=1)


@pytest.fixture
def tracked(repository: Repository) -> Repository:
    """A protected repository that has tracked a .env since before `protect`."""
    repository.commit("first", files={"app.py": CLEAN, ".env": f"API_TOKEN={TOKEN}\n"})
    protect(repository)
    return repository


def test_a_tracked_dotenv_file_is_moved(tracked: Repository) -> None:
    (tracked.path / "sub").mkdir()
    tracked.git("mv", ".env", "sub/.env")
    tracked.git("commit", "-q", "-m", "moved")
    tracked.git("mv", "sub/.env", "sub/.env.local")
    tracked.git("commit", "-q", "--no-verify", "-m", "named otherwise")
    assert tracked.git("cat-file", "blob", "HEAD:sub/.env.local").stdout == f"API_TOKEN={TOKEN}\n".encode()


def test_a_dotenv_file_that_was_moved_and_edited_is_added(tracked: Repository) -> None:
    (tracked.path / ".env").unlink()
    tracked.write("sub/.env", f"API_TOKEN={TOKEN}\nPORT=1\n")
    tracked.git("add", "-A")
    tracked.write("sub/.env", f"API_TOKEN={TOKEN}\nPORT=2\n")
    tracked.git("commit", "-q", "-a", "-m", "moved and edited")
    assert tracked.git("status", "--porcelain").stdout == b""


def test_a_second_dotenv_file_is_refused_beside_a_tracked_one(tracked: Repository) -> None:
    tracked.write("sub/.env", f"API_TOKEN={TOKEN}\n")
    attempt(tracked, "add", "sub/.env")
    stage_unseen(tracked, "sub/.env", f"API_TOKEN={TOKEN}\n")
    attempt(tracked, "commit", "-m", "copied")


def test_a_new_token_in_a_moved_dotenv_file_is_refused(tracked: Repository) -> None:
    (tracked.path / "sub").mkdir()
    tracked.git("mv", ".env", "sub/.env")
    stage_unseen(tracked, "sub/.env", f"API_TOKEN={OTHER_TOKEN}\n")
    attempt(tracked, "commit", "-m", "moved and edited")
