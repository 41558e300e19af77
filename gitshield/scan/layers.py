"""Layers: text that stands in bytes in another form, however many times over: base64, hex digits, escapes.

Leaves out what is decided elsewhere: wide encodings of whole files (`scan.decode`), archives (`scan.archives`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from gitshield.scan.escapes import decoded_escapes
from gitshield.scan.runs import Decoded, decoded_runs

DEPTH: Final = 5
CODINGS: Final = frozenset({"base64", "hex", "gzip", "percent", "backslash", "entity"})
_TIMES: Final = 4
_MORE: Final = 1 << 20


class Budget:
    """How many bytes of text may still be decoded, so that no input costs more than a few times its size."""

    __slots__ = ("is_cut", "left")

    def __init__(self, size: int) -> None:
        self.left = _TIMES * size + _MORE
        self.is_cut = False

    def take(self, size: int) -> bool:
        """Take `size` bytes and say whether they were there."""
        self.is_cut = self.is_cut or size >= self.left
        self.left = max(0, self.left - size)
        return not self.is_cut


@dataclass(frozen=True, slots=True)
class Layer:
    """`text` is what stands coded at [start, end) of the bytes that were looked at.

    `coding` names how, from the outside in, joined by `+`: `base64`, `hex`, `gzip`, `percent`, `backslash`, `entity`.
    """

    text: bytes
    start: int
    end: int
    coding: str
    decoded: Decoded
    parent: "Layer | None" = None

    def origin(self, low: int, high: int) -> tuple[int, int]:
        """Where the bytes [low, high) of `text` come from, as far as their coding tells."""
        span = self.decoded.source(low, high)
        return span if self.parent is None else self.parent.origin(*span)

    def is_new(self, low: int, high: int) -> bool:
        """Whether something at [low, high) of `text`, or right beside it, was decoded to make it."""
        low, high = max(0, low - 1), min(len(self.text), high + 1)
        start, end = self.decoded.source(low, high)
        return end - start != high - low


def revealed(data: bytes, budget: Budget | None = None) -> Iterator[Layer]:
    """Give all layers of `data`, each before those in its own text, at most DEPTH deep.

    The work is linear in the size of `data`: when the `budget` ends, so do the layers, and it says so.
    """
    yield from _below(data, budget or Budget(len(data)), None, DEPTH)


def _below(data: bytes, budget: Budget, parent: Layer | None, depth: int) -> Iterator[Layer]:
    for decoded in chain(decoded_runs(data, limit=budget.left), decoded_escapes(data)):
        if parent is not None and not parent.is_new(decoded.start, decoded.end):
            continue  # the same run was decoded where it stands
        if not budget.take(len(decoded.text)):
            return
        coding = decoded.coding if parent is None else f"{parent.coding}+{decoded.coding}"
        span = (decoded.start, decoded.end) if parent is None else parent.origin(decoded.start, decoded.end)
        layer = Layer(decoded.text, *span, coding, decoded, parent)
        yield layer
        if depth > 1:
            yield from _below(decoded.text, budget, layer, depth - 1)
