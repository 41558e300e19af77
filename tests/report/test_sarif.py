"""The sarif format.

The official schema is in no package on PyPI that could be a dependency. Where `SARIF_SCHEMA` names a copy of
https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json, output is validated against it.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator

from gitshield.model.finding import Result
from gitshield.model.place import WorkTreeFile
from gitshield.report import render
from tests.report import results
from tests.report.results import TOKEN, finding, receipt

RESULTS = [results.ordinary(), results.history(), results.hostile(), results.empty(), results.incomplete(), results.nothing_read()]


def run_of(result: Result) -> dict[str, Any]:
    document = json.loads("".join(render(result, format="sarif", show_secrets=False, version="0.1.0")))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    found: dict[str, Any] = run
    return found


@pytest.mark.skipif("SARIF_SCHEMA" not in os.environ, reason="SARIF_SCHEMA names no copy of the schema")
@pytest.mark.parametrize("result", RESULTS)
def test_output_fits_the_official_schema(result: Result) -> None:
    schema = json.loads(Path(os.environ["SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    Draft4Validator(schema).validate(json.loads("".join(render(result, format="sarif", show_secrets=False, version="0.1.0"))))


def test_every_result_points_to_its_rule_once_described() -> None:
    run = run_of(results.ordinary())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["github-pat-classic", "dotenv-file"]
    assert all(rules[found["ruleIndex"]]["id"] == found["ruleId"] for found in run["results"])


def test_a_rule_says_how_to_revoke() -> None:
    rule = run_of(results.ordinary())["tool"]["driver"]["rules"][0]
    assert "2. Delete the token." in rule["help"]["text"]
    assert rule["helpUri"] == "https://github.com/settings/tokens"
    assert rule["properties"]["security-severity"] == "9.5"


@pytest.mark.parametrize(
    ("result", "is_successful"), [(results.empty(), True), (results.incomplete(), False), (results.nothing_read(), False)]
)
def test_an_incomplete_receipt_is_an_invocation_without_success(result: Result, is_successful: bool) -> None:
    (invocation,) = run_of(result)["invocations"]
    assert invocation["executionSuccessful"] is is_successful
    levels = [note["level"] for note in invocation["toolExecutionNotifications"]]
    assert ("error" in levels) is not is_successful


def test_a_skip_is_a_notification_with_its_place() -> None:
    notes = run_of(results.ordinary())["invocations"][0]["toolExecutionNotifications"]
    assert [(note["level"], note["message"]["text"]) for note in notes] == [
        ("note", "big.bin: over the limit"),
        ("error", "locked: Permission denied"),
        ("note", "1 entry has expired"),
    ]
    assert notes[1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "locked"


def test_columns_count_characters_and_the_end_is_exclusive() -> None:
    line = "é = ".encode() + TOKEN
    region = run_of(Result((finding(line=line),), receipt()))["results"][0]["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 12, "startColumn": 5, "endLine": 12, "endColumn": 45}


def test_a_path_keeps_all_its_bytes() -> None:
    locations = [found["locations"][0]["physicalLocation"] for found in run_of(results.hostile())["results"]]
    assert locations[0]["artifactLocation"] == {"uri": "a%0Ab.env", "uriBaseId": "%SRCROOT%"}
    assert locations[2]["artifactLocation"]["uri"] == "caf%E9/%FF.env"


def test_an_absolute_path_is_a_file_uri() -> None:
    location = run_of(Result((finding(place=WorkTreeFile("/a b")),), receipt()))["results"][0]["locations"][0]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": "file:///a%20b"}


def test_a_finding_is_known_by_its_fingerprint() -> None:
    assert run_of(results.ordinary())["results"][0]["partialFingerprints"] == {"gitshieldFingerprint/v1": "0123456789abcdef"}


def test_the_other_places_of_a_secret_are_related_locations() -> None:
    related = run_of(results.history())["results"][0]["relatedLocations"]
    assert [place["id"] for place in related] == [1, 2, 3, 4, 5, 6]
    assert related[0]["physicalLocation"]["artifactLocation"]["uri"] == "conf/old.py"
    kinds = [place["logicalLocations"][0]["kind"] for place in related[1:]]
    assert kinds == ["commit header", "commit message", "tag", "name", "ref"]


def test_related_locations_are_bounded_and_counted() -> None:
    places = tuple(WorkTreeFile(f"f{number}") for number in range(250))
    found = run_of(Result((finding(places=places),), receipt()))["results"][0]
    assert len(found["relatedLocations"]) == 100
    assert found["properties"]["places"] == 251


def test_how_far_a_secret_got_is_in_its_properties() -> None:
    found = run_of(results.history())["results"]
    assert found[0]["properties"]["reach"]["remotes"] == ["origin"]
    assert found[3]["properties"]["reach"]["is_unreachable"] is True
