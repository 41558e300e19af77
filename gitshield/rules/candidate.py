"""A candidate: bytes that matched a rule, before the filters judged them."""

from dataclasses import dataclass

from gitshield.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Candidate:
    """One match in `data`: the secret at [start, end), the whole match at [match_start, match_end), in bytes.

    `name` is what the value was assigned to, where the rule has a group called `name` or a reader knows it.
    """

    rule: Rule
    data: bytes
    start: int
    end: int
    match_start: int
    match_end: int
    path: str = ""
    name: bytes | None = None

    @property
    def value(self) -> bytes:
        """The candidate's own bytes."""
        return self.data[self.start : self.end]

    @property
    def match(self) -> bytes:
        """All the bytes the pattern took in."""
        return self.data[self.match_start : self.match_end]

    @property
    def line(self) -> bytes:
        """The line that the secret begins on, without its end; at most 2,000 bytes each side of it."""
        low = self.data.rfind(b"\n", max(0, self.start - 2000), self.start) + 1
        if low == 0 and self.start > 2000:
            low = self.start - 2000
        high = self.data.find(b"\n", self.start, self.start + 2000)
        return self.data[low : high if high >= 0 else self.start + 2000]
