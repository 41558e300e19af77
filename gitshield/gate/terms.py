"""The terms in force at a place: configuration, rules, allowances and local values, gathered from where they are kept.

Reads files and makes the cached image; decides nothing. The stamp it leaves in the repository's own folder lets the first
look of a hook see that nothing of all this has changed since.
"""

import datetime
import marshal
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gitshield.config.homes import Homes
from gitshield.config.load import load
from gitshield.config.schema import Config, Gates
from gitshield.config.toml_form import Source
from gitshield.config.trust import read_store
from gitshield.errors import ConfigurationError
from gitshield.gate.local import has_local_dotenv
from gitshield.gate.quick import STAMP, signature
from gitshield.git.layout import Layout
from gitshield.git.process import hook_environment, run
from gitshield.rules import ruleset
from gitshield.rules.image import Image
from gitshield.rules.rule import Severity
from gitshield.rules.toml_form import RuleFile, read_rules
from gitshield.scan.allowances import Allowances, notes, parse_allowances
from gitshield.scan.foreign_allow import BASELINE_NAME
from gitshield.scan.known import KnownValues, collect
from gitshield.scan.scan import Terms

REPOSITORY_FILE = ".gitshield.toml"
TRUST_STORE = "trusted"
_MAX_FILE = 16 << 20


@dataclass(frozen=True, slots=True)
class RawRules:
    """A rule file that was read but not parsed."""

    path: str
    content: bytes
    is_built_in: bool
    only_adds: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force: the terms of scans, which gates are on, the patterns bound to the filter, and how we are called."""

    terms: Terms
    config: Config
    globs: tuple[str, ...]
    command: str

    @property
    def gates(self) -> Gates:
        """Which gates are on."""
        return self.config.gates

    @property
    def excluded(self) -> tuple[str, ...]:
        """Paths that scans of folders leave out."""
        return self.config.scan.exclude

    @property
    def max_size(self) -> int | None:
        """The size in bytes over which files of folders are left out, None for no limit."""
        return self.config.scan.max_file_size

    @property
    def pass_minutes(self) -> int:
        """How long a code holds."""
        return self.config.gates.pass_minutes


def settle(
    layout: Layout | None,
    environment: Mapping[str, str],
    *,
    today: datetime.date,
    cwd: str | None = None,
    rule_files: Sequence[str] = (),
    baseline: str | None = None,
) -> Settings:
    """Gather what is in force in a repository, or outside of any (`layout` None) in `cwd`.

    Raises ConfigurationError or RuleError for a file that cannot be used.
    """
    homes, root = Homes.of(environment), layout.root if layout is not None else cwd or os.getcwd()
    person = os.path.join(homes.config, "config.toml")
    config = load(
        person=_source(person),
        repository=_source(os.path.join(root, REPOSITORY_FILE), REPOSITORY_FILE),
        pyproject=_source(os.path.join(root, "pyproject.toml"), "pyproject.toml"),
        approved=read_store(source_of(os.path.join(homes.data, TRUST_STORE)) or b""),
    )
    named = [os.path.join(homes.config, name) for name in config.rules.files] + list(rule_files)
    raw = _raw_rules(named, [_inside(root, name) for name in config.rules.repository_files])
    allowances = _allowances(root, baseline, config)
    known = _known(root, layout, environment) if config.gates.local_values else KnownValues()
    remarks = (
        *notes(allowances, today=today),
        *(f"not in force until approved: {key} (gitshield allow --config)" for key in config.held_back),
    )
    image, place = _image(config, raw, homes, layout)
    opened = ruleset.opened(image)
    if layout is not None and place is not None and not rule_files and os.path.isdir(layout.folder):
        watched = [person, *(os.path.join(root, name) for name in (REPOSITORY_FILE, "pyproject.toml", ".gitshield-allow"))]
        watched += [os.path.join(root, name) for name in (".secrets.baseline", ".gitleaksignore")]
        watched += [str(Path(ruleset.__file__).parent / "packs"), *(file.path for file in raw)]
        folder = environment.get("GITSHIELD_HOME") or layout.folder
        _stamp(folder, root, str(place), [*watched, os.path.join(homes.data, TRUST_STORE)])
    globs = tuple(dict.fromkeys([glob for rule in opened.rules if rule.gate for glob in rule.globs] + list(config.gates.sensitive)))
    terms = Terms(opened, allowances, today, known, (*remarks, *opened.remarks), config.allow.pragmas)
    return Settings(terms, config, globs, environment.get("GITSHIELD_COMMAND") or "gitshield")


def _source(path: str, name: str | None = None) -> Source | None:
    content = source_of(path)
    return Source(name or path, content) if content is not None else None


def _raw_rules(named: Iterable[str], added: Iterable[str]) -> tuple[RawRules, ...]:
    """All rule files in force, unread: the repository's, which only add; the built-in packs; the named ones. Later ones win."""
    packs = Path(ruleset.__file__).parent / "packs"
    raw = [RawRules(str(packs / name), content, is_built_in=True) for name, content in ruleset.built_in_files()]
    raw += [RawRules(path, _rule_file(path), is_built_in=False) for path in named]
    return (*(RawRules(path, _rule_file(path), is_built_in=False, only_adds=True) for path in added), *raw)


