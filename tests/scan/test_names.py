"""Secrets in the names of files and folders: found, masked in reports, and nothing else counted as one."""

import os
from pathlib import Path

from gitshield.model.finding import Result
from gitshield.report import format_names, render
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.names import found_in_names
from gitshield.scan.scan import Terms, scan
from gitshield.scan.sources import Files
from tests.scan.rulesets import TOKENS, rules_of, terms_of

PROVIDER = 'family = "provider"\n' + TOKENS
TOKEN = "tok_" + "a1b2c3d4e5f6"


def result_of(folder: Path, terms: Terms | None = None) -> Result:
    return scan([Files((str(folder),), str(folder), os.environ)], terms or terms_of(PROVIDER))


def test_a_token_in_the_name_of_a_file_or_a_folder_is_found_beside_what_is_in_the_files(tmp_path: Path) -> None:
    for path in ("a.txt", f"dump-{TOKEN}/b.txt", "c.txt", f"d-{TOKEN}.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(TOKEN if path in ("a.txt", "c.txt") else "")
    found = result_of(tmp_path).findings
    assert [one.place.path for one in found] == ["a.txt", "c.txt", f"d-{TOKEN}.txt", f"dump-{TOKEN}/b.txt"]
    assert [one.secret.reveal().decode() for one in found if one.secret] == [TOKEN] * 4
    assert [one.description.endswith("in the name of a file") for one in found] == [False, False, True, True]


def test_a_token_in_a_name_is_shown_in_no_report(tmp_path: Path) -> None:
    (tmp_path / f"{TOKEN}.txt").write_text("")
    result = result_of(tmp_path)
    assert len(result.findings) == 1
    for name in format_names():
        assert TOKEN not in "".join(render(result, format=name, show_secrets=False, version="0"))


def test_rules_that_need_the_context_of_a_text_do_not_count_in_names(tmp_path: Path) -> None:
    (tmp_path / f"{TOKEN}.txt").write_text("")
    assert result_of(tmp_path, terms_of(TOKENS)).findings == ()


def test_names_that_are_no_text_or_have_line_ends_are_judged_each_for_itself() -> None:
    rules: RuleSet = rules_of(PROVIDER)
    names = ["tok_", "abcdef", f"a\n{TOKEN}\nb", "caf\udce9", f"\udcff {TOKEN}", ""]
    assert [path for path, _ in found_in_names(rules, names)] == [names[2], names[4]]
    assert list(found_in_names(rules, [])) == []
