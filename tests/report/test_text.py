"""The text format: what only it does."""

from gitshield.model.finding import Result, Skipped
from gitshield.model.place import StagedBlob
from gitshield.model.reach import Reach
from gitshield.report import render
from tests.report import results
from tests.report.results import finding, reach, receipt, sighting, telling


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


def history_of(made: Reach) -> str:
    return text_of(Result((finding(reach=made),), receipt()))


def test_a_secret_of_a_history_begins_with_its_severity_and_tells_its_way() -> None:
    assert history_of(reach()).splitlines()[:11] == [
        "critical  github-pat-classic  GitHub personal access token (classic)",
        "    secret: ghp_********",
        "    first:  0101010101  2026-03-02  Ada Lovelace  src/app.py",
        "    last:   0404040404  2026-03-05  Ada Lovelace  conf/app.py",
        "    in:     7 commits",
        "    paths:  conf/app.py, conf/old.py",
        "    refs:   main, topic, origin/main, v1.0 and 1 more",
        "    tips:   topic, v1.0 still have it",
        "    pushed: yes: remote-tracking branches of origin reach it",
        "    HEAD:   does not have it (any more)",
        '    12 | token = "ghp_********"',
    ]


def test_a_secret_that_was_pushed_is_to_be_revoked_first() -> None:
    hints = [line for line in history_of(reach()).splitlines() if line.startswith("hint:")]
    assert hints[0] == "hint: revoke first what was pushed (1 of 1) at https://github.com/settings/tokens: what was seen stays seen"
    assert hints[1] == "hint: see where it came from: `git show 0101010101`"


def test_a_secret_that_was_not_pushed_is_only_said_to_seem_so() -> None:
    text = history_of(reach(remotes=(), refs=("refs/heads/main",)))
    assert "it seems never to have left this repository: no remote-tracking branch reaches it" in text
    assert "was it ever shared?" in text
    assert "`git rebase -i 0101010101~1`" in text


def test_what_keeps_a_secret_that_no_ref_reaches_is_named() -> None:
    lost = Reach(first=sighting(1), commits=1)
    assert "kept:   no ref or reflog leads to it: git keeps it until gc" in history_of(lost)
    assert "`git gc --prune=now`" in history_of(lost)
    entries = tuple(f"HEAD@{{{number}}}" for number in range(9))
    alone = history_of(Reach(first=sighting(1), commits=1, reflogs=entries))
    assert "kept:   by reflogs alone, until they expire: HEAD@{0}, HEAD@{1}, HEAD@{2}, HEAD@{3} and 5 more" in alone
    assert "git gc" not in alone


def test_a_history_names_no_command_that_does_not_exist() -> None:
    text = text_of(results.history())
    assert "purge" not in text
    assert "gitshield scan" not in text


def test_a_secret_in_no_commit_has_a_place_all_the_same() -> None:
    assert "first:  src/app.py (in no commit)" in history_of(Reach(reflogs=("stash@{0}",)))


def test_colour_marks_what_is_bad_and_no_text_of_others() -> None:
    text = text_of(Result((finding(reach=reach(is_in_head=True)),), receipt()), color=True)
    assert "HEAD:   \x1b[31mstill has it\x1b[0m" in text
    told = text_of(Result((telling("\x1b[31mx\u202e"),), receipt()), color=True)
    assert "\x1b[31mx" not in told
    assert "\u202e" not in told
