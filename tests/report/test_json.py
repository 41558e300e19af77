"""The json and jsonl formats against their schemas, which allow no field that is not declared."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gitshield.model.finding import Result
from gitshield.report import render
from tests.report import results
from tests.report.results import COMMIT, OID

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
RESULTS = [
    results.ordinary(),
    results.history(),
    results.several(),
    results.hostile(),
    results.empty(),
    results.incomplete(),
    results.nothing_read(),
]


def written(result: Result, name: str, *, show_secrets: bool = False) -> str:
    return "".join(render(result, format=name, show_secrets=show_secrets, version="0.1.0"))


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return found


def objects_in(value: object) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for item in value for found in objects_in(item)]
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in objects_in(item))]
    return []


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("show_secrets", [False, True])
def test_json_fits_its_schema(result: Result, show_secrets: bool) -> None:
    Draft202012Validator(schema("report.schema.json")).validate(json.loads(written(result, "json", show_secrets=show_secrets)))


@pytest.mark.parametrize("result", RESULTS)
def test_every_line_of_jsonl_fits_its_schema(result: Result) -> None:
    lines = [json.loads(line) for line in written(result, "jsonl").splitlines()]
    for line in lines:
        Draft202012Validator(schema("report-line.schema.json")).validate(line)
    assert [line["kind"] for line in lines] == ["finding"] * len(result.findings) + ["receipt"]


@pytest.mark.parametrize("name", ["report.schema.json", "report-line.schema.json"])
def test_schemas_forbid_undeclared_fields(name: str) -> None:
    described = [found for found in objects_in(schema(name)) if found.get("type") == "object"]
    assert described
    assert all("additionalProperties" in found for found in described)
    assert all(set(found["required"]) == set(found["properties"]) for found in described if "properties" in found)


def test_both_schemas_describe_the_same_finding_and_receipt() -> None:
    whole, line = schema("report.schema.json")["$defs"], schema("report-line.schema.json")["$defs"]
    for part in ("finding", "receipt"):
        assert whole[part]["properties"].items() <= line[part]["properties"].items()


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_output_is_ascii(name: str) -> None:
    assert written(results.hostile(), name).isascii()


def test_a_finding_has_all_its_facts() -> None:
    found = json.loads(written(results.ordinary(), "json"))["findings"][3]
    assert found["place"] == {
        "kind": "commit", "path": "lib/é.py", "path_bytes": None, "commit": COMMIT, "oid": OID, "stage": None,
    }  # fmt: skip
    assert found["span"] == {"line": 12, "column": 10, "end_line": 12, "end_column": 49, "start": 200, "end": 240}
    assert found["line"] == 'token = "ghp_********"'
    assert found["revoke"]["url"] == "https://github.com/settings/tokens"


def test_a_finding_says_which_of_several_repositories_it_is_of() -> None:
    document = json.loads(written(results.several(), "json"))
    assert document["findings"][0]["repository"] == {"path": "/srv/git/one", "path_bytes": None}
    assert bytes.fromhex(document["findings"][2]["repository"]["path_bytes"]) == b"caf\xe9/\xff.env"
    assert [one["path"] for one in document["receipt"]["repositories"]][:2] == ["/srv/git/one", "https://example.org/two.git"]
    assert json.loads(written(results.history(), "json"))["findings"][0]["repository"] is None


def test_a_path_that_is_no_text_keeps_its_bytes() -> None:
    place = json.loads(written(results.hostile(), "json"))["findings"][2]["place"]
    assert place["path"] == "caf\ufffd/\ufffd.env"
    assert bytes.fromhex(place["path_bytes"]) == b"caf\xe9/\xff.env"


def test_a_secret_of_a_history_has_its_places_and_its_reach() -> None:
    first, *_others = json.loads(written(results.history(), "json"))["findings"]
    assert [place["kind"] for place in first["places"]] == ["commit", "header", "message", "tag", "name", "ref"]
    reach = first["reach"]
    assert reach["first"] == {
        "commit": "01" * 20,
        "time": 1_772_452_800,
        "author": {"name": "Ada Lovelace", "address": "ada@example.org"},
        "subject": "work of day 1",
        "event": "added",
        "paths": [{"path": "conf/app.py", "path_bytes": None}],
    }
    assert [event["event"] for event in reach["events"]] == ["added", "changed", "removed"]
    assert (reach["commits"], reach["remotes"], reach["is_in_head"], reach["is_unreachable"]) == (7, ["origin"], False, False)
