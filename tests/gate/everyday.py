"""Days of ordinary git work, each a function of a `Story`: run in a protected and in an unprotected repository they must end alike."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.builder import Repository


@dataclass(frozen=True, slots=True)
class Story:
    """A repository to work in; the `line` that each version of app.py holds (a secret, in some stories), and a settings file."""

    repository: Repository
    line: str
    settings: str
    is_free: bool
    other: Repository

    def app(self, **changes: str) -> str:
        """The text of app.py: the line, and thirty settings that `changes` may set, far enough apart for two hunks."""
        steps = {f"step{number}": str(number) for number in range(30)} | changes
        return "".join(f"{key} = {value}\n" for key, value in steps.items()) + self.line

    def edit(self, text: str | None = None, **changes: str) -> None:
        """Write another version of app.py."""
        self.repository.write("app.py", text if text is not None else self.app(**changes))

    def git(self, *words: str | Path, env: dict[str, str] | None = None, input: bytes | None = None, check: bool = True) -> None:
        """Run git; with `check`, it must work."""
        self.repository.git(*words, env=env, input=input, check=check)

    def commit(self, message: str, **changes: str) -> None:
        """Commit another version of app.py the way people do."""
        self.edit(**changes)
        self.git("commit", "-q", "-a", "-m", message)


def add_and_commit(story: Story) -> None:
    story.edit(step1="one")
    story.repository.write("new.py", "new = 1\n" + (story.line if story.is_free else ""))
    story.git("add", "app.py", "new.py")
    story.git("commit", "-q", "-m", "add")
    story.repository.write(story.settings, "PORT=2\n" + story.line)
    story.git("add", "-A")
    story.git("commit", "-q", "-m", "all")
    story.edit(step1="two")
    story.git("commit", "-q", "-m", "a path", "app.py")


def add_patch(story: Story) -> None:
    story.edit(step1="one", step28="far")
    story.git("add", "-p", input=b"y\nn\n")
    story.git("commit", "-q", "-m", "one hunk")
    story.git("add", "-p", "app.py", input=b"s\ny\n")
    story.repository.write("edited.txt", "a\nb\n")
    story.git("add", "-N", "edited.txt")
    story.git("add", "-p", "edited.txt", input=b"y\n")


def commit_and_amend(story: Story) -> None:
    story.commit("first try", step1="one")
    story.edit(step1="two")
    story.git("commit", "-q", "-a", "--amend", "--no-edit")
    story.git("commit", "-q", "--amend", "-m", "better words")
    story.git("commit", "-q", "--allow-empty", "-m", "nothing")


def stash(story: Story) -> None:
    story.edit(step1="one")
    story.git("add", "app.py")
    story.repository.write(story.settings, "PORT=3\n" + story.line)
    story.git("stash")
    story.git("stash", "pop", "--index")
    story.git("stash", "push", "-q", "-m", "settings", "--", story.settings)
    story.git("stash", "-q", "--keep-index")
    story.git("stash", "list")
    story.git("reset", "-q", "--hard")
    story.git("stash", "apply", "-q")
    story.git("stash", "branch", "stashed", "stash@{1}", check=False)


def stash_untracked(story: Story) -> None:
    story.repository.write(".env.local", "TOKEN=untracked\n" + story.line)
    story.repository.write("notes/new.txt", "new\n" + story.line)
    story.edit(step1="one")
    story.git("stash", "-q", "-u")
    story.git("stash", "show", "-p", "--include-untracked")
    story.git("stash", "pop", "-q")
    story.git("stash", "-q", "-a")
    story.git("stash", "apply", "-q")


def rebase_interactively(story: Story) -> None:
    for number in (1, 2, 3, 4):
        story.commit(f"step {number}", **{f"step{number * 6}": "changed"})
    reorder = 'f() { sed -n 2p "$1" >"$1.n"; sed 2d "$1" >>"$1.n"; mv "$1.n" "$1"; }; f'
    story.git("rebase", "-q", "-i", "HEAD~3", env={"GIT_SEQUENCE_EDITOR": reorder})
    story.git("rebase", "-q", "-i", "HEAD~3", env={"GIT_SEQUENCE_EDITOR": "sed -i 2s/pick/squash/"})
    story.git("rebase", "-q", "-i", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "sed -i 1s/pick/edit/"})
    story.repository.write("edited.txt", "edited\n")
    story.git("add", "edited.txt")
    story.git("commit", "-q", "--amend", "--no-edit")
    story.git("rebase", "--continue")
    story.git("rebase", "-q", "-i", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "sed -i 1s/pick/reword/"})


def rebase_with_conflict(story: Story) -> None:
    story.git("switch", "-q", "-c", "topic")
    story.commit("topic", step1="topic")
    story.commit("topic, far", step28="topic", step1="topic")
    story.git("switch", "-q", "main")
    story.commit("main", step1="main")
    story.git("rebase", "main", "topic", check=False)
    story.edit(step1="both", step15="main")
    story.git("add", "app.py")
    story.git("rebase", "--continue")
    story.git("switch", "-q", "-c", "other", "main~1")
    story.commit("other", step1="other")
    story.git("rebase", "main", check=False)
    story.git("rebase", "--abort")
    story.edit(step1="other", step5="unsaved")
    story.git("rebase", "-q", "--autostash", "side")


def merge_with_conflict(story: Story) -> None:
    story.git("switch", "-q", "-c", "topic")
    story.commit("topic", step1="topic")
    story.git("switch", "-q", "main")
    story.commit("main", step1="main")
    story.git("merge", "topic", check=False)
    story.git("merge", "--abort")
    story.git("merge", "topic", check=False)
    story.git("diff")
    story.edit(step1="both")
    story.git("add", "app.py")
    story.git("commit", "-q", "--no-edit")


def merge(story: Story) -> None:
    story.git("merge", "-q", "--no-ff", "-m", "side", "side")
    story.git("switch", "-q", "-c", "topic", "HEAD~1")
    story.commit("topic", step1="topic")
    story.git("switch", "-q", "main")
    story.git("merge", "-q", "-m", "topic", "topic")
    story.git("switch", "-q", "-c", "ahead")
    story.commit("ahead", step2="ahead")
    story.git("switch", "-q", "main")
    story.git("merge", "-q", "--ff-only", "ahead")
    story.git("merge", "-q", "--squash", "side")
    story.git("branch", "octopus", "side")
    story.git("merge", "-q", "-m", "many", "side", "octopus")


def pick_and_revert(story: Story) -> None:
    story.git("switch", "-q", "-c", "topic")
    story.commit("topic", step1="topic")
    story.commit("topic, far", step28="topic", step1="topic")
    story.git("switch", "-q", "main")
    story.git("cherry-pick", "-x", "topic~1")
    story.git("cherry-pick", "side")
    story.git("revert", "--no-edit", "HEAD")
    story.git("revert", "--no-edit", "HEAD~2")
    story.commit("main", step1="main")
    story.git("cherry-pick", "topic~1", check=False)
    story.edit(step1="both")
    story.git("add", "app.py")
    story.git("cherry-pick", "--continue")


def mail(story: Story) -> None:
    story.commit("mailed", step1="mailed")
    patch = story.repository.git("format-patch", "--stdout", "-1").stdout
    story.git("reset", "-q", "--hard", "HEAD~1")
    story.git("am", "-q", input=patch)
    story.git("reset", "-q", "--hard", "HEAD~1")
    story.git("am", "-q", "-3", input=patch)
    story.git("apply", "-R", "--index", input=patch)


def worktrees(story: Story) -> None:
    place = story.repository.path.parent / f"{story.repository.path.name}-linked"
    linked = story.repository.linked_worktree(place, "-b", "linked")
    there = Story(linked, story.line, story.settings, story.is_free, story.other)
    there.commit("there", step1="there")
    linked.write("untracked.txt", "x\n")
    linked.git("stash", "-q", "-u")
    linked.git("stash", "pop", "-q")
    linked.git("add", "untracked.txt")
    linked.git("commit", "-q", "-m", "tracked")
    story.git("worktree", "remove", place)
    story.git("merge", "-q", "linked")
    story.git("branch", "-d", "linked")


def submodules(story: Story) -> None:
    story.repository.submodule("sub", story.other)
    story.git("commit", "-q", "-m", "sub")
    story.git("submodule", "update", "--init", "--recursive")
    story.git("submodule", "foreach", "git checkout -q HEAD~1")
    story.git("commit", "-q", "-a", "-m", "sub, older")
    story.git("submodule", "update")
    story.git("submodule", "deinit", "-q", "-f", "sub")
    story.git("submodule", "update", "-q", "--init")


def move_and_remove(story: Story) -> None:
    story.git("mv", "app.py", "moved.py")
    story.git("commit", "-q", "-m", "moved")
    story.repository.write("moved.py", story.app(step3="moved"))
    story.git("mv", story.settings, "deploy")
    story.git("mv", "deploy", story.settings)
    story.git("commit", "-q", "-a", "-m", "moved more")
    story.git("rm", "-q", "--cached", "moved.py")
    story.git("rm", "-q", "lib.py")
    story.git("commit", "-q", "-m", "removed")


def go_back(story: Story) -> None:
    story.edit(step1="one", step28="far")
    story.git("checkout", "-p", "--", "app.py", input=b"y\nn\n")
    story.repository.write(story.settings, "PORT=4\n")
    story.git("add", "app.py")
    story.git("restore", story.settings)
    story.git("restore", "--staged", "app.py")
    story.git("restore", "--source", "HEAD~1", "lib.py")
    story.git("checkout", "HEAD~1", "--", "app.py")
    story.git("reset", "-q", "--soft", "HEAD~1")
    story.git("reset", "-q", "--hard", "main@{1}")
    story.repository.write("junk.txt", "junk\n")
    story.repository.write(".env.local", "junk\n" + story.line)
    story.git("clean", "-q", "-f", "-d")
    story.edit(step1="kept")
    story.git("switch", "-q", "-c", "carried")
    story.git("checkout", "-q", "-m", "side")
    story.git("checkout", "-q", "--detach")
    story.git("checkout", "-q", "-f", "main")


def names(story: Story) -> None:
    story.git("tag", "light")
    story.git("tag", "-a", "-m", "a tag", "v1")
    story.git("notes", "add", "-m", "a note")
    story.git("notes", "append", "-m", "more")
    story.git("branch", "one")
    story.git("branch", "-m", "one", "two")
    story.git("branch", "-D", "two")
    story.git("branch", "-f", "side", "main~1")
    story.git("tag", "-d", "light")
    story.git("update-ref", "refs/heads/made", "HEAD")
    story.git("symbolic-ref", "refs/heads/alias", "refs/heads/made")
    story.git("gc", "-q", "--prune=now")
    story.git("pack-refs", "--all")
    story.commit("after gc", step1="gc")
    story.git("replace", "HEAD", "HEAD~1")
    story.git("replace", "-d", story.repository.line("--no-replace-objects", "rev-parse", "HEAD"))


def bisect(story: Story) -> None:
    for number in range(4):
        story.commit(f"step {number}", step1=f"step {number}")
    story.git("bisect", "start", "HEAD", "HEAD~4")
    story.git("bisect", "run", "sh", "-c", "! grep -q 'step 2' app.py")
    story.git("bisect", "reset")


def share(story: Story) -> None:
    copy = story.repository.path.parent / f"{story.repository.path.name}-copy"
    clone = story.repository.clone(copy)
    clone.commit("from the copy", files={"copied.txt": "copied\n" + story.line})
    story.git("remote", "add", "copy", f"../{copy.name}")
    story.git("fetch", "-q", "copy")
    story.commit("ours", step1="ours")
    story.git("pull", "-q", "--no-rebase", "--no-edit", "copy", "main")
    clone.commit("more from the copy", files={"copied.txt": "more\n" + story.line})
    story.git("pull", "-q", "--rebase", "copy", "main")
    story.git("push", "-q", "copy", "main:refs/heads/back")
    story.git("remote", "remove", "copy")


DAYS: Final[tuple[Callable[[Story], None], ...]] = (
    add_and_commit, add_patch, commit_and_amend, stash, stash_untracked, rebase_interactively, rebase_with_conflict,
    merge_with_conflict, merge, pick_and_revert, mail, worktrees, submodules, move_and_remove, go_back, names, bisect, share,
)  # fmt: skip
