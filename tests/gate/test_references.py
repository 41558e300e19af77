"""The reference gate: commits made past the commit gates are refused as a branch moves to them; what is not ours is let through."""

import shutil

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, OTHER_TOKEN, SECRET, TOKEN, attempt, call, protect, said, staged
from tests.gate.test_commit import stage_unseen

LEAK = "leak.py"


@pytest.fixture
def leaky(repository: Repository) -> Repository:
    """A protected repository whose branch `leak` has held a token since before `protect`; `main` has gone another way."""
    repository.commit("first", files={"app.py": CLEAN})
    repository.git("switch", "-q", "-c", "leak")
    repository.commit("leak", files={LEAK: SECRET})
    repository.commit("beyond", files={"beyond.txt": "beyond\n", LEAK: "more = 1\n" + SECRET})
    repository.git("switch", "-q", "main")
    repository.commit("main", files={"main.txt": "main\n"})
    protect(repository)
    return repository


def test_no_verify_is_refused_and_the_index_is_kept(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    head = protected.line("rev-parse", "HEAD")
    words = attempt(protected, "commit", "--no-verify", "-m", "leak")
    assert "app.py:1" in words and TOKEN not in words
    assert protected.line("rev-parse", "HEAD") == head
    assert staged(protected, "app.py") == SECRET.encode()


def test_no_verify_of_a_dotenv_file_is_refused(protected: Repository) -> None:
    stage_unseen(protected, ".env", "PORT=1\n")
    attempt(protected, "commit", "--no-verify", "-m", "leak")


def test_no_verify_of_something_ordinary_goes_through(protected: Repository) -> None:
    protected.write("app.py", "fine = 1\n")
    assert said(protected.git("commit", "-q", "-a", "--no-verify", "-m", "fine")) == ""


def test_a_branch_pointed_at_a_commit_made_by_plumbing_is_refused(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    tree = protected.line("write-tree")
    commit = protected.line("commit-tree", "-p", "HEAD", "-m", "leak", tree)
    attempt(protected, "update-ref", "refs/heads/main", commit)
    attempt(protected, "branch", "new", commit)
    attempt(protected, "merge", "--ff-only", commit)


def test_a_cherry_pick_that_brings_a_token_is_refused(leaky: Repository) -> None:
    head = leaky.line("rev-parse", "HEAD")
    attempt(leaky, "cherry-pick", "leak~1")
    assert leaky.line("rev-parse", "HEAD") == head


def test_a_cherry_pick_of_something_else_goes_through(protected: Repository) -> None:
    protected.git("switch", "-q", "-c", "side")
    protected.commit("side", files={"side.txt": "side\n"})
    protected.git("switch", "-q", "main")
    protected.git("cherry-pick", "side")
    assert staged(protected, "side.txt") == b"side\n"


def test_a_revert_that_brings_a_token_back_is_refused(repository: Repository) -> None:
    repository.commit("leak", files={"app.py": SECRET})
    repository.commit("taken out", files={"app.py": CLEAN})
    protect(repository)
    attempt(repository, "revert", "--no-edit", "HEAD")


def test_a_revert_of_something_else_goes_through(protected: Repository) -> None:
    protected.commit("second", files={"app.py": "second = 2\n"})
    protected.git("revert", "--no-edit", "HEAD")
    assert staged(protected, "app.py") == CLEAN.encode()


def test_a_patch_with_a_token_is_refused_by_am(protected: Repository, leaky: Repository) -> None:
    patch = leaky.git("format-patch", "--stdout", "-1", "leak~1").stdout
    attempt(protected, "am", "-q", input=patch)


def test_a_rebase_of_commits_that_held_a_token_before_goes_through(leaky: Repository) -> None:
    leaky.git("rebase", "-q", "main", "leak")
    assert leaky.git("cat-file", "blob", "leak:leak.py").stdout == b"more = 1\n" + SECRET.encode()
    assert leaky.line("merge-base", "main", "leak") == leaky.line("rev-parse", "main")


def test_an_interactive_rebase_that_puts_such_commits_in_another_order_goes_through(leaky: Repository) -> None:
    leaky.git("switch", "-q", "leak")
    leaky.commit("third", files={"third.txt": "third\n"})
    editor = {"GIT_SEQUENCE_EDITOR": 'f() { sed -n \'2p\' "$1" >"$1.new"; sed \'2d\' "$1" >>"$1.new"; mv "$1.new" "$1"; }; f'}
    leaky.git("rebase", "-q", "-i", "HEAD~2", env=editor)
    assert leaky.line("log", "-1", "--format=%s") == "beyond"


def test_a_token_brought_into_a_rebase_is_refused(leaky: Repository) -> None:
    leaky.git("switch", "-q", "leak")
    head = leaky.line("rev-parse", "HEAD")
    leaky.git("rebase", "-q", "-i", "HEAD~1", env={"GIT_SEQUENCE_EDITOR": "sed -i 's/^pick/edit/'"})
    stage_unseen(leaky, "fresh.py", SECRET.replace(TOKEN, OTHER_TOKEN))
    attempt(leaky, "commit", "--amend", "--no-verify", "--no-edit")
    leaky.git("rebase", "--abort")
    assert leaky.line("rev-parse", "leak") == head


def test_a_merge_of_such_a_branch_goes_through(leaky: Repository) -> None:
    leaky.git("merge", "-q", "-m", "merge", "leak")
    assert staged(leaky, LEAK) == b"more = 1\n" + SECRET.encode()


def test_a_squash_merge_of_such_a_branch_is_refused_as_a_new_commit(leaky: Repository) -> None:
    leaky.git("merge", "-q", "--squash", "leak", check=False)
    attempt(leaky, "commit", "--no-verify", "-m", "squashed")


@pytest.mark.parametrize(
    "words",
    [
        ("reset", "-q", "--hard", "leak"),
        ("reset", "-q", "leak"),
        ("switch", "-q", "leak"),
        ("checkout", "-q", "leak"),
        ("branch", "copy", "leak"),
        ("checkout", "-q", "-B", "other", "leak"),
        ("merge", "-q", "--no-edit", "leak"),
    ],
)
def test_going_to_what_is_there_already_is_not_judged(leaky: Repository, words: tuple[str, ...]) -> None:
    assert "refused" not in said(leaky.git(*words))


def test_what_is_fetched_is_not_judged(leaky: Repository, protected: Repository) -> None:
    protected.git("remote", "add", "other", leaky.path)
    protected.git("fetch", "-q", "other")
    protected.git("fetch", "-q", "other", "leak:fetched")
    protected.git("switch", "-q", "--track", "other/leak")
    assert staged(protected, LEAK) == b"more = 1\n" + SECRET.encode()


@pytest.mark.parametrize("words", [("pull", "-q", "--ff-only"), ("pull", "-q", "--no-rebase", "--no-edit"), ("pull", "-q", "--rebase")])
def test_what_is_pulled_is_not_judged(leaky: Repository, words: tuple[str, ...]) -> None:
    clone = leaky.clone(leaky.path.parent / "clone")
    protect(clone)
    if "--ff-only" not in words:
        clone.write("ours.txt", "ours\n")
        clone.git("add", "ours.txt")
        clone.git("commit", "-q", "-m", "ours")
    leaky.git("merge", "-q", "--no-edit", "leak")
    clone.git(*words)
    assert staged(clone, LEAK) == b"more = 1\n" + SECRET.encode()


def test_a_merge_of_what_was_fetched_is_not_judged(leaky: Repository) -> None:
    clone = leaky.clone(leaky.path.parent / "clone")
    protect(clone)
    clone.write("ours.txt", "ours\n")
    clone.git("add", "ours.txt")
    clone.git("commit", "-q", "-m", "ours")
    clone.git("fetch", "-q", "origin", "leak")
    clone.git("merge", "-q", "-m", "merge", "FETCH_HEAD")
    assert staged(clone, LEAK) == b"more = 1\n" + SECRET.encode()


def test_a_clone_with_hooks_from_a_template_is_not_judged(leaky: Repository) -> None:
    template = leaky.path.parent / "template"
    folder = leaky.path / ".git" / ("hooks" if (leaky.path / ".git" / "hooks").exists() else "gitshield/hooks")
    shutil.copytree(folder, template / "hooks")
    shutil.copytree(leaky.path / ".git" / "gitshield", template / "gitshield")
    done = leaky.git("clone", "-q", "--no-local", f"--template={template}", ".", leaky.path.parent / "copy")
    assert "refused" not in said(done)


def test_a_pushed_branch_and_a_tag_are_not_judged(leaky: Repository, bare: Repository) -> None:
    leaky.git("push", "-q", "--no-verify", bare.path, "leak")
    leaky.git("tag", "-a", "-m", "tag", "v1", "leak")
    leaky.git("branch", "-q", "-D", "leak")
    assert leaky.line("for-each-ref", "--format=%(refname)", "refs/tags") == "refs/tags/v1"


def test_a_pass_lets_a_cherry_pick_through_and_is_spent(leaky: Repository) -> None:
    words = attempt(leaky, "cherry-pick", "leak~1")
    leaky.git("cherry-pick", "--abort", check=False)
    leaky.git("reset", "-q", "--hard")
    call(leaky, "allow", words.split("allow ", 1)[1].split()[0], "--reason", "a test")
    leaky.git("cherry-pick", "leak~1")
    assert call(leaky, "log").stdout.count("passed") == 1


def test_the_commit_gate_and_the_reference_gate_say_it_once(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    assert attempt(protected, "commit", "-m", "leak").count("commit refused") == 1
