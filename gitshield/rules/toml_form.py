"""Rule files: TOML in the form of `docs/formats/rules.md`, which gitleaks' and betterleaks' files already are."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final, cast, get_args

from gitshield.errors import RuleError
from gitshield.rules.filters import FILTERS
from gitshield.rules.pattern import assigned_to, check_pattern, compiled
from gitshield.rules.readers import reader_names
from gitshield.rules.rule import Allowlist, Confidence, Family, Required, Revoke, Rule, Sample, Severity, Target
from gitshield.rules.samples import DEFAULT_PATH, sample

_RULE_KEYS: Final = frozenset(
    "id description regex assigned path reader trigger secretGroup entropy keywords tags filters allowlists allowlist required "
    "skipReport gate globs source examples nearMisses revoke severity confidence".split()
)
_TOP_KEYS: Final = frozenset("title description family rules allowlists allowlist extend minVersion betterleaksMinVersion".split())
_FAMILIES: Final = get_args(Family)
_MAX_ENTROPY: Final = 8
_ENDLESS_KEY: Final = re.compile(rb"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]{0,99}+"|'[^'\n]{0,99}+')[ \t]{0,9}+\.[ \t]{0,9}+){64}""")
_CONFIDENCES: Final = get_args(Confidence)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What one rule file says: its rules, what it waves through for all of them, and what of it was not understood."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    allowlists: tuple[Allowlist, ...]
    disabled: tuple[str, ...]
    uses_default: bool
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Specimens:
    """The composed examples and near misses of one rule."""

    rule_id: str
    examples: tuple[Sample, ...]
    near_misses: tuple[Sample, ...]


def read_rules(content: bytes, *, name: str, built_in: bool = False) -> RuleFile:
    """Read one rule file. `name` stands for it in messages.

    A built-in pack may hold only keys we know; of a foreign file, unknown keys are collected in `ignored` so that a
    report can name them. Raises RuleError, naming the rule, for what cannot be used.
    """
    try:
        return _read(_parse(content, name), name, built_in=built_in)
    except (TypeError, ValueError, AttributeError, KeyError, RecursionError) as error:
        raise RuleError(f"{name}: a value of the wrong type ({type(error).__name__}: {error})", hint="see docs/formats/rules.md") from error


def _read(table: Mapping[str, Any], name: str, *, built_in: bool) -> RuleFile:
    family = table.get("family", "foreign")
    if family not in _FAMILIES:
        raise RuleError(f"{name}: family {family!r} is none of {', '.join(_FAMILIES)}")
    rules: list[Rule] = []
    ignored: list[str] = []
    for entry in _tables(table, "rules", name):
        unknown = sorted(set(entry) - _RULE_KEYS)
        if unknown and built_in:
            close = get_close_matches(unknown[0], _RULE_KEYS, 1)
            hint = f"did you mean {close[0]!r}?" if close else "see docs/formats/rules.md"
            raise RuleError(f"{name}: rule {entry.get('id')!r} has an unknown key {unknown[0]!r}", hint=hint)
        ignored.extend(f"{entry.get('id')}.{key}" for key in unknown)
        rules.append(_rule(entry, pack=name, family=cast(Family, family), built_in=built_in))
    extend = table.get("extend", {})
    if extend.get("path") or extend.get("url"):
        raise RuleError(f"{name}: 'extend.path' is not followed", hint="name both files: --rules BASE --rules FILE")
    ignored.extend(f"{name}.{key}" for key in sorted(set(table) - _TOP_KEYS))
    targeted = [(entry, targets) for entry in _raw_allowlists(table) if (targets := _words(entry, "targetRules", name))]
    rules = [_with_targeted(rule, targeted, name) for rule in rules]
    return RuleFile(
        name=name,
        title=str(table.get("title", name)),
        rules=tuple(rules),
        allowlists=tuple(_allowlists(table, name)),
        disabled=_words(extend, "disabledRules", name),
        uses_default=_flag(extend, "useDefault", name),
        ignored=tuple(ignored),
    )


def read_specimens(content: bytes, *, name: str) -> tuple[Specimens, ...]:
    """Compose the examples and near misses of a rule file. Raises RuleError for a sample that cannot be composed."""
    return tuple(
        Specimens(
            rule_id=str(entry["id"]),
            examples=tuple(_samples(entry, "examples")),
            near_misses=tuple(_samples(entry, "nearMisses")),
        )
        for entry in _tables(_parse(content, name), "rules", name)
    )


def _parse(content: bytes, name: str) -> Mapping[str, Any]:
    if _ENDLESS_KEY.search(content):  # tomllib takes quadratic time for those
        raise RuleError(f"{name}: a key of over 64 parts")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RuleError(f"{name}: not a TOML file ({error})") from error


def _tables(table: Mapping[str, Any], key: str, name: str) -> Sequence[Mapping[str, Any]]:
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RuleError(f"{name}: {key!r} must be tables ([[{key}]])")
    return entries


def _text(entry: Mapping[str, Any], key: str, where: str) -> str | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, str):
        raise RuleError(f"{where}: {key!r} must be text")
    return value or None


def _number(entry: Mapping[str, Any], key: str, where: str) -> int | None:
    value = entry.get(key)
    if value is not None and (type(value) is not int or value < 0):
        raise RuleError(f"{where}: {key!r} must be a whole number from 0")
    return value


