"""What is remembered of a history costs no finding: a scan that reads only what is new finds what one of everything finds."""

import hashlib
import json
import os
import random
import shutil
import stat
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitshield.git.layout import find_layout
from gitshield.model.finding import Result
from gitshield.scan.allow_file import entry_for_value, render
from gitshield.scan.allowances import parse_allowances
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.memory import key_of
from gitshield.scan.history.scan import scan_history
from gitshield.scan.known import collect
from gitshield.scan.scan import Terms
from tests.builder import Repository
from tests.gate.shield import call
from tests.history.hiding import token_of
from tests.history.test_windows import ROUNDS, history, told
from tests.scan.rulesets import TOKENS, built_in_terms, terms_of

ONE = "tok_aaaaaa1"
TWO = "tok_bbbbbb2"
BODY = "".join(f"line {number}\n" for number in range(2000))


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "histories"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository.create(tmp_path / "r")
    repository.commit("first", files={"a.txt": BODY, "b.txt": f"{BODY}{ONE}\n", "c.txt": "nothing\n"})
    return repository


def scanned(repository: Repository, memory: Path | None, terms: Terms | None = None, extent: Extent | None = None) -> Result:
    layout = find_layout(str(repository.path), environment=dict(os.environ))
    return scan_history(layout, dict(os.environ), terms or terms_of(), extent=extent, memory=str(memory) if memory else None)


def values(result: Result) -> list[str]:
    return sorted(one.secret.reveal().decode() for one in result.findings if one.secret is not None)


def same(repository: Repository, memory: Path, terms: Terms | None = None) -> Result:
    """A scan with the memory, which has found what one without finds."""
    result = scanned(repository, memory, terms)
    whole = scanned(repository, None, terms)
    assert told(result.findings) == told(whole.findings)
    assert result.receipt.read == whole.receipt.read
    assert result.receipt.skipped == whole.receipt.skipped
    return result


def test_a_second_scan_reads_what_is_new_and_finds_the_same(repository: Repository, memory: Path) -> None:
    first = scanned(repository, memory)
    assert values(first) == [ONE]
    assert not first.receipt.remembered
    repository.commit("second", files={"a.txt": f"{BODY}{TWO}\n"})
    second = same(repository, memory)
    assert values(second) == [ONE, TWO]
    assert second.receipt.size < first.receipt.size * 2 / 3
    assert second.receipt.remembered == 4  # the first commit and its blobs, also the one that is judged again
    third = same(repository, memory)
    assert third.receipt.size < 1000  # git's own files


def test_what_was_clean_is_judged_again_under_a_name_that_matters(repository: Repository, memory: Path) -> None:
    terms = built_in_terms()
    repository.commit("plain", files={"settings.txt": "COLOUR=blue\n"})
    assert not scanned(repository, memory, terms).findings
    repository.git("mv", "settings.txt", ".env")
    repository.commit("moved")
    assert [one.rule_id for one in same(repository, memory, terms).findings] == ["dotenv-file"]


def test_what_went_from_the_repository_is_forgotten(repository: Repository, memory: Path) -> None:
    repository.commit("second", files={"d.txt": f"{TWO}\n"})
    assert values(scanned(repository, memory)) == [ONE, TWO]
    repository.git("reset", "--hard", "-q", "HEAD~1")
    repository.git("reflog", "expire", "--expire=now", "--all")
    repository.git("gc", "-q", "--prune=now")
    assert values(same(repository, memory)) == [ONE]
    repository.commit("again", files={"d.txt": f"{TWO}\n"})
    assert values(same(repository, memory)) == [ONE, TWO]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_secret_is_kept_in_all_versions_whatever_is_packed_from_what(repository: Repository, memory: Path, *, is_first: bool) -> None:
    terms, value = built_in_terms(), token_of("kept")
    order = range(6) if is_first else range(6, 0, -1)  # git makes the smaller ones from the largest
    for number in order:
        repository.commit("more", files={"b.txt": f"{value}\n{BODY}" + "another line at its end\n" * number})
    repository.git("repack", "-adfq", "--depth=50")
    scanned(repository, memory, terms)
    repository.commit("more", files={"b.txt": f"{value}\n{BODY}" + "another line at its end\n" * 9})
    repository.git("repack", "-adfq", "--depth=50")
    result = same(repository, memory, terms)
    assert result.findings[0].reach is not None
    assert result.findings[0].reach.commits == 7


