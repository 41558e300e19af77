"""Installation of the gates: a plan of file changes, its run, and its undoing to the byte.

Everything that `protect` changes is a file: hooks, `info/attributes`, `config`, and our own folder `gitshield` in the shared
git folder. A plan holds each file before and after; `install.json` keeps what was there, so that `--undo` can put it back.
"""

import base64
import json
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gitshield.errors import ProtectError
from gitshield.git.hook_scripts import ALL_HOOKS, GATES, PARTS, script
from gitshield.git.layout import Layout
from gitshield.git.process import run

RECORD: Final = "install.json"
BEGIN: Final = b"# gitshield: files that do not belong in git (gitshield protect --undo takes this out)\n"
END: Final = b"# gitshield: end\n"
CHAINED: Final = ".gitshield-chained"
_MARK: Final = b"# gitshield "
_CONFIG_HOOKS_SINCE: Final = (2, 54)


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after; None is "not there". Modes are permission bits. `why` is for people."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int
    why: str
    before_mode: int = 0o644


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What `protect` will do: how hooks are reached (`hooks`, `hooksPath` or `config`), the changes, and remarks for people."""

    way: str
    changes: tuple[FileChange, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """How to start us: the interpreter, the folders our modules and dependencies lie in, and the command for hints."""

    python: str
    paths: tuple[str, ...]
    command: str


def plan_protect(layout: Layout, program: Program, globs: Sequence[str], *, environment: Mapping[str, str]) -> InstallPlan:
    """Plan all changes that make the gates hold here. Nothing is written. A second plan after a run is empty of changes."""
    record = read_record(layout)
    old_path, way = _hooks_path(layout, environment, record)
    hooks = os.path.join(layout.folder, "hooks") if way != "hooks" else os.path.join(layout.common, "hooks")
    changes = [*_own_files(layout, program, globs, old_path if way == "hooksPath" else None)]
    names = list(GATES) if way != "hooksPath" else [*GATES, *(name for name in ALL_HOOKS if name not in GATES)]
    for name in names:
        changes.extend(_hook(hooks, name, may_chain=way == "hooks"))
    attributes = os.path.join(layout.common, "info", "attributes")
    kept, others = _without_block(_read(attributes) or b""), _foreign_filters(layout, environment)
    changes.append(FileChange(attributes, _read(attributes), kept + _block(globs, others), 0o644, "sensitive paths go through our filter"))
    config = os.path.join(layout.common, "config")
    changes.append(FileChange(config, _read(config), _config(layout, way, environment), 0o644, f"filter and hooks ({way})"))
    remarks = [f"{len(others)} existing filter rules stay in force"] if others else []
    return InstallPlan(way, tuple(c for c in changes if c.before != c.after or _mode(c.path) != c.mode), tuple(remarks))


def run_plan(layout: Layout, plan: InstallPlan) -> None:
    """Carry a plan out: our own files first, the configuration that switches them on last. Records what was there before.

    Raises ProtectError when a file cannot be written; what was written until then is put back.
    """
    done: list[FileChange] = []
    existing, made = read_record(layout), _missing_folders(layout)
    try:
        os.makedirs(layout.folder, mode=0o700, exist_ok=True)
        _write_record(layout, plan, existing)
        for change in plan.changes:
            _write(change.path, change.after, change.mode)
            done.append(change)
    except OSError as error:
        for change in reversed(done):
            _write(change.path, change.before, change.before_mode)
        if existing is None:
            shutil.rmtree(layout.folder, ignore_errors=True)
        _remove_empty(layout, made)
        raise ProtectError(
            f"cannot write {error.filename}: {error.strerror}", hint="nothing was changed; see to the file and try again"
        ) from error


def undo(layout: Layout) -> tuple[str, ...]:
    """Take everything out again; gives remarks on what had changed since and was therefore mended by hand-like edits.

    Files that are as we left them become byte for byte what they were. Raises ProtectError when nothing is installed.
    """
    record = read_record(layout)
    if record is None:
        raise ProtectError("gitshield is not installed in this repository", hint="`gitshield protect` installs it")
    remarks: list[str] = []
    replaced: set[str] = set()
    for entry in reversed(record["changes"]):
        path = os.path.join(layout.common, entry["path"])
        before = base64.b64decode(entry["before"]) if entry["before"] is not None else None
        after = base64.b64decode(entry["after"]) if entry["after"] is not None else None
        if path.startswith(layout.folder + os.sep):
            continue
        current = _read(path)
        if path.endswith(CHAINED) and path.removesuffix(CHAINED) in replaced:
            remarks.append(f"{entry['path']} is the hook that was there before gitshield, and stays beside what replaced it")
        elif current == after or current is None:
            _write(path, before, entry["before_mode"])
        elif (mended := _mended(path, current, before)) is not None:
            _write(path, mended, _mode(path) or 0o644)
            remarks.append(f"{entry['path']} had changed since: only our own lines were taken out")
        else:
            replaced.add(path)
            _remove_legacy(path, after)
            remarks.append(f"{entry['path']} was replaced by another program and stays")
    _remove_empty(layout, record["made"])
    shutil.rmtree(layout.folder, ignore_errors=True)
    return tuple(remarks)


def _remove_legacy(path: str, ours: bytes | None) -> None:
    """Remove our hook from where the pre-commit framework put it, to run it first."""
    if ours is not None and _read(path + ".legacy") == ours:
        os.unlink(path + ".legacy")


def _missing_folders(layout: Layout) -> list[str]:
    return [folder for folder in ("info", "hooks") if not os.path.isdir(os.path.join(layout.common, folder))]


def _remove_empty(layout: Layout, folders: Iterable[str]) -> None:
    """Remove those of the folders of `.git` that are there and empty."""
    for folder in (os.path.join(layout.common, name) for name in folders):
        if os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)


def read_record(layout: Layout) -> dict[str, Any] | None:
    """What `install.json` says, None when nothing is installed. Raises ProtectError for a record that cannot be read."""
    content = _read(os.path.join(layout.folder, RECORD))
    if content is None:
        return None
    try:
        record: dict[str, Any] = json.loads(content)
        return record
    except ValueError as error:
        raise ProtectError(
            f"{layout.folder}/{RECORD} is damaged", hint="take the lines marked gitshield out of config and info/attributes"
        ) from error


def _hooks_path(layout: Layout, environment: Mapping[str, str], record: Mapping[str, Any] | None) -> tuple[str | None, str]:
    """The hooks folder in force before us, and the way our hooks are reached here."""
    if record is not None:
        return record["old_hooks"], str(record["way"])
    if git_version(environment) >= _CONFIG_HOOKS_SINCE:
        return None, "config"
    found = run(["config", "--type=path", "--get", "core.hooksPath"], environment=environment, cwd=layout.root, accept=(0, 1))
    old = os.fsdecode(found.out).rstrip("\n")
    return (old, "hooksPath") if old else (None, "hooks")


def git_version(environment: Mapping[str, str]) -> tuple[int, ...]:
    """The version of the git program on PATH."""
    words = run(["version"], environment=environment).out.split()
    return tuple(int(part) for part in words[2].split(b".")[:2]) if len(words) > 2 else (0,)


def _own_files(layout: Layout, program: Program, globs: Sequence[str], old_hooks: str | None) -> Iterable[FileChange]:
    def own(name: str, content: bytes, mode: int = 0o644) -> FileChange:
        path = os.path.join(layout.folder, name)
        return FileChange(path, _read(path), content, mode, "our own folder")

    start = (
        f"import sys\nsys.path += {list(program.paths)!r}\ntry:\n    from gitshield.gate.start import main\nexcept ImportError:\n"
        '    import os\n    os.execv("/bin/sh", ["sh", sys.argv[1] + "/fallback.sh", *sys.argv[2:]])\nmain(sys.argv[1], sys.argv[2:])'
    )
    words = {"GITSHIELD_PYTHON": program.python, "GITSHIELD_START": start, "GITSHIELD_OLD_HOOKS": old_hooks or ""}
    words["GITSHIELD_COMMAND"] = program.command
    lines = [f"{key}={shlex.quote(value)}" for key, value in words.items()]
    yield own("settings", "\n".join([*lines, "export GITSHIELD_COMMAND", ""]).encode("utf-8", "surrogateescape"))
    yield own("sensitive.sh", _sensitive(globs))
    for name in PARTS:
        yield own(name, script(name), 0o755 if name == "filter" else 0o644)


def _sensitive(globs: Sequence[str]) -> bytes:
    """A shell function that tells sensitive names: git's patterns are nearly those of `case`, where `*` also takes `/`."""
    arms = "|".join(f"*/{glob.strip('/').removeprefix('**/')}" for glob in globs) or "''"
    return (
        "# gitshield: made by protect from the rules; used only when the program is missing\n"
        "gitshield_is_sensitive() {\n  case /$1 in\n    *.example|*.sample|*.template|*.dist|*.defaults|*.pub|*.crt) return 1 ;;\n"
        f"    {arms}) return 0 ;;\n  esac\n  return 1\n}}\n"
    ).encode()


