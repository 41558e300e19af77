"""Pushes as people type them: what plain git does, what the gate makes of it, and what can be put back afterwards."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import SECRET, TOKEN, call, protect, said


@dataclass(frozen=True, slots=True)
class Team:
    """A server, our clone, which is protected, and a colleague's."""

    server: Repository
    ours: Repository
    hers: Repository

    def tips(self) -> dict[str, str]:
        """The references of the server."""
        lines = self.server.line("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)  # type: ignore[misc]

    def push(self, *words: str, env: dict[str, str] | None = None) -> tuple[bool, str]:
        """Push as given; whether it went through, and what was said."""
        done = self.ours.git("push", *words, check=False, env=env)
        return done.returncode == 0, said(done)


def clone_of(server: Repository, path: Path, name: str) -> Repository:
    server.git("clone", "-q", server.path, path)
    made = Repository(path, clock=server.clock)
    made.git("config", "user.name", name)
    made.git("config", "user.email", f"{name}@example.org")
    return made


@pytest.fixture
def team(tmp_path: Path) -> Team:
    server = Repository.create(tmp_path / "server", is_bare=True)
    seed = Repository.create(tmp_path / "seed", clock=server.clock)
    seed.commit("base", files={"base": "1"})
    seed.git("tag", "v1")
    seed.git("push", "-q", server.path, "main", "main:topic", "main:release/1", "main:old", "v1")
    ours, hers = clone_of(server, tmp_path / "ours", "us"), clone_of(server, tmp_path / "hers", "ada")
    for branch in ("main", "topic", "release/1"):
        hers.git("checkout", "-q", branch)
        hers.commit(f"ada's day on {branch}", files={f"ada-{branch.replace('/', '-')}": "work"})
        hers.git("push", "-q", "origin", branch)
    ours.commit("ours", files={"ours": "1"})
    protect(ours)
    return Team(server, ours, hers)


def nothing(_team: Team) -> None:
    """Leave it as it is: what she pushed was never fetched."""


def fetched(team: Team) -> None:
    """What a background fetch does."""
    team.ours.git("fetch", "-q")


def integrated(team: Team) -> None:
    """She was merged once, and then left out on purpose."""
    team.ours.git("fetch", "-q")
    team.ours.git("reset", "-q", "--hard", "origin/main")
    team.ours.git("reset", "-q", "--hard", "HEAD~1")
    team.ours.commit("instead", files={"instead": "1"})


def aliased(team: Team) -> None:
    fetched(team)
    team.ours.git("config", "alias.pf", "push --force")
    team.ours.git("config", "alias.shove", "!git push --force")


def plus_configured(team: Team) -> None:
    integrated(team)
    team.ours.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")


def mirror_configured(team: Team) -> None:
    fetched(team)
    team.ours.git("config", "remote.origin.mirror", "true")


# before, words, whether it passes; MAIN stands for the id that the server's main has
FORMS: list[tuple[Callable[[Team], None], str, bool]] = [
    (nothing, "push origin main", False),
    (nothing, "push --force origin main", False),
    (nothing, "push --force-with-lease origin main", False),
    (nothing, "push -f origin HEAD:main", False),
    (fetched, "push origin main", False),
    (fetched, "push -f origin main", False),
    (fetched, "push --force origin main", False),
    (fetched, "push origin +main", False),
    (fetched, "push origin +HEAD:refs/heads/main", False),
    (fetched, "push --force-with-lease origin main", False),
    (fetched, "push --force-w origin main", False),
    (fetched, "push --force-with-lease=main origin main", False),
    (fetched, "push --force-with-lease=main:origin/main origin main", False),
    (fetched, "push --force-with-lease=main:MAIN origin main", True),
    (fetched, "push --force-with-lease=refs/heads/main:MAIN origin main", True),
    (fetched, "push --force-with-lease=main:MAIN -f origin main", False),
    (fetched, "push -f --force-with-lease=main:MAIN origin main", False),
    (fetched, "push --force-with-lease=main:MAIN origin +main", False),
    (fetched, "push -f --no-force --force-with-lease=main:MAIN origin main", True),
    (fetched, "push --force-with-lease --force-if-includes origin main", False),
    (fetched, "push -nf origin main", False),
    (fetched, "push --dry-run --force-with-lease=main:MAIN origin main", True),
    (fetched, "-c push.default=current push -f origin", False),
    (fetched, "-c alias.x=push -c color.ui=always x --force origin main", False),
    (aliased, "pf origin main", False),
    (aliased, "shove origin main", False),
    (integrated, "push -f origin main", False),
    (integrated, "push --force-with-lease origin main", True),
    (integrated, "push --force-with-lease --force-if-includes origin main", True),
    (integrated, "push --force-with-lease origin HEAD:main", True),
    (plus_configured, "push --force-with-lease origin", False),
    (nothing, "push origin :main", False),
    (nothing, "push -d origin main", False),
    (nothing, "push --delete origin release/1", False),
    (nothing, "push origin :old", True),
    (nothing, "push --mirror origin", False),
    (fetched, "push --mirror origin", False),
    (mirror_configured, "push origin", False),
    (fetched, "push --prune origin refs/heads/*:refs/heads/*", False),
    (nothing, "push origin main:new", True),
    (nothing, "push origin HEAD", False),
    (nothing, "push -f origin main:topic", True),
    (fetched, "push -f origin main:topic", True),
    (fetched, "push -f origin main:topic main:release/1", False),
    (fetched, "push origin main:new :main", False),
    (nothing, "push origin HEAD:refs/notes/x", True),
    (nothing, "push origin HEAD:refs/for/main", True),
    (nothing, "push -f origin HEAD:refs/tags/v1", False),
    (nothing, "push origin :refs/tags/v1", False),
    (nothing, "push origin HEAD:refs/tags/other", True),
]


@pytest.mark.parametrize(("before", "words", "expected"), FORMS, ids=[f"{before.__name__}: {words}" for before, words, _ in FORMS])
def test_a_form_of_push(team: Team, before: Callable[[Team], None], words: str, expected: bool) -> None:
    before(team)
    tips = team.tips()
    done = team.ours.git(*words.replace("MAIN", tips["refs/heads/main"]).split(), check=False)
    assert (done.returncode == 0) is expected, said(done)
    if not expected:
        assert team.tips() == tips
        assert "gitshield: push refused" in said(done) or "rejected" in said(done), said(done)
    elif "dry-run" not in words:
        assert team.tips() != tips


def test_a_refusal_says_whose_work_would_be_lost_and_leads_out(team: Team) -> None:
    fetched(team)
    is_done, text = team.push("--force", "origin", "main")
    assert not is_done
    assert "1 commit of 1 person would be lost there" in text
    assert "ada: ada's day on main" in text
    assert "git fetch origin && git rebase origin/main" in text
    team.ours.git("rebase", "-q", "origin/main")
    assert team.push("origin", "main")[0]


def test_the_exact_lease_that_is_named_passes(team: Team) -> None:
    fetched(team)
    _, text = team.push("--force", "origin", "main")
    words = next(line for line in text.splitlines() if "--force-with-lease=" in line).partition("git push ")[2].split()
    assert team.push(*words)[0]


def pins(environment: dict[str, str] | None = None) -> list[Path]:
    data = Path((environment or dict(os.environ))["XDG_DATA_HOME"])
    return sorted((data / "gitshield" / "pins").rglob("*.pack"))


@pytest.mark.parametrize("before", [nothing, fetched])
@pytest.mark.parametrize("words", ["-f origin main:topic", "origin :topic"])
def test_what_an_unprotected_push_takes_away_can_be_put_back(
    team: Team, tmp_path: Path, before: Callable[[Team], None], words: str
) -> None:
    before(team)
    lost = team.tips()["refs/heads/topic"]
    content = {name: team.hers.line("show", f"{lost}:{name}") for name in team.hers.line("ls-tree", "--name-only", lost).split()}
    is_done, text = team.push(*words.split())
    assert is_done, text
    assert lost in text
    (pack,) = pins()
    assert pack.stat().st_mode & 0o777 == 0o600 and pack.parent.stat().st_mode & 0o777 == 0o700
    facts = json.loads(pack.with_suffix(".json").read_text())
    assert (facts["ref"], facts["oid"], facts["remote"]) == ("refs/heads/topic", lost, "origin")
    other = tmp_path / "other"  # a clone that never saw it: the server has lost it, and ours is gone
    team.server.git("clone", "-q", f"file://{team.server.path}", other)
    assert subprocess.run(["git", "-C", other, "cat-file", "-e", lost], check=False, capture_output=True).returncode
    command = next(line for line in text.splitlines() if "unpack-objects" in line).partition("get it back: ")[2]
    subprocess.run(["sh", "-c", command], cwd=other, check=True)
    rescued = Repository(other)
    assert {name: rescued.line("show", f"topic-rescued:{name}") for name in content} == content
    assert rescued.git("fsck", "--full", "--strict").returncode == 0


def test_what_two_pruned_branches_share_is_saved_and_tags_stay_out_of_it(team: Team) -> None:
    """Each branch alone would have the other one hold its commits, and both go."""
    team.hers.git("push", "-q", "origin", "origin/topic:refs/heads/twin")
    team.server.git("tag", "v2", "topic")  # not here, protected, and no business of this refspec
    team.ours.git("fetch", "-q", "--no-tags")
    team.ours.git("rebase", "-q", "origin/main")
    team.ours.git("branch", "-q", "release/1", "origin/release/1")
    lost = team.tips()["refs/heads/topic"]
    is_done, text = team.push("--prune", "origin", "refs/heads/*:refs/heads/*")
    assert is_done, text
    assert not {"refs/heads/topic", "refs/heads/twin", "refs/heads/old"} & team.tips().keys()
    assert "refs/tags/v2" in team.tips()
    facts = [json.loads(pack.with_suffix(".json").read_text()) for pack in pins()]
    assert {(one["ref"], one["oid"]) for one in facts} == {("refs/heads/topic", lost), ("refs/heads/twin", lost)}


def test_what_cannot_be_saved_is_not_taken_away(team: Team) -> None:
    tips = team.tips()
    place = Path(os.environ["XDG_DATA_HOME"]) / "gitshield"
    place.mkdir(parents=True, exist_ok=True)
    (place / "pins").write_text("in the way")
    is_done, text = team.push("-f", "origin", "main:topic")
    assert not is_done
    assert "cannot be saved" in text
    assert team.tips() == tips


def test_a_leak_that_skipped_the_commit_gates_does_not_leave(team: Team) -> None:
    team.ours.git("fetch", "-q")
    team.ours.git("rebase", "-q", "origin/main")
    (team.ours.path / "leak.py").write_text(SECRET)
    silent = ("-c", "core.hooksPath=/dev/null")
    team.ours.git(*silent, "add", "leak.py")
    team.ours.git(*silent, "commit", "-qm", "leak")
    team.ours.git(*silent, "rm", "-q", "leak.py")
    team.ours.git(*silent, "commit", "-qm", "gone again")
    is_done, text = team.push("origin", "main")
    assert not is_done and "leak.py" in text and TOKEN not in text
    team.ours.git(*silent, "reset", "-q", "--hard", "HEAD~2")
    team.ours.git("tag", "-a", "other", "-m", f"a tag\n\n{SECRET}")
    assert "tag" in team.push("origin", "other")[1]
    is_done, text = team.push("origin", f"main:{TOKEN}")
    assert not is_done and TOKEN not in text
    assert team.push("origin", "main")[0]


def test_a_leak_among_hundreds_of_commits_does_not_leave(team: Team) -> None:
    lines = [
        f"commit refs/heads/many\ncommitter a <a@b> {1_700_000_000 + n} +0000\ndata 1\nx\nM 644 inline f{n}\ndata 2\n{n % 10}\n"
        for n in range(250)
    ]
    lines.insert(
        120, f"commit refs/heads/many\ncommitter a <a@b> 1700000120 +0000\ndata 1\nx\nM 644 inline leak.py\ndata {len(SECRET)}\n{SECRET}\n"
    )
    team.ours.git("fast-import", "--quiet", input="".join(lines).encode())
    is_done, text = team.push("origin", "many")
    assert not is_done and "leak.py" in text, text
    team.ours.git("update-ref", "refs/heads/few", team.ours.line("rev-list", "--skip=200", "--max-count=1", "many"))
    assert team.push("origin", "few")[0]


def test_the_hook_that_was_here_gets_the_same_lines_and_can_refuse(team: Team) -> None:
    note = team.ours.path / ".git" / "note"
    team.ours.hook("pre-push.gitshield-chained", f'#!/bin/sh\necho "$@" >{note}\ncat >>{note}\n[ ! -e .git/refuse ]\n')
    assert team.push("origin", "main:new")[0]
    new = team.ours.line("rev-parse", "main")
    assert note.read_text() == f"origin {team.server.path}\nrefs/heads/main {new} refs/heads/new {'0' * 40}\n"
    (team.ours.path / ".git" / "refuse").touch()
    assert not team.push("origin", "main:newer")[0]
    note.unlink()
    (team.ours.path / ".git" / "refuse").unlink()
    assert team.push("origin", "main:new")[0]  # nothing to push: no lines


def test_configuration_says_what_is_protected(team: Team) -> None:
    (team.ours.path / ".gitshield.toml").write_text('[push]\nprotected = ["topic"]\n')
    assert not team.push("-f", "origin", "main:topic")[0]
    (team.ours.path / ".gitshield.toml").write_text("[push]\nstrict = true\n")
    assert not team.push("-f", "origin", "main:topic")[0]
    (team.ours.path / ".gitshield.toml").write_text("[gates]\npush = false\n")
    assert not team.push("-f", "origin", "main")[0]  # what loosens waits for a person
    call(team.ours, "allow", "--config", "--reason", "a test", code=None)


def test_many_references_in_one_push(team: Team) -> None:
    names = [f"b{number:04}" for number in range(1000)]
    tip = team.ours.line("rev-parse", "main")
    team.ours.git("update-ref", "--stdin", input="".join(f"create refs/heads/{name} {tip}\n" for name in names).encode())
    is_done, text = team.push("origin", *(f"refs/heads/{name}" for name in names[:999]), "+main")
    assert not is_done and "push refused" in text
    assert team.push("origin", *(f"refs/heads/{name}" for name in names))[0]
