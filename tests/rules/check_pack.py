"""Prove every example and near miss of rule packs: `python tests/rules/check_pack.py FILE.toml…`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from gitshield.errors import GitshieldError
from gitshield.rules.proof import faults


def main() -> int:
    """Print each fault and a count; 0 when there is none."""
    count = 0
    for name in sys.argv[1:]:
        try:
            found = faults(Path(name).read_bytes(), name=Path(name).name)
        except GitshieldError as error:
            found = [f"{error}" + (f" (hint: {error.hint})" if error.hint else "")]
        for fault in found:
            print(fault)
        count += len(found)
    print(f"{len(sys.argv) - 1} packs, {count} faults")
    return 1 if count else 0


sys.exit(main())
