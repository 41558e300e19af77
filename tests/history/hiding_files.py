"""Hiding places in files: git's own ones, indexes and folders of work trees, a submodule's repository."""

import hashlib
import shutil
from typing import TYPE_CHECKING

from tests.builder import START, Repository

if TYPE_CHECKING:
    from tests.history.hiding import Hiding


def submodule(hiding: "Hiding") -> None:
    """A submodule that has a token in its history, and one in its configuration."""
    repository = hiding.repository
    other = Repository.create(hiding.aside / "library", clock=repository.clock)
    oid = other.commit("x", files={"secret.txt": hiding.token("submodule")})
    other.commit("y", files={"secret.txt": "no more"})
    sub = repository.submodule("lib", other)
    place = ".git/modules/lib"
    hiding.hide("submodule", "CommittedBlob", "secret.txt", oid, repository=place, refs=_refs(sub, oid))
    sub.git("config", "remote.mirror.url", f"https://{hiding.token('configuration of a submodule')}@example.org/a.git")
    hiding.hide("configuration of a submodule", "RepositoryFile", f"{place}/config", repository=place)
    repository.git("reset", "--quiet", "--hard")


def worktrees(hiding: "Hiding") -> None:
    """Linked work trees: a detached HEAD, indexes (one of a folder that is gone), conflicts, files that git does not know."""
    repository = hiding.repository
    detached = repository.linked_worktree(hiding.aside / "detached", "--detach", hiding.root)
    oid = detached.commit("x", files={"detached.txt": hiding.token("detached HEAD")})
    hiding.hide("detached HEAD", "CommittedBlob", "detached.txt", oid)
    detached.write("staged-there.txt", hiding.token("index of a work tree"))
    detached.git("add", "staged-there.txt")
    detached.git("rm", "--quiet", "--cached", "detached.txt")
    hiding.hide("index of a work tree", "StagedBlob", "staged-there.txt")
    detached.write("untracked.txt", hiding.token("untracked file of a work tree"))
    hiding.hide("untracked file of a work tree", "WorkTreeFile", str(detached.path / "untracked.txt"), is_on_disk=True)
    detached.write("intended.txt", hiding.token("intent to add"))
    detached.git("add", "--intent-to-add", "intended.txt")
    hiding.hide("intent to add", "WorkTreeFile", str(detached.path / "intended.txt"), is_on_disk=True)
    gone = repository.linked_worktree(hiding.aside / "gone", "--detach", hiding.root)
    gone.write("staged-in-gone.txt", hiding.token("index of a work tree that is gone"))
    gone.git("add", ".")
    shutil.rmtree(gone.path)
    hiding.hide("index of a work tree that is gone", "StagedBlob", "staged-in-gone.txt")
    torn = repository.linked_worktree(hiding.aside / "torn", "--detach", hiding.root)
    rows = []
    for stage in (1, 2, 3):
        content = hiding.token(f"conflict, stage {stage}").encode()
        blob = torn.git("hash-object", "-w", "--stdin", input=content).stdout.decode().strip()
        rows.append(f"100644 {blob} {stage}\ttorn.txt\n")
        hiding.hide(f"conflict, stage {stage}", "StagedBlob", "torn.txt")
    torn.git("update-index", "--index-info", input="".join(rows).encode())
    repository.git("config", "extensions.worktreeConfig", "true")
    torn.git("config", "--worktree", "http.extraheader", f"Authorization: token {hiding.token('config.worktree')}")
    hiding.hide("config.worktree", "RepositoryFile", ".git/worktrees/torn/config.worktree")
    repository.write(".git/worktrees/torn/rebase-merge/message", f"use {hiding.token('rebase under way')}\n")
    hiding.hide("rebase under way", "RepositoryFile", ".git/worktrees/torn/rebase-merge/message")
    repository.write("staged.txt", hiding.token("index"))
    repository.git("add", "staged.txt")
    (repository.path / "staged.txt").write_text("no more")
    hiding.hide("index", "StagedBlob", "staged.txt")
    repository.write(".git/info/exclude", "ignored.txt\n")
    repository.write("ignored.txt", hiding.token("ignored file"))
    hiding.hide("ignored file", "WorkTreeFile", "ignored.txt", is_on_disk=True)


def git_files(hiding: "Hiding") -> None:
    """Files of git's own, as people and programs leave tokens in them."""
    repository = hiding.repository
    settings = {
        "remote URL": ("remote.origin.url", "https://x:{}@example.org/a.git"),
        "extra header": ("http.https://example.org/.extraheader", "Authorization: bearer {}"),
        "URL that is replaced": ("url.https://{}@example.org/.insteadOf", "example:"),
        "credential helper": ("credential.helper", "!f() {{ echo password={}; }}; f"),
        "alias": ("alias.up", "!curl -H 'Authorization: token {}' example.org"),
    }
    for name, (key, value) in settings.items():
        token = hiding.token(name)
        repository.git("config", key.format(token), value.format(token))
        hiding.hide(name, "RepositoryFile", ".git/config")
    repository.git("update-ref", "-m", f"pull {hiding.token('reflog message')}", "--create-reflog", "refs/heads/logged", hiding.root)
    hiding.hide("reflog message", "RepositoryFile", ".git/logs/refs/heads/logged")
    stored = hashlib.sha256(hiding.token("LFS object").encode()).hexdigest()
    texts = {
        "FETCH_HEAD": hiding.root + "\t\tbranch 'main' of https://{}@example.org/a\n",
        "COMMIT_EDITMSG": "use {}\n",
        "MERGE_MSG": "Merge branch 'x' of https://{}@example.org/a\n",
        "SQUASH_MSG": "{}\n",
        "TAG_EDITMSG": "{}\n",
        "hooks/pre-push": "#!/bin/sh\ncurl -H 'Authorization: token {}' https://example.org\n",
        "hooks/post-commit.sample": "# {}\n",
        "info/attributes": "# {}\n",
        "description": "{}\n",
        "rr-cache/0a/preimage": "<<<<<<<\n{}\n=======\n>>>>>>>\n",
        "lost-found/other/0a": "{}\n",
        "sourcetree.log": "{}\n",
        "rebase-apply/0001": f"From {hiding.root} Mon Sep 17 00:00:00 2001\n\n+{{}}\n",
        "logs/refs/heads/gone": f"{'0' * 40} {hiding.root} A <a@b> {START} +0000\tclone: from https://{{}}@example.org/a\n",
        f"lfs/objects/{stored[:2]}/{stored[2:4]}/{stored}": "{}",
    }
    for path, text in texts.items():
        name = "LFS object" if path.startswith("lfs/") else path
        repository.write(f".git/{path}", text.format(hiding.token(name)))
        hiding.hide(name, "RepositoryFile", f".git/{path}")


def _refs(repository: Repository, oid: str) -> tuple[str, ...]:
    return tuple(sorted(repository.line("for-each-ref", "--format=%(refname)", "--contains", oid).splitlines()))
