"""Tests of the commands run as those of the gates do: one compiled rule set, `gitshield` on PATH."""

from tests.gate.conftest import _shared_rules, protected, shared

__all__ = ["_shared_rules", "protected", "shared"]
