"""`gitshield scan --history --repos`: whole runs over real repositories, with processes of this machine."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builder import Repository
from tests.fleet.calls import ended, failures, is_gone, many, started, told, words_of
from tests.gate.shield import LOCAL_VALUE, SECRET, TOKEN, call

Several = dict[str, Repository]
LEAKS = [("leak1", "leak1.py"), ("leak2", "leak2.py"), ("leak3", "leak3.py")]


def test_the_report_is_in_the_order_of_the_list(tmp_path: Path, several: Several) -> None:
    names = ["leak3", "clean1", "leak1", "leak2"]
    report = many(tmp_path, *(several[name].path for name in names), words=("--jobs", "3"))
    assert told(report) == [("leak3", "leak3.py"), ("leak1", "leak1.py"), ("leak2", "leak2.py")]
    receipt = report["receipt"]
    assert [os.path.basename(one["path"]) for one in receipt["repositories"]] == names
    assert receipt["is_complete"]
    assert receipt["asked"].startswith("histories of 4 repositories named in ")
    alone = [call(several[name], "scan", "--history", "--json", code=None).stdout for name in names]
    assert receipt["read"] == sum(int(one.rpartition('"read": ')[2].partition(",")[0]) for one in alone)


def test_a_glob_names_the_repositories_among_its_matches(tmp_path: Path, several: Several) -> None:
    (tmp_path / "src" / "no-repository").mkdir()
    (tmp_path / "src" / "file").write_text("x")
    assert several
    for entry in ("src/*", f"{tmp_path}/**", "~/*/leak*"):
        report = many(tmp_path, "# ours", "", entry, env={"HOME": str(tmp_path)})
        assert told(report) == LEAKS
        assert failures(report) == {}


def test_wrong_entries_are_failures_and_the_others_go_on(tmp_path: Path, several: Several) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file").write_text("x")
    wrong = ("nowhere", "plain", "file", "no*thing", "-x", "--upload-pack=touch x", b"nu\0l", "http://user:pass" + "word@x.invalid/y")
    report = many(tmp_path, *wrong, several["leak1"].path, "ext::sh -c touch% x", "file:///no/such.git")
    assert told(report) == LEAKS[:1]
    failed = failures(report)
    assert len(failed) == len(wrong) + 2
    assert failed["nowhere"] == "there is no such folder"
    assert "is not inside a git repository" in failed[str(tmp_path / "plain")]
    assert failed["no*thing"] == "there is no repository of such a name"
    assert "not an URL of a protocol" in failed["http://x.invalid/y"]
    assert not (tmp_path / "x").exists()
    assert "pass" + "word" not in str(report)


def test_failures_without_findings_are_code_3(tmp_path: Path, several: Several) -> None:
    report = many(tmp_path, several["clean1"].path, "nowhere", code=3)
    assert not report["receipt"]["is_complete"]


def test_a_list_without_entries_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# nothing\n\n")
    assert "names no repository" in call(tmp_path, "scan", "--history", "--repos", "list", code=2).stderr
    assert "no such file" in call(tmp_path, "scan", "--history", "--repos", "nowhere", code=2).stderr
    assert "belongs to --history" in call(tmp_path, "scan", "--repos", "list", code=2).stderr
    assert "belong to --repos" in call(tmp_path, "scan", "--history", "--resume", "x", code=2).stderr


def test_a_list_can_come_from_standard_input(tmp_path: Path, several: Several) -> None:
    done = call(tmp_path, "scan", "--history", "--repos", "-", "--json", input=f"{several['leak1'].path}\n".encode(), code=1)
    assert "named in standard input" in done.stdout


def test_the_same_repository_is_scanned_once(tmp_path: Path, several: Several) -> None:
    leak = several["leak1"]
    (tmp_path / "link").symlink_to(leak.path)
    tree = leak.linked_worktree(tmp_path / "tree", "-b", "topic")
    report = many(tmp_path, leak.path, "link", tree.path, leak.path, leak.path / ".git", f"{leak.path}/")
    assert told(report) == LEAKS[:1]
    assert len(report["receipt"]["repositories"]) == 1
    assert sum("the same repository as" in skip["reason"] for skip in report["receipt"]["skipped"]) == 5


def test_what_lies_inside_another_one_is_scanned_with_it(tmp_path: Path, several: Several) -> None:
    outer = several["clean1"]
    inner = Repository.create(outer.path / "vendor" / "inner", clock=outer.clock)
    inner.commit(files={"x.py": SECRET})
    report = many(tmp_path, inner.path, outer.path)
    assert told(report) == [("inner", "x.py")]
    assert [os.path.basename(one["path"]) for one in report["receipt"]["repositories"]] == ["clean1"]


def test_each_repository_has_its_own_settings_and_a_broken_one_is_a_failure_of_its_own(tmp_path: Path, several: Several) -> None:
    several["leak1"].write(".gitshield.toml", "[scan]\nno_such_key = 1\n")
    several["leak2"].write(".gitleaksignore", "leak2.py:github-pat-classic:1\n")
    report = many(tmp_path, *(one.path for one in several.values()))
    assert told(report) == LEAKS[2:]
    assert list(failures(report)) == [str(several["leak1"].path)]
    assert report["receipt"]["allowed"] == {".gitleaksignore": 1}


def test_hostile_names(tmp_path: Path, new_repository: Callable[..., Repository]) -> None:
    names = ("sp ace", "new\nline", "\x1b[31mred", "\udcff\udce9", "a[b]c", "-dash", "'q\"", "$(touch x)")
    made = [new_repository(f"odd/{name}") for name in names]
    for one in made:
        one.commit(files={"app.py": SECRET})
    typed = [one.path for one in made if "\n" not in one.path.name]
    for entries, expected in ((("odd/*",), sorted(one.path for one in made)), (typed, typed)):
        found = [one["repository"] for one in many(tmp_path, *entries)["findings"]]
        raw = [bytes.fromhex(one["path_bytes"]) if one["path_bytes"] else one["path"].encode() for one in found]
        assert raw == [os.fsencode(path) for path in expected]
    for format_ in ("text", "sarif", "html", "csv", "junit", "gitleaks", "jsonl"):
        done = call(tmp_path, "scan", "--history", "--repos", "list", "--format", format_, code=1)
        assert done.stderr == ""
        assert "\x1b" not in done.stdout and TOKEN not in done.stdout
    assert not (tmp_path / "x").exists()


def test_a_process_that_is_killed_is_replaced(tmp_path: Path, several: Several, stopping: tuple[str, Path]) -> None:
    path, mark = stopping
    several["slow"].commit(files={"slow.py": SECRET})
    running = started(tmp_path, *(one.path for one in several.values()), words=("--jobs", "2"), env={"PATH": path})
    worker, git = words_of(mark)
    os.kill(worker, signal.SIGKILL)
    os.kill(git, signal.SIGKILL)
    report = ended(running, code=1)
    assert told(report) == [LEAKS[0], ("slow", "slow.py"), *LEAKS[1:]]
    assert report["receipt"]["is_complete"]
    assert len(report["receipt"]["repositories"]) == 6


def test_a_repository_that_kills_whoever_scans_it_is_a_failure(
    tmp_path: Path, several: Several, new_repository: Callable[..., Repository], stopping: tuple[str, Path]
) -> None:
    poison = new_repository("poison")
    poison.commit(files={"app.py": SECRET})
    report = many(tmp_path, poison.path, several["leak1"].path, words=("--jobs", "2"), env={"PATH": stopping[0]})
    assert told(report) == LEAKS[:1]
    assert failures(report) == {str(poison.path): "tried 3 times, and failed each time: its process was ended by signal 9"}


def test_an_interrupt_ends_everything_and_the_run_goes_on_from_there(tmp_path: Path, several: Several, stopping: tuple[str, Path]) -> None:
    path, mark = stopping
    entries = [several[name].path for name in ("clean1", "leak1", "slow", "clean2")]
    running = started(tmp_path, *entries, words=("--jobs", "1", "--resume", "state"), env={"PATH": path})
    worker, git = words_of(mark)
    running.send_signal(signal.SIGINT)
    assert ended(running, code=130) is None
    assert is_gone(worker)
    assert is_gone(git)
    report = many(tmp_path, *entries, words=("--resume", "state"))
    assert told(report) == LEAKS[:1]
    assert report["receipt"]["notes"] == ["1 of them unchanged since an earlier run found nothing in them: not scanned again"]
    again = many(tmp_path, *entries, words=("--resume", "state"))
    assert again["receipt"]["notes"][0].startswith("3 of them unchanged")
    for key in ("read", "bytes", "rules", "rule_set", "repositories", "skipped"):
        assert again["receipt"][key] == report["receipt"][key]


def test_what_is_stored_holds_no_secret_and_is_the_persons_own(tmp_path: Path, several: Several) -> None:
    for one in several.values():
        one.write(".env", f"PASSWORD={LOCAL_VALUE}\n")
        one.write(".gitignore", ".env\n")
    many(tmp_path, *(one.path for one in several.values()), words=("--resume", "state"))
    assert list((tmp_path / "state").iterdir()) == []  # values of local dotenv files are in force
    for one in several.values():
        (one.path / ".env").unlink()
    many(tmp_path, *(one.path for one in several.values()), words=("--resume", "state"))
    files = list((tmp_path / "state").iterdir())
    assert len(files) == 3
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert all(TOKEN not in file.read_text() for file in files)


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, several: Several) -> None:
    (tmp_path / "state").mkdir(mode=0o777)
    (tmp_path / "state").chmod(0o777)
    words = ("scan", "--history", "--repos", "-", "--resume", "state")
    done = call(tmp_path, *words, input=f"{several['clean1'].path}\n".encode(), code=2)
    assert "others can write to" in done.stderr


def change_commit(one: Repository) -> None:
    one.commit("more", files={"x.py": SECRET})


def change_stash(one: Repository) -> None:
    one.write("x.py", SECRET)
    one.git("add", "x.py")


def change_config(one: Repository) -> None:
    one.git("config", "remote.origin.url", "https://user:" + TOKEN + "@example.org/x.git")


def change_settings(one: Repository) -> None:
    one.write(".gitshield.toml", '[gates]\nsensitive = ["*.secret"]\n')


@pytest.mark.parametrize("change", [change_commit, change_stash, change_config, change_settings])
def test_a_repository_that_has_changed_is_scanned_again(tmp_path: Path, several: Several, change: Callable[[Repository], None]) -> None:
    many(tmp_path, several["clean1"].path, words=("--resume", "state"), code=0)
    change(several["clean1"])
    report = many(tmp_path, several["clean1"].path, words=("--resume", "state"), code=int(change is not change_settings))
    assert report["receipt"]["notes"] == []  # none is unchanged
    assert bool(report["findings"]) == (change is not change_settings)


def test_damaged_records_are_none(tmp_path: Path, several: Several) -> None:
    for content in (b"", b"{}", b"[1]", b"\xff", b'{"schema": "gitshield-finished", "version": 2}'):
        many(tmp_path, several["clean1"].path, words=("--resume", "state"), code=0)
        (record,) = (tmp_path / "state").iterdir()
        record.write_bytes(content)
        report = many(tmp_path, several["clean1"].path, words=("--resume", "state"), code=0)
        assert report["receipt"]["notes"] == []


def test_urls_are_scanned_like_folders(tmp_path: Path, repository: Repository, daemon: str) -> None:
    repository.commit("first", files={"app.py": SECRET})
    repository.commit("second", files={"app.py": "token = read_token()\n"})
    urls = (f"{daemon}/repository", f"file://{repository.path}", f"file://{repository.path}", f"{daemon}/nowhere")
    for _ in range(2):
        report = many(tmp_path, *urls)
        assert told(report) == [("repository", "app.py")] * 2
        assert [found["repository"]["path"] for found in report["findings"]] == list(urls[:2])
        assert list(failures(report)) == [urls[3]]
    repository.commit("third", files={"other.py": SECRET.replace("token", "other")})
    assert {place["path"] for place in many(tmp_path, urls[0])["findings"][0]["places"]} == {"other.py"}


def test_an_url_that_is_unchanged_is_not_scanned_again(tmp_path: Path, repository: Repository, daemon: str) -> None:
    repository.commit("first", files={"app.py": "x = 1\n"})
    for notes in (0, 1):
        report = many(tmp_path, f"{daemon}/repository", words=("--resume", "state"), code=0)
        assert len(report["receipt"]["notes"]) == notes
    repository.commit("second", files={"app.py": SECRET})
    assert told(many(tmp_path, f"{daemon}/repository", words=("--resume", "state"))) == [("repository", "app.py")]
