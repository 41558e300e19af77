"""Whatever bytes a configuration file holds, loading gives a Config or a ConfigurationError."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from gitshield.config.load import approval_key, load
from gitshield.config.schema import SECTIONS, Config, options
from gitshield.config.toml_form import Source
from gitshield.config.trust import read_store
from gitshield.errors import ConfigurationError

NAMES = [one.name for section in SECTIONS for one in options(section)]
SCALARS = st.one_of(
    st.booleans().map(json.dumps),
    st.integers().map(str),
    st.floats().map(str),
    st.text().map(json.dumps),
    st.sampled_from(["2024-01-01", "inf", '"all"', '"high"', '"5 MB"', "'''x'''", "{a = 1}", "[[[]]]", "0x" + "f" * 9_000]),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4).map(lambda items: f"[{', '.join(items)}]"))
LINES = st.tuples(st.sampled_from([*NAMES, "rules", "nothing.at_all", "scan.exclude.x", '"".""']), VALUES).map(" = ".join)
DOCUMENTS = st.lists(LINES, max_size=5).map(lambda lines: "\n".join(lines).encode())


def result(sources: dict[str, Source]) -> Config | str:
    """The configuration, or the words of the refusal, which must be fit to print."""
    try:
        return load(**sources)  # type: ignore[arg-type]
    except ConfigurationError as error:
        return (str(error) + str(error.hint)).encode("utf-8").decode("utf-8")


def check(content: bytes) -> None:
    """Load `content` in each of the three places."""
    source = Source("file.toml", content)
    for sources in ({"person": source}, {"repository": source}, {"pyproject": source}):
        assert isinstance(result(sources), Config | str)
    try:
        approval_key(repository=source)
    except ConfigurationError:
        return


@given(st.binary(max_size=400))
@example(b"[gates]\r\ncommit=true")
@example(b"\xef\xbb\xbf[gates]")
def test_any_bytes(content: bytes) -> None:
    check(content)


@given(DOCUMENTS)
def test_any_values(content: bytes) -> None:
    check(content)
    check(b"[tool.gitshield]\n" + content)


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda tail: b"gitshield-trust 1\n" + tail))
def test_any_trust_store(content: bytes) -> None:
    try:
        assert isinstance(read_store(content), frozenset)
    except ConfigurationError:
        return