def _hook(folder: str, name: str, *, may_chain: bool) -> Iterable[FileChange]:
    path, chained = os.path.join(folder, name), os.path.join(folder, name + CHAINED)
    content = script(name) if name in GATES else _hand_on(name)
    current = _read(path)
    if may_chain and current is not None and _MARK not in current[:200]:
        yield FileChange(
            chained,
            _read(chained),
            current,
            _mode(path) or 0o755,
            f"the {name} hook that was here runs first",
            _mode(chained) or 0o755,
        )
    yield FileChange(path, current, content, 0o755, f"{name} hook", _mode(path) or 0o755)


def _hand_on(name: str) -> bytes:
    return (
        f"#!/bin/sh\n# gitshield {name}: hands on to the hooks folder that was in force before.\n"
        '. "${0%/*}/../settings" || exit 3\n'
        f'[ -x "$GITSHIELD_OLD_HOOKS/{name}" ] || exit 0\nexec "$GITSHIELD_OLD_HOOKS/{name}" "$@"\n'
    ).encode()


def _block(globs: Sequence[str], others: Sequence[str]) -> bytes:
    lines = [*(f"{_quoted(glob)} filter=gitshield" for glob in globs), *others]
    return BEGIN + "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape") + END


def _quoted(glob: str) -> str:
    return f'"{glob}"' if " " in glob else glob


