"""detect-secrets' plugins as rules: their patterns in the same matcher, each hit confirmed by the plugin's own code.

A pattern says which line to look at (prefilter mode, as several use look-around); then the plugin analyses that line. Their
known faults are kept out: the whole match is taken where a group is only a prefix (GitHub, GitLab), each line is judged on
its own, bytes that are not UTF-8 do not skip a file, and what is read is what was asked for, never the work tree instead.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from gitshield.errors import ConfigurationError, RuleError
from gitshield.rules.candidate import Candidate
from gitshield.rules.rule import Rule, Severity
from gitshield.rules.toml_form import RuleFile

ALL: Final = "all"
_SAFE: Final = "detect_secrets.plugins."


def plugin_rules(names: Sequence[str], *, files: Sequence[str] = ()) -> RuleFile:
    """Rules for the named plugin classes (or "all" of the package), and for every plugin in the person's own `files`.

    Raises ConfigurationError for a name that does not exist, with the names that do.
    """
    known = _packaged()
    wanted = sorted(known) if ALL in names else list(names)
    if unknown := [name for name in wanted if name not in known]:
        raise ConfigurationError(f"detect-secrets has no plugin {unknown[0]!r}", hint=f"it has {', '.join(sorted(known))}")
    specs = [f"{known[name]}:{name}" for name in wanted]
    specs += [f"{path}:{cls.__name__}" for path in files for cls in _classes_in(_own_module(path))]
    rules = tuple(rule for spec in specs for rule in _rules_of(spec))
    return RuleFile("detect-secrets", "detect-secrets plugins", rules, (), (), uses_default=False, ignored=())


def plugin_candidates(rule: Rule, data: bytes, ends: Sequence[int], *, path: str) -> Iterator[Candidate]:
    """Let the plugin judge each line that a hit ends on; give what it finds with its exact place."""
    plugin, done = _plugin(rule.plugin or ""), -1
    for end in sorted(ends):
        if end <= done:
            continue
        low = data.rfind(b"\n", 0, max(0, end - 1)) + 1
        high = data.find(b"\n", max(0, end - 1))
        done = len(data) if high < 0 else high
        yield from _in_line(rule, plugin, data, low, done, path)


def _in_line(rule: Rule, plugin: Any, data: bytes, low: int, high: int, path: str) -> Iterator[Candidate]:
    text = data[low:high].decode("latin-1")  # one character a byte, so that offsets hold
    seen: set[tuple[int, int]] = set()
    for value in _values(plugin, text, path):
        at = text.find(value)
        while at >= 0 and (at, at + len(value)) in seen:
            at = text.find(value, at + 1)
        if value and at >= 0:
            seen.add((at, at + len(value)))
            start = low + at
            yield Candidate(rule, data, start, start + len(value), start, start + len(value), path)


def _values(plugin: Any, text: str, path: str) -> Iterator[str]:
    denylist = getattr(plugin, "denylist", None)
    if denylist and type(plugin).analyze_string.__qualname__.startswith("RegexBasedDetector"):
        for pattern in denylist:
            for match in pattern.finditer(text):
                whole = match.group(0)
                first = next((group for group in match.groups() if group), whole)
                yield whole if whole.startswith(first) and len(first) < 8 else first
        return
    for secret in plugin.analyze_line(filename=path or "text", line=text, line_number=1):
        if secret.secret_value:
            yield secret.secret_value


def _rules_of(spec: str) -> Iterator[Rule]:
    plugin = _plugin(spec)
    name = type(plugin).__name__
    for number, pattern in enumerate(_patterns(plugin)):
        yield Rule(
            id=f"detect-secrets-{name}" + (f"-{number}" if number else ""),
            description=f"{getattr(plugin, 'secret_type', name)} (detect-secrets)",
            pack="detect-secrets",
            family="foreign",
            severity=Severity.MEDIUM if "Entropy" in name or "Keyword" in name else Severity.HIGH,
            confidence="low" if "Entropy" in name or "Keyword" in name else "medium",
            regex=pattern,
            plugin=spec,
        )


def _patterns(plugin: Any) -> Iterator[str]:
    """The plugin's patterns as texts for the matcher."""
    if denylist := getattr(plugin, "denylist", None):
        yield from (_flagged(pattern) for pattern in denylist)
    elif type(plugin).__name__ == "KeywordDetector":
        from detect_secrets.plugins.keyword import DENYLIST

        yield f"(?i)(?:{'|'.join(DENYLIST)})"
    elif regex := getattr(plugin, "regex", None):
        yield _flagged(regex)
    else:
        raise RuleError(f"plugin {type(plugin).__name__} has no pattern that could be looked for")


def _flagged(pattern: Any) -> str:
    import re

    return ("(?i)" if pattern.flags & re.IGNORECASE else "") + str(pattern.pattern)


@lru_cache(maxsize=128)
def _plugin(spec: str) -> Any:
    module, _, name = spec.rpartition(":")
    source = importlib.import_module(module) if module.startswith(_SAFE) else _own_module(module)
    return getattr(source, name)()


@lru_cache(maxsize=1)
def _packaged() -> dict[str, str]:
    """The plugins of the package: class name to module."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    classes: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    return {cls.__name__: cls.__module__ for cls in classes if cls.__module__.startswith(_SAFE)}


@lru_cache(maxsize=32)
def _own_module(path: str) -> Any:
    """Import a plugin file that the person's own configuration names (never a repository's)."""
    if not Path(path).is_file():
        raise ConfigurationError(f"plugin file {path} is not there", hint="see rules.plugin_files in your own configuration")
    name = f"gitshield_plugin_{abs(hash(path))}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"plugin file {path} is no Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # the person's code may raise anything; it is named, not swallowed
        raise ConfigurationError(f"plugin file {path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _classes_in(module: Any) -> list[type]:
    from detect_secrets.plugins.base import BasePlugin

    return [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, BasePlugin) and v.__module__ == module.__name__]
