"""An assignment: a name with its value as a file writes it down. What all forms (lines, JSON, YAML, XML) come down to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gitshield.rules.candidate import Candidate
from gitshield.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `name` with its `value`, escapes resolved; the value stands at [start, end) of the file, without its quotes.

    `where` names what it stands in, outermost first (section, keys, list indexes); forms of one level leave it empty.
    """

    name: bytes
    value: bytes
    start: int
    end: int
    where: tuple[bytes, ...] = ()

    def part(self, data: bytes, low: int, high: int) -> "Assignment":
        """The same with only value[low:high]; where escapes moved it, it is looked for in `data`, else all of it stays."""
        piece = self.value[low:high]
        begin = self.start + low
        if data[begin : begin + len(piece)] != piece:
            begin = data.find(piece, self.start, self.end)
        if begin < 0 or not piece:
            return self
        return replace(self, value=piece, start=begin, end=begin + len(piece))


def candidates(rule: Rule, data: bytes, found: Iterable[Assignment], *, path: str) -> Iterator[Candidate]:
    """Make each assignment with a span a candidate of `rule`, in the order given."""
    for each in found:
        if each.start < each.end:
            yield Candidate(rule, data, each.start, each.end, each.start, each.end, path, each.name or None)


def line_spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Give [start, end) of each line of `data` without its end (LF, CR LF or CR), in order; a byte-order mark is left out."""
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for line in data[start:].splitlines(keepends=True):
        yield start, start + len(line.rstrip(b"\r\n"))
        start += len(line)