def test_other_rules_and_other_local_values_have_everything_read_again(repository: Repository, memory: Path) -> None:
    scanned(repository, memory)
    other = terms_of(TOKENS + "\n[[rules]]\nid = 'line'\nregex = 'line 17\\b'\n")
    assert values(same(repository, memory, other)) == ["line 17", ONE]
    known = collect([(".env", b"API_TOKEN=line 19\n97\nOTHER='nothing1234'\n"), ("x/.env", b'PASSWORD="line 1777"\n')])
    found = same(repository, memory, terms_of(known=known))
    assert "line 1777" in values(found)
    assert values(same(repository, memory)) == [ONE]


def test_what_was_waved_through_is_judged_each_time(repository: Repository, memory: Path) -> None:
    repository.commit("second", files={"e.txt": f"{TWO} # gitshield:allow\n"})
    scanned(repository, memory)
    result = same(repository, memory)
    assert values(result) == [ONE]
    assert result.receipt.allowed == {"pragma": 1}
    assert values(same(repository, memory, replace(terms_of(), are_pragmas_read=False))) == [ONE, TWO]
    entry = entry_for_value("token", ONE.encode(), owner="me", reason="a test")
    allowed = parse_allowances(allow_file_content=render([entry]))
    assert not same(repository, memory, replace(terms_of(), allowances=allowed)).findings
    assert values(same(repository, memory)) == [ONE]


