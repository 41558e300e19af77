"""Hiding places in objects and refs beside ordinary commits: stashes, tags, notes, names, what no ref reaches."""

from typing import TYPE_CHECKING

from tests.builder import START, Repository

if TYPE_CHECKING:
    from tests.history.hiding import Hiding


def stash(hiding: "Hiding") -> None:
    """Two stashes, each of whose parts holds a token of its own."""
    repository = hiding.repository
    repository.write("README", "old: " + hiding.token("older stash"))
    repository.git("stash", "push", "--quiet")
    hiding.hide("older stash", "CommittedBlob", "README", repository.line("rev-parse", "stash@{0}"))
    repository.write("staged.txt", hiding.token("stash, staged"))
    repository.git("add", "staged.txt")
    repository.write("staged.txt", "no more")
    repository.write("README", hiding.token("stash, work tree"))
    repository.write("untracked.txt", hiding.token("stash, untracked"))
    repository.git("stash", "push", "--quiet", "--include-untracked")
    parts = (("work tree", "README", ""), ("staged", "staged.txt", "^2"), ("untracked", "untracked.txt", "^3"))
    for part, path, parent in parts:
        oid = repository.line("rev-parse", f"stash@{{0}}{parent}")
        hiding.hide(f"stash, {part}", "CommittedBlob", path, oid, refs=("refs/stash",))


def leave_to_the_reflog(hiding: "Hiding") -> None:
    """A commit that was reset away, and one that was amended."""
    repository = hiding.repository
    repository.git("branch", "amended")
    lost = repository.commit("lost", files={"lost.txt": hiding.token("reset away")})
    repository.git("reset", "--quiet", "--hard", hiding.root)
    hiding.hide("reset away", "CommittedBlob", "lost.txt", lost)
    repository.git("checkout", "--quiet", "amended")
    before = repository.commit("x", files={"amended.txt": hiding.token("amended")})
    repository.write("amended.txt", "no more")
    repository.git("commit", "--quiet", "--amend", "--all", "-m", "x")
    repository.git("checkout", "--quiet", "main")
    hiding.hide("amended", "CommittedBlob", "amended.txt", before)


def tag(hiding: "Hiding") -> None:
    """Tags of blobs and trees, and annotated tags with tokens in all their parts."""
    repository = hiding.repository
    blob = _blob(repository, hiding.token("tag of a blob"))
    repository.git("tag", "blob", blob)
    hiding.hide("tag of a blob", "CommittedBlob", blob, refs=("refs/tags/blob",))
    inner = _blob(repository, hiding.token("tag of a tree"))
    tree = repository.git("mktree", input=f"100644 blob {inner}\tin-a-tree.txt\n".encode()).stdout.decode().strip()
    repository.git("tag", "tree", tree)
    hiding.hide("tag of a tree", "CommittedBlob", inner, refs=("refs/tags/tree",))
    ada = "Ada <ada@example.org>"
    ours = hiding.token
    signature = f"-----BEGIN PGP SIGNATURE-----\nComment: {ours('signed tag')}\n\niQ==\n-----END PGP SIGNATURE-----\n"
    _tag(hiding, "annotated tag", hiding.root, "commit", ada, ours("annotated tag"))
    _tag(hiding, "signed tag", hiding.root, "commit", ada, "x\n" + signature)
    _tag(hiding, "tagger", hiding.root, "commit", f"Ada {ours('tagger')} <ada@example.org>", "x")
    nested = _tag(hiding, "nested tag", hiding.root, "commit", ada, ours("nested tag"), ref="refs/tags/outer")
    repository.git("update-ref", "refs/tags/outer", _tag_object(repository, nested, "tag", "outer", ada, "x"))
    header = f"tree {repository.line('rev-parse', hiding.root + '^{tree}')}\nauthor {ada} {START} +0000\ncommitter {ada} {START} +0000\n"
    text = f"{header}gpgsig -----BEGIN PGP SIGNATURE-----\n Comment: {ours('signed commit')}\n \n iQ==\n -----END PGP SIGNATURE-----\n\nx\n"
    signed = _object(repository, "commit", text)
    repository.git("update-ref", "refs/heads/signed", signed)
    hiding.hide("signed commit", "CommitHeader", f"commit header {signed[:12]}", signed, refs=("refs/heads/signed",))


def annotate(hiding: "Hiding") -> None:
    """Notes, in the usual namespace and in another one."""
    repository = hiding.repository
    for name, ref in (("note", "refs/notes/commits"), ("note of a review", "refs/notes/review")):
        repository.git("notes", f"--ref={ref}", "add", "-m", hiding.token(name), hiding.root)
        hiding.hide(name, "CommittedBlob", hiding.root, repository.line("rev-parse", ref), refs=(ref,))


