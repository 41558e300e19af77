"""What a person sees, whole: the first hour with gitshield. `GITSHIELD_UPDATE=1 pytest tests/gate/test_transcript.py` writes it anew."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.builder import TIMEOUT, Repository
from tests.gate.shield import LOCAL_VALUE, TOKEN, git_files, is_stored, objects

GOLDEN = Path(__file__).parent / "golden"


class Transcript:
    """Commands typed in a repository, and what they printed, with everything that changes from run to run made the same."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.text = ""

    def note(self, words: str) -> None:
        """Write a heading."""
        self.text += f"\n## {words}\n"

    def run(self, line: str) -> str:
        """Run a shell line and note it; its own output (standard output, then standard error) is given too."""
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.repository.path, env={**os.environ, **self.repository.clock.environment()},
            capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        status = f"[status {done.returncode}]\n" if done.returncode else ""
        self.text += f"\n$ {self._same(line)}\n{self._same(said)}{status}"
        return said

    def _same(self, text: str) -> str:
        text = text.replace(str(self.repository.path.parent), "…").replace(TOKEN, "<token>").replace(LOCAL_VALUE, "<value>")
        text = re.sub(r"allow [a-z2-9]{4}-[a-z2-9]{4}\b", "allow CODE", text)
        text = re.sub(r"\bcode=[a-z2-9]{4}-[a-z2-9]{4}\b", "code=CODE", text)
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "YYYY-MM-DD hh:mm:ss", text)
        text = re.sub(r"--add [0-9a-f]{16}", "--add FINGERPRINT", text)
        # git 2.54 and newer runs our hooks as configured ones too, from a folder of ours.
        text = re.sub(r"(?m)^(would )?write \.git/gitshield/hooks/.*\n", "", text)
        return text.replace(" and as git's configured hooks", "").replace("way='hooks, config'", "way=hooks")


def _refused(transcript: Transcript, line: str) -> str:
    """A line that must be refused, and leave nothing of .env behind."""
    repository = transcript.repository
    before, counted = objects(repository), repository.line("count-objects", "-v")
    said = transcript.run(line)
    assert "refused" in said, line
    assert not is_stored(repository, ".env"), line
    assert objects(repository) == before, line
    assert repository.line("count-objects", "-v") == counted, line
    return said


def _five_ways(transcript: Transcript) -> None:
    repository = transcript.repository
    transcript.note("a .env file, five ways")
    repository.write(".env", f"API_TOKEN={TOKEN}\nDB_PASSWORD={LOCAL_VALUE}\n")
    _refused(transcript, "git add .env")
    _refused(transcript, "git stage .env")
    _refused(transcript, "git add -A")
    _refused(transcript, "git add .")
    empty = repository.git("hash-object", "-w", "--stdin").stdout.decode().strip()
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{empty},.env")
    _refused(transcript, "git commit -a --no-verify -m everything")
    repository.git("update-index", "--force-remove", ".env")
    transcript.run("echo .env >.gitignore && git add .gitignore && git commit -q -m ignore")
    _refused(transcript, "git add -f .env")
    transcript.run("git status --short")


def _a_token(transcript: Transcript) -> str:
    repository = transcript.repository
    transcript.note("a token in a file")
    repository.write("app.py", f'token = "{TOKEN}"\n')
    said = transcript.run("git add app.py")
    assert (repository.path / "app.py").read_text() == f'token = "{TOKEN}"\n'
    assert repository.line("ls-files", "app.py") == ""
    transcript.run("git status --short")
    return said


def _templates(transcript: Transcript) -> None:
    repository = transcript.repository
    transcript.note("a template for .env: placeholders, a real value, the local value")
    repository.write(".env.example", "API_TOKEN=your-token-here\nDB_PASSWORD=\n")
    transcript.run("git add .env.example && git commit -q -m template && git ls-files .env.example")
    repository.write(".env.example", f"API_TOKEN={TOKEN}\nDB_PASSWORD=\n")
    transcript.run("git add .env.example; git status --short .env.example")
    repository.write(".env.example", f"API_TOKEN=your-token-here\nDB_PASSWORD=\n# ask Grace, or try {LOCAL_VALUE}\n")
    assert "local-dotenv-value" in transcript.run("git add .env.example; git status --short .env.example")
    repository.git("checkout", "--", ".env.example")


def _on_purpose(transcript: Transcript, said: str) -> None:
    transcript.note("on purpose, once")
    code = re.search(r"allow (\S+) --reason", said)
    assert code
    transcript.run(f'gitshield allow {code[1]} --reason "the token of a test account"')
    transcript.run("git add app.py && git commit -q -m token && git ls-files app.py")
    assert "the token of a test account" in transcript.run("gitshield log | tail -n 2")


def test_the_first_hour(repository: Repository, home: Path) -> None:
    transcript = Transcript(repository)
    assert home.is_dir()
    transcript.note("a new repository")
    transcript.run("gitshield protect")
    _five_ways(transcript)
    said = _a_token(transcript)
    _templates(transcript)
    _on_purpose(transcript, said)
    transcript.note("and out again")
    transcript.run("gitshield protect --undo")
    assert TOKEN not in transcript.text
    assert LOCAL_VALUE not in transcript.text
    golden = GOLDEN / "first-hour.txt"
    if "GITSHIELD_UPDATE" in os.environ:
        golden.write_text(transcript.text.lstrip("\n"), encoding="utf-8")
    assert transcript.text.lstrip("\n") == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("commits", [0, 1])
def test_protect_and_undo_leave_git_byte_for_byte_as_it_was(repository: Repository, commits: int) -> None:
    for number in range(commits):
        repository.commit(f"number {number}", files={"app.py": f"number = {number}\n"})
    before = git_files(repository)
    transcript = Transcript(repository)
    transcript.run("gitshield protect")
    assert git_files(repository) != before
    transcript.run("gitshield protect --undo")
    assert git_files(repository) == before
