"""The engine: fragments in, findings out. Which rules matched, exactly what, and what is waved through by the rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitshield.model.finding import Finding, Span
from gitshield.model.secret import Secret
from gitshield.rules.allowlist import is_path_allowed, stays
from gitshield.rules.candidate import Candidate
from gitshield.rules.confirm import MAX_HITS, confirm, group_hits
from gitshield.rules.filters_shape import entropy
from gitshield.rules.readers import read_with
from gitshield.rules.readers.judgement import is_sealed
from gitshield.rules.rule import Rule
from gitshield.rules.ruleset import RuleSet
from gitshield.rules.vectorscan import Database
from gitshield.scan.beneath import TOO_DEEP, Find, Spans, apart, finds_beneath
from gitshield.scan.decode import encoding_of, transcode
from gitshield.scan.fingerprint import fingerprint, fingerprints
from gitshield.scan.fragment import Fragment
from gitshield.scan.nearness import with_required


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding with the lines that pragmas are read from, before anything local waves it through."""

    finding: Finding
    line: bytes
    line_before: bytes


def scan_fragment(rules: RuleSet, fragment: Fragment) -> tuple[list[Seen], tuple[str, ...]]:
    """Find the secrets of one fragment, in order of offset, and give in words what of it was not judged.

    Wide encodings are read as UTF-8; offsets, lines and columns are then those of the transcoded text.
    """
    found, unjudged = _scan_bytes(rules, fragment)
    if (wide := encoding_of(fragment.data)) is None:
        return found, unjudged
    # What is no text in that encoding (a file that was appended to in another one) was read as bytes above.
    read, fresh = transcode(fragment.data, wide), len(transcode(fragment.data[: fragment.fresh], wide))
    text = Fragment(fragment.place, fragment.path, read, fragment.offset, fragment.line, 1, fresh, fragment.is_whole, wide)
    more, more_unjudged = _scan_bytes(rules, text)
    known = {(one.finding.rule_id, one.finding.secret) for one in found}
    more = [one for one in more if (one.finding.rule_id, one.finding.secret) not in known]
    return [*found, *more], tuple(dict.fromkeys((*unjudged, *more_unjudged)))


def _scan_bytes(rules: RuleSet, fragment: Fragment) -> tuple[list[Seen], tuple[str, ...]]:
    active = path_rules(rules, fragment.path)
    hits = _hits(rules, fragment.data, active)
    ends, cut = group_hits(hits)
    candidates = _candidates(rules, fragment, ends, active) if hits or active else ()
    wanted, kept = _judged(rules, [(n, c) for n, c in candidates if c.match_end > fragment.fresh])

    def judge(text: bytes) -> list[tuple[int, Candidate]]:
        found, _ = group_hits(_hits(rules, text, active))
        piece = replace(fragment, data=text, is_whole=False)
        return _judged(rules, list(_candidates(rules, piece, found, active)))[1] if found else []

    beneath, is_cut = finds_beneath(fragment, judge)
    kept, hidden = apart(rules, kept, beneath)
    open_lines = _open_lines([*wanted, *((find.number, find.outer) for find in hidden)], kept)
    found = seen_in(fragment, [(rules.rules[number], candidate) for number, candidate in kept])
    found = [without_line(one) if _line_start(c) in open_lines else one for one, (_, c) in zip(found, kept, strict=True)]
    if hidden:
        found = sorted([*found, *_uncovered(rules, fragment, hidden)], key=lambda one: one.finding.span.start)
    if fragment.offset == 0 and not is_sealed(fragment.data):
        about = [n for n in sorted(active) if (rule := rules.rules[n]).is_file_rule and not is_path_allowed(rule, fragment.path)]
        if about:  # several rules may know the file by its name: it is one file, and one that a gate refuses is refused
            best = min(about, key=lambda number: (not rules.rules[number].gate, rules.rank(number), number))
            found = [_file_finding(rules.rules[best], fragment), *found]
    too_often = [f"rule {rules.rules[n].id} matched too often to be judged to the end" for n in cut]
    too_often += [TOO_DEEP] if is_cut else []
    return found, (*too_often, *_unread(rules, fragment, ends, active))


