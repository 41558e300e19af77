"""The end of a shallow clone: its oldest commits, whose parents are not in it (gitrepository-layout(5), `shallow`)."""

import os
import re
from typing import Final

from gitshield.git.layout import Layout
from gitshield.git.packs.files import open_file

_LINE: Final = re.compile(rb"^(?:[0-9a-f]{64}|[0-9a-f]{40})$", re.MULTILINE)


def shallow_commits(layout: Layout) -> frozenset[str]:
    """The ids in hex of the commits at which a shallow clone ends; none in a whole repository, or where the list cannot be read."""
    try:
        with open_file(os.path.join(layout.common, "shallow")) as file:
            return frozenset(oid.decode() for oid in _LINE.findall(file.read()))
    except OSError:
        return frozenset()
