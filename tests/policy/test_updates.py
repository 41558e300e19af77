"""Which updates of references may pass."""

import pytest

from gitshield.policy.updates import Facts, Kind, Lease, Protected, RefUpdate, judge, names

OLD, NEW = "a" * 40, "b" * 40


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("refs/heads/main", True),
        ("refs/heads/release/1.2/fix", True),
        ("refs/heads/mainly", False),
        ("refs/tags/v1", True),
        ("refs/tags/main", False),
        ("refs/notes/x", True),
        ("refs/heads/topic", False),
    ],
)
def test_what_is_protected(ref: str, expected: bool) -> None:
    assert Protected(("main", "release/*", "refs/notes/*"), ("v*",)).has(ref) is expected
    assert not Protected(("main", "release/*", "refs/notes/*"), ("v*",), free=("*", "refs/notes/x")).has(ref)


@pytest.mark.parametrize(
    ("kind", "is_known", "asked", "exact", "integrated", "expected"),
    [
        ("new", False, None, False, False, True),
        ("fast-forward", True, False, False, False, True),
        ("deleted", True, True, True, True, False),
        ("forced update", False, True, True, True, False),
        ("forced update", True, False, True, True, False),
        ("forced update", True, True, False, False, False),
        ("forced update", True, True, True, False, True),
        ("forced update", True, True, False, True, True),
        ("forced update", True, None, False, True, True),
        ("forced update", True, None, True, False, False),
    ],
)
def test_a_protected_reference(kind: Kind, is_known: bool, asked: bool | None, exact: bool, integrated: bool, expected: bool) -> None:
    facts = Facts(RefUpdate("refs/heads/main", OLD, NEW), kind, True, is_known, Lease(asked, is_exact=exact, is_integrated=integrated))
    verdict = judge(facts)
    assert verdict.is_allowed is expected
    assert bool(verdict.reason) is not expected
    assert verdict.is_losing is (kind in ("deleted", "forced update"))


def test_others_are_free_but_what_they_lose_is_to_be_saved() -> None:
    lease = Lease(False, is_exact=False, is_integrated=False)
    facts = Facts(RefUpdate("refs/heads/topic", OLD, NEW), "forced update", False, True, lease)
    assert judge(facts).is_allowed and judge(facts).is_losing
    assert not judge(facts, is_strict_everywhere=True).is_allowed


def test_a_name_is_no_expectation() -> None:
    assert names(OLD[:10], OLD) and names(OLD.upper(), OLD)
    assert not names("origin/main", OLD)
    assert not names("aaa", OLD)
    assert not names("", OLD)
