"""`gitshield scan --history --repos`: the words of the call, put together for a survey."""

import os
import sys

from gitshield.config.homes import Homes
from gitshield.errors import UsageError
from gitshield.fleet.entries import named_in
from gitshield.fleet.executor import Executor, LocalPool
from gitshield.fleet.finished import open_finished
from gitshield.fleet.shard import Order
from gitshield.fleet.shards import listed
from gitshield.fleet.survey import survey
from gitshield.gate.terms import settle, source_of
from gitshield.model.finding import Result


def scan_many(repos: str, order: Order, *, jobs: int, dask: str | None, resume: str | None) -> Result:
    """Scan the repositories that the file `repos` names (`-`: standard input).

    Raises UsageError when it cannot be read or names none.
    """
    environment, cwd = dict(os.environ), os.getcwd()
    found = listed(named_in(_content(repos), environment, cwd=cwd), environment)
    if not found.shards and not found.skipped:
        raise UsageError(f"{_called(repos)} names no repository", hint="write a path, a glob or an URL on each line")
    finished = open_finished(os.path.abspath(resume)) if resume is not None else None
    count = len(found.shards)
    asked = f"histories of {count} {'repository' if count == 1 else 'repositories'} named in {_called(repos)}"
    if dask is None:  # a configuration of the person's that cannot be used is told once, and the built-in rules are compiled once
        settle(None, environment, today=order.today, rule_files=order.rule_files, baseline=order.baseline, cwd=Homes.of(environment).config)
    return survey(found, order, _executor(dask, environment, jobs), asked=asked, finished=finished)


def _executor(dask: str | None, environment: dict[str, str], jobs: int) -> Executor:
    if dask is None:
        return LocalPool(environment, jobs)
    from gitshield.cli.worker import work
    from gitshield.fleet.dask import DaskCluster

    return DaskCluster(dask, work)


def _called(repos: str) -> str:
    return "standard input" if repos == "-" else repos


def _content(repos: str) -> bytes:
    if repos == "-":
        if sys.stdin is None:
            raise UsageError("standard input is closed", hint="give it something to read: … | gitshield scan --history --repos -")
        return sys.stdin.buffer.read()
    content = source_of(repos)
    if content is None:
        raise UsageError(f"--repos {repos}: there is no such file", hint="paths are relative to the folder you stand in")
    return content
