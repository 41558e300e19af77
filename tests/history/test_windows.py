"""Windows of deltas are enough: on random histories, packed at random, what is found in them is what is found in all bytes."""

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gitshield.git.layout import find_layout
from gitshield.model.finding import Finding
from gitshield.rules import ruleset
from gitshield.rules.confirm import window_of
from gitshield.rules.toml_form import read_specimens
from gitshield.scan.history import windows
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.eyes import Eyes
from gitshield.scan.history.scan import scan_history
from gitshield.scan.known import KnownValues
from tests.builder import Repository
from tests.scan.rulesets import built_in_terms

ROUNDS = int(os.environ.get("GITSHIELD_HISTORIES", "15"))
WORDS = "alpha beta gamma delta if else return value total count for each line of this file and the next one".split()
NAMES = ("app.py", "conf/app.yml", "notes.txt", "deploy.sh", "settings.json", "tests/test_app.py", ".env", "docs/readme.md")
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def text(dice: random.Random, count: int) -> list[bytes]:
    return [" ".join(dice.choices(WORDS, k=dice.randint(1, 9))).encode() for _ in range(count)]


def secret(dice: random.Random) -> list[bytes]:
    """Lines with a secret in them, of many shapes."""
    token = lambda size: "".join(dice.choices(_ALPHABET, k=size))  # noqa: E731
    body = [token(64) for _ in range(dice.randint(3, 30))]
    shapes = (
        ["ghp_" + token(36)],
        [f'password = "{token(12)}"'],
        ["DB_PASSWORD=" + token(14)],
        [f"url: postgres://admin:{token(16)}@db.internal:5432/app"],
        ['"password":', "", f'    "{token(15)}"'],
        ["eyJ" + token(40) + ".eyJ" + token(dice.choice((60, 700))) + "." + token(43)],
        ["-----BEGIN RSA PRIVATE" + " KEY-----", *body, "-----END RSA PRIVATE" + " KEY-----"],
        ["<password>", f"    {token(13)}", "</password>"],
        [f"value = {token(5)} # gitshield:allow", f"api_key = '{token(32)}'"],
        ["aws_access_key_id = AKIA" + "".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))],
    )
    return [line.encode() for line in dice.choice(shapes)]


def spoiled(dice: random.Random, line: bytes) -> bytes:
    """A line without a few of its bytes, or with a blank in it: what one small edit makes whole again."""
    at = dice.randrange(len(line) + 1)
    return line[:at] + b" " + line[at:] if dice.random() < 0.4 else line[:at] + line[at + dice.randint(1, 8) :]


def edited(dice: random.Random, lines: list[bytes], whole: dict[bytes, bytes]) -> list[bytes]:
    """The lines after one change: some replaced, put in, taken out or moved, one letter changed, or a secret put in.

    `whole` maps lines of secrets that miss something, as one small edit leaves them, to the lines themselves and these to those:
    half of the changes turn one into the other.
    """
    lines = list(lines) or [b""]
    if (open_ := [number for number, line in enumerate(lines) if line in whole]) and dice.random() < 0.5:
        number = dice.choice(open_)
        lines[number] = whole[lines[number]]
        return lines
    at = dice.randrange(len(lines))
    other = dice.randrange(len(lines))
    kind = dice.randrange(6)
    if kind == 0:
        lines[at : at + dice.randint(1, 4)] = text(dice, dice.randint(1, 5))
    elif kind == 1:
        lines[at:at] = new = secret(dice)
        line = dice.choice(new)
        whole[line] = spoiled(dice, line)
        whole[whole[line]] = line
    elif kind == 2:
        del lines[at : at + dice.randint(1, 3)]
    elif kind == 3:
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == 4:
        lines = lines[at:] + lines[:at]
    else:
        lines[at:at] = text(dice, dice.randint(1, 40))
    return lines


def history(folder: Path, dice: random.Random, *, then: Callable[[Repository], None] = lambda _: None) -> Repository:
    """A repository of a few files with many versions, moves and copies, packed in a random way; `then` is called now and then."""
    repository = Repository.create(folder)
    files = {dice.choice(NAMES): text(dice, dice.randint(200, 1500)) for _ in range(3)}
    whole: dict[bytes, bytes] = {}
    for _ in range(dice.randint(6, 24)):
        name = dice.choice(list(files))
        for _ in range(dice.randint(1, 3)):
            files[name] = edited(dice, files[name], whole)
        if dice.random() < 0.2:
            files[dice.choice(NAMES)] = list(files[name]) if dice.random() < 0.5 else files.pop(name)
        write_all(repository, dice, files)
        if dice.random() < 0.2:
            repository.git("repack", "-dq")
            then(repository)
    depth, window = dice.choice((1, 5, 50)), dice.choice((2, 10, 50))
    repository.git("repack", "-adq", *([] if dice.random() < 0.3 else ["-f", f"--depth={depth}", f"--window={window}"]))
    return repository


def write_all(repository: Repository, dice: random.Random, files: dict[str, list[bytes]]) -> None:
    """Commit just these files; now and then in another encoding, or with other ends of lines."""
    for old in repository.path.iterdir():
        if old.name != ".git":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    ending = dice.choice((b"\n", b"\n", b"\n", b"\r\n"))
    coding = "utf-16" if dice.random() < 0.05 else None
    repository.commit("change", files={path: encoded(ending.join(lines), coding) for path, lines in files.items()})


def encoded(content: bytes, coding: str | None) -> bytes:
    return content.decode().encode(coding) if coding else content


def told(findings: tuple[Finding, ...]) -> set[tuple[object, ...]]:
    """What two scans have to agree on."""
    return {(one.rule_id, one.secret, one.place, one.span, one.severity, one.tags, frozenset(one.places), one.reach) for one in findings}


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="gitshield-histories-") as folder:
        yield Path(folder)


@settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
@example(seed=97)  # windows without a margin miss something here
def test_windows_find_in_random_histories_what_all_bytes_hold(place: Path, seed: int) -> None:
    folder = place / str(seed)
    shutil.rmtree(folder, ignore_errors=True)
    repository = history(folder, random.Random(seed))
    environment = dict(os.environ)
    layout = find_layout(str(repository.path), environment=environment)
    results = [scan_history(layout, environment, built_in_terms(), extent=Extent(is_exhaustive=flag)) for flag in (False, True)]
    shutil.rmtree(folder)
    assert all(result.receipt.is_complete for result in results)
    assert results[0].receipt.size == results[1].receipt.size > 0
    assert told(results[0].findings) == told(results[1].findings)
    assert results[0].findings or seed != 97, "the histories hold secrets"


def test_every_rule_over_many_lines_has_a_sign() -> None:
    eyes = Eyes(built_in_terms().rules, KnownValues())
    patterns = {rule.id: rule.regex for rule in built_in_terms().rules.rules if rule.regex and window_of(rule.regex) > window_of("")}
    samples = 0
    for name, content in ruleset.built_in_files():
        for specimen in read_specimens(content, name=name):
            for sample in specimen.examples if specimen.rule_id in patterns else ():
                longest = max((len(value) for value in sample.secrets), default=0)
                if longest > windows.MARGIN and b"\n" in max(sample.secrets, key=len):
                    samples += 1
                    assert eyes.has_sign(sample.text), specimen.rule_id
    assert samples > 50
