"""The rule set: which rules are in force, compiled once, cached as an image, opened for the engine."""

import hashlib
import marshal
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Final

from gitshield import __version__
from gitshield.errors import RuleError
from gitshield.rules.codings import ALL as CODINGS
from gitshield.rules.image import Image, pack, unpack
from gitshield.rules.pattern import compiled
from gitshield.rules.rule import Allowlist, Required, Revoke, Rule, Severity
from gitshield.rules.sketch import sketch
from gitshield.rules.toml_form import RuleFile, read_rules
from gitshield.rules.vectorscan import (
    LIBRARY_VERSION,
    PREFILTER,
    Database,
    Expression,
    compile_expressions,
    compile_sketches,
    load_database,
)

_FIELDS: Final = tuple(field.name for field in fields(Rule))
_KEPT: Final = 8
_ORDINARY: Final = (
    b"Makefile",
    b"README",
    b"a.cfg",
    b"a.conf",
    b"a.ini",
    b"a.json",
    b"a.md",
    b"a.sh",
    b"a.sql",
    b"a.toml",
    b"a.txt",
    b"a.yml",
)
_FAMILY_ORDER: Final = ("key", "provider", "foreign", "file", "role")


@dataclass(frozen=True)
class RuleSet:
    """Rules in force, opened for scanning. Rules are numbered by their place in `rules`; `remarks` say what of a file has no effect."""

    image: Image
    rules: tuple[Rule, ...]
    allowlists: tuple[Allowlist, ...]
    remarks: tuple[str, ...] = ()

    @cached_property
    def anywhere(self) -> Database | None:
        """The database of the content patterns that count in every file, None when there is none."""
        return load_database(self.image.anywhere) if self.image.anywhere else None

    @cached_property
    def ordinary(self) -> Database | None:
        """The database of the content patterns that count in many ordinary files, by their path; None when there is none."""
        return load_database(self.image.ordinary) if self.image.ordinary else None

    @cached_property
    def bound(self) -> Database | None:
        """The database of the content patterns that count in few files, by their path; None when there is none."""
        return load_database(self.image.bound) if self.image.bound else None

    @cached_property
    def paths(self) -> Database | None:
        """The database of all path patterns, None when there is none."""
        return load_database(self.image.paths) if self.image.paths else None

    def rank(self, number: int) -> tuple[int, int]:
        """Which of two rules names the same bytes better: the smaller rank (family first, then severity)."""
        rule = self.rules[number]
        return _FAMILY_ORDER.index(rule.family), -rule.severity


def built_in_files() -> tuple[tuple[str, bytes], ...]:
    """The built-in packs as (name, content), sorted by name."""
    folder = Path(__file__).parent / "packs"
    return tuple(sorted((item.name, item.read_bytes()) for item in folder.iterdir() if item.name.endswith(".toml")))


