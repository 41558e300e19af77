"""Configuration files: TOML in the form of `schema.py`, read so that no content, however hostile, does more than be refused."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any, Final

from gitshield.config.schema import ALL_PLUGINS, SECTIONS, SEVERITIES, Form, Option, Value, options
from gitshield.errors import ConfigurationError

MAX_SIZE: Final = 1_000_000
_MAX_COST: Final = 10_000_000
_MAX_TEXT: Final = 4_096
_MAX_BYTES: Final = 1 << 50
_MAX_MINUTES: Final = 1_440
_UNITS: Final = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
_SIZE: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))? ?([A-Za-z]{0,3})")
_PAGE: Final = "see docs/reference/configuration.md"

Values = Mapping[str, Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Source:
    """A configuration file: its bytes, and its name as messages and `Config.sources` say it."""

    name: str
    content: bytes


def read_table(source: Source) -> Mapping[str, Any]:
    """Parse a TOML file. Raises ConfigurationError, naming the file, for everything that is not a small TOML document."""
    if len(source.content) > MAX_SIZE:
        raise ConfigurationError(f"{source.name}: larger than {MAX_SIZE:,} bytes", hint="a configuration file is a page or two")
    if _cost(source.content) > _MAX_COST:
        raise ConfigurationError(f"{source.name}: keys with too many dots", hint=_PAGE)
    import tomllib

    try:
        return tomllib.loads(source.content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{source.name}: not UTF-8 (byte {error.start})", hint="save the file as UTF-8") from None
    except RecursionError:
        raise ConfigurationError(f"{source.name}: nested too deeply", hint=_PAGE) from None
    except ValueError as error:  # also a number with more digits than Python reads
        raise ConfigurationError(f"{source.name}: not a TOML file ({str(error)[:200]})", hint="correct the file, or remove it") from None


def read_values(table: Mapping[str, Any], *, name: str) -> Values:
    """Check a parsed table against the schema and give the values that it sets, by section and key.

    Raises ConfigurationError, naming the file and the key, for an unknown section or key and for a value of another form.
    """
    values: dict[str, Mapping[str, Value]] = {}
    for section, content in table.items():
        if section not in SECTIONS:
            raise _unknown(f"{name}: unknown section", section, SECTIONS)
        if not isinstance(content, dict):
            raise ConfigurationError(f"{name}: {section!r} must be a section ([{section}])", hint=_PAGE)
        known = {one.key: one for one in options(section)}
        for key in content:
            if key not in known:
                raise _unknown(f"{name}: unknown key in [{section}]", key, known)
        values[section] = {key: _value(known[key], value, name=name) for key, value in content.items()}
    return values


def _cost(content: bytes) -> int:
    """How much work reading dotted keys is at most: tomllib copies a table's whole name for each key in it."""
    densest = max((line.count(b".") for line in content.split(b"\n")), default=0)
    return densest * (content.count(b"\n") + content.count(b"."))


def _unknown(what: str, word: str, known: Mapping[str, object]) -> ConfigurationError:
    shown = word if len(word) <= 60 else word[:60] + "…"
    close = get_close_matches(shown, known, 1)
    return ConfigurationError(f"{what} {shown!r}", hint=f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}")


def _value(one: Option, value: object, *, name: str) -> Value:
    read = _READERS[one.form]
    given = read(value)
    if given is None:
        raise ConfigurationError(f"{name}: {one.name} must be {one.form.value}", hint=_PAGE)
    return given


def _switch(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _minutes(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_MINUTES:
        return value
    return None


def _size(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 < value <= _MAX_BYTES else None
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    unit = _UNITS.get(match[3].lower() or "b") if match else None
    if match is None or unit is None:
        return None
    size = int(match[1]) * unit + int((match[2] or "0").ljust(3, "0")) * unit // 1_000
    return size if 0 < size <= _MAX_BYTES else None


def _severity(value: object) -> str | None:
    return value if isinstance(value, str) and value in SEVERITIES else None


def _words(value: object) -> tuple[str, ...] | None:
    """The entries of a list of texts in their order, each once; None when one of them is nothing to look for."""
    if not isinstance(value, list):
        return None
    for word in value:
        if not isinstance(word, str) or not word.strip() or len(word) > _MAX_TEXT or not word.isprintable():
            return None
    return tuple(dict.fromkeys(value))


def _globs(value: object) -> tuple[str, ...] | None:
    """The patterns of a list. One that takes files out again (`!`) would loosen by being added: there is none."""
    words = _words(value)
    return words if words is not None and not any(word.startswith("!") for word in words) else None


def _plugins(value: object) -> tuple[str, ...] | None:
    if value == ALL_PLUGINS:
        return (ALL_PLUGINS,)
    words = _words(value)
    return words if words is not None and all(word.isidentifier() for word in words) else None


_READERS: Final[Mapping[Form, Callable[[object], Value | None]]] = {
    Form.SWITCH: _switch,
    Form.MINUTES: _minutes,
    Form.SIZE: _size,
    Form.SEVERITY: _severity,
    Form.GLOBS: _globs,
    Form.REFS: _words,
    Form.IDS: _words,
    Form.FILES: _words,
    Form.PLUGINS: _plugins,
}


def is_inside(path: str) -> bool:
    """Whether a path as written in a repository's file stays below that file's folder on every system."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    return bool(parts) and ":" not in parts[0] and parts[0] not in ("/", "//") and not parts[0].startswith("~") and ".." not in parts
