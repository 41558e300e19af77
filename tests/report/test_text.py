"""The text format: what only it does."""

from gitshield.model.finding import Result, Skipped
from gitshield.model.place import StagedBlob
from gitshield.report import render
from tests.report import results
from tests.report.results import finding, receipt


def text_of(result: Result, *, color: bool = False) -> str:
    return "".join(render(result, format="text", show_secrets=False, color=color, version="0.1.0"))


def test_colour_only_when_wanted() -> None:
    assert "\x1b[" not in text_of(results.ordinary())
    assert "\x1b[1;31mcritical\x1b[0m" in text_of(results.ordinary(), color=True)


def test_colour_marks_no_text_of_others() -> None:
    assert "\x1b[31mred" not in text_of(results.hostile(), color=True)


def test_incomplete_is_never_called_clean() -> None:
    for result in (results.incomplete(), results.nothing_read()):
        assert text_of(result).startswith("no findings in what was read\n")
        assert "proves nothing" in text_of(result)
    assert text_of(results.empty()).startswith("no findings\n")


def test_a_tracked_file_gets_the_command_that_untracks_it() -> None:
    result = Result((finding(None, place=StagedBlob("my conf/.env", results.OID)),), receipt())
    assert "`git rm --cached -- 'my conf/.env'`" in text_of(result)


def test_no_command_is_offered_for_a_name_that_cannot_be_typed() -> None:
    assert "git rm" not in text_of(Result((finding(None, place=StagedBlob("a\n`b`/.env", results.OID)),), receipt()))


def test_long_lists_of_skips_say_what_is_left_out() -> None:
    skipped = tuple(Skipped(f"f{number}", "gone", is_failure=False) for number in range(25))
    assert "… and 5 more" in text_of(Result((), receipt(skipped=skipped)))
