"""The person's folders: where gitshield keeps what is theirs, and none of the repository's."""

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Homes:
    """The person's folders for gitshield's configuration, data and cache (XDG base directory specification 0.8)."""

    config: str
    data: str
    cache: str

    @property
    def histories(self) -> str:
        """The folder in which scans of histories remember what was clean."""
        return os.path.join(self.cache, "histories")

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Homes":
        """The folders an environment names, with the specification's defaults. As it says, a relative path counts as none."""
        home = environment.get("HOME", "")
        if not os.path.isabs(home):
            home = _home_of_user()

        def folder(key: str, *default: str) -> str:
            named = environment.get(key, "")
            return os.path.join(named if os.path.isabs(named) else os.path.join(home, *default), "gitshield")

        return cls(folder("XDG_CONFIG_HOME", ".config"), folder("XDG_DATA_HOME", ".local", "share"), folder("XDG_CACHE_HOME", ".cache"))


def _home_of_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a user id of a container that no file knows
        return "/"
