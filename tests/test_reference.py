"""The reference pages say what the code says. `GITSHIELD_UPDATE=1` writes them instead of comparing."""

import os
import re
from pathlib import Path

import pytest

from gitshield.errors import ExitCode
from tests.conftest import ROOT
from tests.reference import PAGES

FOLDER = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    text, place = PAGES[name](), FOLDER / name
    assert len(text.splitlines()) >= 10
    if os.environ.get("GITSHIELD_UPDATE") == "1":
        place.write_text(text, encoding="utf-8")
    assert place.exists(), f"{place} is missing: GITSHIELD_UPDATE=1 python3 tests tests/test_reference.py"
    assert place.read_text(encoding="utf-8") == text, f"{place} is out of date: GITSHIELD_UPDATE=1 python3 tests tests/test_reference.py"


def test_every_page_of_the_folder_is_made_by_this_test() -> None:
    assert {path.name for path in FOLDER.glob("*.md")} == set(PAGES)


def test_the_exit_code_page_has_every_code() -> None:
    assert [int(row) for row in re.findall(r"^\| (\d+) \|", PAGES["exit-codes.md"](), re.MULTILINE)] == [int(code) for code in ExitCode]


def test_the_rule_page_has_every_rule_of_every_pack() -> None:
    packs = list((Path(ROOT) / "gitshield" / "rules" / "packs").glob("*.toml"))
    ids = {found for pack in packs for found in re.findall(r'^id\s*=\s*"([^"]+)"', pack.read_text(encoding="utf-8"), re.MULTILINE)}
    assert len(ids) >= 200
    assert ids <= set(re.findall(r"^\| `([^`]+)` \|", PAGES["rules.md"](), re.MULTILINE))


def test_the_command_line_page_has_every_command() -> None:
    from gitshield.cli.main import COMMANDS

    page = PAGES["cli.md"]()
    assert len(COMMANDS) >= 5
    assert all(f"\n## gitshield {name}\n" in page for name in COMMANDS)
