"""The shell scripts of `hooks/`: as they lie in a checkout, or as they were packed into the wheel."""

from pathlib import Path

from gitshield.errors import ProtectError

GATES = ("pre-commit", "pre-merge-commit", "commit-msg", "post-index-change", "reference-transaction", "pre-push")
# Every hook of githooks(5) that git looks for in a hooks folder: one of ours must hand on those it does not serve.
ALL_HOOKS = (
    "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit prepare-commit-msg commit-msg post-commit pre-rebase "
    "post-checkout post-merge pre-push pre-receive update post-receive post-update reference-transaction pre-auto-gc post-rewrite "
    "sendemail-validate p4-changelist p4-prepare-changelist p4-post-changelist p4-pre-submit post-index-change"
).split()
# Git does something else as soon as these are there, whatever they do.
CHANGING_BY_PRESENCE = ("push-to-checkout", "proc-receive")


def script(name: str) -> bytes:
    """The script `name`. Raises ProtectError when the installation has none, which is a fault of the packaging."""
    package = Path(__file__).parents[1]
    for folder in (package / "_hooks", package.parent / "hooks"):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    raise ProtectError(f"the installation has no hook script {name!r}", hint="install gitshield again")
