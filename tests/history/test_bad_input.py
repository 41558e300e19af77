"""Bad input: broken, cut off and hostile repositories. What cannot be read is told, everything else is found, nothing crashes."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from gitshield.git.layout import find_layout
from gitshield.git.packs.families import inflated, members, portions
from gitshield.git.packs.opening import open_store
from gitshield.git.packs.pack import BLOB
from gitshield.git.packs.store import Problem
from gitshield.model.finding import Result
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.scan import scan_history
from tests.builder import Repository
from tests.history.hiding import token_of
from tests.history.packing import (
    Entry,
    copied,
    delta,
    head,
    name,
    oid_of,
    spelled,
    whole,
    write_loose,
    write_object,
    write_pack,
)
from tests.scan.rulesets import terms_of

TERMS = terms_of("family = 'provider'\n[[rules]]\nid = 'pat'\nregex = '\\bghp_[A-Za-z0-9]{36}\\b'\n")
PLAIN = whole("blob", b"hello")
HIDDEN = whole("blob", b"x" * 50 + token_of("hidden").encode())
PERSONS = b"author A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n"


def scanned(repository: Repository, *, is_exhaustive: bool = False) -> Result:
    layout = find_layout(str(repository.path), environment=os.environ)
    return scan_history(layout, os.environ, TERMS, extent=Extent(is_exhaustive=is_exhaustive))


def tokens(result: Result) -> set[str]:
    return {one.secret.reveal().decode() for one in result.findings if one.secret is not None}


def told(result: Result) -> dict[str, str]:
    return {skip.path: skip.reason for skip in result.receipt.skipped if skip.is_failure}


def loose_path(repository: Repository, revision: str) -> Path:
    oid = repository.line("rev-parse", revision)
    return repository.path / ".git/objects" / oid[:2] / oid[2:]


def packed(repository: Repository) -> tuple[Path, Path]:
    """Three versions of a file in one pack; gives the pack and its index, to be changed."""
    lines = [f"line {number} of a file" for number in range(300)]
    for number in range(3):
        lines[number * 100] = token_of(f"version {number}")
        repository.commit(files={"a.txt": "\n".join(lines)})
    repository.git("repack", "-adq")
    pack = next((repository.path / ".git/objects/pack").glob("*.pack"))
    for path in (pack, pack.with_suffix(".idx")):
        path.chmod(0o600)
    return pack, pack.with_suffix(".idx")


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([delta(name("1"), name("2"), (5, 5), spelled(b"abcde")), delta(name("2"), name("1"), (5, 5), b"")], id="circle"),
        pytest.param([delta(name("1"), name("1"), (5, 5), spelled(b"abcde"))], id="own base"),
        pytest.param([delta(name("1"), name("none"), (5, 5), spelled(b"abcde"))], id="no base"),
        pytest.param([delta(name("1"), 5, (5, 5), spelled(b"abcde"))], id="no base at that distance"),
        pytest.param([Entry(name("1"), head(0, 5) + PLAIN.stored[1:])], id="type 0"),
        pytest.param([Entry(name("1"), head(5, 5) + PLAIN.stored[1:])], id="type 5"),
        pytest.param([whole("blob", b"hello", size=1 << 62)], id="size of many bytes"),
        pytest.param([whole("blob", b"hello", size=1 << 50)], id="size of a petabyte"),
        pytest.param([whole("blob", b"hello", size=4)], id="size too small"),
        pytest.param([PLAIN, delta(name("1"), PLAIN.oid, (5, 1 << 40), copied(0, 5))], id="delta of a terabyte"),
        pytest.param([PLAIN, delta(name("1"), PLAIN.oid, (5, 1 << 63), copied(0, 5))], id="delta beyond 64 bits"),
        pytest.param([PLAIN, delta(name("1"), PLAIN.oid, (5, 1 << 400), copied(0, 5))], id="delta of endless size"),
        pytest.param([PLAIN, delta(name("1"), PLAIN.oid, (6, 5), copied(0, 5))], id="delta for another base"),
        pytest.param([PLAIN, delta(name("1"), PLAIN.oid, (5, 50), copied(2, 50))], id="copy beyond the base"),
        pytest.param([PLAIN, delta(name("1"), PLAIN.oid, (5, 5), b"\0")], id="unknown instruction"),
        pytest.param([Entry(PLAIN.oid, PLAIN.stored + HIDDEN.stored)], id="an object between two"),
        pytest.param([whole("blob", b"hello " + token_of("false name").encode(), oid=name("1"))], id="false name"),
    ],
)
def test_an_entry_of_a_pack_that_cannot_be_read_or_believed_is_told(repository: Repository, entries: list[Entry]) -> None:
    repository.commit(files={"a": token_of("good")})
    write_pack(repository, entries)
    result = scanned(repository)
    assert token_of("good") in tokens(result)
    assert told(result).keys() & {entry.oid.hex() for entry in entries}


@pytest.mark.parametrize("offset", [12, 13, 1 << 30, 1 << 40, (1 << 64) - 1])
def test_an_index_that_leads_elsewhere_is_told(repository: Repository, offset: int) -> None:
    repository.commit(files={"a": token_of("good")})
    write_pack(repository, [PLAIN, HIDDEN], offsets=lambda true: [true[0], offset])
    result = scanned(repository)
    assert tokens(result) == {token_of("good")}
    assert told(result).keys() & {PLAIN.oid.hex(), HIDDEN.oid.hex()}


def test_an_object_that_no_index_names_is_told(repository: Repository) -> None:
    write_pack(repository, [PLAIN, HIDDEN])
    index = repository.path / ".git/objects/pack/pack-made.idx"
    write_pack(repository, [PLAIN], "less")
    index.write_bytes(index.with_name("pack-less.idx").read_bytes())
    reasons = [skip.reason for skip in scanned(repository).receipt.skipped if skip.path.endswith("pack-made.pack")]
    assert "it has 2 objects, and its index 1" in reasons
    assert "its index was made for another pack, or it is cut off" in reasons


@pytest.mark.parametrize("size", [0, 4, 11, 12, 31, 32, 33, 100, -21, -20, -1])
def test_a_pack_that_is_cut_off_is_told(repository: Repository, size: int) -> None:
    pack, _ = packed(repository)
    pack.write_bytes(pack.read_bytes()[:size])
    assert not scanned(repository).receipt.is_complete


@pytest.mark.parametrize("size", [0, 4, 8, 1031, 1032, 1100, -41, -40, -1])
def test_an_index_that_is_cut_off_is_told(repository: Repository, size: int) -> None:
    _, index = packed(repository)
    index.write_bytes(index.read_bytes()[:size])
    assert not scanned(repository).receipt.is_complete


@pytest.mark.parametrize("which", [0, 1])
def test_a_bit_that_changed_in_a_pack_or_its_index_is_told(repository: Repository, which: int) -> None:
    path = packed(repository)[which]
    content, chance = path.read_bytes(), random.Random(which)
    for _ in range(30):
        changed = bytearray(content)
        changed[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        assert not scanned(repository).receipt.is_complete


@pytest.mark.parametrize("suffix", [".idx", ".pack"])
def test_half_of_a_pack_is_told(repository: Repository, suffix: str) -> None:
    pack, _ = packed(repository)
    pack.with_suffix(suffix).unlink()
    result = scanned(repository)
    assert any(pack.stem in path for path in told(result))


@pytest.mark.parametrize("size", [b"99999999999999", b"9" * 40, b"-5", b"2", b"1e3", b""])
def test_a_loose_object_that_lies_about_its_size_is_told(repository: Repository, size: bytes) -> None:
    repository.commit(files={"a": token_of("good")})
    write_loose(repository, b"blob " + size + b"\0abc", oid="ab" * 20)
    result = scanned(repository)
    assert (list(told(result)), tokens(result)) == (["ab" * 20], {token_of("good")})


def test_bytes_behind_a_loose_object_are_told(repository: Repository) -> None:
    oid = write_object(repository, "blob", b"abc")
    path = repository.path / ".git/objects" / oid[:2] / oid[2:]
    path.write_bytes(path.read_bytes() + b"more")
    assert list(told(scanned(repository))) == [oid]


@pytest.mark.parametrize("place", ["ab/" + "c" * 38, "pack/pack-a.pack", "pack/pack-a.idx"])
def test_a_pipe_in_the_object_store_is_told_and_not_waited_for(repository: Repository, place: str) -> None:
    pack = repository.path / ".git/objects/pack/pack-a.pack"
    pack.touch()
    path = repository.path / ".git/objects" / place
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    assert not scanned(repository).receipt.is_complete


def test_a_file_where_the_packs_should_be_is_told(repository: Repository) -> None:
    repository.commit(files={"a": token_of("good")})
    folder = repository.path / ".git/objects/pack"
    folder.rmdir()
    folder.touch()
    result = scanned(repository)
    assert (list(told(result)), tokens(result)) == ([str(folder)], {token_of("good")})


def test_alternates_are_read_as_git_writes_them_also_in_quotes(repository: Repository, new_repository: Callable[..., Repository]) -> None:
    other = new_repository('other "one"')
    other.commit(files={"b": token_of("there")})
    quoted = str(other.path).replace('"', '\\"')
    repository.write(".git/objects/info/alternates", f'# a comment\n"{quoted}/.git/objects"\n../objects\n')
    result = scanned(repository)
    assert (told(result), tokens(result)) == ({}, {token_of("there")})


@pytest.mark.parametrize("line", [b"/no\0where", b"/nowhere", b'"\\x1"', b"\xff"])
def test_alternates_that_lead_nowhere_are_told(repository: Repository, line: bytes) -> None:
    repository.commit(files={"a": token_of("good")})
    repository.write(".git/objects/info/alternates", line + b"\n")
    result = scanned(repository)
    assert list(told(result).values()) == ["an objects folder that is not there"]
    assert tokens(result) == {token_of("good")}


@pytest.mark.parametrize("is_pipe", [True, False])
def test_a_damaged_folder_of_a_worktree_is_told_and_the_rest_is_read(repository: Repository, *, is_pipe: bool) -> None:
    repository.commit(files={"a": token_of("good")})
    folder = repository.path / ".git/worktrees/gone"
    folder.mkdir(parents=True)
    if is_pipe:
        os.mkfifo(folder / "gitdir")
    result = scanned(repository)
    assert (list(told(result)), tokens(result)) == ([str(folder)], {token_of("good")})


def test_a_base_in_another_pack_is_found(repository: Repository) -> None:
    base = b"base " * 100
    made = base + token_of("made").encode()
    write_pack(repository, [whole("blob", base)], "second")
    write_pack(
        repository,
        [delta(oid_of("blob", made), oid_of("blob", base), (500, len(made)), copied(0, 500) + spelled(made[500:]))],
        "first",
    )
    result = scanned(repository)
    assert (told(result), tokens(result)) == ({}, {token_of("made")})


def test_circles_over_two_packs_are_left_soon(repository: Repository) -> None:
    count = 3000
    for label, other in (("a", "b"), ("b", "a")):
        entries = [delta(name(f"{label}{n}"), name(f"{other}{n}"), (5, 5), spelled(b"abcde")) for n in range(count)]
        write_pack(repository, entries, label)
    assert len(told(scanned(repository))) == 2 * count


def test_commits_that_claim_to_be_their_own_grandparents_are_told_and_read(repository: Repository) -> None:
    repository.commit(files={"a": token_of("good")})
    tree = repository.line("rev-parse", "HEAD^{tree}").encode()
    texts = {
        one: b"tree %s\nparent %s\n%s\n%s" % (tree, name(other).hex().encode(), PERSONS, token_of(one).encode())
        for one, other in (("1", "2"), ("2", "1"))
    }
    write_pack(repository, [whole("commit", text, oid=name(one)) for one, text in texts.items()])
    result = scanned(repository)
    assert told(result) == dict.fromkeys((name("1").hex(), name("2").hex()), "what lies under this id is another object")
    assert tokens(result) == {token_of("good"), token_of("1"), token_of("2")}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("tag", b"object abcd\ntype commit\ntag z\n\n"),
        ("tag", b"object \ntype commit\ntag z\n\n"),
        ("tag", b""),
        ("commit", b"tree abcd\n" + PERSONS),
        ("commit", b"tree " + b"ab" * 20 + b"\nparent x\n" + PERSONS),
        ("commit", PERSONS),
        ("commit", b""),
    ],
)
def test_a_commit_or_tag_that_names_nothing_is_told_also_where_a_ref_leads_to_it(repository: Repository, kind: str, content: bytes) -> None:
    repository.commit(files={"a": token_of("good")})
    oid = write_object(repository, kind, content + (token_of("text").encode() if content else b""))
    repository.write(".git/refs/tags/z", oid + "\n")
    result = scanned(repository)
    assert oid in told(result)
    assert tokens(result) == {token_of("good"), *([token_of("text")] if content else [])}


@pytest.mark.parametrize("revision", ["HEAD", "HEAD~1", "HEAD^{tree}", "HEAD:a", ":staged"])
def test_an_object_that_is_named_and_missing_is_told(repository: Repository, revision: str) -> None:
    repository.commit(files={"a": token_of("first")})
    repository.commit(files={"b": "second"})
    repository.write("staged", "third")
    repository.git("add", "staged")
    loose_path(repository, revision).unlink()
    assert not scanned(repository).receipt.is_complete


def test_refs_and_tags_that_lead_to_nothing_are_told(repository: Repository) -> None:
    repository.commit(files={"a": token_of("good")})
    tag = write_object(repository, "tag", b"object %s\ntype commit\ntag z\ntagger A <a> 1 +0000\n\nx" % (b"ab" * 20))
    repository.write(".git/refs/tags/annotated", tag + "\n")
    repository.write(".git/refs/heads/gone", "cd" * 20 + "\n")
    assert told(scanned(repository)) == {
        "ab" * 20: f"missing, and named by the tag object {tag}",
        "cd" * 20: "missing, and named by refs/heads/gone",
    }


def test_what_logs_and_shallow_ends_name_may_be_missing(repository: Repository, tmp_path: Path) -> None:
    repository.commit(files={"a": "1"})
    repository.commit(files={"a": "2"})
    clone = repository.clone(tmp_path / "clone", "--depth=1")
    assert told(scanned(clone)) == {}
    loose_path(repository, "HEAD").unlink()
    repository.git("update-ref", "refs/heads/main", "HEAD~1", check=False)
    repository.write(".git/refs/heads/main", repository.line("rev-parse", "HEAD@{1}") + "\n")
    repository.git("read-tree", "HEAD")
    assert told(scanned(repository)) == {}


def test_a_broken_tree_that_a_tag_leads_to_is_told(repository: Repository) -> None:
    repository.commit(files={"a": token_of("good")})
    tree = write_object(repository, "tree", b"100644 x\0short")
    repository.write(".git/refs/tags/tree", tree + "\n")
    result = scanned(repository)
    assert (list(told(result)), tokens(result)) == ([tree], {token_of("good")})


def test_objects_that_git_packs_meanwhile_are_not_missed(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(files={"a": token_of("first")})
    repository.git("repack", "-adq")
    repository.commit(files={"b": token_of("second")})
    from gitshield.git.packs import opening

    real, calls = opening.loose_objects, list[str]()

    def packing(folder: str, *, hash_size: int) -> object:
        found = list(real(folder, hash_size=hash_size))
        if not calls:
            repository.git("repack", "-adq")
        calls.append(folder)
        return found

    monkeypatch.setattr(opening, "loose_objects", packing)
    result = scanned(repository)
    assert (told(result), tokens(result)) == ({}, {token_of("first"), token_of("second")})


def test_a_commit_that_is_made_meanwhile_is_not_missing(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit(files={"a": token_of("first")})
    from gitshield.scan.history import run as module

    def committing(*words: object, **more: object) -> object:
        store = open_store(*words, **more)  # type: ignore[arg-type]
        repository.commit(files={"b": "second"})
        return store

    monkeypatch.setattr(module, "open_store", committing)
    result = scanned(repository)
    assert (told(result), tokens(result)) == ({}, {token_of("first")})


def test_of_a_family_only_few_bases_are_held_at_once(repository: Repository) -> None:
    base = b"base " * 20
    entries, below = [whole("blob", base)], base
    for number in range(200):  # each is the base of the next, and of one that nothing is made from
        leaf, following = (below + b"%s %d" % (word, number) for word in (b"leaf", b"next"))
        for made in (leaf, following):
            sizes = (len(below), len(made))
            instructions = copied(0, len(below)) + spelled(made[len(below) :])
            entries.append(delta(oid_of("blob", made), oid_of("blob", below), sizes, instructions))
        below = following
    write_pack(repository, entries)
    store = open_store([str(repository.path / ".git/objects")], hash_size=20)
    left: dict[int, int] = {}
    (portion,) = portions(store, BLOB, size=1 << 20)
    for base_number in store.packs[0].bases.tolist():
        left[base_number] = left.get(base_number, 0) + 1
    held, most, problems = set[int](), 0, list[Problem]()
    for member in members(store, portion, problems):
        if member.base is not None:
            left[member.base] -= 1
            held.discard(member.base) if not left[member.base] else held.add(member.base)
        most = max(most, len(held))
    assert problems == []
    assert most <= 2


def test_what_is_small_only_while_it_is_packed_is_not_held_all_at_once(repository: Repository) -> None:
    write_pack(repository, [whole("blob", bytes([number]) * (20 << 20)) for number in range(8)])
    store = open_store([str(repository.path / ".git/objects")], hash_size=20)
    (portion,) = portions(store, BLOB, size=4 << 20)
    assert sum(map(len, inflated(store, portion).values())) <= 64 << 20
    assert len(list(members(store, portion, []))) == 8
