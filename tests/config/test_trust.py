"""Trust: a repository's file protects more at once and less only after approval; what runs code never comes from it."""

import pytest

from gitshield.config.load import approval_key, load
from gitshield.config.schema import SECTIONS, Config, Form, Option, Strict, options
from gitshield.config.toml_form import Source, is_inside
from gitshield.config.trust import approve, key_of_file, read_store, withdraw
from gitshield.errors import ConfigurationError

KEYS = [one for section in SECTIONS for one in options(section) if not one.only_person]

# Per form: a value that is more than the default of every key, and one that is less (None where nothing is).
MORE = {Form.SWITCH: "true", Form.MINUTES: "1440", Form.SIZE: '"9000 GB"', Form.SEVERITY: '"critical"', Form.PLUGINS: '"all"'}
LESS = {Form.SWITCH: "false", Form.MINUTES: "0", Form.SIZE: "1"}
LIST = '["some-entry"]'


def file(text: str) -> Source:
    """A repository's configuration file."""
    return Source(".gitshield.toml", text.encode())


def line(one: Option, strict: Strict) -> str | None:
    """A file that sets one key to more or to less than its default; None when there is no such value."""
    value = MORE.get(one.form, LIST) if strict is Strict.MORE else LESS.get(one.form)
    return None if value is None else f"[{one.section}]\n{one.key} = {value}\n"


def other(strict: Strict) -> Strict:
    """The other way."""
    return Strict.LESS if strict is Strict.MORE else Strict.MORE


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.name)
def test_a_key_that_protects_more_needs_nobody(one: Option) -> None:
    text = line(one, one.strict)
    if text is not None:
        assert load(repository=file(text)).held_back == ()


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.name)
def test_a_key_that_protects_less_is_held_back_until_approved(one: Option) -> None:
    text = line(one, other(one.strict))
    if text is None:
        assert one.form in (Form.GLOBS, Form.REFS, Form.IDS, Form.FILES, Form.PLUGINS)  # adding to these always protects more
        return
    stock = getattr(getattr(Config(), one.section), one.key)
    if (text.split(" = ")[1].strip(), stock) in (("true", True), ("false", False)):
        return  # the default is the loosest value
    waiting = load(repository=file(text))
    assert waiting.held_back == (one.name,)
    assert getattr(getattr(waiting, one.section), one.key) == stock
    approved = load(repository=file(text), approved=frozenset({key_of_file(text.encode())}))
    assert approved.held_back == ()
    assert getattr(getattr(approved, one.section), one.key) != stock


def test_this_table_covers_keys_of_both_ways() -> None:
    loosening = [one.name for one in KEYS if line(one, other(one.strict))]
    assert {"scan.exclude", "rules.disable", "rules.min_severity", "gates.commit", "allow.pragmas", "scan.max_file_size"} <= set(loosening)


def test_what_tightens_counts_beside_what_is_held_back() -> None:
    config = load(repository=file('[gates]\ncommit = false\nsensitive = ["*.x"]\n[scan]\nexclude = ["**"]\n'))
    assert config.held_back == ("gates.commit", "scan.exclude")
    assert (config.gates.commit, config.gates.sensitive, config.scan.exclude) == (True, ("*.x",), ())


def test_loosening_is_judged_against_the_persons_own_choice() -> None:
    own = Source("config.toml", b'[scan]\ninclude_ignored = true\nexclude = ["vendor/"]\n[gates]\ncommit = false\n')
    config = load(person=own, repository=file('[scan]\ninclude_ignored = false\nexclude = ["vendor/"]\n[gates]\ncommit = false\n'))
    assert config.held_back == ("scan.include_ignored",)
    assert config.scan.include_ignored


def test_approval_is_for_these_bytes_only() -> None:
    approved = frozenset({key_of_file(b"[gates]\ncommit = false\n")})
    assert load(repository=file("[gates]\ncommit = false\n"), approved=approved).held_back == ()
    assert load(repository=file("[gates]\ncommit = false\n#\n"), approved=approved).held_back == ("gates.commit",)


def test_a_table_in_pyproject_is_approved_whatever_else_the_file_says() -> None:
    text = b"[tool.gitshield.gates]\ncommit = false\n"
    key = approval_key(pyproject=Source("pyproject.toml", text))
    assert key is not None
    config = load(pyproject=Source("pyproject.toml", b"[project]\nname = 'n'\n" + text), approved=frozenset({key}))
    assert (config.held_back, config.gates.commit) == ((), False)


def test_approving_a_file_does_not_approve_a_table() -> None:
    text = b"[tool.gitshield.gates]\ncommit = false\n"
    config = load(pyproject=Source("pyproject.toml", text), approved=frozenset({key_of_file(text)}))
    assert config.held_back == ("gates.commit",)


@pytest.mark.parametrize(
    "text",
    [
        '[rules]\nplugin_files = ["plugin.py"]',
        "[rules]\nplugin_files = []",
        '[rules]\nfiles = ["/etc/rules.toml"]',
        '[rules]\nfiles = ["../rules.toml"]',
        '[rules]\nfiles = ["~/rules.toml"]',
        "[rules]\nfiles = ['C:\\rules.toml']",
        "[rules]\nfiles = ['a\\..\\..\\rules.toml']",
    ],
)
def test_plugins_and_outside_files_are_never_taken_from_a_repository(text: str) -> None:
    approved = frozenset({key_of_file(text.encode())})
    with pytest.raises(ConfigurationError, match=r"rules\.(plugin_)?files"):
        load(repository=file(text), approved=approved)
    assert load(person=Source("config.toml", text.encode())).sources == ("config.toml",)


def test_a_repositorys_rule_files_are_kept_apart_from_the_persons() -> None:
    own = Source("config.toml", b'[rules]\nfiles = ["mine.toml"]')
    config = load(person=own, repository=file('[rules]\nfiles = ["rules/ours.toml"]'))
    assert (config.rules.files, config.rules.repository_files) == (("mine.toml",), ("rules/ours.toml",))


@pytest.mark.parametrize(
    ("path", "inside"), [("a/b.toml", True), ("./a", True), ("a..b", True), ("", False), (".", False), ("//x/y", False)]
)
def test_inside_means_below_the_file(path: str, inside: bool) -> None:
    assert is_inside(path) is inside


def test_the_store_keeps_approvals_and_gives_them_up() -> None:
    first, second = key_of_file(b"1"), key_of_file(b"2")
    store = approve(approve(b"", first, note="~/one, 2024-01-01"), second, note="tw\nö")
    assert store.startswith(b"gitshield-trust 1\n")
    assert store.decode("ascii").splitlines()[2] == f"{second} tw??"
    assert read_store(store) == {first, second}
    assert approve(store, first, note="again") == store
    assert read_store(withdraw(store, first)) == {second}
    assert read_store(b"") == frozenset()


@pytest.mark.parametrize(
    "store",
    [b"\n", b"gitshield-trust 2\n", b"gitshield-trust 1\nabc x\n", b"\xff\xff", b"gitshield-trust 1\n\n", b"x" * 2_000_000],
)
def test_a_damaged_store_is_refused_rather_than_taken_for_empty(store: bytes) -> None:
    for use in (read_store, lambda content: approve(content, "0" * 64, note=""), lambda content: withdraw(content, "0" * 64)):
        with pytest.raises(ConfigurationError):
            use(store)
