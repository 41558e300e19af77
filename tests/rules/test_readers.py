"""Readers and the file packs: what counts in a credential file, and that no content upsets a reader."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitshield.errors import RuleError
from gitshield.rules import readers
from gitshield.rules.candidate import Candidate
from gitshield.rules.pattern import compiled
from gitshield.rules.proof import faults
from gitshield.rules.readers import dotenv, json_pairs, read_with, yaml_pairs
from gitshield.rules.readers.judgement import is_sealed, secret_part
from gitshield.rules.readers.naming import Role, role_of
from gitshield.rules.rule import Rule
from gitshield.rules.toml_form import read_rules, read_specimens
from tests.builder import Repository

PACKS = Path(readers.__file__).parents[1] / "packs"
FILE_PACKS = ("files.toml", "credential-files.toml")
MODULES = {module.name: import_module(f"{readers.__name__}.{module.name}") for module in iter_modules(readers.__path__)}
READERS = sorted(name for name, module in MODULES.items() if hasattr(module, "read"))
PASSWORD = "Tr4um" + "fahrer!9"
TOKEN = ("q7Gx" + "2LmZ") * 2 + ("vB81" + "nRtY") * 2
UUID = "8c1a2b3c-4d5e-4f60-8a1b-" + "2c3d4e5f6071"
KEY_HEAD = "-----BEGIN RSA PRIVATE " + "KEY-----"
# Pieces that steer readers into their branches, in any order.
SIGNS = b"\n~\r\n~ ~\t~\"~'~`~\\~{~}~[~]~:~,~=~#~- ~---\n~|\n  ~//~/*~<!--~0\x82~\xff~\xef\xbb\xbf~true~export ~define('A', '".split(b"~")
WORDS = (
    b"password~kind: Secret\n~data:\n  ~auth~machine ~macdef x\n~sensitive~<Pass encoding='base64'>~</Pass>~https://u:~@host~"
    b"Private-Lines: 3\n~YWJjZGVmZw==~-----END RSA PRIVATE ~KEY-----"
).split(b"~")
PIECES = st.sampled_from([*SIGNS, *WORDS, KEY_HEAD.encode(), PASSWORD.encode(), TOKEN.encode()])
CONTENTS = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join))


def rule_of(reader: str) -> Rule:
    return Rule(id="r", description="", pack="", family="file", reader=reader)


def found(reader: str, text: str | bytes, path: str = "x") -> list[bytes]:
    data = text.encode() if isinstance(text, str) else text
    return [candidate.value for candidate in read_with(rule_of(reader), data, path=path)]


def dotenv_secrets(text: str) -> list[str]:
    return [each.value.decode() for each in dotenv.secrets(text.encode())]


@pytest.mark.parametrize("name", FILE_PACKS)
def test_pack_finds_its_examples_and_leaves_its_near_misses(name: str) -> None:
    assert faults((PACKS / name).read_bytes(), name=name) == []


@pytest.mark.parametrize("name", FILE_PACKS)
def test_every_rule_has_two_examples_and_two_near_misses_of_its_own_files(name: str) -> None:
    content = (PACKS / name).read_bytes()
    paths = {rule.id: rule.path for rule in read_rules(content, name=name, built_in=True).rules}
    for specimens in read_specimens(content, name=name):
        assert len(specimens.examples) >= 2, specimens.rule_id
        assert len(specimens.near_misses) >= 2, specimens.rule_id
        pattern = compiled(paths[specimens.rule_id] or "")
        assert all(pattern.search(example.path.encode()) for example in specimens.examples), specimens.rule_id


def test_globs_mean_the_same_files_as_the_path(repository: Repository) -> None:
    known = {"java-key-store-file": ["android/app/debug.keystore"]}
    for name in FILE_PACKS:
        content = (PACKS / name).read_bytes()
        specimens = {each.rule_id: each for each in read_specimens(content, name=name)}
        for rule in read_rules(content, name=name, built_in=True).rules:
            assert bool(rule.globs) == rule.gate, rule.id
            if not rule.gate:
                continue
            repository.write(".git/info/attributes", "".join(f'"{glob}" gate\n' for glob in rule.globs))
            examples = {each.path for each in specimens[rule.id].examples}
            bound = bound_by_attributes(repository, examples | {each.path for each in specimens[rule.id].near_misses})
            assert examples & bound, rule.id
            if rule.is_file_rule:
                assert not examples - bound, rule.id
                assert sorted(bound - examples) == known.get(rule.id, []), rule.id


def bound_by_attributes(repository: Repository, paths: set[str]) -> set[str]:
    fields = repository.git("check-attr", "-z", "gate", "--", *sorted(paths)).stdout.split(b"\0")
    return {path.decode() for path, _, value in zip(fields[::3], fields[1::3], fields[2::3], strict=False) if value == b"set"}


@pytest.mark.parametrize(
    "path",
    "README.md src/main.py package.json .env.example .env.sample .env.template .env.dist .env.defaults .env.schema "
    ".env.test.example src/environment.ts test_env.py .envoy.yaml id_rsa.pub .ssh/config .ssh/known_hosts "
    ".ssh/id_ed25519.pub server.crt ca.pem public.key google-services.json GoogleService-Info.plist "
    "config/credentials.yml.enc .terraform.lock.hcl main.tf docker-compose.yml .npmrc Cargo.toml .cargo/config.toml "
    ".github/workflows/ci.yml lib/core/core.py docs/history.md .aws/config poetry.lock .env.vault".split(),
)
def test_ordinary_files_may_be_in_git(path: str) -> None:
    rules = read_rules((PACKS / "files.toml").read_bytes(), name="files.toml", built_in=True).rules
    assert [rule.id for rule in rules if compiled(rule.path or "").search(path.encode())] == []


@pytest.mark.parametrize("reader", READERS)
@given(data=CONTENTS, path=st.sampled_from(["a.key", ".env", "a.json"]))
@settings(max_examples=60, deadline=None)
def test_reader_never_raises_and_its_spans_lie_in_the_file(reader: str, data: bytes, path: str) -> None:
    for candidate in read_with(rule_of(reader), data, path=path):
        assert isinstance(candidate, Candidate)
        assert 0 <= candidate.start < candidate.end <= len(data)


@given(data=CONTENTS)
@settings(max_examples=200, deadline=None)
def test_forms_give_spans_that_lie_in_the_file(data: bytes) -> None:
    for pairs in (json_pairs.pairs, yaml_pairs.pairs, dotenv.assignments):
        assert all(0 <= each.start <= each.end <= len(data) for each in pairs(data))


def test_an_unknown_reader_is_an_error() -> None:
    with pytest.raises(RuleError):
        list(read_with(rule_of("judgement"), b"", path="x"))
    with pytest.raises(RuleError):
        list(read_with(rule_of("no_such"), b"", path="x"))


@pytest.mark.parametrize("head", [b"\0GITCRYPT\0", b"$ANSIBLE_VAULT;1.1;AES256\n", b"age-encryption.org/v1\n"])
def test_an_encrypted_file_yields_nothing(head: bytes) -> None:
    data = head + f"\nPASSWORD={PASSWORD}\n".encode()
    assert is_sealed(data)
    assert found("dotenv", data) == []


@pytest.mark.parametrize(
    "text",
    [
        f"DB_PASSWORD={PASSWORD}",
        f"export DB_PASSWORD={PASSWORD}",
        f"  DB_PASSWORD = {PASSWORD}  ",
        f"DB_PASSWORD: {PASSWORD}",
        f"DB_PASSWORD={PASSWORD} # of the live one",
        f'DB_PASSWORD="{PASSWORD}"',
        f"DB_PASSWORD='{PASSWORD}' # x",
        f"DB_PASSWORD=`{PASSWORD}`",
        f"A=1\r\nDB_PASSWORD={PASSWORD}\r\nB=2\r\n",
        f"\ufeffDB_PASSWORD={PASSWORD}",
        f"# DB_PASSWORD={PASSWORD}",
        f'A="b\nc"\nDB_PASSWORD={PASSWORD}',
        f'A="not closed\nDB_PASSWORD="{PASSWORD}"',
        f"DATABASE_URL=postgres://app:{PASSWORD}@db:5432/shop",
    ],
)
def test_dotenv_reads_the_value_in_each_form(text: str) -> None:
    assert dotenv_secrets(text) == [PASSWORD]


def test_dotenv_unescapes_values_and_keeps_their_place() -> None:
    data = b'TOKEN="a\\"b\\nc"\n'
    (one,) = dotenv.assignments(data)
    assert (one.name, one.value, data[one.start : one.end]) == (b"TOKEN", b'a"b\nc', b'a\\"b\\nc')


def test_dotenv_reads_a_key_over_several_lines() -> None:
    body = "\n".join([TOKEN * 2] * 4)
    key = f"{KEY_HEAD}\n{body}\n-----END RSA PRIVATE " + "KEY-----"
    assert dotenv_secrets(f'A=1\nKEY="{key}"\nB=2\n') == [key]


def test_dotenv_copes_with_latin_1() -> None:
    data = "NAME=Müller\nDB_PASSWORD=geheim-Ü77\n".encode("latin-1")
    assert found("dotenv", data, ".env") == ["geheim-Ü77".encode("latin-1")]


LIVE = f"""
    PASSWORD={PASSWORD}
    SMTP_PASS=hunter{2}
    ADMIN_PASSWORD=481{51623}
    pgpassword=w3lt{"raum"}
    API_KEY={TOKEN}
    FOO={TOKEN}
    HEROKU_API_KEY={UUID}
    VAULT_SECRET_ID={UUID}
    REDIS_URL=redis://:{PASSWORD}@h
    STORAGE=AccountName=a;AccountKey={TOKEN};EndpointSuffix=x
    GIT=https://{TOKEN}:x-oauth-basic@github.com/a/b