def _judged(rules: RuleSet, candidates: Sequence[tuple[int, Candidate]]) -> tuple[list[tuple[int, Candidate]], list[tuple[int, Candidate]]]:
    """Of the candidates of one text those that count, and of these the best where they overlap."""
    wanted = [(n, c) for n, c in with_required(candidates, rules.rules) if not rules.rules[n].skip_report]
    return wanted, _best(rules, wanted)


def _uncovered(rules: RuleSet, fragment: Fragment, hidden: Sequence[Find]) -> Iterator[Seen]:
    """The findings of what stood coded: at the place of the coded text, without its line, where no report could mask it."""
    found = seen_in(fragment, [(rules.rules[find.number], find.outer) for find in hidden], [find.value for find in hidden])
    for find, one in zip(hidden, found, strict=True):
        tags = (*one.finding.tags, *dict.fromkeys(find.coding.split("+")))
        yield without_line(Seen(replace(one.finding, tags=tags), one.line, one.line_before))


def without_line(seen_: Seen) -> Seen:
    """A finding without the text of its line, because that holds secrets which the report would not mask."""
    return Seen(replace(seen_.finding, line_text=None), seen_.line, seen_.line_before)


def _open_lines(wanted: Sequence[tuple[int, Candidate]], kept: Sequence[tuple[int, Candidate]]) -> frozenset[int]:
    """Where the lines begin on which a candidate that was not kept reaches over other bytes than one that was."""
    spans = {(candidate.start, candidate.end) for _, candidate in kept}
    return frozenset(_line_start(c) for _, c in wanted if (c.start, c.end) not in spans)


def _line_start(candidate: Candidate) -> int:
    return candidate.data.rfind(b"\n", 0, candidate.start)


def path_rules(rules: RuleSet, path: str) -> frozenset[int]:
    """The numbers of the rules whose path pattern matches `path`."""
    active: set[int] = set()
    if rules.paths is not None and path:
        numbers = rules.image.path_rules
        name = path.encode("utf-8", "surrogateescape")
        rules.paths.scan(name, match_event_handler=lambda number, _low, _end, _flags, _context: active.add(numbers[number]))
    return frozenset(active)


def _hits(rules: RuleSet, data: bytes, active: frozenset[int]) -> list[tuple[int, int]]:
    """Where the patterns of the rules end in `data`, as (rule number, end); rules with a path count where they are `active`."""
    hits: list[tuple[int, int]] = []
    if data:
        _collect(rules.anywhere, rules.image.anywhere_rules, data, hits)
        if not active.isdisjoint(rules.image.ordinary_rules):
            _collect(rules.ordinary, rules.image.ordinary_rules, data, hits)
        if not active.isdisjoint(rules.image.bound_rules):
            _collect(rules.bound, rules.image.bound_rules, data, hits)
    return hits


def _collect(database: Database | None, numbers: Sequence[int], data: bytes, hits: list[tuple[int, int]]) -> None:
    if database is not None:
        counts = [0] * len(numbers)

        def note(number: int, _low: int, end: int, _flags: int, _context: object) -> None:
            counts[number] += 1
            if counts[number] <= MAX_HITS + 1:  # one more than is judged, so that the cut is seen
                hits.append((numbers[number], end))

        database.scan(data, match_event_handler=note)


def _candidates(
    rules: RuleSet, fragment: Fragment, ends: Mapping[int, list[int]], active: frozenset[int]
) -> Iterator[tuple[int, Candidate]]:
    for number, found in ends.items():
        rule = rules.rules[number]
        if rule.path is None or number in active:
            matches = _matches(rule, fragment, found)
            yield from ((number, c) for c in matches if stays(c, rules.allowlists))
    if fragment.is_whole:
        for number in _to_be_read(rules, ends, active):
            readings = read_with(rules.rules[number], fragment.data, path=fragment.path)
            yield from ((number, c) for c in readings if stays(c, rules.allowlists))


def _to_be_read(rules: RuleSet, ends: Mapping[int, list[int]], active: frozenset[int]) -> list[int]:
    """The numbers of the rules whose readers are to read the file."""
    return [n for n in sorted(active) if rules.rules[n].reader is not None and (rules.rules[n].trigger is None or n in ends)]


def _unread(rules: RuleSet, fragment: Fragment, ends: Mapping[int, list[int]], active: frozenset[int]) -> Iterator[str]:
    """What readers should have read and could not, because they read files as a whole and this is a piece."""
    if not fragment.is_whole and not is_sealed(fragment.data):
        for number in _to_be_read(rules, ends, active):
            yield f"too large to be read as a whole, which rule {rules.rules[number].id} needs"


