"""What people and programs see, whole. `GITSHIELD_UPDATE=1 pytest tests/report/test_golden.py` writes it anew."""

import os
import re
from pathlib import Path

import pytest

from gitshield.model.finding import Result
from gitshield.report import format_names, render
from tests.report import results

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "ordinary": results.ordinary(),
    "history": results.history(),
    "several": results.several(),
    "empty": results.empty(),
    "nothing-read": results.nothing_read(),
}


@pytest.mark.parametrize("name", format_names())
@pytest.mark.parametrize(("case", "result"), CASES.items(), ids=CASES.keys())
def test_output_is_as_agreed(name: str, case: str, result: Result) -> None:
    text = "".join(render(result, format=name, show_secrets=False, version="0.1.0"))
    if name == "html":  # its style and script are files of their own, and so would be here a copy for each case
        text = re.sub(r"(?s)(?<=<style>).*?(?=</style>)|(?<=<script>).*?(?=</script>)|(?<=sha256-)[\w+/=]+", "…", text)
    file = GOLDEN / f"{case}.{name}"
    if "GITSHIELD_UPDATE" in os.environ:
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {file.name for file in GOLDEN.iterdir()} == {f"{case}.{name}" for case in CASES for name in format_names()}