def key_of(sources: Iterable[bytes]) -> str:
    """The key of an image made from `sources` (every byte that shaped it) by this version on this machine: 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (__version__.encode(), LIBRARY_VERSION.encode(), os.uname().machine.encode(), *sources):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def select(packs: Sequence[RuleFile], *, disabled: Iterable[str] = (), at_least: Severity = Severity.LOW) -> tuple[Rule, ...]:
    """Put the rules of several files together: a later file's rule replaces an earlier one of the same id.

    Raises RuleError for a disabled id that no file has, or a `required` rule that is not there.
    """
    by_id: dict[str, Rule] = {rule.id: rule for pack_ in packs for rule in pack_.rules}
    off = set(disabled) | {rule_id for pack_ in packs for rule_id in pack_.disabled}
    if unknown := sorted(set(disabled) - set(by_id)):
        raise RuleError(f"no rule is called {unknown[0]!r}", hint="list them with `gitshield rules list`")
    kept = tuple(rule for rule in by_id.values() if rule.id not in off and rule.severity >= at_least)
    for rule in kept:
        for need in rule.required:
            if need.rule_id not in by_id:
                raise RuleError(f"{rule.pack}: rule {rule.id!r} requires {need.rule_id!r}, which does not exist")
    return kept


def build(rules: Sequence[Rule], *, key: str, allowlists: Sequence[Allowlist] = (), remarks: Sequence[str] = ()) -> Image:
    """Compile `rules` to an image. Takes seconds. Raises RuleError that names every rule Vectorscan refuses."""
    anywhere = [(n, r) for n, r in enumerate(rules) if r.regex is not None and r.path is None]
    by_path = [(n, r) for n, r in enumerate(rules) if (r.regex or r.trigger) and r.path is not None]
    ordinary = [(n, r) for n, r in by_path if _is_ordinary(r.path or "")]
    bound = [(n, r) for n, r in by_path if not _is_ordinary(r.path or "")]
    paths = [(n, r) for n, r in enumerate(rules) if r.path is not None]
    return Image(
        key=key,
        sketches=compile_sketches([Expression(r.id, sketch(r.regex or ""), PREFILTER if r.plugin else 0) for _, r in anywhere]),
        anywhere=compile_expressions([Expression(r.id, r.regex or "", PREFILTER if r.plugin else 0) for _, r in anywhere]),
        ordinary=compile_expressions([Expression(r.id, r.regex or r.trigger or "") for _, r in ordinary]),
        bound=compile_expressions([Expression(r.id, r.regex or r.trigger or "") for _, r in bound]),
        paths=compile_expressions([Expression(r.id, r.path or "") for _, r in paths]),
        anywhere_rules=tuple(n for n, _ in anywhere),
        ordinary_rules=tuple(n for n, _ in ordinary),
        bound_rules=tuple(n for n, _ in bound),
        path_rules=tuple(n for n, _ in paths),
        alone=frozenset(n for n, r in paths if r.regex is None and r.trigger is None),
        codings=compile_expressions([Expression(f"coding {number}", pattern) for number, pattern in enumerate(CODINGS)]),
        sealed_rules=marshal.dumps(([_plain(rule) for rule in rules], [astuple(allow) for allow in allowlists], list(remarks))),
    )


def _is_ordinary(pattern: str) -> bool:
    """Whether a path pattern takes in ordinary files, by names that every second project has."""
    return any(compiled(pattern).search(name) for name in _ORDINARY)


def opened(image: Image) -> RuleSet:
    """Open an image for the engine."""
    rules, allowlists, remarks = marshal.loads(image.sealed_rules)
    return RuleSet(image, tuple(_rule(plain) for plain in rules), tuple(Allowlist(*plain) for plain in allowlists), tuple(remarks))


def load_or_build(
    read: Callable[[], Sequence[RuleFile]],
    *,
    key: str,
    cache: Sequence[Path],
    disabled: Iterable[str] = (),
    at_least: Severity = Severity.LOW,
) -> tuple[Image, Path | None]:
    """Give the image for `key` and its file: from one of the `cache` folders, or made from what `read` gives and stored there.

    The first folder that can be written is used, and the file is None where none can: that costs time, never a rule. It is
    written aside and renamed, mode 0600; the oldest images beside it are removed.
    """
    places = [folder / f"{key}.image" for folder in cache]
    for place in places:
        if (image := stored(place)) is not None and image.key == key:
            return image, place
    sources = read()
    rules = select(sources, disabled=disabled, at_least=at_least)
    everywhere = [allowlist for source in sources for allowlist in source.allowlists]
    image = build(rules, key=key, allowlists=everywhere, remarks=[remark for source in sources for remark in _remarks(source)])
    content = pack(image)
    return image, next((place for place in places if _store(place, content)), None)


def _remarks(source: RuleFile) -> Iterator[str]:
    """What of a rule file has no effect here, a line a key."""
    counts = Counter(name.rpartition(".")[2] for name in source.ignored)
    yield from (f"{source.name}: {key!r} of {count} rules has no effect here" for key, count in sorted(counts.items()))


def stored(place: Path) -> Image | None:
    """Read the image in a cache file, None when there is none or it cannot be used."""
    try:
        image = unpack(place.read_bytes())
        for part in (image.sketches, image.anywhere, image.ordinary, image.bound, image.paths, image.codings) if image is not None else ():
            if part:
                load_database(part)
    except (OSError, ValueError, EOFError, TypeError):
        return None
    return image


def built_in_rule_files() -> tuple[RuleFile, ...]:
    """Read all built-in packs. Raises RuleError for one that is broken, which is a fault of ours."""
    return tuple(read_rules(content, name=name, built_in=True) for name, content in built_in_files())


def _store(place: Path, content: bytes) -> bool:
    """Write an image and say whether that could be done; nothing stays behind where it could not."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, aside = tempfile.mkstemp(dir=place.parent, prefix=f"{place.name}.")
    except OSError:
        return False
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
        os.replace(aside, place)
    except OSError:
        return False
    finally:  # also when interrupted
        Path(aside).unlink(missing_ok=True)
    _prune(place.parent)
    return True


def _prune(folder: Path) -> None:
    """Keep the newest images only: every version and every change of a rule file makes another of many megabytes."""
    try:
        images = sorted(folder.glob("*.image"), key=lambda image: image.stat().st_mtime_ns, reverse=True)
        for image in images[_KEPT:]:
            image.unlink()
    except OSError:
        return  # another process was faster; the next one tries again


def _plain(rule: Rule) -> tuple[object, ...]:
    """The rule as builtins that marshal can write; nested values become tuples in the order of their fields."""
    revoke = astuple(rule.revoke) if rule.revoke else None
    nested = {
        "severity": int(rule.severity),
        "allowlists": tuple(astuple(a) for a in rule.allowlists),
        "required": tuple(astuple(r) for r in rule.required),
        "revoke": revoke,
    }
    return tuple(nested.get(name, getattr(rule, name)) for name in _FIELDS)


def _rule(plain: Sequence[object]) -> Rule:
    values = dict(zip(_FIELDS, plain, strict=True))
    values["severity"] = Severity(values["severity"])  # type: ignore[arg-type]
    values["allowlists"] = tuple(Allowlist(*a) for a in values["allowlists"])  # type: ignore[attr-defined]
    values["required"] = tuple(Required(*r) for r in values["required"])  # type: ignore[attr-defined]
    values["revoke"] = Revoke(*values["revoke"]) if values["revoke"] else None  # type: ignore[misc]
    return Rule(**values)  # type: ignore[arg-type]