"""
HARMLESS = f"""
    PORT=8080
    DEBUG=true
    HOST=db.internal.net
    URL=https://acme.io/login?next=1
    TZ=Europe/Berlin
    EMAIL=a.b@acme.io
    VERSION=1.22.3-rc1
    NODE_ENV=production
    KEY_FILE=/etc/ssl/private/server.key
    CLIENT_ID={UUID}
    GIT_COMMIT={"9f8e7d6c5b" * 4}
    MODEL=gpt-4-turbo-2024-04-09
    PASSWORD=
    PASSWORD=password
    PASSWORD=changeme
    PASSWORD=$DB_PASSWORD
    PASSWORD=${{DB_PASSWORD}}
    PASSWORD=<password>
    API_KEY=your-api-key-here
    API_KEY={"x" * 20}
    TOKEN_TTL=3600
    PASSWORD_MIN_LENGTH=12
    MAX_TOKENS=100000
    SSL_KEY=./local.key
    NEXT_PUBLIC_KEY={TOKEN}
    RECAPTCHA_SITE_KEY={TOKEN}
    DATABASE_URL=postgres://postgres:postgres@localhost/x
    API_TOKEN=encrypted:{TOKEN}
    API_TOKEN=ENC[AES256_GCM,data:{TOKEN}]
    API_KEY=op://vault/item/field
    SSH_PUBLIC_KEY=ssh-ed25519 AAAA{TOKEN}
    SENTRY_DSN=https://{TOKEN}@o1.ingest.sentry.io/1
    HOSTS=a.io,b.io
