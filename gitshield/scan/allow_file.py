"""The allow file, `.gitshield-allow`: values that a person declared to be no secrets, without the values.

The format and the reasons for it are in `docs/formats/allow-file.md`. Everything here is bytes in, values or bytes out.
"""

import datetime
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gitshield.errors import ConfigurationError
from gitshield.rules.pattern import check_pattern
from gitshield.scan.fingerprint import stretched
from gitshield.scan.globs import as_regex, fits

NAME: Final = ".gitshield-allow"
MAX_SIZE: Final = 4 << 20
MAX_LINE: Final = 4096
MAX_SALTS: Final = 64
ANY_RULE: Final = "*"
_VERSION: Final = "v1"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_NO_HASH: Final = "-"
_SALT_DIGITS: Final = 16
_DIGEST_DIGITS: Final = 32
_KEYS: Final = ("rule", "path", "expires", "owner", "reason")
_BARE: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./*@+:,%^~-")
_HEADER: Final = (
    "# What gitshield lets pass: one line an entry, sorted, no value in it. Merge with `merge=union`.",
    '# v1 SALT HASH rule=ID|* [path=GLOB] [expires=YYYY-MM-DD] owner=WHO reason="WHY"',
    '# v1 - - rule=ID|* path=EXACT-PATH [expires=YYYY-MM-DD] owner=WHO reason="WHY"',
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. With a `salt` and a `digest` it names a value, and `path` (a glob) only narrows where it holds.

    Without them it names one sensitive file by its exact `path`: the finding "this file should not be here" is waved
    through, what stands in the file is still judged. `expires` is the last day on which the entry counts.
    """

    rule: str
    owner: str
    reason: str
    salt: bytes | None = None
    digest: bytes | None = None
    path: str | None = None
    expires: datetime.date | None = None

    @property
    def line(self) -> str:
        """The entry as its line in the file, without the line's end: one printable line of UTF-8."""
        head = f"{_VERSION} {_hex(self.salt)} {_hex(self.digest)}"
        expires = self.expires.isoformat() if self.expires else None
        texts = zip(_KEYS, (self.rule, self.path, expires, self.owner, self.reason), strict=True)
        return " ".join((head, *(f"{key}={_quoted(text)}" for key, text in texts if text is not None)))

    def is_expired(self, today: datetime.date) -> bool:
        """Whether the last day of the entry has passed."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True, slots=True)
class AllowFile:
    """The entries of one file in its order, as `parse` gives them, and what makes them quick to find."""

    entries: tuple[Entry, ...] = ()
    _values: Mapping[tuple[bytes, str], Mapping[bytes, tuple[Entry, ...]]] = field(init=False, repr=False, compare=False)
    _salts: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _files: Mapping[str, tuple[Entry, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the entries by what they name."""
        values: dict[tuple[bytes, str], dict[bytes, tuple[Entry, ...]]] = {}
        files: dict[str, tuple[Entry, ...]] = {}
        for entry in self.entries:
            if entry.salt is not None and entry.digest is not None:
                by_digest = values.setdefault((entry.salt, entry.rule), {})
                by_digest[entry.digest] = (*by_digest.get(entry.digest, ()), entry)
            elif entry.path is not None:
                files[entry.path] = (*files.get(entry.path, ()), entry)
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "_files", files)
        object.__setattr__(self, "_salts", tuple(dict.fromkeys(salt for salt, _rule in values)))

    @property
    def salt(self) -> bytes | None:
        """The salt to make further entries with, None when the file has none yet.

        One salt a file: then the same value twice is the same line twice, and a short value is stretched once a scan.
        """
        return self._salts[0] if self._salts else None

    def expired(self, today: datetime.date) -> tuple[Entry, ...]:
        """The entries that count no more."""
        return tuple(entry for entry in self.entries if entry.is_expired(today))

    def named(self, rule_id: str, value: bytes | None, path: str) -> Iterator[Entry]:
        """The entries that name this value (None: this file) for this rule, whatever their path glob and day."""
        if value is None:
            yield from (entry for entry in self._files.get(path, ()) if entry.rule in (rule_id, ANY_RULE))
            return
        for salt in self._salts:
            for rule in (rule_id, ANY_RULE):
                if by_digest := self._values.get((salt, rule)):
                    yield from by_digest.get(digest_of(rule, value, salt=salt), ())


def digest_of(rule: str, value: bytes, *, salt: bytes) -> bytes:
    """The 16 bytes by which an entry names `value` for `rule` (an id or `*`); slow on purpose for a short value."""
    material = rule.encode("utf-8", "surrogateescape") + b"\x00" + stretched(value, salt=salt)
    return hashlib.blake2b(material, digest_size=_DIGEST_DIGITS // 2, key=salt).digest()


def entry_for_value(
    rule: str,
    value: bytes,
    *,
    owner: str,
    reason: str,
    salt: bytes | None = None,
    path: str | None = None,
    expires: datetime.date | None = None,
) -> Entry:
    """Make the entry that names a value. `salt` is the file's own (`AllowFile.salt`); None draws a new one."""
    salt = os.urandom(_SALT_DIGITS // 2) if salt is None else salt
    return _checked(Entry(rule, owner, reason, salt, digest_of(rule, value, salt=salt), path, expires), where="the new entry")


def entry_for_file(rule: str, path: str, *, owner: str, reason: str, expires: datetime.date | None = None) -> Entry:
    """Make the entry that names a sensitive file by its exact path, relative to the root and with `/`."""
    return _checked(Entry(rule, owner, reason, path=path, expires=expires), where="the new entry")


def match(file: AllowFile, *, rule_id: str, value: bytes | None, path: str, today: datetime.date) -> Entry | None:
    """The entry that waves a finding through: of those that name it, the first that holds at `path` and `today`.

    `value` is None for the finding of a file rule.
    """
    for entry in file.named(rule_id, value, path):
        if not entry.is_expired(today) and (value is None or _holds_at(entry, path)):
            return entry
    return None


def parse(content: bytes, *, name: str = NAME) -> AllowFile:
    """Read an allow file. Empty lines, comments (`#`), a byte order mark and CRLF are fine, doubled entries count once.

    Raises ConfigurationError naming the first line that is none of the format's; then no entry counts.
    """
    if len(content) > MAX_SIZE:
        raise ConfigurationError(f"{name} has {len(content)} bytes, at most {MAX_SIZE} are read")
    entries: dict[Entry, None] = {}
    for number, raw in _lines(content):
        entries[_parse_line(raw, where=f"{name}, line {number}")] = None
    if (salts := len({entry.salt for entry in entries})) > MAX_SALTS:
        raise ConfigurationError(
            f"{name} has {salts} salts, at most {MAX_SALTS} are read",
            hint="add entries with `gitshield allow`: it keeps one salt a file",
        )
    return AllowFile(tuple(entries))


def render(entries: Iterable[Entry]) -> bytes:
    """Write a new file: a header that explains it, then the entries' lines, sorted, each once."""
    lines = sorted({entry.line for entry in entries})
    return "".join(f"{line}\n" for line in (*_HEADER, "", *lines)).encode()


def add(content: bytes, entry: Entry, *, name: str = NAME) -> bytes:
    """Put an entry into a file where its line belongs and leave every other byte as it is; an entry it has is not added.

    Comments directly above an entry stay with that entry. Raises ConfigurationError when the file cannot be read.
    """
    if not content.strip():
        return render((entry,))
    if entry in parse(content, name=name).entries:
        return content
    ending = b"\r\n" if b"\r\n" in content else b"\n"
    mark = _BYTE_ORDER_MARK if content.startswith(_BYTE_ORDER_MARK) else b""
    lines = content.removeprefix(mark).splitlines(keepends=True)
    if not lines[-1].endswith(b"\n"):
        lines[-1] += ending
    new = entry.line.encode()
    at = next((n for n, line in enumerate(lines) if _is_entry(line) and line.strip() > new), len(lines))
    above = at
    while above > 0 and at < len(lines) and lines[above - 1].lstrip().startswith(b"#"):
        above -= 1
    lines.insert(above or at, new + ending)
    return mark + b"".join(lines)


def remove(content: bytes, entries: Iterable[Entry], *, name: str = NAME) -> bytes:
    """Take entries out of a file and leave every other byte as it is. Raises ConfigurationError when it cannot be read."""
    gone = frozenset(entries)
    doomed = {number for number, raw in _lines(content) if _parse_line(raw, where=f"{name}, line {number}") in gone}
    kept = (line for number, line in enumerate(content.splitlines(keepends=True), 1) if number not in doomed)
    return b"".join(kept)


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that are entries, with their numbers."""
    for number, line in enumerate(content.removeprefix(_BYTE_ORDER_MARK).splitlines(), 1):
        if _is_entry(line):
            yield number, line.strip()


def _is_entry(line: bytes) -> bool:
    line = line.strip()
    return line != b"" and not line.startswith(b"#")


def _parse_line(raw: bytes, *, where: str) -> Entry:
    if len(raw) > MAX_LINE:
        raise ConfigurationError(f"{where}: {len(raw)} bytes, an entry has at most {MAX_LINE}")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{where}: not UTF-8") from error
    version, _, rest = text.partition(" ")
    if version != _VERSION:
        newer = version[:1] == "v" and version[1:].isdecimal()
        raise ConfigurationError(
            f"{where}: " + ("an entry of another version of the format" if newer else "not an entry"),
            hint="a newer gitshield wrote it: upgrade" if newer else f"an entry begins with `{_VERSION}`, a comment with `#`",
        )
    salt, _, rest = rest.lstrip(" ").partition(" ")
    digest, _, rest = rest.lstrip(" ").partition(" ")
    pairs = dict(_pairs(rest, where=where))
    if missing := [key for key in ("rule", "owner", "reason") if key not in pairs]:
        raise ConfigurationError(f"{where}: no {missing[0]}=")
    entry = Entry(
        rule=pairs["rule"],
        owner=pairs["owner"],
        reason=pairs["reason"],
        salt=_unhex(salt, _SALT_DIGITS, where=f"{where}: the salt"),
        digest=_unhex(digest, _DIGEST_DIGITS, where=f"{where}: the hash"),
        path=pairs.get("path"),
        expires=_date(pairs["expires"], where=where) if "expires" in pairs else None,
    )
    return _checked(entry, where=where)


def _checked(entry: Entry, *, where: str) -> Entry:
    """Give the entry back. Raises ConfigurationError when it could not be told what it means."""
    problem = None
    if not entry.rule or not entry.owner.strip() or not entry.reason.strip():
        problem = "rule, owner and reason may not be empty"
    elif (entry.salt is None) != (entry.digest is None):
        problem = "salt and hash are given together, or both are `-`"
    elif entry.salt is not None and (len(entry.salt) * 2, len(entry.digest or b"") * 2) != (_SALT_DIGITS, _DIGEST_DIGITS):
        problem = f"a salt has {_SALT_DIGITS} hex digits, a hash {_DIGEST_DIGITS}"
    elif entry.salt is None and not entry.path:
        problem = "neither a hash nor a path"
    elif entry.salt is None and ("*" in (entry.path or "") or "?" in (entry.path or "")):
        problem = "without a hash the path is exact, without `*` and `?`"
    if problem is not None:
        raise ConfigurationError(f"{where}: {problem}")
    if entry.salt is not None and entry.path is not None:
        check_pattern(as_regex(entry.path), where=f"{where}: path=")
    return entry


def _pairs(text: str, *, where: str) -> Iterator[tuple[str, str]]:
    """The `key=value` pairs of a line. Raises ConfigurationError for an unknown or doubled key and for broken quotes."""
    seen: set[str] = set()
    text = text.strip(" ")
    while text:
        key, sign, text = text.partition("=")
        if not sign or key not in _KEYS:
            raise ConfigurationError(f"{where}: not one of {', '.join(f'{key}=' for key in _KEYS)}")
        if key in seen:
            raise ConfigurationError(f"{where}: {key}= stands there twice")
        seen.add(key)
        value, text = _unquoted(text, where=f"{where}: {key}=")
        yield key, value


def _unquoted(text: str, *, where: str) -> tuple[str, str]:
    """The value that `text` begins with, and what follows it without leading blanks."""
    if not text.startswith('"'):
        value, _, rest = text.partition(" ")
        if not _BARE.issuperset(value):
            raise ConfigurationError(f"{where} has characters that need double quotes")
        return value, rest.lstrip(" ")
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError as error:
        raise ConfigurationError(f"{where} is not quoted as a JSON string is") from error
    if end < len(text) and text[end] != " ":
        raise ConfigurationError(f"{where} goes on after its closing quote")
    return str(value), text[end:].lstrip(" ")


def _quoted(text: str) -> str:
    if text and _BARE.issuperset(text):
        return text
    return "".join(char if char.isprintable() else _escaped(char) for char in json.dumps(text, ensure_ascii=False))


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _hex(value: bytes | None) -> str:
    return _NO_HASH if value is None else value.hex()


def _unhex(text: str, digits: int, *, where: str) -> bytes | None:
    if text == _NO_HASH:
        return None
    if len(text) != digits or not set(text) <= set("0123456789abcdef"):
        raise ConfigurationError(f"{where} is neither {digits} hex digits in lower case nor `-`")
    return bytes.fromhex(text)


def _date(text: str, *, where: str) -> datetime.date:
    try:
        if len(text) == len("2030-01-31"):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise ConfigurationError(f"{where}: expires= is no date of the form YYYY-MM-DD")


def _holds_at(entry: Entry, path: str) -> bool:
    return entry.path is None or entry.path == path or fits(path, entry.path)
