"""`gitshield allow`: what passes on purpose, once or for good, and what is said when there is nothing to let pass."""

import re

import pytest

from tests.builder import Repository
from tests.cli.schemas import asked
from tests.gate.shield import CLEAN, OTHER_TOKEN, SECRET, TOKEN, attempt, call, said, staged
from tests.gate.test_commit import stage_unseen


def code_of(words: str) -> str:
    """The code that a refusal offers."""
    found = re.search(r"allow ([a-z2-9]{4}-[a-z2-9]{4}) --reason", words)
    assert found, words
    return found[1]


def fingerprint_of(words: str) -> str:
    """The fingerprint that a refusal or a report names."""
    found = re.search(r"--add ([0-9a-f]{16})", words)
    assert found, words
    return found[1]


def allowed(repository: Repository) -> str:
    """The allow file, empty where there is none."""
    place = repository.path / ".gitshield-allow"
    return place.read_text(encoding="utf-8") if place.exists() else ""


def test_a_code_lets_the_refused_commit_pass_once(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    code = code_of(attempt(protected, "commit", "-m", "leak"))
    assert "one commit" in call(protected, "allow", code, "--reason", "test account").stdout
    protected.git("commit", "-q", "-m", "leak")
    stage_unseen(protected, "other.py", SECRET.replace(TOKEN, OTHER_TOKEN))
    attempt(protected, "commit", "-m", "another")


def test_a_code_of_json_names_what_it_lets_pass(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    code = code_of(attempt(protected, "commit", "-m", "leak"))
    document = asked("allow", protected, "allow", code, "--reason", "test account")
    assert document == {"version": 1, "event": "granted", "code": code, "rules": ["github-pat-classic"], "paths": ["app.py"]}


def test_a_code_nobody_offered_is_wrong_usage(protected: Repository) -> None:
    assert "hint: codes end after a while" in call(protected, "allow", "aaaa-bbbb", "--reason", "x", code=2).stderr


def test_without_a_reason_nothing_passes(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    for reason in ([], ["--reason", "  "]):
        assert "a reason is needed" in call(protected, "allow", "--add", "app.py", *reason, code=2).stderr
    assert allowed(protected) == ""


@pytest.mark.parametrize("option", ["--reason", "--owner"])
@pytest.mark.parametrize(
    "words", [f"x {OTHER_TOKEN}", f"x {OTHER_TOKEN} # gitshield:" + "allow", f"{TOKEN}"], ids=["new", "pragma", "its own"]
)
def test_words_with_a_secret_make_no_entry(protected: Repository, option: str, words: str) -> None:
    protected.write("app.py", SECRET)
    done = call(protected, "allow", "--add", "app.py", "--reason", "a sample", option, words, code=2)
    assert f"{option} holds a secret (github-pat-classic)" in done.stderr and "hint: say it without the value" in done.stderr
    assert allowed(protected) == ""
    assert OTHER_TOKEN not in done.stdout + done.stderr and TOKEN not in done.stdout + done.stderr


def test_a_value_of_a_dotenv_file_is_no_reason_either(protected: Repository) -> None:
    value = "Kx7" + "vQ2mWz9LrT4pB8"
    protected.write(".gitignore", ".env\n")
    protected.write(".env", f"MY_OWN={value}\n")
    protected.write("app.py", SECRET)
    call(protected, "allow", "--add", "app.py", "--reason", f"like {value}", code=2)
    assert allowed(protected) == ""


def test_a_reason_with_a_secret_grants_no_code(protected: Repository) -> None:
    stage_unseen(protected, "app.py", SECRET)
    code = code_of(attempt(protected, "commit", "-m", "leak"))
    assert "--reason holds a secret" in call(protected, "allow", code, "--reason", f"it is {TOKEN}", code=2).stderr
    attempt(protected, "commit", "-m", "leak")


@pytest.mark.parametrize("words", [(), ("code", "--config"), ("--list", "--config"), ("code", "--add", "x")], ids=" ".join)
def test_one_thing_at_a_time(protected: Repository, words: tuple[str, ...]) -> None:
    assert "give a CODE, --add, --config or --list" in call(protected, "allow", *words, code=2).stderr


def test_an_entry_for_a_file_lets_its_values_pass_everywhere(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    call(protected, "allow", "--add", "app.py", "--reason", "a sample")
    protected.write("copy.py", SECRET)
    protected.git("add", "app.py", "copy.py")
    assert staged(protected, "app.py") == staged(protected, "copy.py") == SECRET.encode()


def test_an_entry_holds_no_value(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    done = call(protected, "allow", "--add", "app.py", "--reason", "a sample")
    assert "a sample" in allowed(protected)
    assert TOKEN not in allowed(protected) + done.stdout + done.stderr


def test_the_fingerprint_of_a_refusal_is_enough(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    words = said(protected.git("add", "app.py"))
    call(protected, "allow", "--add", fingerprint_of(words), "--reason", "a sample")
    protected.git("add", "app.py")
    assert staged(protected, "app.py") == SECRET.encode()


def test_the_fingerprint_of_a_scan_is_enough(protected: Repository) -> None:
    protected.write("deep/app.py", SECRET)
    words = call(protected, "scan", code=1).stdout
    call(protected, "allow", "--add", fingerprint_of(words), "--reason", "a sample")
    assert "1 by allow entry" in call(protected, "scan").stdout


def test_a_fingerprint_that_is_nowhere_is_told_so(protected: Repository) -> None:
    assert "no finding with the fingerprint" in call(protected, "allow", "--add", "0" * 16, "--reason", "x", code=2).stderr


def test_a_file_that_is_not_there_is_told_so(protected: Repository) -> None:
    assert "nosuch: there is no such file" in call(protected, "allow", "--add", "nosuch", "--reason", "x", code=2).stderr


def test_a_clean_file_needs_no_entry(protected: Repository) -> None:
    assert "app.py has no finding to allow" in call(protected, "allow", "--add", "app.py", "--reason", "x", code=2).stderr
    assert allowed(protected) == ""


def test_what_is_allowed_already_is_told_so(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    call(protected, "allow", "--add", "app.py", "--reason", "a sample")
    assert "1 allowed already" in call(protected, "allow", "--add", "app.py", "--reason", "x", code=2).stderr


def test_a_day_that_is_over_makes_no_entry(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    done = call(protected, "allow", "--add", "app.py", "--reason", "x", "--expires", "2020-01-31", code=2)
    assert "2020-01-31 is over" in done.stderr
    assert allowed(protected) == ""


def test_only_the_named_rule_gets_an_entry(protected: Repository) -> None:
    protected.write(".env", f"API_TOKEN={TOKEN}\n")
    call(protected, "allow", "--add", ".env", "--rule", "dotenv-file", "--reason", "a sample")
    assert "rule=dotenv-file" in allowed(protected) and "github-pat" not in allowed(protected)
    assert "rule 'nosuch'" in call(protected, "allow", "--add", ".env", "--rule", "nosuch", "--reason", "x", code=2).stderr


def test_a_path_is_relative_to_where_you_stand(protected: Repository) -> None:
    protected.write("deep/app.py", SECRET)
    done = call(protected.path / "deep", "allow", "--add", "app.py", "--reason", "a sample")
    assert "allowed: github-pat-classic in deep/app.py" in done.stdout
    assert "github-pat-classic" in allowed(protected)


def test_the_list_shows_every_entry_with_who_and_why(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    call(protected, "allow", "--add", "app.py", "--reason", "a sample", "--owner", "grace", "--expires", "2999-12-31")
    assert "in force until 2999-12-31  github-pat-classic  any path  grace: a sample" in call(protected, "allow", "--list").stdout
    (entry,) = asked("allow", protected, "allow", "--list")["entries"]
    assert (entry["owner"], entry["expires"], entry["is_expired"]) == ("grace", "2999-12-31", False)


def test_an_empty_list_says_so(protected: Repository) -> None:
    assert "no entries" in call(protected, "allow", "--list").stdout
    assert asked("allow", protected, "allow", "--list")["entries"] == []


def test_an_approved_configuration_takes_effect_until_it_changes(protected: Repository) -> None:
    protected.write("app.py", SECRET)
    protected.write(".gitshield.toml", '[scan]\nexclude = ["app.py"]\n')
    assert "not in force until approved: scan.exclude" in call(protected, "scan", code=1).stdout
    assert "approved" in call(protected, "allow", "--config").stdout
    call(protected, "scan")
    protected.write(".gitshield.toml", '[scan]\nexclude = ["app.*"]\n')
    call(protected, "scan", code=1)


def test_an_approval_of_json_names_its_key(protected: Repository) -> None:
    protected.write(".gitshield.toml", "[gates]\npass_minutes = 1\n")
    assert asked("allow", protected, "allow", "--config")["event"] == "approved"


def test_there_must_be_a_configuration_to_approve(protected: Repository) -> None:
    assert "no configuration of its own" in call(protected, "allow", "--config", code=2).stderr


def test_what_is_written_survives_beside_others_lines(protected: Repository) -> None:
    protected.write(".gitshield-allow", "# ours\n")
    protected.write("app.py", SECRET + CLEAN)
    assert asked("allow", protected, "allow", "--add", "app.py", "--reason", "x")["paths"] == ["app.py"]
    assert allowed(protected).startswith("# ours\n")
