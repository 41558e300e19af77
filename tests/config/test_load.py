"""Loading the configuration: precedence, forms, and refusals that name the file and the key."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import pytest

from gitshield.config.load import approval_key, load
from gitshield.config.schema import SECTIONS, Config, Form, Option, Strict, options
from gitshield.config.toml_form import MAX_SIZE, Source
from gitshield.errors import ConfigurationError

ALL = [one for section in SECTIONS for one in options(section)]


def person(text: str) -> Source:
    """A person's configuration file."""
    return Source("config.toml", text.encode())


def repository(text: str) -> Source:
    """A repository's configuration file."""
    return Source(".gitshield.toml", text.encode())


def pyproject(text: str) -> Source:
    """A repository's pyproject.toml."""
    return Source("pyproject.toml", text.encode())


def refusal(**sources: Source) -> str:
    """The message and hint of a configuration that must be refused."""
    with pytest.raises(ConfigurationError) as caught:
        load(**sources)  # type: ignore[arg-type]
    assert caught.value.hint
    return f"{caught.value} | {caught.value.hint}"


def test_without_files_there_are_the_defaults() -> None:
    assert load() == Config()
    assert load().sources == ()


def test_a_person_may_loosen() -> None:
    config = load(person=person('[gates]\ncommit = false\n[scan]\nexclude = ["vendor/"]\nmax_file_size = 10\n'))
    assert (config.gates.commit, config.scan.exclude, config.scan.max_file_size) == (False, ("vendor/",), 10)
    assert config.held_back == ()


def test_a_repository_overrides_a_person_where_it_protects_more() -> None:
    config = load(
        person=person("[gates]\ncommit = false\npass_minutes = 30"),
        repository=repository("[gates]\ncommit = true\npass_minutes = 5"),
    )
    assert (config.gates.commit, config.gates.pass_minutes, config.held_back) == (True, 5, ())
    assert config.sources == ("config.toml", ".gitshield.toml")


def test_lists_add_up_in_order_and_once() -> None:
    config = load(person=person('[gates]\nsensitive = ["*.a", "*.b"]'), repository=repository('[gates]\nsensitive = ["*.b", "*.c"]'))
    assert config.gates.sensitive == ("*.a", "*.b", "*.c")


def test_pyproject_counts_like_the_repository_file() -> None:
    text = "[gates]\npass_minutes = 3"
    one, other = load(repository=repository(text)), load(pyproject=pyproject(text.replace("[", "[tool.gitshield.")))
    assert (one.gates, other.sources) == (other.gates, ("pyproject.toml",))


@pytest.mark.parametrize("text", ["", '[project]\nname = "x"', "[tool.gitshield-other]\nx = 1", "not [ TOML", "\udcff"])
def test_a_pyproject_that_does_not_configure_us_is_none_of_our_business(text: str) -> None:
    source = Source("pyproject.toml", text.encode("utf-8", "surrogateescape"))
    assert load(pyproject=source, repository=repository("[gates]\ncommit = true")).sources == (".gitshield.toml",)


def test_a_broken_pyproject_that_mentions_us_is_refused() -> None:
    assert "pyproject.toml" in refusal(pyproject=pyproject("[tool.gitshield]\nbroken"))
    assert "tool.gitshield" in refusal(pyproject=pyproject("[tool]\ngitshield = 1"))


def test_two_files_in_one_repository_are_refused() -> None:
    said = refusal(pyproject=pyproject("[tool.gitshield.gates]\ncommit = true"), repository=repository(""))
    assert ".gitshield.toml" in said
    assert "pyproject.toml" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[gate]", "did you mean 'gates'?"),
        ("[gates]\ncomit = true", "did you mean 'commit'?"),
        ("[scan]\nexclude_paths = []", "unknown key in [scan] 'exclude_paths'"),
        ("[zzz]", "known are scan, rules, gates, push, allow"),
        ("gates = true", "'gates' must be a section"),
        ("[[gates]]", "'gates' must be a section"),
    ],
)
def test_unknown_words_are_refused_with_a_suggestion(text: str, said: str) -> None:
    for source in ({"person": person(text)}, {"repository": repository(text)}):
        message = refusal(**source)
        assert said in message
        assert message.startswith(next(iter(source.values())).name)


def outcome(**sources: Source) -> str | None:
    """The message of a refusal; None when the files were read and set nothing."""
    try:
        config = load(**sources)  # type: ignore[arg-type]
    except ConfigurationError as error:
        return str(error)
    return None if replace(config, sources=()) == Config() else "set something"


