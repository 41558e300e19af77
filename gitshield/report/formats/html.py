"""The html format: one page for people that needs nothing else, no network and no script; a small script adds filters.

The page forbids itself whatever is not in it (its policy names its style and its script by their hashes), so that a text of others
that got past escaping would still be inert: https://www.w3.org/TR/CSP3/.
"""

import base64
import hashlib
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from gitshield.report.page import page_of
from gitshield.report.view import View


def report(view: View) -> Iterator[str]:
    """Write the page."""
    environment = _environment()
    style, script = (_source(environment, name) for name in ("report.css", "report.js"))
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    template = environment.get_template("report.html")
    yield from template.generate(page=page_of(view), style=style, script=script, policy=policy)
    yield "\n"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("gitshield.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(environment: Environment, name: str) -> str:
    """A file of ours that goes into the page as it is."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
