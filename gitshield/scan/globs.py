"""Path patterns as .gitignore writes them: `*` within a name, `**` over folders, a pattern without `/` at any depth."""

from functools import lru_cache

from gitshield.rules.pattern import compiled


@lru_cache(maxsize=512)
def as_regex(pattern: str) -> str:
    """The pattern as a regular expression over a path with `/`. A folder's pattern takes in all below it."""
    body = pattern.strip("/")
    anchored = "/" in pattern.rstrip("/")
    out, at = [], 0
    while at < len(body):
        if body.startswith("**/", at):
            out.append("(?:.*/)?")
            at += 3
        elif body.startswith("**", at):
            out.append(".*")
            at += 2
        else:
            char = body[at]
            out.append(
                {"*": "[^/]*", "?": "[^/]"}.get(char)
                or (char if char.isalnum() else "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")))
            )
            at += 1
    return ("^" if anchored else "(?:^|/)") + "".join(out) + "(?:/|$)"


def fits(path: str, pattern: str) -> bool:
    """Whether `path` (relative, with `/`) is one of the files `pattern` means."""
    return compiled(as_regex(pattern)).search(path.encode("utf-8", "surrogateescape")) is not None