def _inside(root: str, name: str) -> str:
    """A rule file of the repository itself; a link that leads out of it is refused."""
    path = os.path.realpath(os.path.join(root, name))
    if not path.startswith(os.path.realpath(root) + os.sep):
        raise ConfigurationError(f"rule file {name} leads out of the repository", hint="name a file that lies in it")
    return path


def _rule_file(path: str) -> bytes:
    content = source_of(path)
    if content is None:
        raise ConfigurationError(f"rule file {path} is not there", hint="see rules.files in the configuration")
    return content


def _image(config: Config, raw: Sequence[RawRules], homes: Homes, layout: Layout | None) -> tuple[Image, Path | None]:
    """The compiled rules and their file: from the person's cache or our own folder, or read and compiled now."""
    shape = repr(config.rules).encode("utf-8", "surrogateescape")
    key = ruleset.key_of([shape, *(part for file in raw for part in (file.path.encode("utf-8", "surrogateescape"), file.content))])

    def read() -> list[RuleFile]:
        files = [_parsed(file) for file in raw]
        if config.rules.detect_secrets:
            from gitshield.rules.plugins import plugin_rules  # imports detect-secrets, which takes long

            files.append(plugin_rules(config.rules.detect_secrets, files=config.rules.plugin_files))
        return files

    cache = [Path(homes.cache), *([Path(layout.folder) / "cache"] if layout is not None and os.path.isdir(layout.folder) else [])]
    return ruleset.load_or_build(read, key=key, cache=cache, disabled=config.rules.disable, at_least=_least(config))


def _parsed(file: RawRules) -> RuleFile:
    rules = read_rules(file.content, name=os.path.basename(file.path), built_in=file.is_built_in)
    return replace(rules, allowlists=(), disabled=()) if file.only_adds else rules


def _least(config: Config) -> Severity:
    return Severity[config.rules.min_severity.upper()]


def _allowances(root: str, baseline: str | None, config: Config) -> Allowances:
    content = source_of(baseline or os.path.join(root, BASELINE_NAME)) if baseline or config.allow.baseline else None
    if baseline and content is None:
        raise ConfigurationError(f"baseline {baseline} is not there", hint="`detect-secrets scan` writes one")
    return parse_allowances(
        allow_file_content=source_of(os.path.join(root, ".gitshield-allow")),
        baseline_content=content,
        baseline_name=baseline or BASELINE_NAME,
        gitleaksignore_content=source_of(os.path.join(root, ".gitleaksignore")) if config.allow.gitleaks_ignore else None,
    )


def _known(root: str, layout: Layout | None, environment: Mapping[str, str]) -> KnownValues:
    """The values of dotenv files in the root that git ignores: a tracked one is no local secret any more."""
    if layout is None or layout.top is None or not has_local_dotenv(root):
        return KnownValues()
    names = sorted(name for name in os.listdir(root) if name.startswith(".env") and os.path.isfile(os.path.join(root, name)))
    stdin = b"".join(os.fsencode(name) + b"\0" for name in names)
    env = hook_environment(environment)
    ignored = run(["check-ignore", "-z", "--stdin"], environment=env, cwd=layout.top, stdin=stdin, accept=(0, 1, 128)).out
    local = [os.fsdecode(name) for name in ignored.split(b"\0") if name]
    return collect((name, content) for name in local if (content := source_of(os.path.join(root, name))) is not None)


def _stamp(folder: str, root: str, image: str, inputs: Iterable[str]) -> None:
    """Leave the stamp for the first look; see `quick.read_stamp`."""
    entries = [(path, *signature(path)) for path in dict.fromkeys(inputs)]
    if not os.path.exists(image):
        return
    aside = os.path.join(folder, f"{STAMP}.{os.getpid()}")
    try:
        with open(aside, "wb") as file:
            file.write(marshal.dumps({"root": root, "image": image, "inputs": entries}))
        os.replace(aside, os.path.join(folder, STAMP))
    except OSError:
        return  # without a stamp every look is a full one


def source_of(path: str) -> bytes | None:
    """The content of a configuration file, None when it is not there. Raises ConfigurationError for one that cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ConfigurationError(f"{path} is not a regular file", hint="remove it, or put a file in its place")
            content = file.read(_MAX_FILE + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > _MAX_FILE:
        raise ConfigurationError(f"{path} is over {_MAX_FILE >> 20} MiB")
    return content
