"""What changes brought is enough to look at: a scan by windows finds what one of all bytes finds, secret by secret, place by place."""

import base64
import datetime
import gzip
import hashlib
import os
import random
from collections.abc import Callable

import pytest

from gitshield.git.layout import find_layout
from gitshield.model.finding import Finding
from gitshield.rules import ruleset
from gitshield.rules.toml_form import read_specimens
from gitshield.scan.allowances import Allowances
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.scan import scan_history
from gitshield.scan.scan import Terms
from tests.builder import Repository
from tests.history.hiding import token_of

BEFORE = "".join(f"line {number} before it\n" for number in range(300))
BEHIND = "".join(f"line {number} behind it\n" for number in range(300))
NOISE = bytes(random.Random(1).randrange(32, 127) for _ in range(20_000))


@pytest.fixture(scope="module")
def terms() -> Terms:
    rules = ruleset.opened(ruleset.load_or_build(ruleset.built_in_rule_files, key="test", cache=[])[0])
    return Terms(rules, Allowances(), datetime.date(2030, 1, 1))


def word(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:20]


def found(repository: Repository, terms: Terms, *, is_exhaustive: bool) -> dict[tuple[str, bytes | str], Finding]:
    layout = find_layout(str(repository.path), environment=os.environ)
    result = scan_history(layout, os.environ, terms, extent=Extent(is_exhaustive=is_exhaustive))
    return {(one.rule_id, one.secret.reveal() if one.secret else one.place.path): one for one in result.findings}


def lines(text: str, count: int) -> str:
    return "".join(text.format(number) + "\n" for number in range(count))


def terraform(value: str) -> str:
    return f'variable "db_password" {{\n{lines("  # about it, line {}", 12)}  default = "{value}"\n}}'


def insert(value: str) -> str:
    return f"INSERT INTO users (id,\n{lines('  column_{},', 30)} password)\nVALUES (1,\n 2, '{word('other')}', '{value}')"


def signed(value: str) -> str:
    return f'jwt.sign({{\n{lines("  claim_{}: 1,", 40)}}}, "{value}")'


def parameter(value: str) -> str:
    return f"DbPassword:\n    Type: String\n    Description: {'word ' * 60}\n{lines('    MinLength: {}', 10)}    Default: {value}"


def after_blanks(value: str) -> str:
    return f'password =\n{lines("", 300)}   "{value}"'


def web_token(size: int) -> Callable[[str], str]:
    """A web token with so many bytes in it; without a value one that is broken near its end."""

    def made(value: str) -> str:
        chosen = random.Random(size)
        text = bytes(chosen.choice(b"abcdefgh01234567") for _ in range(size))
        parts = [b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"a","text":"' + text + b'"}', hashlib.sha256(b"x").digest()]
        coded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
        return f't = "{coded[0]}.{coded[1]}{"" if value else "!"}.{coded[2]}"'

    return made


def wrapped(text: str) -> str:
    return "\n".join(text[low : low + 76] for low in range(0, len(text), 76))


def compressed(value: str) -> str:
    return base64.b64encode(gzip.compress(NOISE + f'\nt = "{token_of(value) if value else ""}"\n'.encode(), mtime=0)).decode()


def coded(value: str) -> str:
    text = f'\nt = "{token_of(value) if value else "x" * 40}"\n'.encode()
    return base64.b64encode(NOISE + text + NOISE).decode()


def wrapped_web_token(value: str) -> str:
    return wrapped(base64.b64encode(web_token(900)(value).encode()).decode())


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    "made",
    [
        *(terraform, insert, signed, parameter, after_blanks, compressed, coded, wrapped_web_token),
        *(pytest.param(web_token(size), id=f"web token of {size}") for size in (600, 5000, 20_000)),
        pytest.param(lambda value: wrapped(compressed(value)), id="wrapped, compressed"),
        pytest.param(lambda value: wrapped(coded(value)), id="wrapped, coded"),
    ],
)
def test_a_secret_is_found_whose_other_end_is_far_from_what_changed(
    repository: Repository, terms: Terms, made: Callable[[str], str], *, is_first: bool
) -> None:
    with_it, without = (f"{BEFORE}{made(value)}\n{BEHIND}" for value in (word("secret"), ""))
    without += "\n" * 200 + "the end of it all, which makes it the larger one\n" * 20  # git makes the smaller from it
    for content in (with_it, without) if is_first else (without, with_it):
        repository.commit(files={"a.txt": content})
    repository.git("repack", "-adfq", "--depth=50", "--window=50")
    exhaustive = found(repository, terms, is_exhaustive=True)
    assert exhaustive
    assert found(repository, terms, is_exhaustive=False) == exhaustive


