"""Hiding places in commits: their files, their names, their messages and headers, in every shape of history."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.history.encoded import ARCHIVES, CODED, PLAIN
from tests.history.imports import LINK, PERSON, PROGRAM, Import

if TYPE_CHECKING:
    from tests.history.hiding import Hiding

Note = Callable[..., None]

MAIN: Final = "refs/heads/main"


def commit_all(hiding: "Hiding") -> None:
    """Make all commits at once and note what they hide."""
    work = Import()
    notes: list[tuple[str, str, str | None, int, tuple[str, ...]]] = []

    def note(name: str, kind: str, path: str | None, commit: int, *refs: str) -> None:
        notes.append((name, kind, path, commit, refs))

    last = _files(hiding, work, note)
    last = _shapes(hiding, work, note, last)
    _headers(hiding, work, note)
    _refs(hiding, work, note)
    _versions(hiding, work, note)
    oids = work.run(hiding.repository, hiding.aside / "marks")
    for name, kind, path, number, refs in notes:
        oid = oids[number]
        shown = {"CommitMessage": f"commit message {oid[:12]}", "CommitHeader": f"commit header {oid[:12]}"}.get(kind, path)
        hiding.hide(name, kind, shown, oid, refs=refs, is_coded=kind == "ArchiveMember" or path in CODED)
    hiding.repository.git("reset", "--quiet", "--hard")


def _files(hiding: "Hiding", work: Import, note: Note) -> int:
    """Files of main in one commit, some of which the next one takes away again, renames, or only gives another mode."""
    files = {path: make(hiding.token(path)) for path, make in (PLAIN | CODED).items()}
    files |= {path: make(hiding.token(path)) for path, (_, make) in ARCHIVES.items()}
    lines = b"".join(b"line %d of a file that is renamed\n" % number for number in range(40))
    named, foldered = f"name-{hiding.token('file name')}.txt", f"folder-{hiding.token('folder name')}/x.txt"
    files |= {
        ".gitattributes": b"*.nodiff -diff\nrelease export-ignore\n",
        "deleted.txt": hiding.token("deleted file").encode(),
        "before.txt": lines + hiding.token("renamed and edited").encode(),
        "mode.txt": hiding.token("mode change").encode(),
        "ordinary.txt": b"the token is " + hiding.token("ordinary").encode() + b"\n",
        "replaced.txt": hiding.token("replaced blob").encode(),
        named: b"only its name\n",
        foldered: b"only the folder's name\n",
        "link": (LINK, b"../" + hiding.token("link").encode()),
        "run.sh": (PROGRAM, b"#!/bin/sh\nT=" + hiding.token("program").encode() + b"\n"),
    }
    first = work.commit(MAIN, files, "files", parents=[hiding.root])
    for path in (*PLAIN, *CODED):
        note(path, "CommittedBlob", path, first, MAIN)
    for path, (member, _) in ARCHIVES.items():
        note(path, "ArchiveMember", f"{path}!/{member}", first, MAIN)
    for name, path in (("deleted file", "deleted.txt"), ("renamed and edited", "before.txt"), ("mode change", "mode.txt")):
        note(name, "CommittedBlob", path, first, MAIN)
    for name, path in (("ordinary", "ordinary.txt"), ("replaced blob", "replaced.txt"), ("link", "link"), ("program", "run.sh")):
        note(name, "CommittedBlob", path, first, MAIN)
    note("file name", "TreeName", named, first, MAIN)
    note("folder name", "TreeName", foldered.partition("/")[0], first, MAIN)
    changed = {"deleted.txt": None, "before.txt": None, "after.txt": lines, "mode.txt": (PROGRAM, files["mode.txt"]), "large.log": None}
    gone = dict.fromkeys(("odd/large.log", "odd/long-line.min.js"))
    return work.commit(MAIN, {**changed, **gone}, "tidy", parents=[first])


def _shapes(hiding: "Hiding", work: Import, note: Note, last: int) -> int:
    """Merges: one that brings what none of its parents has, and one of several branches; then commits that undo it all."""
    side = work.commit("refs/heads/side", {"side.txt": b"side\n"}, "side", parents=[hiding.root])
    evil = work.commit(MAIN, {"evil.txt": hiding.token("evil merge").encode()}, "merge", parents=[last, side])
    note("evil merge", "CommittedBlob", "evil.txt", evil, MAIN)
    arms = [
        work.commit("refs/heads/side", {f"arm{n}.txt": hiding.token(f"octopus arm {n}").encode()}, "arm", parents=[hiding.root])
        for n in range(3)
    ]
    octopus = work.commit(MAIN, {f"arm{n}.txt": None for n in range(3)}, "octopus", parents=[evil, *arms])
    work.commit("refs/heads/side", {"side.txt": b"no more\n"}, "side", parents=[hiding.root])
    for n, arm in enumerate(arms):
        note(f"octopus arm {n}", "CommittedBlob", f"arm{n}.txt", arm, MAIN)
    return work.commit(MAIN, {"evil.txt": None}, "undo", parents=[octopus])


def _headers(hiding: "Hiding", work: Import, note: Note) -> None:
    """Messages and people, each on a branch of its own."""
    people = {
        "author name": {"author": f"Ada {hiding.token('author name')} <ada@example.org>"},
        "author email": {"author": f"Ada <{hiding.token('author email')}@example.org>"},
        "committer name": {"committer": f"Ada {hiding.token('committer name')} <ada@example.org>"},
        "committer email": {"committer": f"Ada <{hiding.token('committer email')}@example.org>"},
    }
    for name, given in people.items():
        ref = f"refs/heads/{name.replace(' ', '-')}"
        note(name, "CommitHeader", None, work.commit(ref, {}, "x", parents=[hiding.root], **given), ref)
    for name, text in (("subject", "use {}"), ("body", "x\n\nToken: {}\n"), ("trailer", "x\n\nSigned-off-by: {} <a@b>\n")):
        ref = f"refs/heads/{name}"
        said = work.commit(ref, {}, text.format(hiding.token(name)), parents=[hiding.root], author=PERSON)
        note(name, "CommitMessage", None, said, ref)


def _refs(hiding: "Hiding", work: Import, note: Note) -> None:
    """Commits that one ref alone reaches, and a history without a parent."""
    alone = {
        "tag only": "refs/tags/only",
        "pull request": "refs/pull/1/head",
        "remote-tracking": "refs/remotes/origin/theirs",
        "original": "refs/original/refs/heads/main",
        "own namespace": "refs/what/ever",
        "bisect": "refs/bisect/bad",
        "orphan": "refs/heads/orphan",
    }
    for name, ref in alone.items():
        path = f"{name.replace(' ', '-')}.txt"
        parents = [] if name == "orphan" else [hiding.root]
        note(name, "CommittedBlob", path, work.commit(ref, {path: hiding.token(name).encode()}, name, parents=parents), ref)
    for name in ("shallow", "grafted"):  # what hides the first of the two commits is written at the end
        first = work.commit(f"refs/heads/{name}", {f"{name}.txt": hiding.token(name).encode()}, name, parents=[hiding.root])
        work.commit(f"refs/heads/{name}", {f"{name}.txt": None}, "undo", parents=[first])
        note(name, "CommittedBlob", f"{name}.txt", first, f"refs/heads/{name}")


def _versions(hiding: "Hiding", work: Import, note: Note) -> None:
    """Fifty versions of a file, one of which has a token: packed, all but one are deltas."""
    ref = "refs/heads/versions"
    parent: int | str = hiding.root
    lines = [f"line {number} of the file of many versions" for number in range(400)]
    for number in range(50):
        lines[number * 7] = f"changed in version {number}"
        text = [*lines, hiding.token("middle version")] if number == 25 else lines
        parent = work.commit(ref, {"versions.txt": "\n".join(text).encode()}, f"version {number}", parents=[parent])
        if number == 25:
            note("middle version", "CommittedBlob", "versions.txt", parent, ref)
