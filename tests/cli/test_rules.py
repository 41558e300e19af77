"""`gitshield rules`: list, show, test."""

from pathlib import Path

from tests.cli.schemas import asked
from tests.gate.shield import call

PACK = """\
family = "provider"

[[rules]]
id = "plum-key"
description = "Plum key"
regex = 'plum-[0-9]{4}'
keywords = ["plum-"]
severity = "high"
confidence = "high"
source = "https://plum.example/keys"
"""


def test_the_list_has_a_line_a_rule_and_their_number_aside(tmp_path: Path) -> None:
    done = call(tmp_path, "rules", "list")
    lines = done.stdout.splitlines()
    assert len(lines) >= 200
    assert done.stderr == f"{len(lines)} rules\n"


def test_the_list_of_json_has_the_same_rules(tmp_path: Path) -> None:
    shown = [line.split()[0] for line in call(tmp_path, "rules", "list").stdout.splitlines()]
    assert [rule["id"] for rule in asked("rules", tmp_path, "rules", "list")["rules"]] == shown


def test_a_family_alone_is_listed(tmp_path: Path) -> None:
    assert {rule["family"] for rule in asked("rules", tmp_path, "rules", "list", "--family", "file")["rules"]} == {"file"}


def test_a_family_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    assert "'nosuch' is not one of" in call(tmp_path, "rules", "list", "--family", "nosuch", code=2).stderr


def test_a_rule_is_shown_with_how_to_revoke(tmp_path: Path) -> None:
    done = call(tmp_path, "rules", "show", "github-pat-classic")
    assert "revoke_url: https://github.com/settings/tokens\n" in done.stdout
    (rule,) = asked("rules", tmp_path, "rules", "show", "github-pat-classic")["rules"]
    assert rule["id"] == "github-pat-classic" and rule["revoke_steps"]


def test_a_rule_that_does_not_exist_is_told_with_a_close_one(tmp_path: Path) -> None:
    words = call(tmp_path, "rules", "show", "github-pat-clasic", code=2).stderr
    assert "no rule is called 'github-pat-clasic'" in words
    assert "did you mean 'github-pat-classic'?" in words


def test_the_rules_of_a_repository_are_listed_in_it(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(PACK)
    (tmp_path / ".gitshield.toml").write_text('[rules]\nfiles = ["own.toml"]\n')
    assert "plum-key" in call(tmp_path, "rules", "list").stdout


def test_a_file_without_rules_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    done = call(tmp_path, "rules", "test", "empty.toml", code=1)
    assert "empty.toml: no rule in it" in done.stdout
    assert done.stderr == "1 file, 0 rules, 1 fault\n"


def test_a_rule_that_misses_its_example_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(PACK + '\n[[rules.examples]]\ntext = "pear-1234"\nsecrets = ["pear-1234"]\n')
    document = asked("rules-test", tmp_path, "rules", "test", "own.toml", code=1)
    assert (document["files"], document["rules"]) == (1, 1)
    assert any(fault.startswith("plum-key: example 0") for fault in document["faults"])


def test_a_file_that_is_no_toml_cannot_be_tested(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("[[[")
    assert "own.toml" in call(tmp_path, "rules", "test", "own.toml", code=4).stderr


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    assert "nosuch" in call(tmp_path, "rules", "test", "nosuch", code=2).stderr