def name_refs(hiding: "Hiding") -> None:
    """Names of refs, and of one that only has its log left."""
    repository = hiding.repository
    for name, prefix in (("branch name", "refs/heads/x-"), ("tag name", "refs/tags/x-"), ("remote branch name", "refs/remotes/origin/x-")):
        ref = prefix + hiding.token(name)
        repository.git("update-ref", "--create-reflog", ref, hiding.root)
        hiding.hide(name, "RefName", ref)
    gone = f"refs/heads/gone-{hiding.token('name of a branch that is gone')}"
    repository.write(f".git/logs/{gone}", f"{'0' * 40} {hiding.root} A <a@b> {START} +0000\tbranch: Created from HEAD\n")
    hiding.hide("name of a branch that is gone", "RefName", gone)


def pack(hiding: "Hiding") -> None:
    """Pack all with deep chains; then what no ref reaches: in a cruft pack, in a pack, loose, in another object store."""
    repository = hiding.repository
    cruft = _blob(repository, hiding.token("cruft pack"))
    repository.git("repack", "-a", "-d", "-f", "--quiet", "--depth=50", "--window=20")
    if repository.git("repack", "--cruft", "-d", "--quiet", check=False).returncode:  # git before 2.37
        repository.git("repack", "-a", "-d", "-k", "--quiet")
    hiding.hide("cruft pack", "CommittedBlob", cruft)
    packed = _blob(repository, hiding.token("unreachable, packed"))
    repository.git("pack-objects", "--quiet", ".git/objects/pack/pack", input=f"{packed}\n".encode())
    repository.git("prune-packed", "--quiet")
    hiding.hide("unreachable, packed", "CommittedBlob", packed)
    loose = _blob(repository, hiding.token("unreachable, loose"))
    hiding.hide("unreachable, loose", "CommittedBlob", loose)
    blob = _blob(repository, hiding.token("dangling commit"))
    tree = repository.git("mktree", input=f"100644 blob {blob}\tdangling.txt\n".encode()).stdout.decode().strip()
    hiding.hide("dangling commit", "CommittedBlob", "dangling.txt", repository.line("commit-tree", "-m", "x", "-p", hiding.root, tree))
    other = Repository.create(hiding.aside / "alternate.git", is_bare=True)
    hiding.hide("alternate", "CommittedBlob", _blob(other, hiding.token("alternate")))
    repository.write(".git/objects/info/alternates", f"{other.path / 'objects'}\n")
    added = _blob(repository, hiding.token("added and reset"))
    repository.git("update-index", "--add", "--cacheinfo", f"100644,{added},added.txt")
    repository.git("reset", "--quiet")
    hiding.hide("added and reset", "CommittedBlob", added)


def cut_off(hiding: "Hiding") -> None:
    """What makes git itself look away: replaced objects, grafts, the end of a shallow history."""
    repository = hiding.repository
    replaced = repository.line("rev-parse", "main:replaced.txt")
    clean = _blob(repository, "nothing here")
    repository.git("replace", replaced, clean)
    held = repository.line("rev-parse", "main:README")
    new = _blob(repository, hiding.token("replacement"))
    repository.git("replace", held, new)
    hiding.hide("replacement", "CommittedBlob", new, refs=(f"refs/replace/{held}",))
    repository.write(".git/info/grafts", repository.line("rev-parse", "grafted") + "\n")
    repository.write(".git/shallow", repository.line("rev-parse", "shallow") + "\n")


def _tag(hiding: "Hiding", name: str, oid: str, kind: str, tagger: str, message: str, ref: str | None = None) -> str:
    word = name.replace(" ", "-")
    made = _tag_object(hiding.repository, oid, kind, word, tagger, message)
    if ref is None:
        hiding.repository.git("update-ref", f"refs/tags/{word}", made)
    hiding.hide(name, "TagObject", f"tag {made[:12]}", refs=(ref or f"refs/tags/{word}",))
    return made


def _tag_object(repository: Repository, oid: str, kind: str, name: str, tagger: str, message: str) -> str:
    return _object(repository, "tag", f"object {oid}\ntype {kind}\ntag {name}\ntagger {tagger} {START} +0000\n\n{message}\n")


def _tree(repository: Repository) -> str:
    return repository.line("rev-parse", "main^{tree}")


def _blob(repository: Repository, text: str) -> str:
    return _object(repository, "blob", text)


def _object(repository: Repository, kind: str, text: str) -> str:
    return repository.git("hash-object", "-w", "-t", kind, "--stdin", input=text.encode()).stdout.decode().strip()
