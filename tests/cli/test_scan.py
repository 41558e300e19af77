"""`gitshield scan`: what is read, where results go, and how it ends."""

import json
import subprocess
from pathlib import Path

import pytest

from gitshield.report import format_names
from tests.builder import Repository
from tests.cli.schemas import asked
from tests.gate.shield import CLEAN, SECRET, TOKEN, call
from tests.gate.test_commit import stage_unseen


def test_a_clean_folder_ends_with_0_and_a_receipt(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN)
    done = call(tmp_path, "scan")
    assert "no findings" in done.stdout and "read: 1 item" in done.stdout
    assert done.stderr == ""


def test_a_finding_ends_with_1_and_shows_no_value(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SECRET)
    done = call(tmp_path, "scan", code=1)
    assert "app.py:1:10" in done.stdout
    assert TOKEN not in done.stdout + done.stderr


def test_values_are_shown_to_who_asks(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SECRET)
    assert TOKEN in call(tmp_path, "scan", "--show-secrets", code=1).stdout


@pytest.mark.parametrize("name", format_names())
def test_every_format_reports_a_finding_and_ends_with_1(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text(SECRET)
    done = call(tmp_path, "scan", "--format", name, code=1)
    assert "github-pat-classic" in done.stdout and TOKEN not in done.stdout


def test_json_is_short_for_its_format(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SECRET)
    assert asked("report", tmp_path, "scan", code=1)["findings"][0]["rule_id"] == "github-pat-classic"


@pytest.mark.parametrize("words", [("nosuch",), ()], ids=["not there", "empty folder"])
def test_what_was_not_read_is_never_clean(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert "nothing was read" in call(tmp_path, "scan", *words, code=3).stdout


def test_nothing_staged_is_clean_and_says_so(repository: Repository) -> None:
    done = call(repository, "scan", "--staged")
    assert (done.stdout, done.stderr) == ("", "nothing is staged\n")


def test_staged_reads_the_index_and_not_the_work_tree(repository: Repository) -> None:
    stage_unseen(repository, "app.py", SECRET)
    repository.write("app.py", CLEAN)
    call(repository, "scan", "--staged", code=1)
    call(repository, "scan")


def test_staged_outside_of_a_repository_says_so(tmp_path: Path) -> None:
    assert "not inside a git repository" in call(tmp_path, "scan", "--staged", code=10).stderr


def test_standard_input_is_read_to_its_end(tmp_path: Path) -> None:
    call(tmp_path, "scan", "--stdin", input=CLEAN.encode())
    call(tmp_path, "scan", "--stdin", input=CLEAN.encode() * 100_000 + SECRET.encode(), code=1)


def test_standard_input_is_judged_by_its_name(tmp_path: Path) -> None:
    call(tmp_path, "scan", "--stdin", "--stdin-name", ".env", input=b"PORT=1\n", code=1)


def test_ignored_files_are_left_out_unless_asked_for(repository: Repository) -> None:
    repository.write(".gitignore", "local.py\n")
    repository.write("local.py", SECRET)
    call(repository, "scan")
    call(repository, "scan", "--ignored", code=1)


def test_a_linked_worktree_is_scanned_as_itself(repository: Repository) -> None:
    repository.commit("first", files={"app.py": CLEAN})
    linked = repository.linked_worktree(repository.path.parent / "linked", "-b", "other")
    linked.write("leak.py", SECRET)
    call(linked, "scan", code=1)
    call(repository, "scan")


@pytest.mark.parametrize("words", [("x", "--staged"), ("x", "--stdin"), ("--staged", "--stdin")], ids=" ".join)
def test_one_source_at_a_time(repository: Repository, words: tuple[str, ...]) -> None:
    assert "do not go together" in call(repository, "scan", *words, code=2).stderr


@pytest.mark.parametrize("option", ["--baseline", "--rules"])
def test_a_named_file_that_is_not_there_is_named_with_its_option(tmp_path: Path, option: str) -> None:
    (tmp_path / "app.py").write_text(CLEAN)
    assert f"error: {option} nosuch: there is no such file" in call(tmp_path, "scan", option, "nosuch", code=2).stderr


def test_own_rules_are_used_too(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[[rules]]\nid = "plum"\ndescription = "Plums"\nregex = "plum-[0-9]{4}"\nkeywords = ["plum-"]\n')
    (tmp_path / "app.py").write_text('fruit = "plum-9317"\n')
    call(tmp_path, "scan", "app.py")
    assert "plum" in call(tmp_path, "scan", "--rules", "own.toml", "app.py", code=1).stdout


def test_the_report_goes_to_the_named_file_alone(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(SECRET)
    done = call(tmp_path, "scan", "app.py", "--format", "json", "-o", "report.json", code=1)
    assert done.stdout + done.stderr == ""
    assert len(json.loads((tmp_path / "report.json").read_text())["findings"]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.py", "report.json"]


def test_a_report_that_cannot_be_written_is_named_as_it_was_typed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN)
    words = call(tmp_path, "scan", "app.py", "-o", str(tmp_path / "none" / "report"), code=2).stderr
    assert f"error: {tmp_path / 'none' / 'report'} cannot be written" in words and ".gitshield-" not in words


def test_quiet_says_nothing_about_a_clean_folder(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN)
    done = call(tmp_path, "scan", "--quiet")
    assert done.stdout + done.stderr == ""


def test_names_that_are_no_text_are_scanned_in_any_locale(tmp_path: Path) -> None:
    for name in (b"n\xc3\xa4me.py", b"\xff.py"):
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_text(SECRET)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for format_ in format_names():
        done = call(tmp_path, "scan", "--format", format_, env=plain, code=1)
        assert done.stderr == ""


def test_standard_output_that_is_full_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN)
    done = subprocess.run(["sh", "-c", "gitshield scan >/dev/full"], cwd=tmp_path, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 3
    assert done.stderr == b"error: the output cannot be written: No space left on device\n"


def test_standard_output_that_is_closed_is_told(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(CLEAN)
    done = subprocess.run(["sh", "-c", "gitshield scan >&-"], cwd=tmp_path, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert b"error: standard output is closed\nhint: " in done.stderr