def _foreign_filters(layout: Layout, environment: Mapping[str, str]) -> list[str]:
    """The lines of the repository's own .gitattributes that set a filter, made relative to the root: they go on in force.

    `info/attributes` wins over .gitattributes, so without them our lines would take LFS or git-crypt off a file.
    """
    if layout.top is None:
        return []
    listed = run(
        ["ls-files", "-z", "-c", "-o", "--exclude-standard", "--", ":(glob)**/.gitattributes"],
        environment=environment,
        cwd=layout.top,
    )
    found: list[str] = []
    for name in sorted({os.fsdecode(item) for item in listed.out.split(b"\0") if item}):
        content = _read(os.path.join(layout.top, name))
        folder = os.path.dirname(name)
        for line in (content or b"").decode("utf-8", "surrogateescape").splitlines():
            words = line.split()
            filters = [word for word in words[1:] if word.startswith("filter=") or word in ("-filter", "!filter")]
            if filters and not line.startswith("#") and words[0] != "[attr]":
                found.append(f"{_moved(words[0], folder)} {filters[-1]}")
    return list(dict.fromkeys(found))


def _moved(pattern: str, folder: str) -> str:
    """A pattern of folder/.gitattributes as one of the root's."""
    if not folder:
        return pattern
    return f"{folder}/{pattern.lstrip('/')}" if "/" in pattern.strip("/") or pattern.startswith("/") else f"{folder}/**/{pattern}"


def _without_block(content: bytes) -> bytes:
    start, end = content.find(BEGIN), content.find(END)
    return content[:start] + content[end + len(END) :] if 0 <= start <= end else content