def _matches(rule: Rule, fragment: Fragment, ends: Sequence[int]) -> Iterator[Candidate]:
    if rule.plugin is None:
        return confirm(rule, fragment.data, ends, path=fragment.path)
    from gitshield.rules.plugins import plugin_candidates  # imports detect-secrets, which takes long

    return plugin_candidates(rule, fragment.data, ends, path=fragment.path)


def _best(rules: RuleSet, candidates: Sequence[tuple[int, Candidate]]) -> list[tuple[int, Candidate]]:
    """Of candidates whose secrets overlap keep the one whose rule names them best, then the longest; in order of offset."""
    ordered = sorted(candidates, key=lambda item: (rules.rank(item[0]), item[1].start - item[1].end, item[1].start))
    taken: list[tuple[int, Candidate]] = []
    spans = Spans()
    for number, candidate in ordered:
        if spans.add(candidate.start, candidate.end):
            taken.append((number, candidate))
    return sorted(taken, key=lambda item: item[1].start)


class _Lines:
    """Line numbers of one fragment for ascending offsets: each newline is counted once."""

    def __init__(self, fragment: Fragment) -> None:
        self._fragment = fragment
        self._at = 0
        self._line = fragment.line

    def span(self, start: int, end: int) -> Span:
        """The span of [start, end) in the fragment; `start` must not be before that of the call before."""
        data = self._fragment.data
        self._line += data.count(b"\n", self._at, start)
        self._at = start
        end_line = self._line + data.count(b"\n", start, end - 1)
        low = self._fragment.offset + start
        return Span(self._line, self._column(start), end_line, self._column(end - 1), low, low + end - start)

    def _column(self, at: int) -> int:
        newline = self._fragment.data.rfind(b"\n", 0, at)
        return at - newline if newline >= 0 else self._fragment.column + at


def seen_in(fragment: Fragment, kept: Sequence[tuple[Rule, Candidate]], values: Sequence[bytes] | None = None) -> list[Seen]:
    """Make the findings of candidates of one fragment, given in order of offset; `values` are their secrets where those stand coded."""
    lines = _Lines(fragment)
    secrets = [candidate.value for _, candidate in kept] if values is None else values
    names = fingerprints([(rule.id, value) for (rule, _), value in zip(kept, secrets, strict=True)])
    rows = zip(kept, secrets, names, strict=True)
    return [_seen(rule, candidate, value, fragment, lines, name) for (rule, candidate), value, name in rows]


def _seen(rule: Rule, candidate: Candidate, value: bytes, fragment: Fragment, lines: _Lines, name: str) -> Seen:
    line, before = candidate.line, _line_before(candidate)
    finding = Finding(
        rule_id=rule.id,
        description=rule.description,
        family=rule.family,
        severity=rule.severity.word,
        confidence=rule.confidence,
        place=fragment.place,
        span=lines.span(candidate.start, candidate.end),
        secret=Secret(value),
        entropy=entropy(value),
        fingerprint=name,
        line_text=Secret(line),
        tags=(*rule.tags, *((fragment.encoding,) if fragment.encoding else ())),
        revoke_url=rule.revoke.url if rule.revoke else None,
        revoke_steps=rule.revoke.steps if rule.revoke else (),
    )
    return Seen(finding, line, before)


def _line_before(candidate: Candidate) -> bytes:
    end = candidate.data.rfind(b"\n", 0, candidate.start)
    if end <= 0:
        return b""
    return candidate.data[max(candidate.data.rfind(b"\n", max(0, end - 2000), end) + 1, end - 2000) : end]


def _file_finding(rule: Rule, fragment: Fragment) -> Seen:
    finding = Finding(
        rule_id=rule.id,
        description=rule.description,
        family=rule.family,
        severity=rule.severity.word,
        confidence=rule.confidence,
        place=fragment.place,
        span=Span(1, 1, 1, 1, 0, 0),
        secret=None,
        entropy=0.0,
        fingerprint=fingerprint(rule.id, fragment.path.encode("utf-8", "surrogateescape")),
        tags=rule.tags,
        revoke_url=rule.revoke.url if rule.revoke else None,
        revoke_steps=rule.revoke.steps if rule.revoke else (),
    )
    return Seen(finding, b"", b"")
