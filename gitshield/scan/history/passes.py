"""The passes over a store: blobs looked at, commits and tags read, and what a look had doubts about judged by the engine."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gitshield.errors import DamagedObject
from gitshield.git.commits import Commit, parse_commit, tag_target
from gitshield.git.packs.families import Member, Portion, inflated
from gitshield.git.packs.families import members as made
from gitshield.git.packs.pack import COMMIT, TAG
from gitshield.git.packs.store import ObjectStore, Problem
from gitshield.model.finding import Skipped
from gitshield.model.place import CommitHeader, CommitMessage, Container, TagObject
from gitshield.scan.archives import Limits, members
from gitshield.scan.history.eyes import Eyes
from gitshield.scan.history.memory import pair
from gitshield.scan.history.windows import Windows, cut, windows
from gitshield.scan.magic import is_archive
from gitshield.scan.pieces import cut as pieces_of
from gitshield.scan.scan import Terms, take
from gitshield.scan.tally import Tally

# So many texts are looked at together, with so much between them that nothing reaches from one into the next.
_TOGETHER: Final = 32
_BETWEEN: Final = b"\n" * 64


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at a portion of blobs: the numbers of those to be judged and of the others, and how many bytes that were."""

    doubtful: list[int]
    clean: list[int]
    size: int
    problems: list[Problem]


def look_at(store: ObjectStore, portion: Portion, eyes: Eyes, *, chosen: bytes, is_exhaustive: bool) -> Looked:
    """Look at the `chosen` blobs of a portion (a byte a number): at their windows where that is enough, else at all of their bytes.

    Windows are enough for what is made from a blob that was looked at too; `is_exhaustive` never takes them.
    """
    problems: list[Problem] = []
    stored = inflated(store, portion)
    narrow = Windows({}) if is_exhaustive else _narrow(store, portion, stored)
    special: set[int] = set()
    hits: set[int] = set()
    looked = Looked([], [], 0, problems)
    size = 0
    for member in made(store, portion, problems, stored):
        if not chosen[member.number]:
            special.add(member.number)
            continue
        part = member.content
        if member.base is not None and member.base not in special and (spans := narrow.spans.get(member.number)) is not None:
            part = cut(member.content, *spans)
        look = eyes.look(part, member.content)
        size += len(member.content)
        # a sign is one of a block that may lie outside of the windows; and what was in its base may be in it too
        if part is not member.content and not look.is_hit and (look.is_special or member.base in hits):
            look = replace(eyes.look(member.content, member.content), is_special=look.is_special)
        if look.is_hit:
            looked.doubtful.append(member.number)
            hits.add(member.number)
        elif portion.pack is not None or _is_sound(store, member, problems):
            looked.clean.append(member.number)
        if look.is_special:
            special.add(member.number)
    return replace(looked, size=size)


def _is_sound(store: ObjectStore, member: Member, problems: list[Problem]) -> bool:
    """Whether a loose object is what its id stands for; a problem when it is not. Packs are made by git, which looks at that itself."""
    try:
        store.check(member.number, member.content)
    except DamagedObject as error:
        problems.append(Problem(store.oid(member.number).hex(), str(error)))
        return False
    return True


def _narrow(store: ObjectStore, portion: Portion, stored: dict[int, bytes]) -> Windows:
    """The windows of the deltas of a portion, by number."""
    if portion.pack is None:
        return Windows({})
    bases, begin = store.packs[portion.pack].rows[3], store.begins[portion.pack]
    deltas = [(begin + entry, content) for entry, content in stored.items() if bases[entry] >= 0]
    try:
        return windows([number for number, _ in deltas], [content for _, content in deltas])
    except DamagedObject:  # told where it is made; the others are scanned whole
        return Windows({})


@dataclass(frozen=True, slots=True)
class Told:
    """What came of reading commits and tags: what they are, by number, what was found in their texts, and in which ones nothing was."""

    commits: list[tuple[int, Commit]]
    tags: list[tuple[int, bytes]]
    clean: list[int]
    tally: Tally
    problems: list[Problem]