def _config(layout: Layout, way: str, environment: Mapping[str, str]) -> bytes:
    """The configuration with our settings in it, made by git itself on a copy."""
    settings = {
        "filter.gitshield.process": 'sh "$(git rev-parse --git-common-dir)/gitshield/filter"',
        "filter.gitshield.required": "true",
    }
    if way == "hooksPath":
        settings["core.hooksPath"] = os.path.join(layout.folder, "hooks")
    if way == "config":
        for name in GATES:
            settings[f"hook.gitshield-{name}.event"] = name
            settings[f"hook.gitshield-{name}.command"] = shlex.quote(os.path.join(layout.folder, "hooks", name))
    return _edited(_read(os.path.join(layout.common, "config")) or b"", settings, environment)


def _edited(content: bytes, settings: Mapping[str, str | None], environment: Mapping[str, str]) -> bytes:
    with tempfile.NamedTemporaryFile(prefix="gitshield-") as copy:
        copy.write(content)
        copy.flush()
        for key, value in settings.items():
            words = ["--unset-all", key] if value is None else ["--replace-all", key, value]
            run(["config", "--file", copy.name, *words], environment=environment, accept=(0, 5))
        with open(copy.name, "rb") as edited:
            return edited.read()


def _mended(path: str, current: bytes, before: bytes | None) -> bytes | None:
    """A file that changed since, without what is ours; None when nothing of ours is in it."""
    if os.path.basename(path) == "attributes":
        rest = _without_block(current)
        return None if rest == current else rest
    if os.path.basename(path) == "config":
        return _without_settings(current, before or b"")
    return None


def _without_settings(current: bytes, before: bytes) -> bytes:
    keys: dict[str, str | None] = {"filter.gitshield.process": None, "filter.gitshield.required": None}
    keys |= {f"hook.gitshield-{name}.{part}": None for name in GATES for part in ("event", "command")}
    environment = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}
    with tempfile.NamedTemporaryFile(prefix="gitshield-") as copy:
        copy.write(before)
        copy.flush()
        old = (
            run(["config", "--file", copy.name, "--get", "core.hooksPath"], environment=environment, accept=(0, 1))
            .out.decode()
            .rstrip("\n")
        )
    if b"/gitshield/hooks" in current:
        keys["core.hooksPath"] = old or None
    return _edited(current, keys, environment)


def _write_record(layout: Layout, plan: InstallPlan, existing: Mapping[str, Any] | None) -> None:
    """Write install.json before the first change: what each file was before the first protect, and what it is now."""
    known: dict[str, dict[str, object]] = {str(e["path"]): e for e in (existing or {}).get("changes", [])}
    for change in plan.changes:
        name = os.path.relpath(change.path, layout.common)
        first = known.get(name)
        before = first["before"] if first else _text(change.before)
        known[name] = {
            "path": name,
            "before": before,
            "before_mode": first["before_mode"] if first else (_mode(change.path) or change.before_mode),
            "after": _text(change.after),
        }
    made = list((existing or {}).get("made", []))
    made += _missing_folders(layout)
    old = existing["old_hooks"] if existing else _old_hooks_of(plan)
    record = {"version": 1, "way": plan.way, "old_hooks": old, "made": made, "changes": list(known.values())}
    _write(os.path.join(layout.folder, RECORD), json.dumps(record, indent=1).encode(), 0o600)


def _old_hooks_of(plan: InstallPlan) -> str | None:
    for change in plan.changes:
        if os.path.basename(change.path) == "settings" and change.after is not None:
            for line in change.after.decode("utf-8", "surrogateescape").split("\n"):
                if line.startswith("GITSHIELD_OLD_HOOKS="):
                    return shlex.split(line)[0].partition("=")[2] or None
    return None


def _text(content: bytes | None) -> str | None:
    return base64.b64encode(content).decode() if content is not None else None


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode & 0o777
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write(path: str, content: bytes | None, mode: int) -> None:
    """Write a file aside, sync, rename; or remove it."""
    if content is None:
        if os.path.lexists(path):
            os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside = f"{path}.gitshield-{os.getpid()}"
    try:
        with open(aside, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError:
        if os.path.exists(aside):
            os.unlink(aside)
        raise
