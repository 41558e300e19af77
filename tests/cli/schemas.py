"""What the commands print with `--json`, held against the published schemas."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.builder import Repository
from tests.conftest import ROOT
from tests.gate.shield import call


def checked(name: str, text: str) -> Any:
    """The document `text`, valid after the schema `name`."""
    schema = json.loads((ROOT / "docs" / "reference" / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    document = json.loads(text)
    Draft202012Validator(schema).validate(document)
    return document


def asked(schema: str, where: Repository | Path, *words: str, code: int | None = 0) -> Any:
    """The document that `gitshield WORDS… --json` prints, valid after its schema."""
    return checked(schema, call(where, *words, "--json", code=code).stdout)
