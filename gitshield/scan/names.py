"""Names: paths of files on disk and refs in which a token or a key stands. The contents are the engine's business."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from gitshield.model.finding import Finding, Span
from gitshield.model.place import RefName, TreeName, WorkTreeFile
from gitshield.rules.ruleset import RuleSet
from gitshield.scan.engine import Seen, scan_fragment
from gitshield.scan.fragment import Fragment

# What these look for is known by its form; other rules need the context of a text.
_FAMILIES: Final = ("key", "provider")


def found_in_names(rules: RuleSet, paths: Sequence[str]) -> Iterator[tuple[str, list[Seen]]]:
    """Give the paths that have secrets in them, in their order, each with what was found. One pass over all of them."""
    return _found(rules, paths, WorkTreeFile, "file")


def found_in_refs(rules: RuleSet, refs: Sequence[str]) -> Iterator[tuple[str, list[Seen]]]:
    """Give the names of refs that have secrets in them, in their order, each with what was found. One pass over all of them."""
    return _found(rules, refs, RefName, "ref")


def found_in_history(rules: RuleSet, named: Mapping[str, str]) -> Iterator[tuple[str, list[Seen]]]:
    """Give the paths of a history, mapped to an object each names, that have secrets in them. One pass over all of them."""
    for path, seen in _found(rules, list(named), lambda path: TreeName(path, named[path]), "file"):
        yield path, [Seen(replace(one.finding, place=TreeName(_up_to(path, one.finding), named[path])), b"", b"") for one in seen]


def _up_to(path: str, finding: Finding) -> str:
    """The part of a path up to the name that holds the secret: a folder's, if it is one's."""
    value = finding.secret.reveal().decode("utf-8", "surrogateescape") if finding.secret is not None else ""
    end = path.find("/", path.find(value) + len(value))
    return path if end < 0 else path[:end]


def _found(
    rules: RuleSet, texts: Sequence[str], place: Callable[[str], WorkTreeFile | RefName | TreeName], what: str
) -> Iterator[tuple[str, list[Seen]]]:
    names = [text.encode("utf-8", "surrogateescape") for text in texts]
    for number in sorted(_suspects(rules, names)):
        text = texts[number]
        found, _ = scan_fragment(rules, Fragment(place(text), "", names[number]))
        if good := [_of_a_name(one, what) for one in found if one.finding.family in _FAMILIES]:
            yield text, good


def _suspects(rules: RuleSet, names: Sequence[bytes]) -> set[int]:
    """The numbers of the names in which some pattern ends."""
    ends = list(accumulate(len(name) + 1 for name in names))
    found: set[int] = set()
    if rules.anywhere is not None and names:
        text = b"\n".join((*names, b""))
        rules.anywhere.scan(text, match_event_handler=lambda _number, _low, end, _flags, _context: found.add(bisect_right(ends, end - 1)))
    return found


def _of_a_name(seen: Seen, what: str) -> Seen:
    """The finding as one of a name: with the place of a file that is itself the finding, and no line."""
    finding = seen.finding
    named = replace(finding, description=f"{finding.description}, in the name of a {what}", span=Span(1, 1, 1, 1, 0, 0), line_text=None)
    return Seen(named, b"", b"")