"""


@pytest.mark.parametrize("pair", LIVE.strip().split("\n    "))
def test_a_live_value_is_a_secret(pair: str) -> None:
    name, _, value = pair.partition("=")
    assert dotenv.is_secret(name.encode(), value.encode())


@pytest.mark.parametrize("pair", HARMLESS.strip().split("\n    "))
def test_a_setting_or_stand_in_is_no_secret(pair: str) -> None:
    name, _, value = pair.partition("=")
    assert not dotenv.is_secret(name.encode(), value.encode())


@pytest.mark.parametrize(
    ("names", "role"),
    [
        ("dbPassword DB_PASSWORD spring.datasource.password", Role.PASSWORD),
        ("x-api-key secretAccessKey SECRET_KEY_BASE", Role.TOKEN),
        ("password_file PUBLIC_KEY", Role.HARMLESS),
        ("client_id COMMIT_SHA", Role.IDENTIFIER),
        ("compass color", Role.NEUTRAL),
    ],
)
def test_a_name_tells_the_role_of_its_value(names: str, role: Role) -> None:
    assert {role_of(name.encode()) for name in names.split()} == {role}


def test_secret_part_is_the_password_of_a_url() -> None:
    url = f"mysql://app:{PASSWORD}@db/shop".encode()
    low, high = secret_part(url) or (0, 0)
    assert url[low:high] == PASSWORD.encode()
    assert secret_part(b"https://acme.io/") == (0, 0)
    assert secret_part(b"just text") is None


def test_json_gives_places_and_puts_up_with_comments() -> None:
    data = b'{"a": [{"b": "x\\u00e9"}, 7], // remark\n "c": {"d": "e"},}'
    assert [(each.where, each.name, each.value) for each in json_pairs.pairs(data)] == [
        ((b"0", b"a", b"0"), b"b", "xé".encode()),
        ((b"0", b"a", b"1"), b"a", b"7"),
        ((b"0", b"c"), b"d", b"e"),
    ]


def test_yaml_gives_places_over_documents_lists_and_blocks() -> None:
    data = b"a: 1\n---\nusers:\n- name: x # who\n  keys:\n    - 'y'\nk: |\n  one\n  two\nz: {q: w}\n"
    assert [(each.where, each.name, each.value) for each in yaml_pairs.pairs(data)] == [
        ((b"0",), b"a", b"1"),
        ((b"1", b"users", b"1"), b"name", b"x"),
        ((b"1", b"users", b"1", b"keys", b"1"), b"keys", b"y"),
        ((b"1",), b"k", b"one\ntwo"),
        ((b"1", b"z"), b"q", b"w"),
    ]


def test_a_deep_file_costs_no_more_than_a_flat_one() -> None:
    assert list(json_pairs.pairs(b'[{"a":' * 50_000)) == []
    assert found("yaml_settings", b"".join(b" " * (n % 900) + b"k:\n" for n in range(20_000))) == []


def test_netrc_macros_are_no_passwords() -> None:
    text = f"macdef init\nput password {PASSWORD}\n\nmachine a.io login me password {TOKEN}\n"
    assert found("netrc", text) == [TOKEN.encode()]


def test_compose_lists_name_their_values() -> None:
    assert found("yaml_settings", f"environment:\n  - PORT=80\n  - DB_PASSWORD={PASSWORD}\n") == [PASSWORD.encode()]
    assert found("yaml_settings", f"env:\n  - name: API_TOKEN\n    value: {TOKEN}\n") == [TOKEN.encode()]