BAD: Mapping[Form, tuple[str, ...]] = {
    Form.SWITCH: ("1", '"true"', "[]", "{}"),
    Form.MINUTES: ("true", "-1", "1441", "1.5", '"5"', "inf"),
    Form.SIZE: ("0", "-1", "true", '"5 XB"', '"MB"', '"-5 MB"', '"0 MB"', "1.5", '"999999999999999 GB"', "0x" + "f" * 300_000),
    Form.SEVERITY: ('"severe"', "1", '"HIGH"', "[]"),
    Form.GLOBS: ('"*.x"', '[""]', '["  "]', "[1]", '["a\\u0000"]', '["!keep"]', '["' + "a" * 5_000 + '"]', "[[]]"),
    Form.REFS: ('"main"', "[1]", '[""]', '["a\\nb"]'),
    Form.IDS: ('"id"', "[true]", '["a\\nb"]'),
    Form.FILES: ('"file"', "[1]"),
    Form.PLUGINS: ('"some"', '["a b"]', '["../x"]', "[1]", "true"),
}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_value_of_another_form_is_refused_by_the_name_of_its_key(one: Option) -> None:
    assert BAD[one.form]
    for value in BAD[one.form]:
        assert f"config.toml: {one.name} must be {one.form.value}" in refusal(person=person(f"[{one.section}]\n{one.key} = {value}"))


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("123", 123),
        ('"50 MB"', 50_000_000),
        ('"512 KiB"', 524_288),
        ('"1.5GiB"', 3 << 29),
        ('"7"', 7),
        ('"2 kb"', 2_000),
        ('"9 B"', 9),
    ],
)
def test_sizes_are_bytes_or_have_a_unit(written: str, size: int) -> None:
    assert load(person=person(f"[scan]\nmax_file_size = {written}")).scan.max_file_size == size


def test_all_plugins_are_one_word_and_swallow_names() -> None:
    both = load(person=person('[rules]\ndetect_secrets = ["NpmDetector"]'), repository=repository('[rules]\ndetect_secrets = "all"'))
    assert both.rules.detect_secrets == ("all",)
    assert load(person=person('[scan]\nexclude = ["all", "b"]')).scan.exclude == ("all", "b")


def test_enabling_takes_back_what_an_earlier_file_disabled() -> None:
    config = load(person=person('[rules]\ndisable = ["a", "b"]'), repository=repository('[rules]\nenable = ["a"]'))
    assert (config.rules.disable, config.rules.enable) == (("b",), ("a",))


def test_one_file_cannot_enable_and_disable_one_rule() -> None:
    assert "'a'" in refusal(person=person('[rules]\ndisable = ["a"]\nenable = ["a"]'))


@pytest.mark.parametrize(
    "content",
    [
        b"x" * (MAX_SIZE + 1),
        b"\xff\xfe[gates]",
        b"\x00",
        b"x = " + b"[" * 50_000,
        b"x = " + b"{a=" * 50_000,
        b"x = " + b"9" * 10_000,
        b"[" + b"a." * 200_000 + b"a]",
        b"[" + b"a." * 4_000 + b"a]\n" + b"".join(b"b%d=1\n" % n for n in range(90_000)),
        b"[gates]\n" + b"a." * 4_000 + b"a = 1",
        b"[gates]\n[gates]",
        b"[gates.commit.deep]\n",
    ],
    ids=range(11),
)
@pytest.mark.parametrize("prefix", [b"", b"[tool.gitshield]\n"])
def test_hostile_content_is_refused_and_nothing_else(content: bytes, prefix: bytes) -> None:
    source = Source("file.toml", prefix + content)
    for sources in ({"person": source}, {"repository": source}, {"pyproject": source}):
        said = outcome(**sources)
        assert said is None or ("file.toml" in said and len(said) < 500)
        assert said is not None or set(sources) == {"pyproject"}


def test_every_default_has_the_form_of_its_key() -> None:
    assert len(ALL) == sum(len(asdict(section())) for section in SECTIONS.values()) - 1  # Rules.repository_files is not a key
    written = {Form.SWITCH: bool, Form.MINUTES: int, Form.SIZE: int, Form.SEVERITY: str}
    assert all(isinstance(one.default, written.get(one.form, tuple)) for one in ALL)
    assert all(one.about.endswith(".") and isinstance(one.strict, Strict) for one in ALL)


def test_the_approval_key_changes_with_every_byte_of_the_file_and_only_with_our_part_of_pyproject() -> None:
    text = "[tool.gitshield.gates]\ncommit = false\n"
    assert approval_key() is None
    assert approval_key(repository=repository("")) != approval_key(repository=repository("\n"))
    assert approval_key(pyproject=pyproject(text)) == approval_key(pyproject=pyproject(f"[project]\nname = 'x'\n{text}"))
    assert approval_key(pyproject=pyproject(text)) != approval_key(pyproject=pyproject(text.replace("commit", "references")))
