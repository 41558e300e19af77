"""The cache of compiled rules: where it is kept, and what stays behind."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from gitshield.rules import ruleset
from gitshield.rules.image import Image
from gitshield.rules.toml_form import RuleFile, read_rules

RULE = b"[[rules]]\nid = 'one'\ndescription = 'One'\nregex = 'one[0-9]{4}'\n"


def read() -> list[RuleFile]:
    return [read_rules(RULE, name="one.toml")]


def kept(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def load(key: str, *cache: Path, sources: Sequence[RuleFile] | None = None) -> tuple[Image, Path | None]:
    return ruleset.load_or_build(lambda: read() if sources is None else sources, key=key, cache=cache)


def test_what_was_compiled_is_not_compiled_again(tmp_path: Path) -> None:
    image, place = load("a", tmp_path)
    again, same_place = load("a", tmp_path, sources=[])
    assert place == same_place == tmp_path / "a.image"
    assert again.sketches == image.sketches
    assert oct(place.stat().st_mode & 0o777) == oct(0o600)


def test_where_the_first_folder_cannot_be_written_the_second_is_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = tmp_path / "file" / "cache"
    assert load("a", blocked, tmp_path / "own")[1] == tmp_path / "own" / "a.image"
    assert load("a", blocked, tmp_path / "own", sources=[])[1] == tmp_path / "own" / "a.image"
    assert load("a", blocked)[1] is None
    assert load("a")[1] is None


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: BaseException) -> None:
    def fail(_source: object, _target: object) -> None:
        raise problem

    monkeypatch.setattr(os, "replace", fail)
    if isinstance(problem, OSError):
        assert load("a", tmp_path)[1] is None
    else:
        with pytest.raises(KeyboardInterrupt):
            load("a", tmp_path)
    assert kept(tmp_path) == []


def test_old_images_are_removed(tmp_path: Path) -> None:
    for number in range(12):
        place = tmp_path / f"old{number:02}.image"
        place.write_bytes(b"")
        os.utime(place, (number, number))
    (tmp_path / "other").write_bytes(b"")
    load("new", tmp_path)
    assert kept(tmp_path) == ["new.image", *(f"old{number:02}.image" for number in range(5, 12)), "other"]
