"""The beginnings that the first look searches for: wherever a value of a local dotenv file stands, one of them stands too."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitshield.gate.local import beginnings, has_local_dotenv
from gitshield.scan.known import collect
from tests.builder import Repository
from tests.gate.shield import CLEAN, LOCAL_VALUE, attempt

_text = st.text(string.ascii_letters + string.digits + "-_.!#$%&*+/:;=?@^~ \\\"'`,{}\t", max_size=40)
_value = st.one_of(
    _text,
    _text.map(lambda text: f'"{text}"'),
    _text.map(lambda text: f"'{text}\nmore of {text}'"),
    st.builds("postgres://{}:{}@db.acme.net/x".format, st.sampled_from(("app", "u")), _text),
    st.builds("https://api.acme.net/?a=1&token={}&b=2".format, _text),
    st.builds("Server=db;Password={};Port=1".format, _text),
)
_line = st.builds("{}{}{}{}".format, st.sampled_from(("", "export ", "# ")), st.sampled_from(("API_TOKEN", "DB_PASSWORD", "URL", "X_KEY")),
                  st.sampled_from(("=", " = ", ": ")), _value)  # fmt: skip


@given(st.lists(_line, max_size=6).map(lambda lines: "\n".join(lines).encode()))
def test_every_value_begins_with_one_of_them(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("local")
    (folder / ".env").write_bytes(content)
    found = beginnings(str(folder))
    for secret, _file in collect([(".env", content)]).values:
        assert found is None or any(secret.reveal().startswith(one) for one in found), secret.reveal()


def test_templates_hold_no_values(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text("API_TOKEN=change-this-soon\n")
    assert beginnings(str(tmp_path)) == ()
    assert not has_local_dotenv(str(tmp_path))


@pytest.mark.parametrize("content", ["TOKEN='" + "x" * (65 << 10) + "'", 'TOKEN="a\\nbcdefghij"'], ids=["large", "escaped"])
def test_what_cannot_be_told_lightly_is_left_to_the_full_gate(tmp_path: Path, content: str) -> None:
    (tmp_path / ".env").write_text(content)
    assert beginnings(str(tmp_path)) is None


def test_a_local_value_is_refused_in_content_that_was_clean_before_and_in_messages(protected: Repository) -> None:
    protected.write(".gitignore", ".env\n")
    protected.write("notes.txt", f"see {LOCAL_VALUE}\n")
    protected.git("add", ".gitignore", "notes.txt")
    protected.write(".env", f"DB_PASSWORD={LOCAL_VALUE}\n")
    attempt(protected, "commit", "-m", "leak")
    protected.git("rm", "-q", "--cached", "notes.txt")
    attempt(protected, "commit", "-m", f"use {LOCAL_VALUE}")
    protected.write("app.py", CLEAN + "fine = 1\n")
    protected.git("commit", "-q", "-a", "-m", "fine")
