"""The schema: every section and key of a configuration file, with its default, its form and which way it protects more.

`docs/reference/configuration.md` is made from this module; a new key is one `option(…)` here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Final, cast

SEVERITIES: Final = ("low", "medium", "high", "critical")
ALL_PLUGINS: Final = "all"
MEBIBYTE: Final = 1 << 20


class Form(Enum):
    """How a key's value is written, in words for people."""

    SWITCH = "true or false"
    MINUTES = "whole number of minutes, 0 to 1440"
    SIZE = 'bytes, or text such as "50 MB" or "512 KiB"'
    SEVERITY = "low, medium, high or critical"
    GLOBS = "list of patterns as in .gitignore, without `!`"
    REFS = "list of branches or tags, or whole names that begin with refs/; `*` stands for any characters"
    IDS = "list of rule ids"
    FILES = "list of files, relative to the configuration file"
    PLUGINS = 'list of class names, or "all"'


class Strict(Enum):
    """Which change of a value protects more. Everything else than a change that way loosens.

    Of a switch, true is more than false; of a list, more entries are more.
    """

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Option:
    """What is known about one key. `only_person` keys are refused in a repository's file, whoever approved it."""

    section: str
    key: str
    default: Any
    form: Form
    strict: Strict
    about: str
    only_person: bool

    @property
    def name(self) -> str:
        """The key with its section, as messages name it."""
        return f"{self.section}.{self.key}"


def option(default: Any, form: Form, strict: Strict, about: str, *, only_person: bool = False) -> Any:
    """Declare a key of a section: a dataclass field that carries what `Option` says."""
    return field(default=default, metadata={"form": form, "strict": strict, "about": about, "only_person": only_person})


@dataclass(frozen=True, slots=True)
class Scan:
    """What is read when a folder, an index or a history is scanned."""

    exclude: tuple[str, ...] = option((), Form.GLOBS, Strict.LESS, "Paths that are not scanned.")
    max_file_size: int = option(
        1 << 40, Form.SIZE, Strict.MORE, "Larger files of a folder are named in the receipt as skipped instead of being read."
    )
    include_ignored: bool = option(False, Form.SWITCH, Strict.MORE, "Whether a scan of the work tree also reads files that git ignores.")


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules are in force beside the built-in ones.

    `files` are a person's own and may do all that rule files can; `repository_files` come from the repository and only
    add rules: their allowlists, disabled rules and rules with an id that exists already have no effect.
    Both are relative to the folder of the configuration file that names them; whoever reads a repository's rule file
    must not follow a link out of the repository.
    """

    files: tuple[str, ...] = option((), Form.FILES, Strict.MORE, "Further rule files (gitshield's, gitleaks' or betterleaks').")
    disable: tuple[str, ...] = option((), Form.IDS, Strict.LESS, "Rules that are not used.")
    enable: tuple[str, ...] = option((), Form.IDS, Strict.MORE, "Rules that are used again although a file before this one disables them.")
    detect_secrets: tuple[str, ...] = option(
        (), Form.PLUGINS, Strict.MORE, "detect-secrets' plugins to use as rules too, by the names of their classes."
    )
    plugin_files: tuple[str, ...] = option(
        (), Form.FILES, Strict.MORE, "Python files with detect-secrets plugins of your own. They are run.", only_person=True
    )
    min_severity: str = option("low", Form.SEVERITY, Strict.LESS, "Rules below this severity are not used.")
    repository_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gates:
    """Where git is stopped. Each gate works only in a repository that `gitshield protect` has set up."""

    staging_path: bool = option(True, Form.SWITCH, Strict.MORE, "Refuse sensitive files (`.env`, private keys) at `git add`.")
    staging_content: bool = option(True, Form.SWITCH, Strict.MORE, "Scan what `git add` stages.")
    commit: bool = option(True, Form.SWITCH, Strict.MORE, "Scan what a commit records.")
    commit_message: bool = option(True, Form.SWITCH, Strict.MORE, "Scan commit messages.")
    references: bool = option(True, Form.SWITCH, Strict.MORE, "Judge every change of a ref, also after `--no-verify`.")
    push: bool = option(True, Form.SWITCH, Strict.MORE, "Judge every push: what it would leak, and what it would take away.")
    sensitive: tuple[str, ...] = option((), Form.GLOBS, Strict.MORE, "Further files that are refused by their path.")
    local_values: bool = option(
        True, Form.SWITCH, Strict.MORE, "Look for the values of the local, ignored `.env` files in everything that is staged."
    )
    pass_minutes: int = option(10, Form.MINUTES, Strict.LESS, "How long a one-time pass is good for; 0 refuses passes.")


@dataclass(frozen=True, slots=True)
class Push:
    """What a push may do to references on the other side. In patterns of references `*` stands for any characters."""

    protected: tuple[str, ...] = option(
        ("main", "master", "release/*", "production"),
        Form.REFS,
        Strict.MORE,
        "Branches that are neither deleted nor replaced without a real lease, beside the default branch of the remote.",
    )
    protected_tags: tuple[str, ...] = option(("v*",), Form.REFS, Strict.MORE, "Tags that are neither deleted nor moved without one.")
    unprotected: tuple[str, ...] = option(
        (), Form.REFS, Strict.LESS, "Branches and tags that are not protected although a pattern names them."
    )
    strict: bool = option(False, Form.SWITCH, Strict.MORE, "Ask for a real lease on every branch and tag.")


@dataclass(frozen=True, slots=True)
class Allow:
    """What beside `.gitshield-allow` may wave a finding through."""

    pragmas: bool = option(True, Form.SWITCH, Strict.LESS, "Comments such as `gitleaks:allow` or `pragma: allowlist secret`.")
    baseline: bool = option(True, Form.SWITCH, Strict.LESS, "detect-secrets' `.secrets.baseline`.")
    gitleaks_ignore: bool = option(True, Form.SWITCH, Strict.LESS, "gitleaks' `.gitleaksignore`.")


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration in force.

    `held_back` names, as `section.key` and sorted, the keys of the repository's file that would loosen a protection and
    have no effect because no person approved that content. `sources` names the files that took part, the strongest last.
    """

    scan: Scan = field(default_factory=Scan)
    rules: Rules = field(default_factory=Rules)
    gates: Gates = field(default_factory=Gates)
    push: Push = field(default_factory=Push)
    allow: Allow = field(default_factory=Allow)
    held_back: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


Value = bool | int | str | tuple[str, ...]
Section = Scan | Rules | Gates | Push | Allow
SECTIONS: Final[Mapping[str, type[Section]]] = {"scan": Scan, "rules": Rules, "gates": Gates, "push": Push, "allow": Allow}


def options(section: str) -> Iterator[Option]:
    """Give the keys of a section in the order they are documented."""
    for one in fields(SECTIONS[section]):
        if one.metadata:
            yield Option(section, one.name, one.default, **cast(dict[str, Any], dict(one.metadata)))


def is_looser(one: Option, *, value: Value, base: Value) -> bool:
    """Whether putting `value` (of the form of `one`) in the place of `base` protects less in any respect."""
    match value, base:
        case tuple(), tuple():
            change = len(set(value) - set(base))  # lists add up: a file cannot take an entry away
        case _:
            change = _rank(value) - _rank(base)
    return change < 0 if one.strict is Strict.MORE else change > 0


def _rank(value: Value) -> int:
    return SEVERITIES.index(value) if isinstance(value, str) else cast(int, value)
