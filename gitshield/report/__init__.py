"""Reports: a result as text for people or for programs. A format is one module of `formats/`, found by discovery."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from gitshield.model.finding import Result
    from gitshield.report.view import View

    class Reporter(Protocol):
        """A module of `formats/`; its name is the format's."""

        def report(self, view: View) -> Iterator[str]:
            """Write the view, in pieces that can be encoded as UTF-8."""


def format_names() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    from pkgutil import iter_modules

    from gitshield.report import formats as package

    return tuple(sorted(module.name for module in iter_modules(package.__path__)))


def render(
    result: Result,
    *,
    format: str,  # noqa: A002
    show_secrets: bool,
    version: str,
    color: bool = False,
    command: str = "gitshield",
) -> Iterator[str]:
    """Write `result` in `format`, in pieces; the caller answers for where they go. Only `text` has colour and hints.

    Secrets are masked unless `show_secrets`. Raises UsageError for a format that does not exist, before the first piece.
    """
    from gitshield.report.view import view_of

    reporter = _reporter(format)
    return reporter.report(view_of(result, show_secrets=show_secrets, version=version, color=color, command=command))


def _reporter(name: str) -> Reporter:
    from importlib import import_module
    from typing import cast

    from gitshield.errors import UsageError

    if name not in format_names():
        raise UsageError(f"no report format {name!r}", hint=f"one of {', '.join(format_names())}")
    return cast("Reporter", import_module(f"gitshield.report.formats.{name}"))