PIECES: tuple[Callable[[str], str], ...] = (
    *(terraform, signed, parameter, compressed, wrapped_web_token),
    lambda value: f't = "{token_of(value)}"',
    lambda value: f'db_password = "{word(value)}"',
    lambda value: f"postgres://user:{word(value)}@db.example.org:5432/x",
    lambda value: "h = " + f't = "{token_of(value)}"'.encode().hex(),
)


def edited(content: bytes, chance: random.Random, number: int) -> bytes:
    """The content with something cut out, put in, or copied, at places that are left to chance."""
    at, kind = chance.randrange(len(content) + 1), chance.randrange(5)
    if kind == 0:
        return content[:at] + content[at + chance.choice((1, 3, 20, 300)) :]
    if kind == 1:
        return content[:at] + chance.choice((b"\n", b" ", b'"', b"\0", b"=", b"-----", b"#", b"x" * 30)) + content[at:]
    if kind == 2:
        return content[:at] + b"\n" + chance.choice(PIECES)(f"piece {number}").encode() + b"\n" + content[at:]
    low = chance.randrange(len(content) + 1)
    return content[:at] + content[low : low + chance.choice((10, 200, 2000))] + content[at:]


@pytest.mark.parametrize("seed", range(6))
def test_the_same_is_found_after_edits_at_any_place(repository: Repository, terms: Terms, seed: int) -> None:
    chance = random.Random(seed)
    names = ("a.txt", "src/b.py", "c/settings.yaml", "d.json")
    encodings = ("utf-8", "utf-8", "utf-16", "utf-16-be")
    contents = {name: f"{BEFORE}{BEHIND}".encode(encoding) for name, encoding in zip(names, encodings, strict=True)}
    for number in range(12):
        for name in chance.sample(names, 3):
            contents[name] = edited(contents[name], chance, number)
        if number % 4 == 3:
            contents[names[number % 3]] = contents[names[number % 3 + 1]]
        for name, content in contents.items():
            repository.write(name, content)
        repository.commit()
    repository.git("repack", "-adfq", f"--depth={chance.choice((2, 10, 50))}", f"--window={chance.choice((2, 10, 50))}")
    assert found(repository, terms, is_exhaustive=False) == found(repository, terms, is_exhaustive=True)


def test_a_block_is_found_whose_beginning_alone_was_mended(repository: Repository, terms: Terms) -> None:
    specimens = [one for name, content in ruleset.built_in_files() for one in read_specimens(content, name=name)]
    (rule,) = (one for one in specimens if one.rule_id == "dnssec-private-key")
    block = max((sample.text for sample in rule.examples), key=len)
    for content in (block.replace(b"Private-key-format", b"Privatformat"), block):
        more = b"which makes this one the larger\n" * (3 if content is not block else 0)
        repository.commit(files={"keys.txt": BEFORE.encode() + content + BEHIND.encode() * 2 + more})
    repository.git("repack", "-adfq")
    exhaustive = found(repository, terms, is_exhaustive=True)
    assert [rule_id for rule_id, _ in exhaustive] == ["dnssec-private-key"]
    assert found(repository, terms, is_exhaustive=False) == exhaustive


@pytest.mark.parametrize("is_first", [True, False])
def test_a_secret_is_found_that_ends_where_its_file_was_cut_off(repository: Repository, terms: Terms, *, is_first: bool) -> None:
    token = token_of("at an end")
    parts = (f"{BEFORE}{token}", f"andmoreofitsletters\n{BEHIND}") if is_first else (f"{BEFORE}andmore", f"{token}\n{BEHIND}")
    for content in ("".join(parts), parts[0 if is_first else 1]):
        repository.commit(files={"a.txt": content})
    repository.git("repack", "-adfq", "--depth=50", "--window=50")
    exhaustive = found(repository, terms, is_exhaustive=True)
    assert len(exhaustive) == 1
    assert found(repository, terms, is_exhaustive=False) == exhaustive