def _flag(entry: Mapping[str, Any], key: str, where: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise RuleError(f"{where}: {key!r} must be true or false")
    return value


def _words(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = entry.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise RuleError(f"{where}: {key!r} must be a list of texts")
    return tuple(value)


def _rule(entry: Mapping[str, Any], *, pack: str, family: Family, built_in: bool) -> Rule:
    where = f"{pack}: rule {entry.get('id')!r}"
    rule_id = _text(entry, "id", where)
    if rule_id is None:
        raise RuleError(f"{pack}: a rule has no id")
    regex, path, reader, trigger = (_text(entry, key, where) for key in ("regex", "path", "reader", "trigger"))
    if regex is None and path is None:
        raise RuleError(f"{where}: needs a regex or a path")
    if regex is not None and entry.get("assigned"):
        regex = assigned_to(_words(entry, "assigned", where), regex)
    for pattern in (regex, path, trigger):
        if pattern is not None:
            check_pattern(pattern, where=where)
    if reader is not None:
        _check_reader(reader, path, where)
    confidence = entry.get("confidence", "medium")
    if confidence not in _CONFIDENCES:
        raise RuleError(f"{where}: confidence {confidence!r} is none of {', '.join(_CONFIDENCES)}")
    return Rule(
        id=rule_id,
        description=_text(entry, "description", where) or rule_id,
        pack=pack,
        family=family,
        severity=_severity(entry.get("severity", "high"), where),
        confidence=cast(Confidence, confidence),
        regex=regex,
        path=path,
        reader=reader,
        trigger=trigger,
        secret_group=_secret_group(entry, regex, where),
        entropy=_entropy(entry, where),
        keywords=_words(entry, "keywords", where),
        tags=_words(entry, "tags", where),
        filters=_filters(entry, where) if "filters" in entry else (("placeholder",) if built_in else ()),
        allowlists=tuple(_allowlists(entry, where)),
        required=tuple(
            Required(str(need.get("id")), _number(need, "withinLines", where), _number(need, "withinColumns", where))
            for need in entry.get("required", ())
        ),
        skip_report=_flag(entry, "skipReport", where),
        gate=_flag(entry, "gate", where),
        globs=_words(entry, "globs", where),
        source=_text(entry, "source", where),
        revoke=Revoke(_text(revoke, "url", where), _words(revoke, "steps", where)) if (revoke := entry.get("revoke")) else None,
    )


def _secret_group(entry: Mapping[str, Any], regex: str | None, where: str) -> int | None:
    group = _number(entry, "secretGroup", where)
    if group and (regex is None or group > (count := compiled(regex).groups)):
        has = "no regex" if regex is None else f"a regex with {count} group{'' if count == 1 else 's'}"
        raise RuleError(f"{where}: secretGroup is {group}, but it has {has}")
    return group or None


def _entropy(entry: Mapping[str, Any], where: str) -> float:
    value = entry.get("entropy", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_ENTROPY:
        raise RuleError(f"{where}: entropy must be a number of bits from 0 to {_MAX_ENTROPY}")
    return float(value)


def _check_reader(reader: str, path: str | None, where: str) -> None:
    if path is None:
        raise RuleError(f"{where}: a reader needs the path of the files it reads")
    if reader not in reader_names():
        raise RuleError(f"{where}: there is no reader {reader!r}", hint=f"one of {', '.join(reader_names())}")


def _filters(entry: Mapping[str, Any], where: str) -> tuple[str, ...]:
    names = _words(entry, "filters", where)
    if unknown := [name for name in names if name not in FILTERS]:
        raise RuleError(f"{where}: there is no filter {unknown[0]!r}", hint=f"one of {', '.join(sorted(FILTERS))}")
    return names


def _severity(word: object, where: str) -> Severity:
    try:
        return Severity[str(word).upper()]
    except KeyError as error:
        raise RuleError(f"{where}: severity {word!r} is none of critical, high, medium, low") from error


def _raw_allowlists(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    tables = list(entry.get("allowlists", ()))
    if isinstance(single := entry.get("allowlist"), dict):
        tables.append(single)
    return tables


def _with_targeted(rule: Rule, targeted: Sequence[tuple[Mapping[str, Any], tuple[str, ...]]], name: str) -> Rule:
    """The rule with the file's allowlists that are meant for it alone (`targetRules`)."""
    own = [table for table, targets in targeted if rule.id in targets]
    return replace(rule, allowlists=(*rule.allowlists, *_allowlists({"allowlists": own}, name, is_own=True))) if own else rule


def _allowlists(entry: Mapping[str, Any], where: str, *, is_own: bool = False) -> Iterator[Allowlist]:
    for table in _raw_allowlists(entry):
        if table.get("targetRules") and not is_own:
            continue
        target = table.get("regexTarget", "secret")
        if target not in get_args(Target):
            raise RuleError(f"{where}: regexTarget {target!r} is none of secret, match, line")
        allowlist = Allowlist(
            regexes=_words(table, "regexes", where),
            target=cast(Target, target),
            paths=_words(table, "paths", where),
            stopwords=_words(table, "stopwords", where),
            commits=_words(table, "commits", where),
            needs_all=str(table.get("condition", "OR")).upper() in ("AND", "&&"),
        )
        for pattern in (*allowlist.regexes, *allowlist.paths):
            check_pattern(pattern, where=f"{where}, allowlist")
        yield allowlist


def _samples(entry: Mapping[str, Any], key: str) -> Iterator[Sample]:
    for index, item in enumerate(entry.get(key, ())):
        text, path = (item["text"], item.get("path", DEFAULT_PATH)) if isinstance(item, dict) else (item, DEFAULT_PATH)
        yield sample(text, seed=f"{entry['id']}/{key}/{index}", path=path)
