"""Neutral text: what others named or wrote, in a form that a terminal only shows. Light: refusals of hooks use it."""

from __future__ import annotations


def neutral(text: str) -> str:
    """Give `text` in one printable line.

    Terminal escapes, line ends, other control characters, and characters that reorder or hide text (Unicode TR36,
    CVE-2021-42574) become escapes that can be read; bytes that were no text (`os.fsdecode`'s surrogates) become U+FFFD.
    """
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def readable(text: str) -> str:
    """Give `text` with U+FFFD for what is no character, so that it can be encoded; controls stay as they are."""
    return text if text.isascii() else "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def _escape(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char) or (
        f"\\x{ord(char):02x}" if char <= "\xff" else f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"
    )
