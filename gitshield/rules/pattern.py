"""The dialect of rule patterns: what Vectorscan and RE2 both read the same way, compiled for RE2 over bytes."""

from functools import lru_cache
from typing import Final

import re2

from gitshield.errors import RuleError

_MAX_PATTERN: Final = 20_000
_MAX_MEMORY: Final = 64 << 20

# What stands between a name and its value: closing quotes and brackets, an operator, blanks, an opening quote with its prefix.
_NAME: Final = r"[\w \-.]{0,40}"
_OPERATOR: Final = r"""[\\"'`\]\)]{0,4}[ \t]{0,10}(?:=>|:=|[=:,>|]|"?[ \t]+value[ \t]*=)[ \t]{0,10}(?:\\?[A-Za-z@]{0,2}["'`]|\()?"""
_EDGE: Final = r"""(?:["'`\s;,&<>)\]}\\|#]|$)"""


def assigned_to(words: tuple[str, ...], value: str) -> str:
    """Build the pattern of a bare `value` that is assigned to a name with one of `words` in it."""
    return rf"(?i:{'|'.join(words)}){_NAME}{_OPERATOR}({value}){_EDGE}"


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> "re2._Regexp[bytes]":
    """Compile `pattern` for RE2 over bytes; time is linear in the text whatever the pattern.

    Raises `re2.error` for what RE2 does not read; `check_pattern` turns that into a RuleError with a name.
    """
    options = re2.Options()
    options.encoding = options.Encoding.LATIN1
    options.log_errors = False
    options.max_mem = _MAX_MEMORY
    return re2.compile(pattern.encode("utf-8"), options)


def check_pattern(pattern: str, *, where: str) -> None:
    """Raise RuleError, saying `where`, when `pattern` cannot be used. Compiles nothing that is kept."""
    if len(pattern) > _MAX_PATTERN:
        raise RuleError(f"{where}: pattern of {len(pattern)} characters (at most {_MAX_PATTERN})")
    if "\x00" in pattern:  # Vectorscan would read it to there and no further
        raise RuleError(f"{where}: pattern with a zero character", hint=r"write \x00")
    try:
        compiled(pattern)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise RuleError(
            f"{where}: pattern cannot be used: {text}",
            hint="look-around, back-references and repeats above 1,000 do not exist here",
        ) from error