def test_a_damaged_memory_costs_time_alone(repository: Repository, memory: Path) -> None:
    scanned(repository, memory)
    kept = {path: path.read_bytes() for path in memory.iterdir()}
    assert len(kept) == 2
    dice = random.Random(3)
    for path, content in kept.items():
        spoiled = [b"", b"nonsense", content[:-1], content[: len(content) // 2], content + b"x"]
        for _ in range(20):
            at = dice.randrange(len(content))
            spoiled.append(content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :])
        for one in spoiled:
            path.write_bytes(one)
            assert values(scanned(repository, memory)) == [ONE]
    for name, other in zip(sorted(kept), sorted(kept, reverse=True), strict=True):
        name.write_bytes(kept[other])
    assert values(same(repository, memory)) == [ONE]


def test_no_secret_and_no_name_with_one_is_remembered(repository: Repository, memory: Path) -> None:
    token = token_of("of a name")
    repository.commit(f"message {TWO}", files={f"{token}/x": "1\n", f"y/{token}.txt": "2\n", "plain-name": "3\n"})
    scanned(repository, memory, built_in_terms())
    scanned(repository, memory / "other")
    files = [path for path in memory.rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    assert not any(word.encode() in content for word in (ONE, TWO))
    content = b"".join(path.read_bytes() for path in memory.iterdir() if path.is_file())
    assert b"c.txt" in content
    assert token.encode() not in content
    assert b"plain-name" not in content  # it came with the commit that has the others
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(memory.stat().st_mode) == 0o700
    same(repository, memory, built_in_terms())


def test_where_nothing_can_be_remembered_everything_is_read(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to("nowhere/else")
    for place in (tmp_path / "file" / "x", tmp_path / "link", tmp_path / "link" / "x"):
        assert values(same(repository, place)) == [ONE]
        assert values(same(repository, place)) == [ONE]


def test_what_came_before_a_shallow_clone_is_compared_anew(repository: Repository, memory: Path, tmp_path: Path) -> None:
    repository.commit("second", files={"c.txt": "something else\n"})
    repository.git("clone", "-q", "--depth=1", f"file://{repository.path}", tmp_path / "s")
    shallow = Repository(tmp_path / "s", clock=repository.clock)
    assert values(scanned(shallow, memory)) == [ONE]
    shallow.git("fetch", "-q", "--unshallow")
    result = same(shallow, memory)
    assert result.findings[0].reach is not None
    assert result.findings[0].reach.commits == 2


def test_a_part_of_a_history_is_remembered_too(repository: Repository, memory: Path) -> None:
    repository.git("tag", "v1")
    for number in range(4):
        repository.commit("more", files={"a.txt": f"{number}\n{BODY}{TWO}\n"})
    repository.git("repack", "-adfq", "--depth=50")
    part = Extent(revisions=("v1..main",))
    first = scanned(repository, memory, extent=part)
    assert values(first) == [TWO]
    assert first.findings[0].reach is not None
    assert first.findings[0].reach.commits == 4
    assert told(scanned(repository, memory, extent=part).findings) == told(first.findings)
    assert values(same(repository, memory)) == [ONE, TWO]


def put_loose(repository: Repository, oid: str, content: bytes) -> None:
    """Write a loose object under an id, whatever is in it."""
    path = repository.path / ".git" / "objects" / oid[:2] / oid[2:]
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_bytes(zlib.compress(b"blob %d\0" % len(content) + content))


def test_an_object_is_as_doubtful_as_its_worst_copy(repository: Repository, memory: Path) -> None:
    oid = repository.line("rev-parse", "HEAD:c.txt")
    repository.git("repack", "-adq")
    put_loose(repository, oid, TWO.encode())
    for _ in range(3):
        assert values(same(repository, memory)) == [ONE, TWO]


def test_what_is_not_what_its_id_stands_for_is_not_remembered(repository: Repository, memory: Path) -> None:
    repository.commit("second", files={"d.txt": f"{TWO}\n"})
    oid = repository.line("rev-parse", "HEAD:d.txt")
    put_loose(repository, oid, b"hello\n")
    result = same(repository, memory)
    assert values(result) == [ONE]
    assert [skip.path for skip in result.receipt.skipped if skip.is_failure] == [oid]
    put_loose(repository, oid, f"{TWO}\n".encode())
    assert values(same(repository, memory)) == [ONE, TWO]


def test_local_values_are_hashed_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[bytes] = []
    slow = hashlib.scrypt
    monkeypatch.setattr(hashlib, "scrypt", lambda value, **more: hashed.append(value) or slow(value, **more))
    known = collect([(".env", b"DB_PASSWORD=hunter2x\nADMIN_PASSWORD=letmein9\n")])
    hashed.clear()
    key = key_of(terms_of(known=known), None)
    assert hashed == [b"hunter2x\0letmein9"]
    assert key != key_of(terms_of(), None)


def test_the_name_of_a_submodule_is_told_and_not_remembered(repository: Repository, memory: Path) -> None:
    token = token_of("of a submodule")
    head = repository.line("rev-parse", "HEAD")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub-{token}")
    repository.git("commit", "-qm", "a link")
    repository.git("rm", "-q", "--cached", f"sub-{token}")
    repository.git("commit", "-qm", "and none")
    result = same(repository, memory, built_in_terms())
    assert token in values(result)
    assert not any(token.encode() in path.read_bytes() for path in memory.iterdir())


def test_a_blob_whose_place_a_submodule_takes_is_gone(repository: Repository, memory: Path) -> None:
    repository.git("update-index", "--cacheinfo", f"160000,{repository.line('rev-parse', 'HEAD')},b.txt")
    repository.git("commit", "-qm", "a link in its place")
    repository.git("commit", "-q", "--allow-empty", "-m", "and one more")
    (finding,) = same(repository, memory).findings
    assert finding.reach is not None
    assert (finding.reach.commits, finding.reach.is_in_head) == (1, False)
    assert [event.event for event in finding.reach.events] == ["added", "removed"]


@pytest.mark.parametrize("seed", range(4))
def test_commits_of_one_time_are_told_in_one_order(tmp_path: Path, memory: Path, seed: int) -> None:
    dice, repository = random.Random(seed), Repository.create(tmp_path / "r")
    clock = {"GIT_AUTHOR_DATE": "1700000000 +0000", "GIT_COMMITTER_DATE": "1700000000 +0000"}
    for number in range(12):
        branch = f"b{dice.randrange(4)}"
        is_new = repository.git("checkout", "-q", branch, check=False).returncode
        if is_new:
            repository.git("checkout", "-q", "-b", branch, *(["b0"] if dice.random() < 0.5 and number else []), check=False)
        (repository.path / f"f{dice.randrange(3)}").write_text(f"{dice.choice((ONE, TWO, 'nothing'))}\n{number}\n")
        repository.git("add", "-A")
        repository.git("commit", "-qm", str(number), env=clock)
        if dice.random() < 0.4:
            same(repository, memory)
    same(repository, memory)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("histories")


@settings(max_examples=max(ROUNDS // 3, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_random_histories_scanned_while_they_grow(place: Path, seed: int) -> None:
    folder, memory = place / str(seed), place / f"{seed}-memory"
    for old in (folder, memory):
        shutil.rmtree(old, ignore_errors=True)
    dice = random.Random(seed)
    grown = history(folder, dice, then=lambda repository: same(repository, memory, built_in_terms()) and None)
    same(grown, memory, built_in_terms())
    grown.git("repack", "-adfq", f"--depth={dice.choice((1, 5, 50))}")
    last = scanned(grown, memory, built_in_terms())
    exhaustive = scanned(grown, None, built_in_terms(), Extent(is_exhaustive=True))
    assert told(last.findings) == told(exhaustive.findings)
    assert last.receipt.size < exhaustive.receipt.size


def test_the_command_remembers_unless_it_is_told_not_to(repository: Repository) -> None:
    words = ("scan", "--history", "--rules", "r.toml", "--json")
    (repository.path / "r.toml").write_text(TOKENS)
    done = [call(repository.path, *words, *more, code=1) for more in ((), (), ("--no-cache",), ("--exhaustive",))]
    assert [json.loads(one.stdout)["receipt"]["remembered"] > 0 for one in done] == [False, True, False, False]
