"""Pragmas: comments in a line, or in the line before, that wave its findings through. Light: hooks run through here.

| comment | what it waves through |
|---|---|
| `gitshield:allow` | every rule's findings on its line |
| `gitshield:allow rule-a,rule-b reason` | those of the rules named; the first word is always rule ids |
| `gitshield:allow (reason)` | every rule's: a reason alone begins, after a blank, with a character no rule id begins with |
| `gitshield:allow-next-line …` | the same for the next line |
| `gitleaks:allow`, `betterleaks:allow` | every rule's, anywhere in the line, as those tools read it |
| `pragma: allowlist secret`, `pragma: whitelist secret` | every rule's, in the comment styles of detect-secrets 1.5 |
| `pragma: allowlist nextline secret` | the same for the next line, when nothing but the comment stands on its own line |

Ours count in comments alone: right after a comment's mark, which begins the line or follows a blank. So neither a URL
nor a quoted text that ends with the word waves anything through.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Final

_OURS: Final = b"gitshield:allow"
_NEXT_LINE: Final = b"-next-line"
_FOREIGN: Final = (b"gitleaks:allow", b"betterleaks:allow")
_PRAGMA: Final = b"pragma:"
_ID: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_ID_START: Final = _ID - frozenset(b".-")
_TIES: Final = (b":", b"=", b"(", b"[")
_MARKS: Final = frozenset((
    b"#", b"##", b"//", b"///", b"/*", b"/**", b"*", b"--", b"<!--", b";", b";;", b"%", b"%%", b"(*", b"{-", b"{#", b"{/*",
    b"{{/*", b"{{!--", b"<%#", b"<%--", b"@*", b"rem", b"REM",
))  # fmt: skip
_AFTER: Final = (b" ", b"\t", b"\r", *_TIES, b"*/", b"-->", b"*)", b"-}", b"#}", b"}}", b"%>", b"*@")
# How a comment may begin and how it must then end, https://github.com/Yelp/detect-secrets/blob/v1.5.0/detect_secrets/filters/allowlist.py
_STYLES: Final = ((b"#", b""), (b"//", b""), (b"/*", b"*/"), (b"'", b""), (b"--", b""), (b"<!--", b"-->"))


def allowed_by_pragma(rule_id: str, line: bytes, line_before: bytes) -> str | None:
    """Name the pragma that waves a finding of `rule_id` on `line` through, None when there is none.

    Both lines come without their ends; `line_before` is empty on a first line.
    """
    if (b"allow" in line or b"whitelist" in line) and (found := _on_line(rule_id, line)) is not None:
        return found
    return _on_line_before(rule_id, line_before) if b"allow" in line_before else None


def _on_line(rule_id: str, line: bytes) -> str | None:
    for name in _FOREIGN:
        if name in line:
            return name.decode()
    if _OURS in line and _is_ours(rule_id, line, b""):
        return "gitshield:allow"
    return "pragma: allowlist secret" if _PRAGMA in line and _is_detect_secrets(line) else None


def _on_line_before(rule_id: str, line: bytes) -> str | None:
    if _OURS in line and _is_ours(rule_id, line, _NEXT_LINE):
        return "gitshield:allow-next-line"
    return "pragma: allowlist nextline secret" if _PRAGMA in line and _is_detect_secrets_nextline(line) else None


def _is_ours(rule_id: str, line: bytes, suffix: bytes) -> bool:
    return any(_takes_in(rule_id, line[at:]) for at in _ends(line, _OURS + suffix))


def _ends(line: bytes, word: bytes) -> Iterator[int]:
    """Where `word` ends in `line`, each time that it stands whole right after a comment's mark."""
    at = line.find(word)
    while at >= 0:
        before, at = line[:at].split(), at + len(word)
        if before and before[-1] in _MARKS and (at == len(line) or line.startswith(_AFTER, at)):
            yield at
        at = line.find(word, at)


def _takes_in(rule_id: str, rest: bytes) -> bool:
    """Whether what follows the pragma's word names no rules or names this one."""
    rest = rest[1:] if rest[:1] in _TIES else rest
    rest = rest.lstrip(b" \t")
    if not _is_id(rest):
        return True
    wanted = rule_id.encode("utf-8", "surrogateescape")
    while _is_id(rest):
        end = next((at for at, char in enumerate(rest) if char not in _ID), len(rest))
        if rest[:end].rstrip(b"-.") == wanted:
            return True
        rest = rest[end:].lstrip(b" \t")
        if not rest.startswith(b","):
            return False
        rest = rest[1:].lstrip(b" \t")
    return False


def _is_id(rest: bytes) -> bool:
    """Whether a rule id begins here."""
    return rest != b"" and rest[0] in _ID_START


def _is_detect_secrets(line: bytes) -> bool:
    at = line.find(_PRAGMA)
    while at >= 0:
        end = _after(line[at + len(_PRAGMA) :], (b"allowlist", b"whitelist"), is_nextline=False)
        if end is not None and any(_opens(line[:at], style) and _closes(end, style) for style in _STYLES):
            return True
        at = line.find(_PRAGMA, at + 1)
    return False


def _is_detect_secrets_nextline(line: bytes) -> bool:
    at = line.find(_PRAGMA)
    end = _after(line[at + len(_PRAGMA) :], (b"allowlist",), is_nextline=True)
    head = line[:at].lstrip(b" \t")
    return end is not None and any(_opening(head, style) == style[0] and _closes(end, style) for style in _STYLES)


def _after(rest: bytes, words: tuple[bytes, ...], *, is_nextline: bool) -> bytes | None:
    """What follows a complete pragma whose part after `pragma:` begins `rest`, None when it is none."""
    rest = rest[1:] if rest[:1] == b" " else rest
    word = next((word for word in words if rest.startswith(word)), None)
    if word is None:
        return None
    rest = rest[len(word) :]
    for part in (b"nextline", b"secret") if is_nextline else (b"secret",):
        if rest[:1] not in (b" ", b"-") or not rest.startswith(part, 1):
            return None
        rest = rest[1 + len(part) :]
    return rest


def _opens(head: bytes, style: tuple[bytes, bytes]) -> bool:
    """Whether a comment of `style` begins at the end of `head`. Unlike detect-secrets we see that a URL's `//` begins none."""
    opening = _opening(head, style)
    return opening.endswith(style[0]) and not opening.endswith(b"://")


def _opening(head: bytes, style: tuple[bytes, bytes]) -> bytes:
    """What stands before the pragma, without the padding that the comment style allows there."""
    head = head.rstrip(b" ")
    return head.rstrip(b"# \t") if style[0] == b"<!--" else head


def _closes(rest: bytes, style: tuple[bytes, bytes]) -> bool:
    return rest.rstrip(b"\r").rstrip(b" \t").endswith(style[1])
