"""Neutral text."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from gitshield.report.neutral import neutral, readable


def test_plain_text_stays() -> None:
    assert neutral("src/naïve file.py") == "src/naïve file.py"


def test_controls_become_escapes() -> None:
    assert neutral("a\nb\x1b[2J\x9b\u202e\U000e0041") == "a\\nb\\x1b[2J\\x9b\\u202e\\U000e0041"


def test_undecodable_bytes_become_replacements() -> None:
    assert neutral("a\udcff") == readable("a\udcff") == "a\ufffd"


@given(st.text(st.characters(codec=None), max_size=50))
def test_any_text_becomes_printable(text: str) -> None:
    assert neutral(text).isprintable()
    readable(text).encode("utf-8")


def test_the_module_is_light() -> None:
    code = "import sys; before = set(sys.modules); import gitshield.report.neutral; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"gitshield", "gitshield.report", "gitshield.report.neutral", "__future__"}
