"""The first look: it imports next to nothing, agrees with the full gate, and whatever is wrong with it ends in the full gate."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.gate.shield import CLEAN, ROOT, SECRET, attempt, protect
from tests.gate.test_commit import stage_unseen

# What a hook may load before it knows that there is something to judge. Each of these takes a millisecond or more elsewhere.
HEAVY = {
    "typing",
    "re",
    "dataclasses",
    "enum",
    "subprocess",
    "json",
    "pathlib",
    "click",
    "hyperscan",
    "re2",
    "pygit2",
    "tempfile",
    "shutil",
}
OWN = {
    "gitshield", "gitshield.gate", "gitshield.gate.adding", "gitshield.gate.local", "gitshield.gate.quick",
    "gitshield.gate.start", "gitshield.gate.updates",
    "gitshield.git", "gitshield.git.ancestry",
    "gitshield.git.objects", "gitshield.git.process", "gitshield.git.staged", "gitshield.rules", "gitshield.rules.image",
    "gitshield.scan", "gitshield.scan.decode", "gitshield.scan.magic",
}  # fmt: skip


def test_it_imports_next_to_nothing() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import gitshield.gate.start, gitshield.gate.adding, gitshield.gate.updates"
    code += "; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded & HEAVY == set()
    assert {name for name in loaded if name.startswith("gitshield")} <= OWN


def full_gates(repository: Repository, *words: str) -> int:
    """How many times the full gate was reached in a git command, called by its bare name as people do."""
    log = repository.path.parent / "imports"
    log.write_text("")
    settings = repository.path / ".git" / "gitshield" / "settings"
    before = settings.read_text()
    probe = (
        "class Seen:\n    def find_spec(self, name, *rest):\n"
        f'        name == "gitshield.gate.main" and open({str(log)!r}, "a").write("full" + chr(10))\n'
    )
    settings.write_text(before.replace("import sys\n", f"import sys\n{probe}sys.meta_path.insert(0, Seen())\n".replace("'", '"'), 1))
    environment = {**os.environ, **repository.clock.environment()}
    subprocess.run(["git", *words], cwd=repository.path, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    settings.write_text(before)
    return log.read_text().count("full")


def test_an_ordinary_commit_ends_at_the_first_look(protected: Repository) -> None:
    protected.write("app.py", "fine = 1\n")
    assert full_gates(protected, "add", "app.py") == 0
    assert full_gates(protected, "commit", "-q", "-m", "fine") == 0
    protected.write("app.py", SECRET)
    assert full_gates(protected, "add", "app.py") == 1


def test_clean_commits_that_pre_commit_never_sees_end_at_the_first_look(protected: Repository) -> None:
    protected.git("checkout", "-q", "-b", "topic")
    for number in range(3):
        protected.commit(f"step {number}", files={f"step{number}.py": CLEAN})
    protected.git("checkout", "-q", "main")
    protected.commit("main", files={"main.py": CLEAN})
    assert full_gates(protected, "cherry-pick", "topic") == 0
    assert full_gates(protected, "rebase", "-q", "main", "topic") == 0
    assert full_gates(protected, "revert", "--no-edit", "HEAD") == 0
    assert full_gates(protected, "merge", "-q", "--no-ff", "-m", "both", "main") == 0
    assert full_gates(protected, "commit", "-q", "--no-verify", "--allow-empty", "-m", "empty") == 0


@pytest.mark.parametrize("hidden", ["message", "content", "path", "second commit"])
def test_a_reference_update_that_is_not_clean_reaches_the_full_gate(protected: Repository, hidden: str) -> None:
    tip = protected.git("rev-parse", "HEAD").stdout.decode().strip()
    for number in range(2):
        is_it = number == (hidden == "second commit")
        content = SECRET if is_it and hidden in ("content", "second commit") else CLEAN
        blob = protected.git("hash-object", "-w", "--stdin", input=content.encode()).stdout.decode().strip()
        path = ".env" if is_it and hidden == "path" else "app.py"
        tree = protected.git("mktree", input=f"100644 blob {blob}\t{path}\n".encode()).stdout.decode().strip()
        message = SECRET if is_it and hidden == "message" else "fine"
        tip = protected.git("commit-tree", tree, "-p", tip, "-m", message).stdout.decode().strip()
    attempt(protected, "update-ref", "refs/heads/main", tip)


def test_commits_that_are_packed_already_reach_the_full_gate(protected: Repository) -> None:
    tree = protected.git("rev-parse", "HEAD^{tree}").stdout.decode().strip()
    tip = protected.git("commit-tree", tree, "-p", "HEAD", "-m", "fine").stdout.decode().strip()
    pack = protected.path / ".git" / "objects" / "pack" / "pack"
    protected.git("pack-objects", "-q", str(pack), input=f"{tip}\n".encode())
    protected.git("prune-packed")
    assert full_gates(protected, "update-ref", "refs/heads/main", tip) == 1


def test_looking_and_moving_never_reaches_the_full_gate(protected: Repository) -> None:
    protected.write("app.py", "fine = 1\n")
    for line in ("status", "stash", "stash pop", "tag t", "reset -q --hard", "switch -q -c b", "fetch -q .", "gc -q", "stash -u"):
        words = line.split()
        assert full_gates(protected, *words) == 0, words


DAMAGE = {
    "no stamp": lambda folder: (folder / "stamp").unlink(),
    "an empty stamp": lambda folder: (folder / "stamp").write_bytes(b""),
    "a stamp of something else": lambda folder: (folder / "stamp").write_bytes(b"\xff" * 100),
    "a stamp that is no table": lambda folder: (folder / "stamp").write_bytes(b"N"),
    "a cut list of clean blobs": lambda folder: (folder / "clean").write_bytes(b"\xff\xff"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_ends_in_the_full_gate(protected: Repository, damage) -> None:
    protected.write("fine.txt", "fine\n")
    protected.git("add", "fine.txt")
    damage(protected.path / ".git" / "gitshield")
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "-m", "leak")
    damage_again = protected.path / ".git" / "gitshield"
    if (damage_again / "stamp").exists():
        damage(damage_again)
    protected.git("reset", "-q", "--hard")
    protected.write("app.py", "fine = 1\n")
    protected.git("commit", "-q", "-a", "-m", "fine")


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"cut"], ids=["empty", "zeros", "cut"])
def test_a_damaged_cache_of_rules_ends_in_the_full_gate(protected: Repository, content: bytes, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    protected.write("fine.txt", "fine\n")
    protected.git("add", "fine.txt")
    protected.git("commit", "-q", "-m", "fine")
    (tmp_path / "cache").mkdir(exist_ok=True)
    stage_unseen(protected, "app.py", SECRET)
    attempt(protected, "commit", "-m", "leak")
    images = sorted((tmp_path / "cache").rglob("*.image"))
    assert images
    for image in images:
        image.write_bytes(content if content != b"cut" else image.read_bytes()[: image.stat().st_size // 2])
    attempt(protected, "commit", "-m", "leak")


def test_without_a_cache_of_the_person_the_first_look_uses_one_of_the_repository(
    repository: Repository, tmp_path: Path, monkeypatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    repository.commit("first", files={"app.py": CLEAN})
    protect(repository)
    repository.write("app.py", "fine = 1\n")
    repository.git("add", "app.py")
    assert full_gates(repository, "commit", "-q", "-m", "fine") == 0
    assert list((repository.path / ".git" / "gitshield" / "cache").glob("*.image"))


def test_a_blob_known_to_be_clean_is_judged_again_at_a_sensitive_path(protected: Repository) -> None:
    protected.write("plain.txt", "PORT=1\n")
    protected.git("add", "plain.txt")
    protected.git("commit", "-q", "-m", "plain")
    stage_unseen(protected, ".env", "PORT=1\n")
    (protected.path / ".env").unlink()
    attempt(protected, "commit", "-m", "leak")


def test_an_entry_that_was_taken_out_counts_at_once(repository: Repository) -> None:
    from gitshield.scan import allow_file
    from tests.gate.shield import TOKEN

    entry = allow_file.entry_for_value("github-pat-classic", TOKEN.encode(), owner="ada", reason="a test", salt=bytes(8))
    repository.commit("first", files={"app.py": CLEAN, ".gitshield-allow": allow_file.add(b"", entry)})
    protect(repository)
    repository.write("app.py", SECRET)
    repository.git("commit", "-q", "-a", "-m", "allowed")
    (repository.path / ".gitshield-allow").unlink()
    stage_unseen(repository, "other.py", SECRET)
    attempt(repository, "commit", "-m", "leak")
    assert os.path.exists(repository.path / "other.py")
