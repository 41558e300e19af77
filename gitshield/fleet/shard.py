"""A shard: one repository to scan, by whichever process, and what comes of it. Its own settings are in force, nobody else's."""

import datetime
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from gitshield import __version__
from gitshield.config.homes import Homes
from gitshield.errors import GitshieldError
from gitshield.fleet.signature import signature_of
from gitshield.gate.terms import settle
from gitshield.git.layout import Layout, find_layout
from gitshield.git.mirrors import mirror_name, refresh
from gitshield.git.process import clean_environment
from gitshield.model.finding import Result
from gitshield.scan.history.extent import Extent
from gitshield.scan.history.memory import Share
from gitshield.scan.history.scan import scan_history, share_of_history


@dataclass(frozen=True, slots=True)
class Shard:
    """A repository: a folder that git has opened, or an URL. `name` is what reports call it, without credentials.

    `key` is the same for the same repository whatever it is called; `weight` says how much there is to read, as far as known.
    """

    name: str
    key: str
    folder: str | None = None
    url: str | None = None
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """How to scan each: how much of it, with which files of the call (absolute paths), on what day, by which version.

    With `is_read_anew` nothing is remembered from one scan to the next.
    """

    extent: Extent
    today: datetime.date
    rule_files: tuple[str, ...] = ()
    baseline: str | None = None
    version: str = __version__
    is_read_anew: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A shard and its order; `known` is the signature it had when nothing was found in it, None when it has to be scanned.

    With `part`, (number, count), only that share of its blobs is looked at; `looked` are the shares that others have looked at.
    """

    shard: Shard
    order: Order
    known: str | None = None
    part: tuple[int, int] | None = None
    looked: tuple[Share, ...] = ()

    @property
    def weight(self) -> int:
        """How much there is to read, as far as known."""
        return self.shard.weight // (self.part[1] if self.part is not None else 1)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A shard that was scanned. `signature` is None where nobody can say whether it is still the same another time."""

    result: Result
    signature: str | None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A shard that still has the signature that is known: nothing was scanned."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A shard that could not be scanned, and why, in words without secrets."""

    reason: str


Outcome = Scanned | Unchanged | Failed | Share


def scan_shard(task: Task, environment: Mapping[str, str], *, jobs: int) -> Outcome:
    """Scan a shard here, with up to `jobs` processes. What is known to go wrong is Failed; anything else is raised."""
    order = task.order
    if order.version != __version__:
        return Failed(f"gitshield {__version__} was asked by gitshield {order.version}: install the same version everywhere")
    ours = {key: value for key, value in clean_environment(environment).items() if key != "GITSHIELD_HOME"}
    try:
        layout = _opened(task.shard, ours)
        settings = settle(layout, ours, today=order.today, rule_files=order.rule_files, baseline=order.baseline)
        if task.part is not None:
            number, count = task.part
            return share_of_history(layout, ours, settings.terms, number=number, count=count, jobs=jobs, extent=order.extent)
        before = signature_of(layout, ours, settings, order.extent)
        if before is not None and before == task.known:
            return Unchanged()
        memory = None if order.is_read_anew else Homes.of(ours).histories
        result = scan_history(layout, ours, settings.terms, jobs=jobs, extent=order.extent, memory=memory, looked=task.looked)
        if result.is_interrupted:
            raise KeyboardInterrupt  # a part of a result is none
        after = signature_of(layout, ours, settings, order.extent) if before is not None else None
    except GitshieldError as error:
        return Failed(str(error))
    except OSError as error:
        return Failed(f"{error.filename or 'the operating system'}: {error.strerror or type(error).__name__}")
    name = task.shard.name
    found = tuple(one if one.repository is not None else replace(one, repository=name) for one in result.findings)
    return Scanned(replace(result, findings=found), before if before == after else None)


def _opened(shard: Shard, environment: Mapping[str, str]) -> Layout:
    """Open the repository of a shard; that of an URL is cloned or fetched first."""
    if shard.url is None:
        return find_layout(shard.folder or "", environment=environment)
    mirrors = os.path.join(Homes.of(environment).cache, "mirrors")
    os.makedirs(mirrors, mode=0o700, exist_ok=True)
    folder = os.path.join(mirrors, mirror_name(shard.url))
    refresh(shard.url, folder, environment)
    return find_layout(folder, environment=environment)