def read_texts(store: ObjectStore, portion: Portion, kind: int, eyes: Eyes, terms: Terms, *, chosen: bytes) -> Told:
    """Read commits or tags and judge the messages and headers of the `chosen` ones (a byte a number)."""
    told = Told([], [], [], Tally(), [])
    sound: list[Member] = []
    for member in made(store, portion, told.problems):
        is_sound = _read_head(store, member, kind, told)
        if chosen[member.number]:
            told.tally.sizes[0] += 1
            told.tally.sizes[1] += len(member.content)
            if is_sound:
                sound.append(member)
            else:
                _judge_text(store, member, kind, terms, told.tally)
    for low in range(0, len(sound), _TOGETHER):
        some = sound[low : low + _TOGETHER]
        together = _BETWEEN.join(member.content for member in some)
        is_hit = eyes.look(together, together).is_hit or b"\0" in together
        for member in some:
            if not (is_hit and eyes.look(member.content, member.content).is_hit) or _judge_text(store, member, kind, terms, told.tally):
                told.clean.append(member.number)
    return told


def _judge_text(store: ObjectStore, member: Member, kind: int, terms: Terms, tally: Tally) -> bool:
    """Judge the texts of a commit or tag; True when there was nothing to tell."""
    texts = _texts(store.oid(member.number).hex(), member.content, kind)
    return sum(not _judge(place, "", text, terms, tally) for place, text in texts) == 0


def _read_head(store: ObjectStore, member: Member, kind: int, told: Told) -> bool:
    """Note what a commit or tag says to git; False, and a problem, when it is damaged."""
    try:
        store.check(member.number, member.content)
        if kind == COMMIT:
            told.commits.append((member.number, parse_commit(member.content)))
        elif kind == TAG:
            told.tags.append((member.number, tag_target(member.content)))
    except DamagedObject as error:
        told.problems.append(Problem(store.oid(member.number).hex(), str(error)))
        return False
    return True


def _texts(oid: str, content: bytes, kind: int) -> Iterator[tuple[Container, bytes]]:
    """The texts of a commit or tag. Lines keep their numbers within each."""
    if kind == TAG:
        yield TagObject(oid), content
        return
    head, _, message = content.partition(b"\n\n")
    yield CommitHeader(oid), head
    yield CommitMessage(oid), message


def _judge(place: Container, path: str, content: bytes, terms: Terms, tally: Tally, archives: Limits | None = None) -> bool:
    """Judge bytes at a place; True when there was nothing to tell."""
    before, count = list(tally.sizes), len(tally)
    for fragment in pieces_of(content, place=place, path=path):
        take(fragment, terms, tally)
    if archives is not None and is_archive(content):
        for item in members(content, place, path, limits=archives):
            take(item, terms, tally)
    tally.sizes[:] = before  # what is read is counted where it is looked at
    return len(tally) == count


@dataclass(frozen=True, slots=True)
class Where:
    """How a blob is judged: as lying at `place`, by the rules for `path`."""

    place: Container
    path: str


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be judged: doubtful blobs, a byte a number.

    `places` says how each is to be judged, but for the `known` ones, by the digests of `memory.pair`, that are clean; `archives` how
    far archives are read.
    """

    doubtful: bytes
    places: Callable[[int], Sequence[Where]]
    known: Collection[bytes]
    archives: Limits | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of judging: what was found, and the digests of where blobs are clean, and where a copy of them is not."""

    tally: Tally
    clean: list[bytes]
    unclean: list[bytes]


def judge(store: ObjectStore, portion: Portion, task: Task, terms: Terms) -> Verdict:
    """Judge the doubtful blobs of a portion."""
    verdict, problems = Verdict(Tally(), [], []), list[Problem]()
    for member in made(store, portion, problems):
        if not task.doubtful[member.number] or _is_copy(store, member):
            continue
        before = len(problems)
        try:
            store.check(member.number, member.content)
        except DamagedObject as error:  # it is judged all the same: only where it is said to be may be wrong
            problems.append(Problem(store.oid(member.number).hex(), str(error)))
        for where in task.places(member.number):
            if (digest := pair(store.oid(member.number), where.path)) not in task.known:
                is_clean = _judge(where.place, where.path, member.content, terms, verdict.tally, task.archives)
                (verdict.clean if is_clean and len(problems) == before else verdict.unclean).append(digest)
    verdict.tally.skipped.extend(failures(problems))
    return verdict


def _is_copy(store: ObjectStore, member: Member) -> bool:
    """Whether an object is stored once more before this, with the same bytes: it is judged there."""
    first = int(store.first[member.number])
    try:
        return first != member.number and store.read(first) == member.content
    except (DamagedObject, OSError):
        return False


def failures(problems: Sequence[Problem]) -> list[Skipped]:
    """Problems as a receipt names them."""
    return [Skipped(problem.what, problem.reason, is_failure=True) for problem in problems]
